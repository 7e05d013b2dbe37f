/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of DNS: the questions, the answers and the authorities. */

#include <string.h>

#include "bytes.h"
#include "out/keep.h"
#include "stream/l7/dns.h"

enum {
	NAME_MAX_ = 1024, /* bytes of a name as text */
	DATA_MAX = 1024,  /* of other data */
	SSHFP = 44,
	NULL_ = 10,
	SOA_NUMBERS = 5,
};

static void
keep_question(struct fields *fields, const struct wp_dns_question *question)
{
	struct field_dns_question field = {.type = question->type};
	struct wp_span parts[] = {{(const uint8_t *)&field, sizeof(field)}, question->name.text};

	field_add_parts(fields, FIELD_DNS_QUESTION, sizeof(field) + NAME_MAX_, parts, 2);
}

/** Reads the numbers that stand behind the names of an SOA. @return whether they are there */
static bool
read_soa(struct field_dns_record *field, struct wp_span rdata)
{
	const uint8_t *at;

	if (rdata.size < SOA_NUMBERS * sizeof(uint32_t))
		return false;
	at = rdata.data + rdata.size - SOA_NUMBERS * sizeof(uint32_t);
	for (unsigned int i = 0; i < SOA_NUMBERS; i++)
		field->numbers[i] = wp_get32(at + i * sizeof(uint32_t));
	return true;
}

/** @return the data of a record, as it is told, its numbers put into @p field. */
static struct wp_span
read_data(struct field_dns_record *field, const struct wp_dns_record *record)
{
	static const struct wp_span none = {.data = NULL};

	switch (record->type) {
	case WP_DNS_SRV:
		field->numbers[0] = record->priority;
		field->numbers[1] = record->weight;
		field->numbers[2] = record->port;
		return record->text;
	case WP_DNS_SOA:
		return read_soa(field, record->rdata) ? record->text : none;
	case SSHFP:
		if (record->rdata.size < 2)
			return none;
		field->numbers[0] = record->rdata.data[0];
		field->numbers[1] = record->rdata.data[1];
		return (struct wp_span){record->rdata.data + 2, record->rdata.size - 2};
	case NULL_:
	case WP_DNS_A:
	case WP_DNS_AAAA:
		return record->rdata;
	default:
		return record->text;
	}
}

static uint16_t
at_most(uint32_t size, uint32_t most)
{
	return (uint16_t)(size < most ? size : most);
}

static void
keep_record(struct fields *fields, const struct wp_dns_record *record)
{
	struct field_dns_record field = {
		.ttl = record->ttl, .type = record->type, .section = record->section};
	struct wp_span name = record->name.text, text = read_data(&field, record);
	struct wp_span mailbox = record->mailbox;

	name.size = name.data == NULL ? 0 : at_most(name.size, NAME_MAX_);
	text.size = text.data == NULL ? 0 : at_most(text.size, DATA_MAX);
	mailbox.size = mailbox.data == NULL ? 0 : at_most(mailbox.size, NAME_MAX_);
	field.name_size = (uint16_t)name.size;
	field.text_size = (uint16_t)text.size;
	field.has_text = text.data != NULL;
	if (fields->size - fields->used <
	    sizeof(struct field_head) + sizeof(field) + name.size + text.size + mailbox.size + 4)
		return; /* half a record is of no use */
	field_add_parts(fields, FIELD_DNS_RECORD, SIZE_MAX,
			(const struct wp_span[]){
				{(const uint8_t *)&field, sizeof(field)}, name, text, mailbox},
			4);
}

/** Adds a TXT: each of its strings as a record. */
static void
keep_strings(struct fields *fields, const struct wp_dns_record *record)
{
	struct wp_dns_record one = *record;
	struct wp_span rest = record->rdata;

	while (rest.size != 0 && rest.size > rest.data[0]) {
		one.text = (struct wp_span){rest.data + 1, rest.data[0]};
		keep_record(fields, &one);
		rest = (struct wp_span){rest.data + 1 + one.text.size,
					rest.size - 1 - one.text.size};
	}
}

static bool
is_txt(const struct wp_dns_record *record)
{
	return record->type == WP_DNS_TXT && record->text.data != NULL &&
	       record->rdata.data != NULL;
}

void
keep_dns(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_dns_message *dns = event->dns;
	struct field_dns_message field = {
		.id = dns->id,
		.flags = dns->flags,
		.rcode = dns->rcode,
		.opcode = dns->opcode,
		.is_response = dns->is_response,
	};

	field_add_struct(fields, FIELD_DNS_MESSAGE, &field, sizeof(field));
	for (unsigned int i = 0; i < dns->n_questions_told; i++)
		keep_question(fields, &dns->questions[i]);
	for (unsigned int i = 0; i < dns->n_records_told; i++) {
		const struct wp_dns_record *record = &dns->records[i];

		if (record->section == WP_DNS_ADDITIONAL)
			continue;
		if (is_txt(record))
			keep_strings(fields, record);
		else
			keep_record(fields, record);
	}
}
