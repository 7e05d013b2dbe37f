/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "dns", in its version 2, and its object in alerts. */

#include <stdio.h>
#include <string.h>

#include "out/line.h"
#include "stream/l7/dns.h"
#include "stream/l7/dns_text.h"

enum { TYPE_NULL = 10, TYPE_SSHFP = 44, NAME_ROOM = 1024 };

/* As EVE writes them: a few are not IANA's. */
static const char *const types[] = {
	[1] = "A",      [2] = "NS",        [3] = "MD",          [4] = "MF",     [5] = "CNAME",
	[6] = "SOA",    [7] = "MB",        [8] = "MG",          [9] = "MR",     [10] = "NULL",
	[11] = "WKS",   [12] = "PTR",      [13] = "HINFO",      [14] = "MINFO", [15] = "MX",
	[16] = "TXT",   [17] = "RP",       [18] = "AFSDB",      [19] = "X25",   [20] = "ISDN",
	[21] = "RT",    [22] = "NSAP",     [23] = "NSAPPT",     [24] = "SIG",   [25] = "KEY",
	[26] = "PX",    [27] = "GPOS",     [28] = "AAAA",       [29] = "LOC",   [30] = "NXT",
	[33] = "SRV",   [34] = "ATMA",     [35] = "NAPTR",      [36] = "KX",    [37] = "CERT",
	[38] = "A6",    [39] = "DNAME",    [41] = "OPT",        [42] = "APL",   [43] = "DS",
	[44] = "SSHFP", [45] = "IPSECKEY", [46] = "RRSIG",      [47] = "NSEC",  [48] = "DNSKEY",
	[49] = "DHCID", [50] = "NSEC3",    [51] = "NSEC3PARAM", [52] = "TLSA",  [55] = "HIP",
	[59] = "CDS",   [60] = "CDSNKEY",  [65] = "HTTPS",      [99] = "SPF",   [249] = "TKEY",
	[250] = "TSIG", [254] = "MAILA",   [255] = "ANY",       [256] = "URI",
};

static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
				     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
				     "NXRRSET", "NOTAUTH", "NOTZONE"};

enum {
	N_TYPES = sizeof(types) / sizeof(types[0]),
	N_RCODES = sizeof(rcodes) / sizeof(rcodes[0]),
};

/** @return the name of a type; of one without, its number in @p room. */
static const char *
type_name(uint16_t type, char room[8])
{
	if (type < N_TYPES && types[type] != NULL)
		return types[type];
	snprintf(room, 8, "%u", type);
	return room;
}

static void
put_type(struct text *text, const char *name, uint16_t type)
{
	char room[8];

	text_static(text, name, type_name(type, room));
}

/** Writes a name as it was sent: without the escapes of its text. */
static void
put_name(struct text *text, const char *name, struct wp_span value)
{
	uint8_t plain[NAME_ROOM];
	uint32_t n = 0, i = 0;

	if (value.size == 1 && value.data[0] == '.')
		value.size = 0; /* the root */
	while (i < value.size && n < sizeof(plain))
		i += wp_dns_unescape(value.data + i, value.size - i, &plain[n++]);
	text_bytes(text, name, (struct wp_span){plain, n});
}

/** A record as it is written. */
struct record_view {
	struct field_dns_record fixed;
	struct wp_span name, data, mailbox;
};

static bool
read_record(const struct field *field, struct record_view *view)
{
	size_t names;

	if (field->kind != FIELD_DNS_RECORD || field->size < sizeof(view->fixed))
		return false;
	memcpy(&view->fixed, field->bytes, sizeof(view->fixed));
	names = sizeof(view->fixed) + view->fixed.name_size + view->fixed.text_size;
	if (field->size < names)
		return false;
	view->name = (struct wp_span){field->bytes + sizeof(view->fixed), view->fixed.name_size};
	view->data = (struct wp_span){view->name.data + view->name.size, view->fixed.text_size};
	view->mailbox = (struct wp_span){field->bytes + names, (uint32_t)(field->size - names)};
	return true;
}

static void
put_soa(struct text *text, const char *name, const struct record_view *view)
{
	static const char *const numbers[] = {"serial", "refresh", "retry", "expire", "minimum"};

	text_open(text, name);
	put_name(text, "mname", view->data);
	put_name(text, "rname", view->mailbox);
	for (unsigned int i = 0; i < 5; i++)
		text_number(text, numbers[i], view->fixed.numbers[i]);
	text_close(text);
}

static void
put_srv(struct text *text, const char *name, const struct record_view *view)
{
	text_open(text, name);
	text_number(text, "priority", view->fixed.numbers[0]);
	text_number(text, "weight", view->fixed.numbers[1]);
	text_number(text, "port", view->fixed.numbers[2]);
	put_name(text, "name", view->data);
	text_close(text);
}

static void
put_sshfp(struct text *text, const char *name, const struct record_view *view)
{
	text_open(text, name);
	text_hex(text, "fingerprint", view->data, ':');
	text_number(text, "algo", view->fixed.numbers[0]);
	text_number(text, "type", view->fixed.numbers[1]);
	text_close(text);
}

static void
put_address(struct text *text, const char *name, struct wp_span address)
{
	if (address.size == 4 || address.size == 16)
		text_address(text, name, address.size == 4 ? 4 : 6, address.data);
	else
		text_static(text, name, "");
}

/** How a record's data is told. */
enum form { FORM_NONE, FORM_ADDRESS, FORM_NAME, FORM_BYTES, FORM_SOA, FORM_SRV, FORM_SSHFP };

static enum form
form_of(const struct record_view *view)
{
	if (view->fixed.type == WP_DNS_A || view->fixed.type == WP_DNS_AAAA)
		return FORM_ADDRESS;
	if (!view->fixed.has_text)
		return FORM_NONE;
	switch (view->fixed.type) {
	case WP_DNS_NS:
	case WP_DNS_CNAME:
	case WP_DNS_PTR:
	case WP_DNS_MX:
		return FORM_NAME;
	case WP_DNS_TXT:
	case TYPE_NULL:
		return FORM_BYTES;
	case WP_DNS_SOA:
		return FORM_SOA;
	case WP_DNS_SRV:
		return FORM_SRV;
	case TYPE_SSHFP:
		return FORM_SSHFP;
	default:
		return FORM_NONE;
	}
}

/** Writes a record's data. @param is_member  of the record's object; else of an array */
static void
put_data(struct text *text, const struct record_view *view, bool is_member)
{
	const char *rdata = is_member ? "rdata" : NULL;

	switch (form_of(view)) {
	case FORM_NONE:
		break;
	case FORM_ADDRESS:
		put_address(text, rdata, view->data);
		break;
	case FORM_NAME:
		put_name(text, rdata, view->data);
		break;
	case FORM_BYTES:
		text_bytes(text, rdata, view->data);
		break;
	case FORM_SOA:
		put_soa(text, is_member ? "soa" : NULL, view);
		break;
	case FORM_SRV:
		put_srv(text, is_member ? "srv" : NULL, view);
		break;
	case FORM_SSHFP:
		put_sshfp(text, is_member ? "sshfp" : NULL, view);
		break;
	}
}

/** Finds the next record of a section. */
static bool
next_record(struct wp_span *rest, uint8_t section, struct record_view *view)
{
	struct field field;

	while (field_next(rest, &field))
		if (read_record(&field, view) && view->fixed.section == section)
			return true;
	return false;
}

/** Writes the records of a section, as objects. */
static void
put_records(const struct line *line, const char *name, uint8_t section)
{
	struct wp_span rest = line->fields;
	struct record_view view;
	bool any = false;

	while (next_record(&rest, section, &view)) {
		if (!any)
			text_open_array(line->text, name);
		any = true;
		text_open(line->text, NULL);
		put_name(line->text, "rrname", view.name);
		put_type(line->text, "rrtype", view.fixed.type);
		text_number(line->text, "ttl", view.fixed.ttl);
		put_data(line->text, &view, true);
		text_close(line->text);
	}
	if (any)
		text_close_array(line->text);
}

/** Writes the data of the answers of one type. */
static void
put_group(const struct line *line, uint16_t type)
{
	struct wp_span rest = line->fields;
	struct record_view view;
	char room[8];

	text_open_array(line->text, type_name(type, room));
	while (next_record(&rest, WP_DNS_ANSWER, &view))
		if (view.fixed.type == type)
			put_data(line->text, &view, false);
	text_close_array(line->text);
}

/** Writes the answers by their types. */
static void
put_grouped(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct record_view view;
	uint16_t done[WP_DNS_RECORDS_MAX];
	unsigned int n = 0, i;

	while (n < WP_DNS_RECORDS_MAX && next_record(&rest, WP_DNS_ANSWER, &view)) {
		if (n == 0)
			text_open(line->text, "grouped");
		for (i = 0; i < n && done[i] != view.fixed.type; i++)
			;
		if (i == n && form_of(&view) != FORM_NONE)
			put_group(line, view.fixed.type);
		done[n++] = view.fixed.type;
	}
	if (n != 0)
		text_close(line->text);
}

static struct field_dns_message
message_of(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_DNS_MESSAGE);
	struct field_dns_message message = {.is_response = false};

	field_get(&field, &message, sizeof(message));
	return message;
}

static void
put_question(const struct line *line, const struct field *field)
{
	struct field_dns_question question;

	if (field->bytes == NULL || field->size < sizeof(question))
		return;
	memcpy(&question, field->bytes, sizeof(question));
	put_name(line->text, "rrname",
		 (struct wp_span){field->bytes + sizeof(question),
				  field->size - (uint32_t)sizeof(question)});
	put_type(line->text, "rrtype", question.type);
}

static void
put_flags(struct text *text, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} named[] = {{WP_DNS_QR, "qr"}, {WP_DNS_AA, "aa"}, {WP_DNS_TC, "tc"},
		     {WP_DNS_RD, "rd"}, {WP_DNS_RA, "ra"}, {WP_DNS_Z, "z"}};
	uint8_t bytes[] = {(uint8_t)(flags >> 8), (uint8_t)flags};

	text_hex(text, "flags", (struct wp_span){bytes, 2}, '\0');
	for (unsigned int i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if ((flags & named[i].bit) != 0)
			text_bool(text, named[i].name, true);
}

static void
put_rcode(struct text *text, uint16_t rcode)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", rcode);
	text_static(text, "rcode", rcode < N_RCODES ? rcodes[rcode] : number);
}

/** Writes the members of an answer. @param whole  with its records, but for authorities */
static void
put_answer(const struct line *line, bool whole)
{
	struct field_dns_message message = message_of(line);
	struct field question = field_find(line->fields, FIELD_DNS_QUESTION);

	text_number(line->text, "version", 2);
	text_static(line->text, "type", "answer");
	text_number(line->text, "id", message.id);
	put_flags(line->text, message.flags);
	text_number(line->text, "opcode", message.opcode);
	put_question(line, &question);
	put_rcode(line->text, message.flags & 15);
	if (whole) {
		put_records(line, "answers", WP_DNS_ANSWER);
		put_grouped(line);
	}
	put_records(line, "authorities", WP_DNS_AUTHORITY);
}

static void
put_query(const struct line *line, const struct field *question)
{
	struct field_dns_message message = message_of(line);

	text_static(line->text, "type", "query");
	text_number(line->text, "id", message.id);
	put_question(line, question);
	text_number(line->text, "tx_id", line->head->tx < 0 ? 0 : (uint64_t)line->head->tx);
	text_number(line->text, "opcode", message.opcode);
}

void
line_dns_query(const struct line *line, const struct field *question)
{
	text_open(line->text, "dns");
	text_number(line->text, "version", 2);
	put_query(line, question);
	text_close(line->text);
}

void
line_dns_answer(const struct line *line)
{
	text_open(line->text, "dns");
	put_answer(line, true);
	text_close(line->text);
}

static void
put_queries(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct field field;

	text_open_array(line->text, "query");
	while (field_next(&rest, &field)) {
		if (field.kind != FIELD_DNS_QUESTION)
			continue;
		text_open(line->text, NULL);
		put_query(line, &field);
		text_close(line->text);
	}
	text_close_array(line->text);
}

void
line_dns_of_alert(const struct line *line)
{
	if (field_find(line->fields, FIELD_DNS_MESSAGE).bytes == NULL)
		return;
	text_open(line->text, "dns");
	text_number(line->text, "version", 2);
	if (message_of(line).is_response) {
		text_open(line->text, "answer");
		put_answer(line, false);
		text_close(line->text);
	} else {
		put_queries(line);
	}
	text_close(line->text);
}
