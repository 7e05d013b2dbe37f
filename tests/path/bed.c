/* SPDX-License-Identifier: BSD-3-Clause */
/* See bed.h. */

#include "bed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "pe/stats.h"

enum { OUTER = 14, NSH = 24, INNER = 14, IP = 20, UDP = 8 };

static struct document_error last_error;
static struct bed *current; /* a failed test leaves it open */

void
bed_start_dpdk(void)
{
	char *argv[] = {"test",           "--no-huge", "--no-pci", "--no-shconf",
			"--no-telemetry", "-m",        "256",      "--log-level=warning",
			"--lcores",       "0@(0-1)",   NULL};

	if (rte_eal_init(10, argv) < 0) {
		fprintf(stderr, "DPDK does not start: %s\n", rte_strerror(rte_errno));
		exit(1);
	}
}

static struct document *
parse(const char *format)
{
	struct document *document;
	char text[16384];
	int n = snprintf(text, sizeof(text), format,
			 WP_PROBE); /* NOLINT: our own formats, for brevity */

	if (document_parse(text, (size_t)n, &document, &last_error) != 0)
		return NULL;
	return document;
}

static struct pe_options
options_of(struct bed *bed)
{
	return (struct pe_options){.module_dir = WP_MODULES, .clock_ns = &bed->now_ns};
}

/** Closes what a failed test has left open, and empties its rings. */
static void
bed_abandon(void)
{
	char name[RTE_RING_NAMESIZE];

	if (current == NULL)
		return;
	for (uint16_t i = 0; i < current->pe->n_ports; i++) {
		for (unsigned int end = 0; end < 2; end++) {
			snprintf(name, sizeof(name), "%.20s-%s", current->pe->ports[i].name,
				 end == 0 ? "rx" : "tx");
			rte_ring_reset(rte_ring_lookup(name));
		}
	}
	pe_close(current->pe);
	current = NULL;
}

struct bed *
bed_open(const char *format)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct document *document = parse(format);
	struct pe_options options = options_of(bed);

	bed_abandon();
	bed->now_ns = 1000000000;
	ck_assert_msg(document != NULL, "%s: %s", last_error.path, last_error.message);
	ck_assert_msg(pe_open(&bed->pe, document, &options, &last_error) == 0, "%s: %s",
		      last_error.path, last_error.message);
	current = bed;
	return bed;
}

char *
bed_refusal(const char *format)
{
	static char text[sizeof(last_error.path) + sizeof(last_error.message) + 3];
	struct bed bed = {.now_ns = 1};
	struct document *document = parse(format);
	struct pe_options options = options_of(&bed);

	if (document != NULL && pe_open(&bed.pe, document, &options, &last_error) == 0) {
		pe_close(bed.pe);
		return NULL;
	}
	snprintf(text, sizeof(text), "%s: %s", last_error.path, last_error.message);
	return text;
}

int
bed_reload(struct bed *bed, const char *format)
{
	struct document *document = parse(format);

	return document == NULL ? -EINVAL : pe_reload(bed->pe, document, &last_error);
}

const char *
bed_error(void)
{
	static char text[sizeof(last_error.path) + sizeof(last_error.message) + 3];

	snprintf(text, sizeof(text), "%s: %s", last_error.path, last_error.message);
	return text;
}

void
bed_close(struct bed *bed)
{
	for (uint16_t i = 0; i < bed->pe->n_ports; i++)
		ck_assert_uint_eq(bed_receive_all(bed, bed->pe->ports[i].name), 0);
	bed_sleep(bed, 20000); /* all holds end */
	for (uint16_t i = 0; i < bed->pe->n_ports; i++)
		bed_receive_all(bed, bed->pe->ports[i].name);
	ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
	ck_assert_uint_eq(bed->pe->audit.failures, 0);
	ck_assert_uint_eq(epoch_in_flight(bed->pe->current), 0);
	ck_assert_uint_eq(pools_in_use(&bed->pe->pools), 0);
	current = NULL;
	pe_close(bed->pe);
	free(bed);
}

void
bed_bring_to(struct bed *bed, enum move_state state)
{
	for (unsigned int i = 0; i < 20 && pe_move(bed->pe).state != state; i++) {
		const struct move move = pe_move(bed->pe);

		worker_poll(bed->pe->workers[i % 2 == 0 ? move.from : move.to]);
	}
	ck_assert_uint_eq(pe_move(bed->pe).state, state);
}

static uint64_t random_state;

void
bed_seed(uint64_t seed)
{
	random_state = seed;
}

unsigned int
bed_pick(unsigned int n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (unsigned int)(random_state >> 33) % n;
}

uint8_t
bed_loaded_bucket(const struct pe *pe)
{
	unsigned int first = bed_pick(256);

	for (unsigned int i = 0; i < 256; i++)
		for (unsigned int w = 0; w < pe->n_workers; w++)
			if (pe->workers[w]->load[(first + i) % 256] != 0)
				return (uint8_t)(first + i);
	return (uint8_t)first;
}

void
bed_run(struct bed *bed)
{
	unsigned int idle = 0;

	while (idle < 3)
		idle = pe_poll(bed->pe) == 0 ? idle + 1 : 0;
	pe_tick(bed->pe);
	ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
}

void
bed_sleep(struct bed *bed, unsigned int ms)
{
	bed->now_ns += ms * 1000000ull;
	bed_run(bed);
}

static struct rte_ring *
ring_of(const char *port, const char *end)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "%.20s-%s", port, end);
	ring = rte_ring_lookup(name);
	ck_assert_ptr_nonnull(ring);
	return ring;
}

void
bed_send(struct bed *bed, const char *port, const struct frame *frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pools_near(&bed->pe->pools, 0));

	ck_assert_ptr_nonnull(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, frame->len), frame->bytes, frame->len);
	ck_assert_int_eq(rte_ring_enqueue(ring_of(port, "rx"), mbuf), 0);
}

bool
bed_receive(struct bed *bed, const char *port, struct frame *frame)
{
	void *obj;
	struct rte_mbuf *mbuf;

	if (rte_ring_dequeue(ring_of(port, "tx"), &obj) != 0)
		return false;
	mbuf = obj;
	ck_assert_uint_eq(mbuf->nb_segs, 1);
	ck_assert_uint_eq(mbuf->pkt_len, mbuf->data_len);
	ck_assert_uint_le(mbuf->data_len, FRAME_MAX);
	frame->len = mbuf->data_len;
	memcpy(frame->bytes, rte_pktmbuf_mtod(mbuf, void *), frame->len);
	rte_pktmbuf_free(mbuf);
	return true;
}

bool
bed_receive_any(struct bed *bed, struct frame *frame)
{
	return bed_receive(bed, "p0", frame) || bed_receive(bed, "p1", frame);
}

unsigned int
bed_receive_all(struct bed *bed, const char *port)
{
	struct frame frame;
	unsigned int n = 0;

	while (bed_receive(bed, port, &frame))
		n++;
	return n;
}

uint64_t
bed_number(struct bed *bed, const char *where)
{
	json_t *root = stats_json(bed->pe), *at = root;
	char text[256], *save = NULL;
	uint64_t value;

	snprintf(text, sizeof(text), "%s", where);
	for (char *part = strtok_r(text, "/", &save); part != NULL;
	     part = strtok_r(NULL, "/", &save))
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
				       : json_object_get(at, part);
	ck_assert_msg(json_is_number(at), "no number '%s'", where);
	value = (uint64_t)json_number_value(at);
	json_decref(root);
	return value;
}

/** Outer Ethernet and NSH MD type 1. */
static void
put_tag(uint8_t *at, const struct frame_spec *spec)
{
	static const uint8_t outer[OUTER] = {2, 0, 0, 0, 0x0a, 0, 2, 0, 0, 0, 0x0b, 0, 0x89, 0x4f};
	uint8_t ttl = spec->ttl != 0 ? spec->ttl : 63, *nsh = at + OUTER;

	memcpy(at, outer, OUTER);
	wp_put16(nsh, (uint16_t)(ttl << 6 | NSH / 4));
	nsh[2] = spec->md_type != 0 ? spec->md_type : 1;
	nsh[3] = spec->next != 0 ? spec->next : 3;
	wp_put32(nsh + 4,
		 (spec->spi != 0 ? spec->spi : 291) << 8 | (spec->si != 0 ? spec->si : 255));
	for (unsigned int i = 0; i < 4; i++)
		wp_put32(nsh + 8 + 4 * i, 0x11111111 * (i + 1));
}

struct frame
frame_udp(const struct frame_spec *spec)
{
	static const uint8_t inner[INNER] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	struct frame frame = {0};
	uint8_t *ip = frame.bytes + OUTER + NSH + INNER, *udp = ip + IP;
	uint16_t sum;

	put_tag(frame.bytes, spec);
	memcpy(ip - INNER, inner, INNER);
	ip[0] = 0x45;
	wp_put16(ip + 2, (uint16_t)(IP + UDP + spec->payload_len));
	ip[8] = 64;
	ip[9] = 17;
	wp_put32(ip + 12, spec->source != 0 ? spec->source : 0x0a000001);
	wp_put32(ip + 16, spec->dest != 0 ? spec->dest : 0x0a000002);
	sum = wp_checksum_ipv4(ip, IP);
	memcpy(ip + 10, &sum, 2);
	wp_put16(udp, spec->sport != 0 ? spec->sport : 1000);
	wp_put16(udp + 2, spec->dport != 0 ? spec->dport : 2000);
	wp_put16(udp + 4, (uint16_t)(UDP + spec->payload_len));
	if (spec->payload_len != 0)
		memcpy(udp + UDP, spec->payload, spec->payload_len);
	frame.len = (uint16_t)(OUTER + NSH + INNER + IP + UDP + spec->payload_len + spec->pad);
	return frame;
}

void
bed_send_udp(struct bed *bed, const char *port, uint32_t spi, uint32_t source, uint16_t sport,
	     uint32_t dest, uint16_t dport)
{
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi,
							    .source = source,
							    .sport = sport,
							    .dest = dest,
							    .dport = dport,
							    .payload = "payload",
							    .payload_len = 7});

	bed_send(bed, port, &frame);
}

uint8_t *
frame_payload(struct frame *frame)
{
	return frame->bytes + OUTER + NSH + INNER + IP + UDP;
}

uint32_t
frame_spi(const struct frame *frame)
{
	const uint8_t *at = frame->bytes + OUTER + 4;

	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

uint8_t
frame_si(const struct frame *frame)
{
	return frame->bytes[OUTER + 7];
}

static char bed_folder_name[] = "/tmp/waypoint-test-XXXXXX";

static void
remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", bed_folder_name);
	if (system(command) != 0)
		fprintf(stderr, "%s is left\n", bed_folder_name);
}

const char *
bed_folder(void)
{
	if (mkdtemp(bed_folder_name) == NULL || chdir(bed_folder_name) != 0 ||
	    atexit(remove_folder) != 0)
		exit(1);
	return bed_folder_name;
}

int
bed_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	bed_start_dpdk();
	srunner_set_fork_status(runner, CK_NOFORK); /* DPDK does not survive a fork */
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
