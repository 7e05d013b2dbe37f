/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records as IPFIX messages. libfixbuf encodes them into memory; its own sockets would block, so
 * link.c brings them to the collector.
 */

#include "ipfix/ipfix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipfix/link.h"

enum {
	LAYOUT_ID = 1024, /* of the struct; never sent */
	/* Bytes of a message. On UDP: what fits the smallest MTU of IPv6, less IPv6 and UDP
	 * headers (RFC 7011 10.3.3 wants no fragments). */
	UDP_MESSAGE = 1280 - 40 - 8,
	TCP_MESSAGE = IPFIX_MESSAGE_MAX,
};

struct ipfix {
	const struct ipfix_kind *kind;
	fbInfoModel_t *model;
	fBuf_t *buffer; /* has the session and the exporter */
	fbExporter_t *exporter;
	uint32_t records; /* in the message being made */
	struct ipfix_link link;
	uint8_t message[TCP_MESSAGE];
};

/* Messages. */

/** Ends the message being made. @return its size; 0: libfixbuf failed, and it is gone */
static size_t
emit(struct ipfix *ipfix)
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
pass_on(struct ipfix *ipfix, uint64_t *counts)
{
	uint32_t records = ipfix->records;
	size_t size;

	if (records == 0)
		return;
	size = emit(ipfix);
	if (size != 0)
		ipfix_link_put(&ipfix->link, ipfix->message, size, records, counts);
	else
		counts[IPFIX_LOST] += records;
}

/** Appends a record to the message being made. @return false when it does not fit */
static bool
append(struct ipfix *ipfix, uint16_t template, const void *record)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)record;
	GError *error = NULL;
	bool good = fBufSetExportTemplate(ipfix->buffer, (uint16_t)(IPFIX_FIRST_ID + template),
					  &error) &&
		    fBufAppend(ipfix->buffer, bytes, ipfix->kind->record_size, &error);

	g_clear_error(&error);
	ipfix->records += good;
	return good;
}

void
ipfix_put(struct ipfix *ipfix, uint16_t template, const void *record, uint64_t *counts)
{
	if (append(ipfix, template, record))
		return;
	pass_on(ipfix, counts); /* it is full */
	if (!append(ipfix, template, record))
		counts[IPFIX_LOST]++;
}

void
ipfix_tick(struct ipfix *ipfix, uint64_t *counts, uint64_t now_ns)
{
	pass_on(ipfix, counts);
	ipfix_link_run(&ipfix->link, counts, now_ns);
}

static void
free_all(struct ipfix *ipfix)
{
	if (ipfix->buffer != NULL)
		fBufFree(ipfix->buffer);
	if (ipfix->model != NULL)
		fbInfoModelFree(ipfix->model);
	free(ipfix);
}

void
ipfix_close(struct ipfix *ipfix, uint64_t *counts, uint64_t until_ns)
{
	if (ipfix == NULL)
		return;
	pass_on(ipfix, counts);
	ipfix_link_close(&ipfix->link, counts, until_ns);
	free_all(ipfix);
}

/* Opening. */

/** Adds one template to a session. */
static bool
add_template(fbSession_t *session, fbInfoModel_t *model, bool is_internal, uint16_t id,
	     const fbInfoElementSpec_t *elements, GError **error)
{
	fbTemplate_t *template = fbTemplateAlloc(model);
	fbInfoElementSpec_t copy[IPFIX_ELEMENTS_MAX];
	size_t n = 0;

	do /* the call wants them writable */
		copy[n] = elements[n];
	while (elements[n++].name != NULL);
	if (!fbTemplateAppendSpecArray(template, copy, 0, error)) {
		fbTemplateFreeUnused(template);
		return false;
	}
	return fbSessionAddTemplate(session, is_internal, id, template, error) != 0;
}

/** @return a session that has all templates, and the struct of records as its internal one; NULL
 * when libfixbuf does not know an element, @p error then says which */
static fbSession_t *
make_session(fbInfoModel_t *model, const struct ipfix_kind *kind, uint32_t domain, GError **error)
{
	fbSession_t *session = fbSessionAlloc(model);
	bool good;

	fbSessionSetDomain(session, domain);
	good = add_template(session, model, true, LAYOUT_ID, kind->layout, error);
	for (uint16_t i = 0; good && i < kind->n_templates; i++)
		good = add_template(session, model, false, (uint16_t)(IPFIX_FIRST_ID + i),
				    kind->templates[i], error);
	if (good)
		return session;
	fbSessionFree(session);
	return NULL;
}

/** Writes all templates into messages, for the link to send whenever a session starts. */
static int
make_templates(struct ipfix *ipfix, GError **error)
{
	fbSession_t *session = fBufGetSession(ipfix->buffer);
	int err = 0;

	for (uint16_t i = 0; err == 0 && i < ipfix->kind->n_templates; i++) {
		uint16_t id = (uint16_t)(IPFIX_FIRST_ID + i);
		size_t size;

		if (fbSessionExportTemplate(session, id, error))
			continue;
		if (!g_error_matches(*error, FB_ERROR_DOMAIN, FB_ERROR_EOM))
			return -EINVAL;
		g_clear_error(error);
		size = emit(ipfix);
		err = ipfix_link_template(&ipfix->link, ipfix->message, size);
		if (err == 0 && !fbSessionExportTemplate(session, id, error))
			return -EINVAL;
	}
	return err != 0 ? err : ipfix_link_template(&ipfix->link, ipfix->message, emit(ipfix));
}

/** Sets libfixbuf up to write into our memory. */
static int
make_buffer(struct ipfix *ipfix, uint32_t domain, uint16_t message_size, GError **error)
{
	fbSession_t *session;

	ipfix->model = fbInfoModelAlloc();
	session = make_session(ipfix->model, ipfix->kind, domain, error);
	if (session == NULL)
		return -EINVAL;
	ipfix->exporter = fbExporterAllocBuffer(ipfix->message, message_size);
	ipfix->buffer = fBufAllocForExport(session, ipfix->exporter);
	fBufSetAutomaticMode(ipfix->buffer, FALSE);
	if (!fBufSetInternalTemplate(ipfix->buffer, LAYOUT_ID, error))
		return -EINVAL;
	return make_templates(ipfix, error);
}

int
ipfix_open(const struct ipfix_collector *collector, const struct ipfix_kind *kind, uint32_t domain,
	   char *message, size_t size, struct ipfix **ipfix)
{
	struct ipfix *new = calloc(1, sizeof(*new));
	uint64_t counts[IPFIX_COUNTS] = {0};
	GError *error = NULL;
	int err;

	if (new == NULL)
		return -ENOMEM;
	new->kind = kind;
	err = ipfix_link_open(&new->link, &collector->host, collector->port,
			      collector->refresh_s * 1000000000ull);
	if (err == 0)
		err = make_buffer(new, domain,
				  collector->refresh_s != 0 ? UDP_MESSAGE : TCP_MESSAGE, &error);
	if (err == 0) {
		*ipfix = new;
		return 0;
	}
	snprintf(message, size, "libfixbuf: %s", error != NULL ? error->message : strerror(-err));
	g_clear_error(&error);
	ipfix_link_close(&new->link, counts, 0);
	free_all(new);
	return err;
}
