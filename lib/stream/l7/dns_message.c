/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a message of DNS as a whole: header, questions and records (RFC 1035 section 4). */

#include "stream/l7/dns_view.h"

#include "bytes.h"

/** Reads a name of a question or a record. @return whether its end is known, and @p fixed bytes
 * follow it */
static bool
read_name(struct dns_reader *reader, uint32_t fixed, struct wp_dns_name *name)
{
	int error = dns_name_read(reader, reader->size, name);

	if (error == 0 && reader->size - reader->at >= fixed)
		return true;
	dns_note(reader, error == DNS_NAME_RESERVED ? WP_DNS_BAD_NAME : WP_DNS_TRUNCATED);
	return false;
}

/** Goes behind a name that is not told. @return likewise */
static bool
pass_name(struct dns_reader *reader, uint32_t fixed)
{
	int32_t end = dns_name_skip(reader->message, reader->at, reader->size);

	if (end >= 0 && reader->size - (uint32_t)end >= fixed) {
		reader->at = (uint32_t)end;
		return true;
	}
	dns_note(reader, end == DNS_NAME_RESERVED ? WP_DNS_BAD_NAME : WP_DNS_TRUNCATED);
	return false;
}

static bool
read_question(struct dns_reader *reader)
{
	struct wp_dns_question *question = reader->questions + reader->told.n_questions_told;
	const uint8_t *fixed;

	if (reader->told.n_questions_told == WP_DNS_QUESTIONS_MAX) {
		if (!pass_name(reader, DNS_QUESTION_FIXED))
			return false;
		reader->at += DNS_QUESTION_FIXED;
		return true;
	}
	if (!read_name(reader, DNS_QUESTION_FIXED, &question->name))
		return false;
	fixed = reader->message + reader->at;
	question->type = wp_get16(fixed);
	question->class = wp_get16(fixed + 2);
	reader->at += DNS_QUESTION_FIXED;
	reader->told.n_questions_told++;
	return true;
}

/** Reads what a record says of EDNS (RFC 6891 section 6.1). */
static void
read_opt(struct dns_reader *reader, const struct wp_dns_record *record, bool is_of_root)
{
	struct wp_dns_message *told = &reader->told;

	if (told->has_edns || !is_of_root || record->section != WP_DNS_ADDITIONAL) {
		dns_note(reader, WP_DNS_BAD_OPT);
		return;
	}
	told->has_edns = true;
	told->edns_udp_size = record->class;
	told->edns_version = (uint8_t)(record->ttl >> 16);
	told->edns_do = (record->ttl & 0x8000) != 0;
	told->rcode |= (uint16_t)(record->ttl >> 24 << 4);
}

/** Reads what stands behind a record's name. @return whether it is all there */
static bool
read_fixed(struct dns_reader *reader, struct wp_dns_record *record)
{
	const uint8_t *fixed = reader->message + reader->at;
	uint16_t size = wp_get16(fixed + 8);

	record->type = wp_get16(fixed);
	record->class = wp_get16(fixed + 2);
	record->ttl = wp_get32(fixed + 4);
	reader->at += DNS_RECORD_FIXED;
	if (size > reader->size - reader->at) {
		dns_note(reader, WP_DNS_TRUNCATED);
		return false;
	}
	record->rdata = (struct wp_span){reader->message + reader->at, size};
	return true;
}

static bool
read_record(struct dns_reader *reader, enum wp_dns_section section)
{
	bool is_told = reader->told.n_records_told < WP_DNS_RECORDS_MAX;
	struct wp_dns_record record = {.section = (uint8_t)section};
	uint32_t name = reader->at, end;

	if (is_told ? !read_name(reader, DNS_RECORD_FIXED, &record.name)
		    : !pass_name(reader, DNS_RECORD_FIXED))
		return false;
	if (!read_fixed(reader, &record))
		return false;
	end = reader->at + record.rdata.size;
	if (record.type == WP_DNS_OPT)
		read_opt(reader, &record, reader->message[name] == 0);
	if (is_told) {
		dns_rdata_read(reader, &record);
		reader->records[reader->told.n_records_told++] = record;
	}
	reader->at = end;
	return true;
}

/** Reads all behind the header, as far as it can be read. @return whether that was all */
static bool
read_sections(struct dns_reader *reader)
{
	for (unsigned int i = 0; i < reader->told.n_questions; i++)
		if (!read_question(reader))
			return false;
	for (unsigned int section = 0; section < WP_DNS_SECTIONS; section++)
		for (unsigned int i = 0; i < reader->told.n_records[section]; i++)
			if (!read_record(reader, section))
				return false;
	return true;
}

static void
read_header(struct wp_span message, struct dns_reader *reader)
{
	const uint8_t *header = message.data;
	uint16_t flags = wp_get16(header + 2);
	uint32_t least = DNS_HEADER;

	reader->message = header;
	reader->size = message.size;
	reader->told = (struct wp_dns_message){.raw = message,
					       .questions = reader->questions,
					       .records = reader->records,
					       .id = wp_get16(header),
					       .flags = flags,
					       .is_response = (flags & WP_DNS_QR) != 0,
					       .opcode = flags >> 11 & 0xf,
					       .rcode = flags & 0xf,
					       .n_questions = wp_get16(header + 4)};
	reader->at = DNS_HEADER;
	reader->n_text = 0;
	least += reader->told.n_questions * (1u + DNS_QUESTION_FIXED);
	for (unsigned int section = 0; section < WP_DNS_SECTIONS; section++) {
		reader->told.n_records[section] = wp_get16(header + 6 + (size_t)2 * section);
		least += reader->told.n_records[section] * (1u + DNS_RECORD_FIXED);
	}
	if ((flags & WP_DNS_Z) != 0 || least > reader->size)
		dns_note(reader, WP_DNS_BAD_HEADER);
}

static void
tell_all(struct l7_run *run, const struct wp_dns_message *told, uint64_t offset)
{
	for (unsigned int i = WP_DNS_BAD_HEADER; i <= WP_DNS_TOO_MUCH; i++)
		if ((told->anomalies & WP_DNS_ANOMALY_BIT(i)) != 0)
			l7_anomaly_at(run, i, offset);
	l7_tell(run, (struct wp_stream_event){.type = WP_DNS_MESSAGE,
					      .dns = told,
					      .offset = offset,
					      .size = told->raw.size});
}

void
dns_message_read(struct l7_run *run, struct wp_span message, uint64_t offset)
{
	struct dns_reader reader;

	if (message.size < DNS_HEADER) {
		l7_anomaly_at(run, WP_DNS_BAD_HEADER, offset);
		return;
	}
	read_header(message, &reader);
	if (read_sections(&reader) && reader.at != reader.size)
		dns_note(&reader, WP_DNS_TRAILING);
	tell_all(run, &reader.told, offset);
}
