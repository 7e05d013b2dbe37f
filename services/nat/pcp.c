/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Port Control Protocol (RFC 6887): an inside host asks for a mapping that stands for a time,
 * whether packets pass or not, and lets anybody in. Opcodes ANNOUNCE and MAP. Such a mapping is one
 * like the others of mapping.c, with a mark; who has asked for it, and until when, is in a table of
 * its own, by the mapping's own key.
 */

#include "pcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "parse/checksum.h"
#include "restore.h"
#include "translate.h"

/* The header of requests and answers (section 7.1, 7.2), and the data of MAP behind it (11.1). */
enum {
	UDP_HEADER = 8,
	VERSION = 2,
	ANSWER = 0x80,
	HEADER = 24,
	MAP_SIZE = 36,
	OPTION_HEADER = 4,
	SIZE_MAX_PCP = 1100,
	AT_RESULT = 3,
	AT_LIFETIME = 4,
	AT_CLIENT = 8,
	AT_EPOCH = 8, /* of an answer */
	AT_NONCE = HEADER,
	AT_PROTOCOL = HEADER + 12,
	AT_INSIDE_PORT = HEADER + 16,
	AT_OUTSIDE_PORT = HEADER + 18,
	AT_OUTSIDE = HEADER + 20,
	LIFETIME_MIN = 120,  /* seconds; section 15 */
	ERROR_LIFETIME = 30, /* until a client should ask again */
	TTL = 64,
};

enum opcode { ANNOUNCE, MAP };

enum option {
	PREFER_FAILURE = 2,
	OPTIONAL = 128, /* from here on: what the server does not know it passes over */
};

/** Section 7.4. */
enum result {
	SUCCESS,
	UNSUPP_VERSION,
	NOT_AUTHORIZED,
	MALFORMED_REQUEST,
	UNSUPP_OPCODE,
	UNSUPP_OPTION,
	MALFORMED_OPTION,
	NO_RESOURCES = 8,
	UNSUPP_PROTOCOL,
	USER_EX_QUOTA,
	CANNOT_PROVIDE_EXTERNAL,
	ADDRESS_MISMATCH,
};

static const uint8_t mapped_v4[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

/* What an operator says. */

#define CONF(NAME) .name = #NAME, .offset = offsetof(struct nat_pcp_conf, NAME)
const struct wp_field nat_pcp_fields[] = {
	{CONF(servers), .type = WP_STRING_LIST, .max = 16, .dflt = "[]",
	 .help = "IPv4 addresses at which inside hosts ask, such as their default router's; empty: "
		 "nobody may ask"},
	{CONF(max_lifetime), .type = WP_U32, .min = LIFETIME_MIN, .max = 604800, .dflt = "86400",
	 .help = "seconds that a mapping stands at the most until it is asked for again"},
	{.name = NULL},
};

int
pcp_open(struct wp_env *env, struct nat *nat, const struct nat_pcp_conf *conf)
{
	const char *const *texts = conf->servers.items;
	char member[64];

	nat->pcp.max_lifetime = conf->max_lifetime;
	if (conf->servers.n == 0)
		return 0;
	if (nat->n_pools == 0)
		return wp_error(env, -EINVAL, "pcp/servers",
				"servers: mappings on demand need a pool");
	nat->pcp.servers = calloc(conf->servers.n, sizeof(*nat->pcp.servers));
	if (nat->pcp.servers == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	for (uint32_t i = 0; i < conf->servers.n; i++) {
		struct wp_prefix prefix;

		snprintf(member, sizeof(member), "pcp/servers/%u", i);
		if (wp_conf_prefix(texts[i], &prefix) != 0 || prefix.addr.version != 4 ||
		    prefix.bits != 32)
			return wp_error(env, -EINVAL, member, "servers: '%s' is no IPv4 address",
					texts[i]);
		memcpy(&nat->pcp.servers[nat->pcp.n_servers++], prefix.addr.bytes, 4);
	}
	nat->pcp.port = PCP_PORT;
	return 0;
}

bool
pcp_is_request(const struct nat *nat, const struct wp_packet *pkt)
{
	if (nat->pcp.port == 0 || pkt->l4_dport != nat->pcp.port || pkt->l4 == 0 ||
	    pkt->l4_proto != WP_PROTO_UDP || (pkt->flags & WP_PKT_FRAGMENT) != 0)
		return false;
	for (uint32_t i = 0; i < nat->pcp.n_servers; i++)
		if (dest_of(pkt) == nat->pcp.servers[i])
			return true;
	return false;
}

/* Requests. */

/** A request, which becomes its answer. */
struct request {
	struct wp_packet *pkt;
	uint8_t *at;       /* in the packet */
	uint32_t size;     /* bytes */
	uint32_t lifetime; /* seconds */
	bool prefers_failure;
};

/** Reads the options from @p at on (section 7.3). */
static enum result
read_options(struct request *request, uint32_t at)
{
	while (at < request->size) {
		uint32_t left = request->size - at, size;
		uint8_t code;

		if (left < OPTION_HEADER)
			return MALFORMED_OPTION;
		code = request->at[at];
		size = __builtin_bswap16(wp_load16(&request->at[at + 2]));
		if (size > left - OPTION_HEADER)
			return MALFORMED_OPTION;
		if (code == PREFER_FAILURE && request->at[1] == MAP) {
			if (size != 0 || request->prefers_failure)
				return MALFORMED_OPTION;
			request->prefers_failure = true;
		} else if (code < OPTIONAL) {
			return UNSUPP_OPTION;
		}
		at += OPTION_HEADER + ((size + 3) & ~3u);
	}
	return SUCCESS;
}

/** @return whether a request's own idea of its sender is what we see: no other NAT between. */
static bool
is_of_sender(const struct request *request)
{
	const uint8_t *client = request->at + AT_CLIENT;

	return memcmp(client, mapped_v4, sizeof(mapped_v4)) == 0 &&
	       wp_load32(client + sizeof(mapped_v4)) == source_of(request->pkt);
}

/** Looks at a request as far as all have it in common. */
static enum result
check(struct request *request)
{
	uint32_t data;

	if (request->at[0] != VERSION)
		return UNSUPP_VERSION;
	if (request->size < HEADER || request->size > SIZE_MAX_PCP || request->size % 4 != 0)
		return MALFORMED_REQUEST;
	if (!is_of_sender(request))
		return ADDRESS_MISMATCH;
	if (request->at[1] > MAP)
		return UNSUPP_OPCODE;
	data = request->at[1] == MAP ? MAP_SIZE : 0;
	if (request->size < HEADER + data)
		return MALFORMED_REQUEST;
	return read_options(request, HEADER + data);
}

/* Mappings that stand. */

/** Lets a mapping end in silence again; at once when nobody uses it. */
static void
unpin(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	struct mapping *mapping = wp_write(entry, (uint64_t)entry->used << WP_TICK_SHIFT);

	mapping->pinned = false;
	wp_written(entry);
	if (mapping->has_peer || mapping->n_peers != 0)
		return;
	mapping_end(nat, core, entry);
	wp_table_remove(core, core->tables[NAT_MAPPINGS], entry);
}

static struct wp_entry *
find(struct wp_core *core, enum nat_table table, uint16_t tenant, const uint8_t *key)
{
	return wp_table_find(core, core->tables[table], tenant, 4, false, key);
}

static uint32_t
ticks_of_lifetime(uint32_t seconds)
{
	return wp_ticks(seconds * (uint64_t)1000) + 1;
}

/** Marks a mapping, and notes who has asked for it. @return 0 or a negative errno */
static int
pin(struct wp_core *core, struct wp_entry *entry, struct wp_entry *claim, const uint8_t *key,
    const struct request *request)
{
	struct wp_table *table = core->tables[NAT_CLAIMS];
	struct mapping *mapping;
	int err = 0;

	if (claim == NULL)
		err = wp_table_insert(core, table, entry->tenant, entry->bucket, 4, key, NULL,
				      &claim);
	if (err != 0)
		return err;
	memcpy(((struct claim *)wp_write(claim, core->now_ns))->nonce, request->at + AT_NONCE,
	       sizeof(struct claim));
	wp_written(claim);
	wp_table_set_idle(table, claim, ticks_of_lifetime(request->lifetime), core->now_ns);
	mapping = wp_write(entry, core->now_ns);
	mapping->pinned = true;
	wp_written(entry);
	return 0;
}

/** Makes the mapping of a request. @return NULL: not, for @p why */
static struct wp_entry *
make_mapping(const struct nat *nat, struct wp_core *core, struct request *request, uint8_t protocol,
	     enum result *why)
{
	struct wp_packet *pkt = request->pkt;
	enum nat_proto proto = protocol == WP_PROTO_TCP ? NAT_TCP : NAT_UDP;
	struct wp_entry *entry =
		mapping_make(nat, core, pkt, proto, wp_load16(request->at + AT_INSIDE_PORT));

	if (entry != NULL)
		return entry;
	*why = pkt->verdict == WP_DROP && pkt->reason == NAT_DROP_QUOTA ? USER_EX_QUOTA
									: NO_RESOURCES;
	pkt->verdict = WP_NEXT;
	return NULL;
}

/** @return whether the outside endpoint that a request names, if any, is another one. */
static bool
wants_other(const struct request *request, uint32_t outside, uint16_t port)
{
	const uint8_t *named = request->at + AT_OUTSIDE;
	uint16_t named_port = wp_load16(request->at + AT_OUTSIDE_PORT);
	uint32_t address = wp_load32(named + sizeof(mapped_v4));

	return (named_port != 0 && named_port != port) || (address != 0 && address != outside);
}

static void
write_outside(struct request *request, uint32_t outside, uint16_t port)
{
	memcpy(request->at + AT_OUTSIDE, mapped_v4, sizeof(mapped_v4));
	memcpy(request->at + AT_OUTSIDE + sizeof(mapped_v4), &outside, sizeof(outside));
	wp_store16(request->at + AT_OUTSIDE_PORT, port);
}

/** Gives up what a host has asked for (section 15). @param entry  of the mapping, or NULL */
static void
release(const struct nat *nat, struct wp_core *core, struct wp_entry *claim, struct wp_entry *entry)
{
	if (claim == NULL)
		return;
	wp_table_remove(core, core->tables[NAT_CLAIMS], claim);
	if (entry != NULL)
		unpin(nat, core, entry);
}

/** Serves MAP on demand. */
static enum result
map(const struct nat *nat, struct wp_core *core, struct request *request, const uint8_t *key)
{
	uint16_t tenant = request->pkt->tenant;
	struct wp_entry *claim = find(core, NAT_CLAIMS, tenant, key);
	struct wp_entry *entry = find(core, NAT_MAPPINGS, tenant, key);
	bool is_new = entry == NULL;
	const struct mapping *mapping;
	enum result result = SUCCESS;

	if (claim != NULL &&
	    memcmp(wp_value(claim), request->at + AT_NONCE, sizeof(struct claim)) != 0)
		return NOT_AUTHORIZED;
	if (request->lifetime == 0) {
		release(nat, core, claim, entry);
		return SUCCESS;
	}
	if (is_new)
		entry = make_mapping(nat, core, request, key[6], &result);
	if (entry == NULL)
		return result;
	mapping = wp_value(entry);
	if (request->prefers_failure &&
	    wants_other(request, mapping->outside, mapping->outside_port))
		result = CANNOT_PROVIDE_EXTERNAL;
	else if (pin(core, entry, claim, key, request) != 0)
		result = NO_RESOURCES;
	if (result == SUCCESS)
		write_outside(request, mapping->outside, mapping->outside_port);
	else if (is_new)
		unpin(nat, core, entry); /* it was made for nothing */
	return result;
}

/** Serves MAP, of what the configuration maps too. */
static enum result
map_any(const struct nat *nat, struct wp_core *core, struct request *request)
{
	uint16_t port = wp_load16(request->at + AT_INSIDE_PORT);
	uint8_t protocol = request->at[AT_PROTOCOL], key[MAPPING_KEY_SIZE];
	const struct fixed *fixed;

	if (port == 0 || (protocol != WP_PROTO_TCP && protocol != WP_PROTO_UDP))
		return UNSUPP_PROTOCOL; /* nobody gets a whole address */
	if (request->lifetime != 0 && request->lifetime < LIFETIME_MIN)
		request->lifetime = LIFETIME_MIN;
	if (request->lifetime > nat->pcp.max_lifetime)
		request->lifetime = nat->pcp.max_lifetime;
	mapping_key(key, wp_source(request->pkt), port, protocol);
	fixed = fixed_inside(nat, request->pkt->tenant, source_of(request->pkt), port, protocol);
	if (fixed == NULL)
		return map(nat, core, request, key);
	if (fixed->outside_port != 0)
		port = fixed->outside_port;
	if (request->lifetime == 0)
		return NOT_AUTHORIZED; /* the operator's */
	if (request->prefers_failure && wants_other(request, fixed->outside, port))
		return CANNOT_PROVIDE_EXTERNAL;
	write_outside(request, fixed->outside, port);
	return SUCCESS;
}

/* Answers. */

/** @return seconds since this NAT began to remember (section 8.5): from the first request on. */
static uint32_t
epoch_of(const struct nat *nat, const struct wp_core *core)
{
	struct address *address = wp_atomics(nat->pools[0].addresses[0].entry);
	uint64_t began = 0;

	if (atomic_compare_exchange_strong(&address->began_ns, &began, core->now_ns))
		return 0;
	return core->now_ns <= began ? 0 : (uint32_t)((core->now_ns - began) / 1000000000);
}

/** Writes the header of the answer. @return how long it is, data and options included */
static uint32_t
write_header(const struct nat *nat, const struct wp_core *core, struct request *request,
	     enum result result)
{
	uint32_t epoch = __builtin_bswap32(epoch_of(nat, core));
	uint32_t lifetime =
		__builtin_bswap32(result == SUCCESS ? request->lifetime : ERROR_LIFETIME);
	uint32_t size = request->size > SIZE_MAX_PCP ? SIZE_MAX_PCP : request->size & ~3u;

	if (result == SUCCESS)
		size = HEADER + (request->at[1] == MAP ? MAP_SIZE : 0) +
		       (request->prefers_failure ? OPTION_HEADER : 0);
	request->at[0] = VERSION;
	request->at[1] |= ANSWER;
	request->at[2] = 0;
	request->at[AT_RESULT] = (uint8_t)result;
	memcpy(request->at + AT_LIFETIME, &lifetime, sizeof(lifetime));
	memcpy(request->at + AT_EPOCH, &epoch, sizeof(epoch));
	memset(request->at + AT_EPOCH + 4, 0, 12);
	if (result == SUCCESS && request->prefers_failure)
		memcpy(request->at + size - OPTION_HEADER, "\2\0\0\0", OPTION_HEADER);
	return size < HEADER ? HEADER : size;
}

/** Turns the packet round. @param size  bytes behind the UDP header */
static void
send_back(struct wp_packet *pkt, uint32_t size)
{
	uint8_t *ip = wp_l3(pkt), *udp = wp_l4(pkt);
	uint32_t header = (uint32_t)(pkt->l4 - pkt->l3), address = source_of(pkt);
	uint16_t port = wp_load16(udp), sum;

	wp_turn_ethernet(pkt);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, &address, 4);
	memcpy(udp, udp + 2, 2);
	wp_store16(udp + 2, port);
	wp_put16(udp + 4, (uint16_t)(UDP_HEADER + size));
	wp_store16(udp + 6, 0);
	wp_put16(ip + 2, (uint16_t)(header + UDP_HEADER + size));
	ip[8] = TTL;
	wp_store16(ip + 10, wp_checksum_ipv4(ip, header));
	wp_parse(pkt);
	sum = wp_checksum_l4(pkt);
	wp_store16(udp + 6, sum == 0 ? UINT16_MAX : sum);
	wp_reply(pkt);
}

/** @return whether a packet is as it was sent, and can be no answer of somebody's. */
static bool
is_sound(struct wp_packet *pkt, const struct request *request)
{
	const uint8_t *ip = wp_l3(pkt);

	if (wp_checksum_ipv4(ip, (size_t)(pkt->l4 - pkt->l3)) != wp_load16(ip + 10) ||
	    (wp_load16(wp_l4(pkt) + 6) != 0 && wp_checksum_l4(pkt) != 0))
		wp_drop(pkt, NAT_DROP_CHECKSUM);
	else if (request->size < 2 || (request->at[1] & ANSWER) != 0)
		wp_drop(pkt, NAT_DROP_MALFORMED);
	return pkt->verdict == WP_NEXT;
}

void
pcp_serve(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	uint32_t said = __builtin_bswap16(wp_load16(wp_l4(pkt) + 4)) - (uint32_t)UDP_HEADER;
	struct request request = {.pkt = pkt, .at = wp_l4(pkt) + UDP_HEADER, .size = said};
	uint32_t room = said < HEADER ? HEADER : said > SIZE_MAX_PCP ? SIZE_MAX_PCP + 4 : said;
	enum result result;

	if (!is_sound(pkt, &request))
		return;
	/* Place for a header in any case; what is cut off was too long anyway. */
	if (wp_packet_resize_l3(pkt, (uint16_t)(pkt->l4 - pkt->l3 + UDP_HEADER + room)) != 0) {
		wp_drop(pkt, NAT_DROP_MALFORMED);
		return;
	}
	if (said < HEADER)
		memset(request.at + said, 0, HEADER - said);
	result = check(&request);
	request.lifetime = __builtin_bswap32(wp_load32(request.at + AT_LIFETIME));
	if (result == SUCCESS && request.at[1] == MAP)
		result = map_any(nat, core, &request);
	wp_count(core, result == SUCCESS ? NAT_COUNT_PCP : NAT_COUNT_PCP_REFUSED, 1);
	room = write_header(nat, core, &request, result);
	wp_packet_resize_l3(pkt, (uint16_t)(pkt->l4 - pkt->l3 + UDP_HEADER + room));
	send_back(pkt, room);
}

uint32_t
claim_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *claim)
{
	struct wp_entry *entry = find(core, NAT_MAPPINGS, claim->tenant, wp_entry_key(claim));

	if (entry != NULL)
		unpin(nat, core, entry);
	return 0;
}

const char *
claim_restore(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	struct wp_entry *entry = find(core, NAT_MAPPINGS, record->tenant, record->key), *claim;
	struct wp_record made = *record;
	struct mapping *mapping;
	uint8_t protocol = ((const uint8_t *)record->key)[MAPPING_KEY_SIZE - 1];
	int err;

	if (protocol != WP_PROTO_TCP && protocol != WP_PROTO_UDP)
		return "makes no sense";
	if (entry == NULL)
		return "its mapping is not there";
	made.idle = restored_idle(record, ticks_of_lifetime(nat->pcp.max_lifetime));
	err = wp_table_restore(core, core->tables[NAT_CLAIMS], &made, &claim);
	if (err != 0)
		return wp_restore_fault(err);
	mapping = wp_write(entry, (uint64_t)entry->used << WP_TICK_SHIFT);
	mapping->pinned = true;
	wp_written(entry);
	return NULL;
}
