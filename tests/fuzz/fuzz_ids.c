/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service "ids" behind its tracker, over any packets and over clean connections. Every alert
 * must be a line of JSON; counters must add up; what is found in a clean connection may not depend
 * on how its bytes are cut into segments.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <pcap/dlt.h>

#include "bytes.h"
#include "ids_rules.h"
#include "inst.h"
#include "out/json.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "tool/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEP = 8,
	FRONT = 64,
	ROOM = 2048,
	SEGMENT_MAX = 1400,
	SIDS_MAX = 64, /* of steady rules */
	TABLE_MAX = 64,
	TABLES_MAX = 16,
};

/** Which rules, and what is done by them. */
enum set { SET_DETECT, SET_PREVENT, SET_STEADY, SETS };

static struct {
	void *insts[SETS]; /* compiled once */
	char files[2][32]; /* of rules: all, steady ones */
	struct wp_service service;
	struct wp_table_decl tables[TABLES_MAX];
	enum set set; /* that is opened next */

	uint64_t n_alerts; /* lines of one run */
	uint64_t steady;   /* bits: steady rules that alerted */
	char line[JSON_LINE_MAX];
} bed;

/** A side of a connection: the number of its next byte. */
struct peer {
	uint32_t next;
	bool is_open; /* it has sent its SYN */
};

/** A run over packets. */
struct run {
	struct host *host;
	uint64_t now_ns, number;
	struct peer peers[16][2]; /* by client and port */
};

static const uint16_t ports[] = {80, 53, 443, 22, 25, 445, 21, 7777};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* The service: as it is, but compiled once, and heard. */

/** All of the bed's own rules are good. */
static void
check_rules(const struct rule_set *set)
{
	for (uint32_t i = 0; i < set->n_faults; i++)
		fprintf(stderr, "%u: %s\n", set->faults[i].sid, set->faults[i].why);
	must(set->n_faults == 0);
}

static int
open_once(struct wp_env *env, const void *config, void **inst)
{
	int err = 0;

	if (bed.insts[bed.set] == NULL)
		err = wp_service.open(env, config, &bed.insts[bed.set]);
	if (err == 0)
		check_rules(((struct ids *)bed.insts[bed.set])->detector->set);
	*inst = bed.insts[bed.set];
	return err;
}

static int
open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	*log = &bed;
	return 0;
}

static const struct rule *
rule_of(const void *inst, uint32_t number)
{
	const struct rule_set *set = ((const struct ids *)inst)->detector->set;

	must(number < set->n);
	return set->rules[number];
}

/** Makes a line of an alert, and keeps in mind whose it is. */
static void
hear(const void *inst, const struct wp_event *event)
{
	const struct json_names names = {
		.of = inst, .rule = rule_of, .metadata = true, .rule_text = true, .verdict = true};
	size_t size = json_line(bed.line, sizeof(bed.line), event->data, event->size,
				event->time_ns, &names);
	json_t *json = json_loadb(bed.line, size, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
	json_int_t sid;

	must(size != 0 && bed.line[size - 1] == '\n' && json != NULL);
	sid = json_integer_value(json_object_get(json_object_get(json, "alert"), "signature_id"));
	bed.n_alerts += sid != 0;
	if (sid < SIDS_MAX)
		bed.steady |= 1ull << sid;
	json_decref(json);
}

static void
log_events(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	   unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		hear(inst, &events[i]);
}

static void
write_rules(char file[32], const char *text, const char *more)
{
	int fd;

	strcpy(file, "/tmp/fuzz-ids-XXXXXX");
	fd = mkstemp(file);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	must(write(fd, more, strlen(more)) == (ssize_t)strlen(more));
	must(close(fd) == 0);
}

static struct host *
open_host(enum set set, const char *tracker)
{
	json_t *config =
		json_pack("{s:[s], s:s, s:i, s:{s:s}}", "rules", bed.files[set == SET_STEADY],
			  "mode", set == SET_PREVENT ? "prevent" : "detect", "alerts_max", 64,
			  "variables", "EXTERNAL_NET", "any");
	json_t *of_tracker = json_loads(tracker, 0, NULL);
	struct host_conf conf = {.service = &bed.service,
				 .config = config,
				 .tracker = of_tracker,
				 .is_repeatable = true};
	struct host *host;
	char why[512];

	bed.set = set;
	bed.n_alerts = bed.steady = 0;
	if (host_open(&conf, &host, why, sizeof(why)) != 0) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	json_decref(config);
	json_decref(of_tracker);
	return host;
}

/** Compiles all sets. Their hosts stay, for the rules are used as long as those do. */
static void
open_bed(void)
{
	static struct host *hosts[SETS];

	write_rules(bed.files[0], steady_rules, wild_rules);
	write_rules(bed.files[1], steady_rules, "");
	bed.service = wp_service;
	bed.service.open = open_once;
	bed.service.close = NULL;
	bed.service.open_log = open_log;
	bed.service.log = log_events;
	bed.service.log_tick = NULL;
	bed.service.close_log = NULL;
	for (unsigned int i = 0; wp_service.tables[i].name != NULL; i++) {
		must(i + 1 < TABLES_MAX);
		bed.tables[i] = wp_service.tables[i];
		bed.tables[i].max_entries = TABLE_MAX;
	}
	bed.service.tables = bed.tables;
	for (unsigned int i = 0; i < SETS; i++)
		hosts[i] = open_host((enum set)i, "{}");
	must(hosts[0] != NULL);
	unlink(bed.files[0]);
	unlink(bed.files[1]);
}

/* Packets. */

static void
give(struct run *run, int link, const uint8_t *bytes, uint32_t size)
{
	struct capture_packet packet = {.bytes = bytes,
					.size = size,
					.wire_size = size,
					.time_ns = run->now_ns,
					.number = ++run->number,
					.link = link};

	host_packet(run->host, &packet);
}

/** What a packet of a step is. */
struct shape {
	unsigned int client, port; /* index */
	bool from_server, v6, is_udp, is_bad;
	uint8_t flags, proto; /* proto: neither TCP nor UDP; 0: one of them */
	uint32_t seq, ack;
	const uint8_t *payload;
	uint32_t size;
};

/** Writes a transport header. @return its size */
static unsigned int
write_l4(uint8_t *l4, const struct shape *shape)
{
	uint16_t client = (uint16_t)(1000 + shape->client), server = ports[shape->port];

	if (shape->proto != 0)
		return 0;
	wp_put16(l4, shape->from_server ? server : client);
	wp_put16(l4 + 2, shape->from_server ? client : server);
	if (shape->is_udp) {
		wp_put16(l4 + 4, (uint16_t)(8 + shape->size));
		return 8;
	}
	wp_put32(l4 + 4, shape->seq);
	wp_put32(l4 + 8, shape->ack);
	l4[12] = 5 << 4;
	l4[13] = shape->flags;
	wp_put16(l4 + 14, 65535);
	return 20;
}

static void
send_shape(struct run *run, const struct shape *shape)
{
	static uint8_t room[ROOM];
	unsigned int ip_size = shape->v6 ? 40 : 20, l4_size;
	uint8_t *ip = room + FRONT;
	struct wp_packet pkt = {.buf = room, .room = ROOM, .start = FRONT};

	memset(ip, 0, 60);
	l4_size = write_l4(ip + ip_size, shape);
	if (shape->size != 0)
		memcpy(ip + ip_size + l4_size, shape->payload, shape->size);
	pkt.len = (uint16_t)(ip_size + l4_size + shape->size);
	ip[0] = shape->v6 ? 0x60 : 0x45;
	wp_put16(ip + (shape->v6 ? 4 : 2), (uint16_t)(pkt.len - (shape->v6 ? 40 : 0)));
	ip[shape->v6 ? 7 : 8] = 64;
	ip[shape->v6 ? 6 : 9] = shape->proto != 0 ? shape->proto
				: shape->is_udp   ? WP_PROTO_UDP
						  : WP_PROTO_TCP;
	ip[shape->v6 ? 8 : 12] = ip[shape->v6 ? 24 : 16] = 10;
	ip[shape->v6 ? 23 : 15] = shape->from_server ? 2 : 1;
	ip[shape->v6 ? 39 : 19] = shape->from_server ? 1 : 2;
	if (!shape->v6)
		wp_store16(ip + 10, wp_checksum(ip, 20));
	wp_parse(&pkt);
	if (pkt.l4 != 0 && shape->proto == 0 && !shape->is_bad)
		wp_store16(wp_l4(&pkt) + (shape->is_udp ? 6 : 16), wp_checksum_l4(&pkt));
	give(run, DLT_RAW, ip, pkt.len);
}

/** Sends the next segment of a side, behind a handshake if need be. */
static void
send_next(struct run *run, const struct shape *like)
{
	struct peer *peers = run->peers[like->client << 3 | like->port];
	struct shape shape = *like;

	for (unsigned int step = 0; step < 3 && !peers[1].is_open; step++) {
		unsigned int side = step & 1;

		shape.from_server = side != 0;
		shape.seq = step == 2 ? 1001 : 1000 + side * 70000;
		shape.ack = step == 0 ? 0 : 1001 + (1 - side) * 70000;
		shape.flags = step == 0 ? 0x02 : step == 1 ? 0x12 : 0x10;
		shape.size = 0;
		send_shape(run, &shape);
		peers[side] = (struct peer){1001 + side * 70000, step != 0};
	}
	peers[1].is_open = true;
	shape = *like;
	shape.seq = peers[like->from_server].next;
	shape.ack = peers[!like->from_server].next;
	send_shape(run, &shape);
	peers[like->from_server].next += shape.size + (shape.flags & 1);
}

static struct run
begin(enum set set, const char *tracker)
{
	return (struct run){.host = open_host(set, tracker), .now_ns = 1700000000000000000};
}

/** Ends a run. What was told is what was counted. */
static void
end(struct run *run)
{
	host_end(run->host);
	must(host_counter(run->host, "alerts") == bed.n_alerts);
	must(host_counter(run->host, "lost") == 0);
	host_close(run->host);
}

/* Any packets. */

enum kind { KIND_NEXT_MAX = 4, KIND_ANY_SEQ = 5, KIND_UDP = 6, KIND_OTHER = 7 };

/** Takes one step: kind, flags, seq (2), port, length (2), time; and the payload behind it.
 * @return bytes that it took */
static size_t
step(struct run *run, const uint8_t *in, size_t size)
{
	unsigned int kind = in[0] >> 2 & 7;
	struct shape shape = {.from_server = in[0] & 1,
			      .v6 = in[0] & 2,
			      .client = in[0] >> 5 & 1,
			      .is_bad = (in[0] >> 6) == 3,
			      .port = in[4] & 7,
			      .is_udp = kind == KIND_UDP,
			      .flags = in[1] == 0 ? 0x18 : in[1],
			      .proto = kind == KIND_OTHER ? in[1] : 0,
			      .payload = in + STEP};
	size_t left = size - STEP;

	shape.size = wp_get16(in + 5) % SEGMENT_MAX;
	if (shape.size > left)
		shape.size = (uint32_t)left;
	run->now_ns += (uint64_t)(in[7] & 0x1f) << 28;
	if (kind == KIND_OTHER && (in[4] & 0x80) != 0)
		give(run, (in[4] & 0x40) != 0 ? DLT_EN10MB : DLT_RAW, shape.payload, shape.size);
	else if (kind <= KIND_NEXT_MAX)
		send_next(run, &shape);
	else {
		shape.seq = 1000 + wp_get16(in + 2) % 4000u + (in[0] & 1) * 70000u;
		shape.ack = run->peers[shape.client << 3 | shape.port][!shape.from_server].next;
		send_shape(run, &shape);
	}
	return STEP + shape.size;
}

enum { TELLS_LATE = 2 /* of the trackers */ };

static void
run_any(const uint8_t *data, size_t size)
{
	static const char *const trackers[] = {
		"{}",
		"{\"flow_memory\": 8192, \"memory\": 1, \"verify_checksums\": false}",
		[TELLS_LATE] = "{\"tell\": \"acknowledged\", \"flow_memory\": 4096, \"memory\": 1}",
		"{\"policy\": \"last\"}",
	};
	bool prevents = (data[0] & 2) != 0;
	unsigned int tracker = data[0] >> 2 & 3;
	struct run run;

	if (prevents && tracker == TELLS_LATE) /* which is refused */
		tracker = 1;
	run = begin(prevents ? SET_PREVENT : SET_DETECT, trackers[tracker]);
	for (size_t at = 1; at + STEP <= size;)
		at += step(&run, data + at, size - at);
	end(&run);
}

/* Clean connections. */

/** Sends what one side says before the other does. @param seed  how it is cut; 0: as little as can
 * be */
static void
say(struct run *run, struct shape *shape, const uint8_t *bytes, uint32_t size, uint64_t *seed)
{
	while (size != 0) {
		uint32_t most = *seed == 0 ? SEGMENT_MAX : 1 + (uint32_t)(*seed >> 33) % 40;

		shape->payload = bytes;
		shape->size = size < most ? size : most;
		send_next(run, shape);
		bytes += shape->size;
		size -= shape->size;
		*seed = *seed * 6364136223846793005u + (*seed != 0);
	}
}

/** Has a connection: turns of a side and length (2) and what is said. @return bits: rules that
 * alerted */
static uint64_t
talk(const uint8_t *data, size_t size, uint64_t seed)
{
	struct run run = begin(SET_STEADY, "{}");
	struct shape shape = {.flags = 0x18, .port = data[0] & 7};

	for (size_t at = 2; at + 2 < size;) {
		size_t n = wp_get16(data + at) & 0x7fff, left = size - at - 2;

		shape.from_server = (data[at] & 0x80) != 0;
		if (n > left)
			n = left;
		say(&run, &shape, data + at + 2, (uint32_t)n, &seed);
		at += 2 + n;
	}
	shape.size = 0;
	shape.flags = 0x11;
	for (unsigned int side = 0; side < 2; side++) {
		shape.from_server = side;
		send_next(&run, &shape);
	}
	end(&run);
	return bed.steady;
}

static void
run_clean(const uint8_t *data, size_t size)
{
	uint64_t whole = talk(data, size, 0), cut = talk(data, size, data[1] * 2u + 1);

	if (whole == cut)
		return;
	fprintf(stderr, "in few segments: %llx, in many: %llx\n", (unsigned long long)whole,
		(unsigned long long)cut);
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	if (bed.insts[0] == NULL)
		open_bed();
	if ((data[0] & 1) != 0)
		run_clean(data + 1, size - 1);
	else
		run_any(data, size);
	return 0;
}
