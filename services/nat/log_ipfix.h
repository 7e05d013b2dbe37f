/* SPDX-License-Identifier: BSD-3-Clause */
/* The NAT's records in IPFIX: templates of RFC 8158 and the one struct that fills them all. */

#ifndef NAT_LOG_IPFIX_H
#define NAT_LOG_IPFIX_H

#include <stdbool.h>
#include <stdint.h>

#include <fixbuf/public.h>

#include "log_writer.h"

/** Index of a template; its IPFIX id is IPFIX_FIRST_ID above it. */
enum ipfix_template {
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

enum {
	IPFIX_FIRST_ID = 256, /* lower ones are not for data (RFC 7011 3.4.1) */
	IPFIX_INTERNAL_ID = 1024,
};

/** All elements of all templates, in host order as libfixbuf takes them; the members' names are
 * those of the elements. */
struct ipfix_record {
	uint64_t time_ms, flows;
	uint32_t instance, vrf, source4, post_source4, dest4, post_dest4;
	uint32_t pool, quota, max_sessions, max_mappings, max_user, max_hosts;
	uint16_t sport, post_sport, dport, post_dport;
	uint16_t first_port, last_port, step, ports;
	uint8_t source6[16], dest6[16];
	uint8_t protocol, event, pad[6];
	fbVarfield_t realm, pool_name;
};

/**
 * Makes a session that has all templates, and the struct above as its internal one.
 * @return NULL when libfixbuf does not know an element; @p error then says which
 */
fbSession_t *ipfix_session(fbInfoModel_t *model, uint32_t domain, GError **error);

/** Fills a record. @return which template it goes with */
enum ipfix_template ipfix_fill(struct ipfix_record *record, const struct nat_log_entry *entry);

#endif
