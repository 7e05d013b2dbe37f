/* SPDX-License-Identifier: BSD-3-Clause */
/* See oddity_dns.h. */

#include "oddity/oddity_dns.h"

#include "bytes.h"

enum { HEADER_SIZE = 12, NAME_MAX_SIZE = 1025, LABELS_MAX = 255, POINTER = 0xc0 };

/** Follows the first name, whose pointers may go round for ever. */
static void
look_at_name(struct wp_span raw, struct oddities *odd)
{
	uint32_t at = HEADER_SIZE, size = 0;

	for (unsigned int labels = 0; labels <= LABELS_MAX && at < raw.size && raw.data[at] != 0;
	     labels++) {
		if ((raw.data[at] & POINTER) == POINTER) {
			if (at + 2 > raw.size)
				return;
			at = wp_get16(raw.data + at) & 0x3fffu;
			continue;
		}
		size += 1u + raw.data[at];
		at += 1u + raw.data[at];
		if (labels == LABELS_MAX)
			oddities_add(odd, EVENT_DNS_TOO_MANY_LABELS);
	}
	if (size > NAME_MAX_SIZE)
		oddities_add(odd, EVENT_DNS_NAME_TOO_LONG);
}

void
oddity_dns(const struct wp_dns_message *message, struct oddities *odd)
{
	enum { OPCODES = 7 };

	if (message->opcode >= OPCODES)
		oddities_add(odd, EVENT_DNS_INVALID_OPCODE);
	if ((message->flags & WP_DNS_Z) != 0)
		oddities_add(odd, EVENT_DNS_Z_FLAG_SET);
	if ((message->anomalies & WP_DNS_ANOMALY_BIT(WP_DNS_BAD_NAME)) != 0)
		look_at_name(message->raw, odd);
}
