/* SPDX-License-Identifier: BSD-3-Clause */
/* The NAT's records in IPFIX: templates of RFC 8158 and the one struct that fills them all. */

#ifndef NAT_LOG_IPFIX_H
#define NAT_LOG_IPFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "ipfix/ipfix.h"
#include "log_writer.h"

/** Index of a template. */
enum log_ipfix_template {
	IPFIX_NAT44_SESSION,
	IPFIX_NAT64_SESSION,
	IPFIX_NAT44_MAPPING,
	IPFIX_NAT64_MAPPING,
	IPFIX_BLOCK4,
	IPFIX_BLOCK6,
	IPFIX_BINDING4,
	IPFIX_BINDING6,
	IPFIX_ADDRESSES,
	IPFIX_PORTS,
	IPFIX_QUOTA_SESSIONS,
	IPFIX_QUOTA_MAPPINGS,
	IPFIX_QUOTA_HOSTS,
	IPFIX_QUOTA_USER4,
	IPFIX_QUOTA_USER6,
	IPFIX_N_TEMPLATES,
};

/** All elements of all templates, in host order as libfixbuf takes them; the members' names are
 * those of the elements. */
struct log_ipfix_record {
	uint64_t time_ms, flows;
	uint32_t instance, vrf, source4, post_source4, dest4, post_dest4;
	uint32_t pool, quota, max_sessions, max_mappings, max_user, max_hosts;
	uint16_t sport, post_sport, dport, post_dport;
	uint16_t first_port, last_port, step, ports;
	uint8_t source6[16], dest6[16];
	uint8_t protocol, event, pad[6];
	fbVarfield_t realm, pool_name;
};

/** What is told to lib/ipfix of them. */
extern const struct ipfix_kind log_ipfix_kind;

/** Fills a record. @return which template it goes with */
enum log_ipfix_template log_ipfix_fill(struct log_ipfix_record *record,
				       const struct nat_log_entry *entry);

#endif
