/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a flow is of DNS. At the ports of DNS it is enough that bytes can be a message; elsewhere
 * they have to be an ordinary question, or a response to one.
 */

#include "stream/l7/dns_view.h"

#include <string.h>

#include "bytes.h"
#include "parse/parse.h"

enum {
	PORT_DNS = 53,
	PORT_MDNS = 5353,
	PORT_LLMNR = 5355,
	TYPE_TKEY = 249,
	TYPE_CAA = 257,
	LENGTH = 2, /* bytes in front of a message over TCP */
};

/** A message as far as it is there. */
struct sight {
	const uint8_t *data;
	uint32_t size;   /* bytes of it that are there */
	uint32_t length; /* bytes of it in all */
	bool is_server;  /* who has sent it */
	bool is_port;    /* it is at one of the ports of DNS */
};

static uint16_t
count(const uint8_t *header, unsigned int section)
{
	return wp_get16(header + 4 + (size_t)2 * section);
}

/** @return whether what a header counts can stand in the message. @param is_lax  its questions are
 * enough: there may be fewer records than it says */
static bool
has_room(const uint8_t *header, uint32_t length, bool is_lax)
{
	uint32_t least = DNS_HEADER + count(header, 0) * (1u + DNS_QUESTION_FIXED);

	for (unsigned int section = 1; section <= WP_DNS_SECTIONS && !is_lax; section++)
		least += count(header, section) * (1u + DNS_RECORD_FIXED);
	return least <= length;
}

/** @return whether a header is that of one question, or of a response to one. */
static bool
is_ordinary(const uint8_t *header, bool is_server)
{
	uint16_t flags = wp_get16(header + 2);
	bool is_response = (flags & WP_DNS_QR) != 0;

	if (is_response != is_server || (flags >> 11 & 0xf) != 0 || (flags & WP_DNS_Z) != 0 ||
	    count(header, 0) != 1)
		return false;
	if (is_response)
		return true;
	return (flags & 0xf) == 0 && count(header, 1) == 0 && count(header, 2) == 0 &&
	       count(header, 3) <= 1;
}

/** Looks at the header; what of it is not there yet is taken for what would be right. */
static enum l7_match
match_header(const struct sight *sight)
{
	uint8_t header[DNS_HEADER] = {0};
	bool is_right;

	header[2] = sight->is_server ? WP_DNS_QR >> 8 : 0;
	header[5] = sight->is_port ? 0 : 1;
	memcpy(header, sight->data, sight->size < DNS_HEADER ? sight->size : DNS_HEADER);
	is_right = sight->is_port || is_ordinary(header, sight->is_server);
	if (!is_right || !has_room(header, sight->length, sight->is_port && count(header, 0) != 0))
		return L7_NO;
	return sight->size < DNS_HEADER ? L7_MAYBE : L7_YES;
}

/** @return whether the labels of the first name are printable, as far as they are there. */
static bool
is_printable(const struct sight *sight)
{
	uint32_t at = DNS_HEADER, end = at;

	for (; at < sight->size; at++) {
		if (at != end && (sight->data[at] < 0x21 || sight->data[at] > 0x7e))
			return false;
		if (at == end && sight->data[at] == 0)
			break;
		if (at == end)
			end += 1u + sight->data[at];
	}
	return true;
}

static bool
is_known(uint16_t type)
{
	return (type >= WP_DNS_A && type <= WP_DNS_HTTPS) ||
	       (type >= TYPE_TKEY && type <= TYPE_CAA);
}

/** Looks at what follows an ordinary question. @param at  behind it */
static enum l7_match
match_rest(const struct sight *sight, uint32_t at, bool may_grow)
{
	static const uint8_t opt[] = {0, 0, WP_DNS_OPT}; /* the root's */
	uint32_t rest = sight->size - at;

	if (sight->is_server)
		return L7_YES;
	if (count(sight->data, 3) == 0)
		return at == sight->length ? L7_YES : L7_NO;
	if (memcmp(sight->data + at, opt, rest < sizeof(opt) ? rest : sizeof(opt)) != 0)
		return L7_NO;
	return rest < sizeof(opt) && may_grow ? L7_MAYBE : L7_YES;
}

/** Looks at the first question. @param may_grow  more bytes may be seen */
static enum l7_match
match_question(const struct sight *sight, bool may_grow)
{
	int32_t end = dns_name_skip(sight->data, DNS_HEADER, sight->size);
	const uint8_t *fixed;

	/* Few messages have no question; the bytes of other streams look like that too easily. */
	if (count(sight->data, 0) == 0 && sight->size < sight->length)
		return may_grow ? L7_MAYBE : L7_NO;
	if (count(sight->data, 0) == 0)
		return L7_YES;
	if (end == DNS_NAME_RESERVED || (!sight->is_port && !is_printable(sight)))
		return L7_NO;
	if (end < 0 || sight->size - (uint32_t)end < DNS_QUESTION_FIXED) {
		if (sight->size == sight->length)
			return L7_NO;
		return may_grow ? L7_MAYBE : L7_YES;
	}
	if (sight->is_port)
		return L7_YES;
	fixed = sight->data + end;
	if (!is_known(wp_get16(fixed)) || wp_get16(fixed + 2) != DNS_CLASS_IN)
		return L7_NO;
	return match_rest(sight, (uint32_t)end + DNS_QUESTION_FIXED,
			  may_grow && sight->size < sight->length);
}

static bool
is_dns(uint16_t port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

/** @return whether a flow is at one of the ports of DNS. Of exchanges whose answers alone pass here
 * the server is taken for the client. */
static bool
is_at_port(const struct l7_hint *hint)
{
	return is_dns(hint->server_port) ||
	       (hint->proto == WP_PROTO_UDP && is_dns(hint->client_port));
}

static enum l7_match
match_message(const struct l7_hint *hint, uint32_t at, uint32_t length)
{
	uint32_t size = hint->size - at;
	struct sight sight = {.data = hint->data + at,
			      .size = size < length ? size : length,
			      .length = length,
			      .is_server = hint->side == WP_SERVER,
			      .is_port = is_at_port(hint)};
	enum l7_match match = match_header(&sight);

	return match == L7_YES ? match_question(&sight, hint->size < L7_MATCH_SIZE) : match;
}

enum l7_match
dns_match(const struct l7_hint *hint)
{
	if (hint->proto == WP_PROTO_UDP)
		return match_message(hint, 0, hint->size);
	return hint->size < LENGTH ? L7_MAYBE : match_message(hint, LENGTH, wp_get16(hint->data));
}
