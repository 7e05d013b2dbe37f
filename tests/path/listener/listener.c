/* SPDX-License-Identifier: BSD-3-Clause */
/* A service for tests: counts what it hears of flows, checks that bytes come in order and on the
 * worker that owns the flow, and drops the packet whose bytes begin with its configured word. */

#include <string.h>

#include "service.h"
#include "state/state.h"
#include "stream/flow.h"

/** Of the program that loaded us; see tests/path/bed.h. */
bool probe_may_write(const void *runtime, uint8_t bucket) __attribute__((weak));

struct listener_conf {
	const char *drops;
	bool holds, blocks;
};

static const struct wp_field listener_fields[] = {
	{.name = "drops",
	 .type = WP_STRING,
	 .max = 15,
	 .dflt = "\"\"",
	 .help = "first bytes of packets that it drops"},
	{.name = "holds",
	 .type = WP_BOOL,
	 .offset = offsetof(struct listener_conf, holds),
	 .dflt = "false",
	 .help = "it says hold instead, which is a mistake"},
	{.name = "blocks",
	 .type = WP_BOOL,
	 .offset = offsetof(struct listener_conf, blocks),
	 .dflt = "false",
	 .help = "it blocks their flow instead"},
	{.name = NULL},
};

enum { COUNT_BYTES = WP_FLOW_EVENTS, COUNT_MISPLACED, COUNT_FOREIGN, COUNT_CAPITAL, COUNT_BURSTS };
static const char *const listener_counters[] = {
	[WP_FLOW_START] = "start",
	[WP_FLOW_SETUP] = "setup",
	[WP_FLOW_STATE] = "state",
	[WP_FLOW_RETRANSMISSION] = "retransmission",
	[WP_FLOW_ANOMALY] = "anomaly",
	[WP_FLOW_END] = "end",
	[WP_FLOW_DATA] = "data",
	[WP_FLOW_GAP] = "gap",
	[WP_FLOW_CONFLICT] = "conflict",
	[WP_FLOW_CAP] = "cap",
	[WP_FLOW_FINISH] = "finish",
	[WP_L7_START] = "l7",
	[WP_L7_ANOMALY] = "l7_anomaly",
	[WP_HTTP_HEAD] = "http_head",
	[WP_HTTP_BODY] = "http_body",
	[WP_HTTP_END] = "http_end",
	[WP_DNS_MESSAGE] = "dns",
	[WP_TLS_HELLO] = "tls_hello",
	[WP_TLS_CERTIFICATES] = "tls_certificates",
	[WP_SSH_BANNER] = "ssh",
	[WP_SMTP_COMMAND] = "smtp_command",
	[WP_SMTP_REPLY] = "smtp_reply",
	[WP_SMTP_DATA] = "smtp_data",
	[WP_FTP_COMMAND] = "ftp_command",
	[WP_FTP_REPLY] = "ftp_reply",
	[WP_SMB_MESSAGE] = "smb",
	[WP_MIME_PART] = "mime_part",
	[WP_MIME_DATA] = "mime_data",
	[WP_MIME_END] = "mime_end",
	[WP_HTTP_LINE] = "http_line",
	[COUNT_BYTES] = "bytes",
	[COUNT_MISPLACED] = "misplaced",
	[COUNT_FOREIGN] = "foreign",
	[COUNT_CAPITAL] = "capital",
	[COUNT_BURSTS] = "with_flow",
	NULL,
};

static const char *const listener_reasons[] = {"unused", "told-to", NULL};

/** An event of its own making: bytes that begin with a capital letter. */
static bool
is_capital(const struct wp_stream_event *event)
{
	return event->data[0] >= 'A' && event->data[0] <= 'Z';
}

enum { ROW_CAPITAL = 9 };
static const struct wp_stream_want listener_wants[] = {
	{.type = WP_FLOW_START},    {.type = WP_FLOW_SETUP},
	{.type = WP_FLOW_STATE},    {.type = WP_FLOW_RETRANSMISSION},
	{.type = WP_FLOW_ANOMALY},  {.type = WP_FLOW_END},
	{.type = WP_FLOW_DATA},     {.type = WP_FLOW_GAP},
	{.type = WP_FLOW_CAP},      {.type = WP_FLOW_DATA, .filter = is_capital},
	{.type = WP_FLOW_CONFLICT}, {.type = WP_FLOW_FINISH},
	{.type = WP_L7_START},      {.type = WP_L7_ANOMALY},
	{.type = WP_HTTP_HEAD},     {.type = WP_HTTP_BODY},
	{.type = WP_HTTP_END},      {.type = WP_DNS_MESSAGE},
	{.type = WP_TLS_HELLO},     {.type = WP_SSH_BANNER},
	{.type = WP_SMTP_COMMAND},  WP_WANTS_END};

/** Follows offsets in the flow's word: 32 bits of each side. */
static void
check_place(struct wp_core *core, const struct wp_stream_event *event)
{
	uint64_t *word = wp_flow_word(event->flow, core);
	unsigned int shift = 32u * event->side;

	if ((uint32_t)event->offset != (uint32_t)(*word >> shift))
		core->counters[COUNT_MISPLACED]++;
	*word = (*word & ~(0xffffffffull << shift)) | (event->offset + event->size) << shift;
}

static void
give_verdict(const struct listener_conf *conf, const struct wp_stream_event *event)
{
	if (conf->blocks)
		wp_flow_block(event->flow);
	else if (conf->holds)
		event->pkt->verdict = WP_HOLD; /* which no service may say here */
	else
		wp_drop(event->pkt, 1);
}

static void
listener_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	const struct listener_conf *conf = inst;
	size_t size = strlen(conf->drops);

	for (unsigned int i = 0; i < n; i++) {
		const struct wp_stream_event *event = told[i].event;

		core->counters[event->type]++;
		if (probe_may_write != NULL &&
		    !probe_may_write(core->runtime, event->flow->entry->bucket))
			core->counters[COUNT_FOREIGN]++;
		if (event->type == WP_FLOW_DATA || event->type == WP_FLOW_GAP)
			check_place(core, event);
		if (event->type != WP_FLOW_DATA)
			continue;
		core->counters[COUNT_BYTES] += event->size;
		core->counters[COUNT_CAPITAL] += told[i].rows >> ROW_CAPITAL & 1;
		if (size != 0 && event->size >= size && event->pkt != NULL &&
		    memcmp(event->data, conf->drops, size) == 0)
			give_verdict(conf, event);
	}
}

static void
listener_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		core->counters[COUNT_BURSTS] += pkts[i]->flow != NULL;
}

WP_API const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "listener",
	.summary = "counts what it hears of flows",
	.fields = listener_fields,
	.config_size = sizeof(struct listener_conf),
	.counters = listener_counters,
	.reasons = listener_reasons,
	.burst = listener_burst,
	.wants = listener_wants,
	.events = listener_events,
};
