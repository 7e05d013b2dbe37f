/* SPDX-License-Identifier: BSD-3-Clause */
/* ids: detects and prevents intrusions by rules in Suricata's language. */

#include <errno.h>
#include <stddef.h>

#include "ask.h"
#include "body.h"
#include "chunk.h"
#include "detect.h"
#include "file.h"
#include "inst.h"
#include "log.h"
#include "mail.h"
#include "odd.h"
#include "prove.h"
#include "stamp.h"
#include "state/flow_state.h"
#include "told.h"

enum {
	FLOWS_MAX = 1 << 20,
	CHUNKS_MAX = 1 << 16,
	TOLD_MAX = 1 << 16,
	BITS_MAX = 1 << 14,
	HEADS_MAX = 1 << 10,
	BODIES_MAX = 1 << 13,
	FILES_MAX = 1 << 14,
	HOST_BITS_MAX = 1 << 18,
	HOST_BITS_IDLE_MS = 3600 * 1000,
};

/* Entries of "flows" have pointers to those of the others: whose layout changes takes a new version
 * of both. */
static const struct wp_table_decl ids_tables[] = {
	[TABLE_FLOWS] = {.name = "flows",
			 .version = 2,
			 .class = WP_FLOW,
			 .stays = 1,
			 .at_once = 1,
			 .key = {WP_KEY_U64, WP_KEY_U8},
			 .value_size = sizeof(struct flow_state),
			 .max_entries = FLOWS_MAX},
	[TABLE_CHUNKS] = {.name = "chunks",
			  .version = 2,
			  .class = WP_FLOW,
			  .stays = 1,
			  .at_once = 1,
			  .key = {WP_KEY_U64, WP_KEY_U8},
			  .value_size = sizeof(struct chunk),
			  .raw = sizeof(struct chunk) - offsetof(struct chunk, bytes),
			  .max_entries = CHUNKS_MAX},
	[TABLE_BODIES] = {.name = "bodies",
			  .version = 2,
			  .class = WP_FLOW,
			  .stays = 1,
			  .at_once = 1,
			  .key = {WP_KEY_U64, WP_KEY_U8},
			  .value_size = sizeof(struct body),
			  .raw = sizeof(struct body),
			  .max_entries = BODIES_MAX},
	[TABLE_HOSTS] = {.name = "hosts",
			 .version = 1,
			 .class = WP_FLOW,
			 .stays = 1,
			 .key = {WP_KEY_ADDR, WP_KEY_ADDR, WP_KEY_U32},
			 .value_size = sizeof(uint64_t),
			 .max_entries = HOST_BITS_MAX,
			 .idle_ms = HOST_BITS_IDLE_MS},
	[TABLE_TOLD] = {.name = "told",
			.version = 1,
			.class = WP_FLOW,
			.stays = 1,
			.at_once = 1,
			.key = {WP_KEY_U64, WP_KEY_U8},
			.value_size = sizeof(struct told),
			.raw = sizeof(struct told) - offsetof(struct told, talk.bytes),
			.max_entries = TOLD_MAX},
	[TABLE_BITS] = {.name = "bits",
			.version = 1,
			.class = WP_FLOW,
			.stays = 1,
			.at_once = 1,
			.key = {WP_KEY_U64, WP_KEY_U8},
			.value_size = sizeof(struct flow_more),
			.raw = sizeof(struct flow_more),
			.max_entries = BITS_MAX},
	[TABLE_HEADS] = {.name = "heads",
			 .version = 1,
			 .class = WP_FLOW,
			 .stays = 1,
			 .at_once = 1,
			 .key = {WP_KEY_U64, WP_KEY_U8},
			 .value_size = sizeof(struct body_head),
			 .raw = sizeof(struct body_head),
			 .max_entries = HEADS_MAX},
	[TABLE_FILES] = {.name = "files",
			 .version = 1,
			 .class = WP_FLOW,
			 .stays = 1,
			 .at_once = 1,
			 .key = {WP_KEY_U64, WP_KEY_U8},
			 .value_size = sizeof(struct file),
			 .max_entries = FILES_MAX},
	{.name = NULL},
};

static const char *const ids_counters[] = {
	[COUNT_LOST] = "lost",
	[COUNT_WRITTEN] = "written",
	[COUNT_ALERTS] = "alerts",
	[COUNT_SILENCED] = "silenced",
	[COUNT_DROPPED] = "dropped",
	[COUNT_REJECTED] = "rejected",
	[COUNT_PASSED] = "passed",
	[COUNT_ASKED] = "rules-asked",
	[COUNT_GAVE_UP] = "rules-ended",
	[COUNT_NO_ROOM] = "no-room",
	[COUNT_UNHEARD] = "unheard",
	[COUNT_UNTOLD] = "untold",
	[COUNT_OVER] = "over-budget",
	[COUNT_HEAVY] = "diverted",
	[COUNT_LIGHT] = "returned",
	[COUNT_WAITED] = "waited",
	[COUNT_UNSEEN] = "unseen",
	[COUNT_INVALID] = "invalid",
	NULL,
};

static const char *const ids_reasons[] = {
	[REASON_RULE] = "rule", [REASON_LOAD] = "overload", [REASON_INVALID] = "invalid", NULL};
static const char *const ids_alerts[] = {"lost",     "rules-ended", "no-room", "over-budget",
					 "diverted", "unseen",      "unheard", NULL};

static const struct wp_stream_want ids_wants[] = {
	{.type = WP_FLOW_DATA},
	{.type = WP_FLOW_GAP},
	{.type = WP_FLOW_FINISH},
	{.type = WP_FLOW_END},
	{.type = WP_FLOW_ANOMALY},
	{.type = WP_HTTP_HEAD},
	{.type = WP_HTTP_BODY},
	{.type = WP_HTTP_END},
	{.type = WP_DNS_MESSAGE},
	{.type = WP_TLS_HELLO},
	{.type = WP_TLS_CERTIFICATES},
	{.type = WP_SSH_BANNER},
	{.type = WP_SMTP_COMMAND},
	{.type = WP_SMTP_REPLY},
	{.type = WP_MIME_PART},
	{.type = WP_MIME_DATA},
	{.type = WP_MIME_END},
	{.type = WP_SMB_MESSAGE},
	{.type = WP_HTTP_LINE},
	{.type = WP_FTP_COMMAND},
	{.type = WP_FTP_REPLY},
	{.type = WP_FLOW_CONFLICT},
	{.type = WP_FLOW_CAP},
	{.type = WP_L7_ANOMALY, .l7 = WP_L7_HTTP},
	{.type = WP_L7_ANOMALY, .l7 = WP_L7_TLS},
	{.type = WP_L7_ANOMALY, .l7 = WP_L7_SMTP},
	{.type = WP_L7_ANOMALY, .l7 = WP_L7_FTP},
	{.type = WP_L7_ANOMALY, .l7 = WP_L7_SMB},
	{.type = WP_L7_ANOMALY},
	WP_WANTS_END,
};

/** What is to be prevented has to be seen before it goes on. Nothing of a capture does. */
static int
check_tracker(struct wp_env *env, const struct ids_conf *conf)
{
	if (conf->mode != IDS_PREVENT || conf->capture || !wp_env_tells_late(env))
		return 0;
	return wp_error(env, -EINVAL, "mode",
			"mode: prevent would drop too late: the tracker tells bytes when they are "
			"acknowledged; give the instance of service 'stream' \"tell\": "
			"\"arrival\", or this one \"mode\": \"detect\"");
}

/** Says that some bytes are not prevented: it is what a tracker does that nobody has told more. */
static void
note_unseen(struct wp_env *env, const struct ids_conf *conf)
{
	if (conf->mode == IDS_PREVENT && wp_env_passes_unseen(env))
		wp_log(env,
		       "mode: prevent: bytes that there is no memory to look at go on: give the "
		       "instance of service 'stream' \"at_flow_memory\": \"drop\", and so "
		       "at_memory and at_tenant_memory");
}

static int
ids_open(struct wp_env *env, const void *config, void **inst)
{
	uint64_t proved = stamp_of(config);
	struct ids *new;
	int err = check_tracker(env, config);

	if (err == 0)
		err = prove(env, config);
	if (err == 0)
		err = inst_open(env, config, &new);
	if (err == 0 && (new->stamp != proved || stamp_of(config) != proved)) {
		inst_close(new);
		return wp_error(env, -EAGAIN, "rules", "a file has changed while it was read");
	}
	if (err != 0)
		return err;
	note_unseen(env, config);
	*inst = new;
	return 0;
}

static void
ids_close(void *inst)
{
	inst_close(inst);
}

static bool
ids_is_current(const void *inst)
{
	return inst_is_current(inst);
}

static int
ids_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	const struct ids *ids = inst;
	struct detect *detect;
	int err = check_tracker(env, ids->conf); /* open() may have been behind another */

	if (err != 0)
		return err;
	err = detect_create(ids->conf, ids->detector, core, &detect);
	if (err != 0)
		return wp_error(env, err, NULL, "no memory for a worker");
	tell_create(&detect->tell, ids);
	file_open(detect);
	core->scratch = detect;
	return 0;
}

static void
ids_close_core(const void *inst, struct wp_core *core)
{
	detect_destroy(core->scratch);
	core->scratch = NULL;
}

static bool
ids_hears(const void *inst, unsigned int row)
{
	const struct ids *ids = inst;

	if (ids_wants[row].type == WP_FLOW_CONFLICT && ids->conf->mode == IDS_PREVENT)
		return true;
	if (mail_is_event(ids_wants[row].type))
		return mail_is_asked_about(ids->detector) || kinds_have(&ids->kinds, RECORD_FILE);
	if (ids_wants[row].type == WP_HTTP_LINE)
		return ids->conf->mode == IDS_PREVENT;
	return odd_hears(ids->detector, &ids_wants[row]) ||
	       tell_hears(&ids->kinds, &ids_wants[row]);
}

/** Hears what was found with packets that did not come to their burst, when another one begins.
 * Until then they may: rules about a packet itself count with those about what it brings. */
static void
begin_round(struct detect *detect)
{
	if (detect->round_ns == detect->core->now_ns)
		return;
	hits_hear_all(detect);
	detect->round_ns = detect->core->now_ns;
}

/** Gives a packet its part of the time with the first of its events. */
static void
meet(struct detect *detect, const struct wp_packet *pkt)
{
	if (pkt != NULL && pkt == detect->met &&
	    pkt->tag.ingress_ns == detect->met_tag.ingress_ns &&
	    pkt->tag.context == detect->met_tag.context)
		return;
	load_begin(&detect->load);
	detect->met = pkt;
	if (pkt != NULL)
		detect->met_tag = pkt->tag;
}

/** @return whether a packet will be dropped in front of its burst. */
static bool
is_doomed(const struct wp_stream_event *event)
{
	return event->pkt != NULL &&
	       (event->pkt->verdict == WP_DROP || (event->flow->flags & WP_FLOW_BLOCKED) != 0);
}

static void
ids_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	struct detect *detect = core->scratch;

	detect->core = core;
	detect->asker->core = core;
	load_fill(&detect->load, core->now_ns);
	begin_round(detect);
	for (unsigned int i = 0; i < n; i++) {
		meet(detect, told[i].event->pkt);
		detect_event(detect, told[i].event);
	}
	hits_hear(detect, NULL);
	for (unsigned int i = 0; i < n && detect->hits.n != 0; i++)
		if (is_doomed(told[i].event)) /* its memory may be another's soon */
			hits_hear(detect, told[i].event->pkt);
}

static void
ids_tick(const void *inst, struct wp_core *core, uint64_t now_ns)
{
	struct detect *detect = core->scratch;

	detect->core = core;
	tell_tick(detect, now_ns);
}

static void
ids_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	struct detect *detect = core->scratch;

	detect->core = core;
	detect->asker->core = core;
	load_fill(&detect->load, core->now_ns);
	hits_part(detect);
	for (unsigned int i = 0; i < n; i++)
		detect_packet(detect, pkts[i]);
	detect->refused.n = detect->mended.n = 0;
	detect->met = NULL;
	detect->round_ns = 0;
}

WP_API const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_OPENS_ASIDE,
	.name = "ids",
	.summary = "detects and prevents intrusions by rules in Suricata's language",
	.fields = ids_fields,
	.config_size = sizeof(struct ids_conf),
	.tables = ids_tables,
	.counters = ids_counters,
	.reasons = ids_reasons,
	.alerts = ids_alerts,
	.wants = ids_wants,
	.hears = ids_hears,
	.open = ids_open,
	.close = ids_close,
	.is_current = ids_is_current,
	.open_core = ids_open_core,
	.close_core = ids_close_core,
	.events = ids_events,
	.burst = ids_burst,
	.tick = ids_tick,
	.ask = ids_ask,
	.open_log = ids_open_log,
	.log = ids_log,
	.log_tick = ids_log_tick,
	.close_log = ids_close_log,
};
