/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys pass through the libraries that read messages. What they give back is wiped. */

#ifndef AGENT_WIPE_H
#define AGENT_WIPE_H

/** From now on the memory that jansson and libevent free is wiped. Before the first event base;
 * once a process. */
void wipe_what_is_freed(void);

#endif
