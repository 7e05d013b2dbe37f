/* SPDX-License-Identifier: BSD-3-Clause */
/* See explain.h. What happened is read off the counters: with one packet at a time, whatever moved
 * is of that packet. */

#include "pe/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <pcap/pcap.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "hex.h"
#include "pe/clock.h"
#include "pe/epoch.h"
#include "pe/pools.h"
#include "pe/stats.h"
#include "tag/tag.h"

#define PORT_NAME "explain"

enum {
	FRAME_MAX = 16384,
	POLLS_MIN = 8,       /* empty ones, until a packet is believed to be through */
	WAIT_NS = 300000000, /* for what a service holds back */
	ETHERNET = 14,
	NSH = 24, /* base header, service path, fixed context */
	BUFFERS = 2048,
};

void
explain_prepare(struct document *document)
{
	static struct document_port port = {.name = PORT_NAME,
					    .type = PORT_RING,
					    .interface = "",
					    .device = "",
					    .in = "",
					    .out = "",
					    .socket = "",
					    .queues = 1,
					    .mtu = 9000};
	static uint32_t core;

	document->ports = &port;
	document->n_ports = 1;
	document->cores = &core;
	document->n_cores = 1;
	document->workers.balance = false;
	document->workers.buffers = BUFFERS;
	document->workers.fragment_max = 256;
}

/* Frames in and out. */

static struct rte_ring *
ring_of(const char *end)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), PORT_NAME "-%s", end);
	return rte_ring_lookup(name);
}

/** Puts a path's tag around a frame that has none. @return its size, 0: no room */
static size_t
put_tag(const struct wp_path *path, const uint8_t *frame, size_t size, uint8_t out[FRAME_MAX])
{
	uint32_t service = path->spi << 8 | path->first_index;

	if (size + ETHERNET + NSH > FRAME_MAX)
		return 0;
	memset(out, 0, ETHERNET + NSH);
	out[0] = out[6] = 2; /* locally administered */
	out[12] = 0x89;
	out[13] = 0x4f;
	out[ETHERNET] = 63 >> 2;                    /* NSH (RFC 8300 2.2): TTL 63, */
	out[ETHERNET + 1] = (uint8_t)(63 << 6 | 6); /* 6 words, */
	out[ETHERNET + 2] = 1;                      /* MD type 1, */
	out[ETHERNET + 3] = 3;                      /* an Ethernet frame */
	for (unsigned int i = 0; i < 4; i++)
		out[ETHERNET + 4 + i] = (uint8_t)(service >> (24 - 8 * i));
	memcpy(out + ETHERNET + NSH, frame, size);
	return size + ETHERNET + NSH;
}

static bool
has_tag(const uint8_t *frame, size_t size)
{
	return size > ETHERNET && frame[12] == 0x89 && frame[13] == 0x4f;
}

/** Gives a frame to the PE. */
static int
feed(const struct pe *pe, const uint8_t *frame, size_t size)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pools_near(&pe->pools, 0));
	char *room = mbuf == NULL ? NULL : rte_pktmbuf_append(mbuf, (uint16_t)size);

	if (room == NULL || rte_ring_enqueue(ring_of("rx"), mbuf) != 0) {
		rte_pktmbuf_free(mbuf);
		return -ENOMEM;
	}
	memcpy(room, frame, size);
	return 0;
}

static json_t *
hex_of(const uint8_t *bytes, size_t n)
{
	char *text = malloc(2 * n + 1);
	json_t *json;

	if (text == NULL)
		return NULL;
	wp_hex(bytes, n, text);
	json = json_stringn(text, 2 * n);
	free(text);
	return json;
}

/** Reads the tag of a frame. @return an object, or null */
static json_t *
tag_of(const uint8_t *frame, size_t size)
{
	uint8_t copy[FRAME_MAX];
	struct wp_packet pkt = {.buf = copy, .len = (uint16_t)size, .room = sizeof(copy)};

	if (size > sizeof(copy))
		return json_null();
	memcpy(copy, frame, size);
	if (wp_nsh.decode(&pkt) != WP_TAG_OK)
		return json_null();
	return json_pack("{si si}", "spi", (int)pkt.tag.path, "si", (int)pkt.tag.index);
}

/** Takes what the PE has sent. */
static json_t *
take_sent(void)
{
	json_t *sent = json_array();
	void *taken;

	while (rte_ring_dequeue(ring_of("tx"), &taken) == 0) {
		struct rte_mbuf *mbuf = taken;
		const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);

		json_array_append_new(sent,
				      json_pack("{so si so}", "tag", tag_of(frame, mbuf->data_len),
						"bytes", (int)mbuf->data_len, "frame",
						hex_of(frame, mbuf->data_len)));
		rte_pktmbuf_free(mbuf);
	}
	return sent;
}

/* What moved. */

static json_int_t
moved(const json_t *before, const json_t *after, const char *member)
{
	return json_integer_value(json_object_get(after, member)) -
	       json_integer_value(json_object_get(before, member));
}

/** @return the members of an object of numbers that moved, and by how much. */
static json_t *
all_moved(const json_t *before, const json_t *after)
{
	json_t *all = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)after, name, value)
	{
		json_int_t by = moved(before, after, name);

		if (by != 0)
			json_object_set_new(all, name, json_integer(by));
	}
	return all;
}

static const char *
first_name(const json_t *object)
{
	return json_object_iter_key(json_object_iter((json_t *)(uintptr_t)object));
}

/** @return what an instance's counters say. */
static json_t *
instance_moved(const json_t *before, const json_t *after, const char *name)
{
	const json_t *instance;
	size_t i;

	json_array_foreach(json_object_get(after, "instances"), i, instance)
	{
		if (strcmp(json_string_value(json_object_get(instance, "name")), name) == 0)
			return all_moved(
				json_object_get(
					json_array_get(json_object_get(before, "instances"), i),
					"counters"),
				json_object_get(instance, "counters"));
	}
	return json_object();
}

/** @return what a step did; NULL: the packet did not come to it */
static json_t *
step_moved(const json_t *before, const json_t *after, const json_t *all_before,
	   const json_t *all_after)
{
	const char *name = json_string_value(json_object_get(after, "instance"));
	json_t *drops =
		all_moved(json_object_get(before, "drops"), json_object_get(after, "drops"));
	bool bypassed = moved(before, after, "bypassed") != 0;
	const char *reason = first_name(drops);
	json_t *json = NULL;

	if (reason != NULL || bypassed || moved(before, after, "timed_packets") != 0) {
		json = json_pack("{ss sO ss so}", "instance", name, "service",
				 json_object_get(after, "service"), "decision",
				 reason != NULL ? "drop"
				 : bypassed     ? "bypass"
						: "served",
				 "counters", instance_moved(all_before, all_after, name));
		if (reason != NULL)
			json_object_set_new(json, "reason", json_string(reason));
	}
	json_decref(drops);
	return json;
}

/** What the runtime drops behind a step is that step's: it failed. @param step  NULL: there was
 * none */
static void
blame_step(json_t *step, const char *dropped)
{
	bool served = step != NULL &&
		      strcmp(json_string_value(json_object_get(step, "decision")), "served") == 0;

	if (!served || dropped == NULL)
		return;
	json_object_set_new(step, "decision",
			    json_string(strncmp(dropped, "fail-", 5) == 0 ? "fail" : "dropped"));
	json_object_set_new(step, "reason", json_string(dropped));
}

/** @return what happened on a path; NULL: nothing */
static json_t *
path_moved(const json_t *before, const json_t *after, const json_t *all_before,
	   const json_t *all_after)
{
	static const char *const ends[] = {"tx",      "created", "absorbed",   "holds",
					   "replied", "to_peer", "turned_out", "turned_in"};
	json_t *drops =
		all_moved(json_object_get(before, "drops"), json_object_get(after, "drops"));
	json_t *steps = json_array(), *json, *step;
	bool some = moved(before, after, "rx") != 0 || json_object_size(drops) != 0;
	size_t i;

	json_array_foreach(json_object_get(after, "steps"), i, step)
	{
		step = step_moved(json_array_get(json_object_get(before, "steps"), i), step,
				  all_before, all_after);
		if (step != NULL)
			json_array_append_new(steps, step);
	}
	blame_step(json_array_get(steps, json_array_size(steps) - 1), first_name(drops));
	json = json_pack("{sO sO so so}", "path", json_object_get(after, "name"), "tenant",
			 json_object_get(after, "tenant"), "steps", steps, "dropped", drops);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (moved(before, after, ends[i]) != 0) {
			json_object_set_new(json, ends[i],
					    json_integer(moved(before, after, ends[i])));
			some = true;
		}
	if (some || json_array_size(steps) != 0)
		return json;
	json_decref(json);
	return NULL;
}

/** @return all paths on which something happened. */
static json_t *
paths_moved(const json_t *before, const json_t *after)
{
	json_t *paths = json_array(), *path;
	size_t i;

	json_array_foreach(json_object_get(after, "paths"), i, path)
	{
		path = path_moved(json_array_get(json_object_get(before, "paths"), i), path, before,
				  after);
		if (path != NULL)
			json_array_append_new(paths, path);
	}
	return paths;
}

/** @return why the port refused the frame, or null. */
static json_t *
refusal(const json_t *before, const json_t *after)
{
	json_t *all = all_moved(
		json_object_get(json_array_get(json_object_get(before, "ports"), 0), "refused"),
		json_object_get(json_array_get(json_object_get(after, "ports"), 0), "refused"));
	json_t *reason = first_name(all) != NULL ? json_string(first_name(all)) : json_null();

	json_decref(all);
	return reason;
}

/* Running. */

/** Runs the PE until nothing is inside any more, or something does not come out. */
static void
run_through(struct pe *pe)
{
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + WAIT_NS;
	unsigned int idle = 0;

	while (idle < POLLS_MIN && clock_ns(CLOCK_MONOTONIC) < end_ns) {
		idle = pe_poll(pe) == 0 && epoch_in_flight(pe->current) == 0 ? idle + 1 : 0;
		pe_tick(pe);
	}
}

/** Runs one frame. @return what became of it; NULL without memory */
static json_t *
explain(struct pe *pe, const uint8_t *frame, size_t size)
{
	json_t *before = stats_json(pe), *after, *result;

	if (feed(pe, frame, size) != 0) {
		json_decref(before);
		return NULL;
	}
	run_through(pe);
	after = stats_json(pe);
	result = json_pack("{si so so so so sb}", "bytes", (int)size, "tag", tag_of(frame, size),
			   "refused", refusal(before, after), "paths", paths_moved(before, after),
			   "sent", take_sent(), "held", epoch_in_flight(pe->current) != 0);
	json_decref(before);
	json_decref(after);
	return result;
}

static const struct wp_path *
find_path(const struct wp_epoch *epoch, const char *name)
{
	for (uint32_t i = 0; i < epoch->n_paths; i++)
		if (strcmp(epoch_path_name(epoch, &epoch->paths[i]), name) == 0)
			return &epoch->paths[i];
	return NULL;
}

/** Runs one frame of a file, and prints what became of it. */
static int
explain_frame(struct pe *pe, const struct wp_path *path, const uint8_t *frame, size_t size,
	      FILE *out)
{
	uint8_t tagged[FRAME_MAX];
	json_t *result;

	if (path != NULL && !has_tag(frame, size)) {
		size = put_tag(path, frame, size, tagged);
		frame = tagged;
	}
	if (size == 0 || size > FRAME_MAX) {
		fprintf(stderr, "waypointd: a packet is longer than %d bytes\n", FRAME_MAX);
		return -EINVAL;
	}
	result = explain(pe, frame, size);
	if (result == NULL || json_dumpf(result, out, JSON_COMPACT) != 0 ||
	    fputc('\n', out) == EOF) {
		json_decref(result);
		return -ENOMEM;
	}
	json_decref(result);
	return 0;
}

/** Runs all packets of an open file. */
static int
explain_all(struct pe *pe, pcap_t *in, const struct wp_path *path, FILE *out)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int err = 0, more;

	for (unsigned int n = 0;
	     err == 0 && (more = pcap_next_ex(in, &header, &bytes)) != PCAP_ERROR_BREAK; n++) {
		if (more != 1) {
			fprintf(stderr, "waypointd: %s\n", pcap_geterr(in));
			return -EINVAL;
		}
		if (n == EXPLAIN_PACKETS_MAX) {
			fprintf(stderr, "waypointd: only the first %d packets are explained\n",
				EXPLAIN_PACKETS_MAX);
			return 0;
		}
		if (header->caplen < header->len)
			fprintf(stderr,
				"waypointd: packet %u was cut when it was captured, from %u to %u "
				"bytes: it may fare otherwise\n",
				n + 1, header->len, header->caplen);
		err = explain_frame(pe, path, bytes, header->caplen, out);
	}
	return err;
}

int
explain_run(struct pe *pe, const char *file, const char *path_name, FILE *out)
{
	const struct wp_path *path = path_name == NULL ? NULL : find_path(pe->current, path_name);
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *in;
	int err;

	setvbuf(out, NULL, _IOLBF, 0); /* in order with what is said, and so far as it came */
	if (path_name != NULL && path == NULL) {
		fprintf(stderr, "waypointd: there is no path '%s'\n", path_name);
		return -ENOENT;
	}
	in = pcap_open_offline(file, why);
	if (in == NULL) {
		fprintf(stderr, "waypointd: %s: %s\n", file, why);
		return -EINVAL;
	}
	if (pcap_datalink(in) != DLT_EN10MB) {
		fprintf(stderr, "waypointd: %s: is not of Ethernet frames\n", file);
		err = -EINVAL;
	} else {
		err = explain_all(pe, in, path, out);
	}
	pcap_close(in);
	return err;
}
