/* SPDX-License-Identifier: BSD-3-Clause */
/* What the data of DNS records says, of the types that are told as text. */

#include "stream/l7/dns_view.h"

#include <arpa/inet.h>
#include <string.h>

#include "bytes.h"

enum {
	SOA_FIXED = 20, /* bytes behind the names (RFC 1035 section 3.3.13) */
	PRIORITY = 2,   /* bytes in front of a host of MX, SVCB, HTTPS */
	SRV_FIXED = 6,  /* bytes in front of the host */
};

/** Reads a name of a record's data, which may be compressed even where it should not (RFC 3597
 * section 4). @return whether its end is known */
static bool
read_name(struct dns_reader *reader, uint32_t end, struct wp_span *text)
{
	struct wp_dns_name name;
	int error = dns_name_read(reader, end, &name);

	if (error != 0)
		dns_note(reader, error == DNS_NAME_CUT ? WP_DNS_BAD_RDATA : WP_DNS_BAD_NAME);
	*text = name.text;
	return error == 0;
}

/** Reads a name behind which @p rest bytes belong to the data. */
static void
read_last_name(struct dns_reader *reader, uint32_t end, uint32_t rest, struct wp_span *text)
{
	if (read_name(reader, end, text) && end - reader->at != rest)
		dns_note(reader, WP_DNS_BAD_RDATA);
}

/** Reads an address as inet_ntop() writes it (RFC 5952). */
static void
read_address(struct dns_reader *reader, struct wp_dns_record *record, int family)
{
	char *to = (char *)reader->texts + reader->n_text;

	if (record->rdata.size != (family == AF_INET ? 4 : 16)) {
		dns_note(reader, WP_DNS_BAD_RDATA);
		return;
	}
	if (inet_ntop(family, record->rdata.data, to, DNS_TEXTS_SIZE - reader->n_text) == NULL) {
		dns_note(reader, WP_DNS_TOO_MUCH);
		return;
	}
	record->text = (struct wp_span){(uint8_t *)to, (uint32_t)strlen(to)};
	reader->n_text += record->text.size;
}

/** Reads strings that each have their length in front (RFC 1035 section 3.3.14). */
static void
read_strings(struct dns_reader *reader, struct wp_dns_record *record)
{
	const uint8_t *data = record->rdata.data;
	uint32_t size = record->rdata.size, at = 0;

	while (at < size && data[at] < size - at)
		at += 1u + data[at];
	if (at != size || size == 0)
		dns_note(reader, WP_DNS_BAD_RDATA);
	if (at != 0)
		record->text = (struct wp_span){data + 1, data[0]};
}

static void
read_host(struct dns_reader *reader, struct wp_dns_record *record, uint32_t end)
{
	const uint8_t *data = record->rdata.data;
	bool is_srv = record->type == WP_DNS_SRV;
	uint32_t fixed = is_srv ? SRV_FIXED : PRIORITY;

	if (record->rdata.size < fixed) {
		dns_note(reader, WP_DNS_BAD_RDATA);
		return;
	}
	record->priority = wp_get16(data);
	if (is_srv) {
		record->weight = wp_get16(data + 2);
		record->port = wp_get16(data + 4);
	}
	reader->at += fixed;
	if (record->type == WP_DNS_SVCB || record->type == WP_DNS_HTTPS)
		read_name(reader, end, &record->text); /* parameters follow */
	else
		read_last_name(reader, end, 0, &record->text);
}

/** @return whether data has the form that its type has in class IN. */
static bool
is_of_in(uint16_t class)
{
	return (class & ~DNS_CLASS_FLAG) == DNS_CLASS_IN || class == DNS_CLASS_NONE;
}

void
dns_rdata_read(struct dns_reader *reader, struct wp_dns_record *record)
{
	uint32_t end = reader->at + record->rdata.size;

	/* RFC 2136 sections 2.4 and 2.5: a condition or a deletion has none. */
	if (record->rdata.size == 0 && reader->told.opcode == DNS_OPCODE_UPDATE)
		return;
	switch (is_of_in(record->class) ? record->type : 0) {
	case WP_DNS_A:
		read_address(reader, record, AF_INET);
		break;
	case WP_DNS_AAAA:
		read_address(reader, record, AF_INET6);
		break;
	case WP_DNS_NS:
	case WP_DNS_CNAME:
	case WP_DNS_PTR:
	case WP_DNS_DNAME:
		read_last_name(reader, end, 0, &record->text);
		break;
	case WP_DNS_MX:
	case WP_DNS_SRV:
	case WP_DNS_SVCB:
	case WP_DNS_HTTPS:
		read_host(reader, record, end);
		break;
	case WP_DNS_SOA:
		if (read_name(reader, end, &record->text))
			read_last_name(reader, end, SOA_FIXED, &record->mailbox);
		break;
	}
	if (record->type == WP_DNS_TXT) /* of CHAOS as well: version.bind */
		read_strings(reader, record);
}
