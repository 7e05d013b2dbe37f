/* SPDX-License-Identifier: BSD-3-Clause */
/* See audit.h. */

#include "ctl/agent/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plain_file.h"

/* What is told of a call's parameters. All else may be long, or secret. */
static const char *const told[] = {
	"name",      "algorithm",      "expected_epoch", "idempotency_key",
	"comment",   "confirm_within", "max_more_drops", "to_epoch",
	"not_after", "path",           "points",         "address",
	"file",      "which"};

enum { SHOWN_MAX = 255, REFUSED_A_SECOND = 20 };

struct audit {
	int fd;
	time_t second;                /* that is counted */
	unsigned int refused, untold; /* in it; since the last line, for want of room in theirs */
};

int
audit_open(const char *state_dir, struct audit **audit, char *message, size_t message_size)
{
	struct audit *new = calloc(1, sizeof(*new));
	char path[4096];
	struct stat is;

	if (new == NULL) {
		snprintf(message, message_size, "no memory");
		return -ENOMEM;
	}
	snprintf(path, sizeof(path), "%s/audit.log", state_dir);
	new->fd = wp_open_plain(path, O_WRONLY | O_APPEND | O_CREAT, 0600, &is);
	if (new->fd < 0) {
		int err = new->fd;

		snprintf(message, message_size, "%s: %s", path, strerror(-err));
		free(new);
		return err;
	}
	*audit = new;
	return 0;
}

void
audit_close(struct audit *audit)
{
	if (audit == NULL)
		return;
	close(audit->fd);
	free(audit);
}

static json_t *
shown(const json_t *params)
{
	json_t *some = json_object();

	for (unsigned int i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		json_t *value = json_object_get(params, told[i]);

		if (json_is_integer(value) ||
		    (json_is_string(value) && json_string_length(value) <= SHOWN_MAX))
			json_object_set(some, told[i], value);
	}
	return some;
}

/** @return whether a refused call may have a line: nobody fills the disk by asking. */
static bool
may_tell(struct audit *audit, time_t now)
{
	if (now != audit->second) {
		audit->second = now;
		audit->refused = 0;
	}
	if (audit->refused++ < REFUSED_A_SECOND)
		return true;
	audit->untold++;
	return false;
}

void
audit_write(struct audit *audit, const char *who, const char *method, const json_t *params,
	    int code, const char *message)
{
	char stamp[32], *text;
	const bool is_wrong = code == RPC_INVALID_PARAMS || code == RPC_FORBIDDEN;
	time_t now = time(NULL);
	struct tm tm;
	json_t *line;

	if (code != 0 && !may_tell(audit, now))
		return;
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	line = json_pack("{ss ss ss so si}", "time", stamp, "who", who, "method", method, "params",
			 shown(is_wrong ? NULL : params), "code", code);
	if (audit->untold != 0)
		json_object_set_new(line, "untold", json_integer(audit->untold));
	audit->untold = 0;
	if (code != 0 && !is_wrong) /* those words may quote what was given */
		json_object_set_new(line, "message", json_string(message));
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(line);
	if (text == NULL || dprintf(audit->fd, "%s\n", text) < 0 || fdatasync(audit->fd) != 0)
		fprintf(stderr, "waypointd: control: audit.log: %s\n", strerror(errno));
	free(text);
}
