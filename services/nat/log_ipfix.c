/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events as IPFIX messages. libfixbuf encodes them into memory; its own sockets would block, so
 * log_link.c brings them to the collector.
 */

#include "log_ipfix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_link.h"

enum {
	/* Bytes of a message. On UDP: what fits the smallest MTU of IPv6, less IPv6 and UDP
	 * headers (RFC 7011 10.3.3 wants no fragments). */
	UDP_MESSAGE = 1280 - 40 - 8,
	TCP_MESSAGE = LOG_LINK_MESSAGE_MAX,
};

struct ipfix_writer {
	struct nat_log_writer writer;
	fbInfoModel_t *model;
	fBuf_t *buffer; /* has the session and the exporter */
	fbExporter_t *exporter;
	uint32_t records; /* in the message being made */
	struct log_link link;
	uint8_t message[TCP_MESSAGE];
};

/** Ends the message being made. @return its size; 0: libfixbuf failed, and it is gone */
static size_t
emit(struct ipfix_writer *ipfix)
{
	GError *error = NULL;

	ipfix->records = 0;
	if (fBufEmit(ipfix->buffer, &error))
		return fbExporterGetMsgLen(ipfix->exporter);
	g_clear_error(&error);
	return 0;
}

/** Ends the message being made, if there is one, and hands it to the link. */
static void
pass_on(struct ipfix_writer *ipfix, uint64_t *counts)
{
	uint32_t records = ipfix->records;
	size_t size;

	if (records == 0)
		return;
	size = emit(ipfix);
	if (size != 0)
		log_link_put(&ipfix->link, ipfix->message, size, records, counts);
	else
		counts[NAT_LOG_LOST] += records;
}

/** Appends a record to the message being made. @return false when it does not fit */
static bool
append(struct ipfix_writer *ipfix, enum ipfix_template template, struct ipfix_record *record)
{
	GError *error = NULL;
	bool good = fBufSetExportTemplate(ipfix->buffer, (uint16_t)(IPFIX_FIRST_ID + template),
					  &error) &&
		    fBufAppend(ipfix->buffer, (uint8_t *)record, sizeof(*record), &error);

	g_clear_error(&error);
	ipfix->records += good;
	return good;
}

static void
ipfix_write(struct nat_log_writer *writer, const struct nat_log_entry *entry, uint64_t *counts)
{
	struct ipfix_writer *ipfix = (struct ipfix_writer *)writer;
	struct ipfix_record record;
	enum ipfix_template template = ipfix_fill(&record, entry);

	if (append(ipfix, template, &record))
		return;
	pass_on(ipfix, counts); /* it is full */
	if (!append(ipfix, template, &record))
		counts[NAT_LOG_LOST]++;
}

static void
ipfix_tick(struct nat_log_writer *writer, uint64_t *counts, uint64_t now_ns)
{
	struct ipfix_writer *ipfix = (struct ipfix_writer *)writer;

	pass_on(ipfix, counts);
	log_link_run(&ipfix->link, counts, now_ns);
}

static void
ipfix_free(struct ipfix_writer *ipfix)
{
	if (ipfix->buffer != NULL)
		fBufFree(ipfix->buffer);
	if (ipfix->model != NULL)
		fbInfoModelFree(ipfix->model);
	free(ipfix);
}

static void
ipfix_close(struct nat_log_writer *writer, uint64_t *counts, uint64_t until_ns)
{
	struct ipfix_writer *ipfix = (struct ipfix_writer *)writer;

	pass_on(ipfix, counts);
	log_link_close(&ipfix->link, counts, until_ns);
	ipfix_free(ipfix);
}

/** Writes all templates into messages, for the link to send whenever a session starts. */
static int
make_templates(struct ipfix_writer *ipfix, GError **error)
{
	fbSession_t *session = fBufGetSession(ipfix->buffer);
	int err = 0;

	for (uint16_t i = 0; err == 0 && i < IPFIX_N_TEMPLATES; i++) {
		uint16_t id = (uint16_t)(IPFIX_FIRST_ID + i);
		size_t size;

		if (fbSessionExportTemplate(session, id, error))
			continue;
		if (!g_error_matches(*error, FB_ERROR_DOMAIN, FB_ERROR_EOM))
			return -EINVAL;
		g_clear_error(error);
		size = emit(ipfix);
		err = log_link_template(&ipfix->link, ipfix->message, size);
		if (err == 0 && !fbSessionExportTemplate(session, id, error))
			return -EINVAL;
	}
	return err != 0 ? err : log_link_template(&ipfix->link, ipfix->message, emit(ipfix));
}

/** Sets libfixbuf up to write into our memory. */
static int
make_buffer(struct ipfix_writer *ipfix, uint32_t instance, uint16_t message_size, GError **error)
{
	fbSession_t *session;

	ipfix->model = fbInfoModelAlloc();
	session = ipfix_session(ipfix->model, instance, error);
	if (session == NULL)
		return -EINVAL;
	ipfix->exporter = fbExporterAllocBuffer(ipfix->message, message_size);
	ipfix->buffer = fBufAllocForExport(session, ipfix->exporter);
	fBufSetAutomaticMode(ipfix->buffer, FALSE);
	if (!fBufSetInternalTemplate(ipfix->buffer, IPFIX_INTERNAL_ID, error))
		return -EINVAL;
	return make_templates(ipfix, error);
}

int
log_ipfix_open(const struct nat_log_target *target, uint32_t instance, char *message, size_t size,
	       struct nat_log_writer **writer)
{
	bool udp = target->to == NAT_LOG_IPFIX_UDP;
	struct ipfix_writer *ipfix = calloc(1, sizeof(*ipfix));
	uint64_t counts[NAT_LOG_COUNTS];
	GError *error = NULL;
	int err;

	if (ipfix == NULL)
		return -ENOMEM;
	ipfix->writer = (struct nat_log_writer){ipfix_write, ipfix_tick, ipfix_close};
	err = log_link_open(&ipfix->link, &target->host, (uint16_t)target->port,
			    udp ? target->refresh_s * 1000000000ull : 0);
	if (err == 0)
		err = make_buffer(ipfix, instance, udp ? UDP_MESSAGE : TCP_MESSAGE, &error);
	if (err == 0) {
		*writer = &ipfix->writer;
		return 0;
	}
	snprintf(message, size, "libfixbuf: %s", error != NULL ? error->message : strerror(-err));
	g_clear_error(&error);
	log_link_close(&ipfix->link, counts, 0);
	ipfix_free(ipfix);
	return err;
}
