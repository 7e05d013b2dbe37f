/* SPDX-License-Identifier: BSD-3-Clause */
/* The last words of a process that a service brings down: which one it was. */

#ifndef PE_CRASH_H
#define PE_CRASH_H

struct worker;

/** Has a fatal signal name the service that the worker was in; then it takes its course. Control.
 */
void crash_watch(void);

/** Says which worker the calling thread runs. */
void crash_tell(const struct worker *worker);

#endif
