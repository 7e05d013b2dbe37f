/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting until packets are gone. Control. */

#ifndef PE_DRAIN_H
#define PE_DRAIN_H

struct pe;
struct wp_epoch;

/** Waits until every worker has ended the poll that it may be in. */
void drain_polls(struct pe *pe);

/** Waits until nothing is in flight under @p old, which is no more in force. */
void drain_epoch(struct pe *pe, const struct wp_epoch *old);

#endif
