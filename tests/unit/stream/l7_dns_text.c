/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_dns_text.h. */

#include "l7_dns_text.h"

#include <stdlib.h>

#include "stream/l7/dns.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
write_span(FILE *out, struct wp_span span)
{
	if (span.data == NULL)
		fputc('-', out);
	l7_write_bytes(out, span.data, span.size);
}

/** What stands in a message lies in it. */
static void
lies_in(const struct wp_dns_message *dns, struct wp_span span)
{
	must(span.data >= dns->raw.data);
	must(span.size <= dns->raw.size - (size_t)(span.data - dns->raw.data));
}

static void
write_name(FILE *out, const struct wp_dns_message *dns, const struct wp_dns_name *name)
{
	lies_in(dns, name->raw);
	must(name->raw.size != 0);
	write_span(out, name->text);
	fprintf(out, "(%u)", name->n_labels);
}

static void
write_record(FILE *out, const struct wp_dns_message *dns, const struct wp_dns_record *record)
{
	static const char *const sections[] = {"an", "ns", "ar"};

	lies_in(dns, record->rdata);
	fprintf(out, " %s=", sections[record->section]);
	write_name(out, dns, &record->name);
	fprintf(out, "/%u/%u/%u/%u", record->type, record->class, record->ttl, record->rdata.size);
	if (record->priority != 0 || record->weight != 0 || record->port != 0)
		fprintf(out, " %u,%u,%u ", record->priority, record->weight, record->port);
	fputc(':', out);
	write_span(out, record->text);
	if (record->mailbox.data != NULL)
		l7_write_span(out, "mailbox", record->mailbox);
}

void
l7_dns_text(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_dns_message *dns = event->dns;

	must(event->size == dns->raw.size);
	must(dns->is_response == ((dns->flags & WP_DNS_QR) != 0));
	fprintf(out, "%u@%llu id=%x flags=%04x op=%u rc=%u n=%u/%u/%u/%u", event->size,
		(unsigned long long)event->offset, dns->id, dns->flags, dns->opcode, dns->rcode,
		dns->n_questions, dns->n_records[WP_DNS_ANSWER], dns->n_records[WP_DNS_AUTHORITY],
		dns->n_records[WP_DNS_ADDITIONAL]);
	if (dns->has_edns)
		fprintf(out, " edns=%u/%u/%u", dns->edns_version, dns->edns_udp_size, dns->edns_do);
	if (dns->anomalies != 0)
		fprintf(out, " wrong=%x", dns->anomalies);
	for (unsigned int i = 0; i < dns->n_questions_told; i++) {
		fputs(" q=", out);
		write_name(out, dns, &dns->questions[i].name);
		fprintf(out, "/%u/%u", dns->questions[i].type, dns->questions[i].class);
	}
	for (unsigned int i = 0; i < dns->n_records_told; i++)
		write_record(out, dns, &dns->records[i]);
}
