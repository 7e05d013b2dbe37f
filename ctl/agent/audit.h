/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of JSON for each call that changes something, or was to: STATE_DIR/audit.log. Never a
 * secret, nor a whole document. Control thread. */

#ifndef AGENT_AUDIT_H
#define AGENT_AUDIT_H

#include "ctl/agent/rpc.h"

struct audit;

/** @param[out] message  why not @return 0 or a negative errno */
int audit_open(const char *state_dir, struct audit **audit, char *message, size_t message_size);

/** Accepts NULL. */
void audit_close(struct audit *audit);

/** Writes a line, on disk when it returns. @param code  0: done; else why not */
void audit_write(struct audit *audit, const char *who, const char *method, const json_t *params,
		 int code, const char *message);

#endif
