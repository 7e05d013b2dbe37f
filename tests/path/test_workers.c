/* SPDX-License-Identifier: BSD-3-Clause */
/* Several workers: one writer for each host, full rings, reload with packets in rings and holds. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pe/queues.h"
#include "pe/stats.h"

#define WORKERS(N, MODULES, INSTANCES, PATHS)                                                      \
	"{\"version\": 1, \"workers\": {\"cores\": " N                                             \
	", \"buffers\": 16384}, \"modules\": [" MODULES "],"                                       \
	" \"key_store\": \"" WP_KEYS "\", \"state_dir\": \"" WP_STATE "\","                        \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"instances\": [" INSTANCES "], \"paths\": [" PATHS "]}"
#define WP_KEYS "keys.json"
#define WP_STATE "state"

#define COUNTING "{\"name\": \"one\", \"service\": \"probe\", \"config\": {\"count_hosts\": true}}"
#define BOTH_WAYS                                                                                  \
	"{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", \"reverse\": \"back\","         \
	" \"steps\": [{\"instance\": \"one\"}]},"                                                  \
	"{\"name\": \"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\","    \
	" \"steps\": [{\"instance\": \"one\"}]}"

enum { HOSTS = 64, ROUNDS = 8 };

static void
send_host(struct bed *bed, const char *port, unsigned int host, bool back, const char *payload)
{
	uint32_t inside = 0x0a000000 + host, outside = 0xc0000201;
	struct frame frame = frame_udp(&(struct frame_spec){
		.spi = back ? 292 : 291,
		.source = back ? outside : inside,
		.dest = back ? inside : outside,
		.payload = payload,
		.payload_len = 8,
	});

	bed_send(bed, port, &frame);
}

static unsigned int
receive_both(struct bed *bed)
{
	return bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1");
}

START_TEST(test_queues_go_to_workers_of_the_devices_node_in_turn)
{
	static const uint8_t nodes[4] = {0, 1, 0, 1};
	static const struct {
		int node;
		unsigned int worker[5]; /* of five queues */
	} cases[] = {
		{0, {0, 2, 0, 2, 0}},
		{1, {1, 3, 1, 3, 1}},
		{-1, {0, 1, 2, 3, 0}}, /* not known */
		{7, {0, 1, 2, 3, 0}},  /* no worker there */
	};

	for (unsigned int turn = 0; turn < 5; turn++)
		ck_assert_uint_eq(queues_worker(nodes, 4, cases[_i].node, turn),
				  cases[_i].worker[turn]);
}
END_TEST

START_TEST(test_each_host_has_one_writer_in_both_directions)
{
	struct bed *bed = bed_open(WORKERS("[0, 1]", "\"%s\"", COUNTING, BOTH_WAYS));
	unsigned int got = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int host = 0; host < HOSTS; host++) {
			send_host(bed, "p0", host, false, "n.......");
			send_host(bed, "p1", host, true, "n.......");
		}
		bed_run(bed);
		got += receive_both(bed);
	}
	ck_assert_uint_eq(got, 2 * HOSTS * ROUNDS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 2 * HOSTS * ROUNDS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/foreign-writer"), 0);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), HOSTS);
	ck_assert_uint_gt(bed_number(bed, "workers/0/handed_over"), 0);
	ck_assert_uint_gt(bed_number(bed, "workers/1/handed_over"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_order_within_a_flow_survives_hand_over)
{
	struct bed *bed = bed_open(WORKERS("[0, 1, 2]", "\"%s\"", COUNTING, BOTH_WAYS));
	unsigned int last[HOSTS] = {0}, got = 0;
	struct frame frame;

	for (unsigned int i = 1; i <= 20; i++) {
		for (unsigned int host = 0; host < HOSTS; host++) {
			char payload[9] = "n.......";

			payload[7] = (char)i;
			send_host(bed, "p0", host, false, payload);
		}
		pe_poll(bed->pe);
		while (bed_receive(bed, "p0", &frame)) {
			unsigned int host = frame.bytes[14 + 24 + 14 + 15];

			ck_assert_uint_eq(frame_payload(&frame)[7], last[host] + 1);
			last[host]++;
			got++;
		}
	}
	bed_run(bed);
	got += bed_receive_all(bed, "p0");
	ck_assert_uint_eq(got, 20 * HOSTS);
	bed_close(bed);
}
END_TEST

START_TEST(test_full_ring_drops_with_its_reason_and_loses_nothing_silently)
{
	struct bed *bed = bed_open(WORKERS("[0, 1]", "\"%s\"", COUNTING, BOTH_WAYS));
	unsigned int sent = 0;
	uint64_t dropped;

	while (sent < 3 * WORKER_RING_SIZE) { /* worker 1 sleeps */
		for (unsigned int i = 0; i < 32; i++, sent++)
			send_host(bed, "p0", sent % HOSTS, false, "n.......");
		worker_poll(bed->pe->workers[0]);
		bed_receive_all(bed, "p0");
	}
	dropped = bed_number(bed, "paths/0/drops/ring-full");
	ck_assert_uint_gt(dropped, 0);
	for (unsigned int i = 0; i < 4; i++) { /* also what waits for the port */
		bed_run(bed);
		receive_both(bed);
	}
	ck_assert_uint_eq(bed_number(bed, "paths/0/rx"), sent);
	dropped += bed_number(
		bed, "paths/0/drops/tx-full"); /* worker 1 had more than the port takes at once */
	ck_assert_uint_eq(bed_number(bed, "paths/0/tx") + dropped, sent);
	bed_close(bed);
}
END_TEST

START_TEST(test_flood_of_one_tenant_leaves_room_in_a_ring_for_others)
{
	struct bed *bed = bed_open(
		"{\"version\": 1, \"workers\": {\"cores\": [0, 1]}, \"modules\": [\"%s\"],"
		" \"tenants\": [{\"name\": \"flood\"}, {\"name\": \"victim\"}],"
		" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [" COUNTING
		"],"
		" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"tenant\": \"flood\","
		"   \"steps\": [{\"instance\": \"one\"}]},"
		"  {\"name\": \"back\", \"spi\": 292, \"inside\": \"destination\", \"tenant\": "
		"\"victim\","
		"   \"steps\": [{\"instance\": \"one\"}]}]}");

	for (unsigned int round = 0; round < 4000; round++) {
		for (unsigned int i = 0; i < 30; i++)
			send_host(bed, "p0", i % HOSTS, false, "n.......");
		for (unsigned int i = 0; i < 2; i++)
			send_host(bed, "p0", (2 * round + i) % HOSTS, true, "n.......");
		bed->now_ns += 50000;
		worker_poll(bed->pe->workers[0]);
		if (round % 8 == 0) /* far too slow for what it gets */
			worker_poll(bed->pe->workers[1]);
		bed_receive_all(bed, "p0");
	}
	ck_assert_uint_gt(bed_number(bed, "paths/0/drops/fail-overload"), 1000);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/ring-full"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/fail-overload"), 0);
	for (unsigned int i = 0; i < 8; i++) { /* also what waits for the port */
		bed_run(bed);
		bed_receive_all(bed, "p0");
	}
	bed_close(bed);
}
END_TEST

START_TEST(test_no_tenant_takes_all_holds)
{
	struct bed *bed = bed_open(
		"{\"version\": 1, \"workers\": {\"cores\": [0], \"hold_max\": 64}, \"modules\": "
		"[\"%s\"], \"tenants\": [{\"name\": \"greedy\"}, {\"name\": \"victim\"}],"
		" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [" COUNTING
		"],"
		" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"tenant\": \"greedy\","
		"   \"steps\": [{\"instance\": \"one\"}]},"
		"  {\"name\": \"back\", \"spi\": 292, \"tenant\": \"victim\","
		"   \"steps\": [{\"instance\": \"one\"}]}]}");

	for (unsigned int i = 0; i < 200; i++) {
		send_host(bed, "p0", 1, false,
			  "h\xff"
			  "d.....");
		bed_run(bed);
	}
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds"), 32);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds_refused"), 168);
	for (unsigned int i = 0; i < 8; i++)
		send_host(bed, "p0", 2, true,
			  "h\xff"
			  "d.....");
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "paths/1/holds"), 8);
	bed_close(bed);
}
END_TEST

START_TEST(test_full_send_queue_makes_packets_wait_then_drops_them)
{
	struct bed *bed = bed_open(WORKERS("[0]", "\"%s\"", COUNTING, BOTH_WAYS));
	unsigned int sent = 0, got = 0;

	while (sent < 2048) { /* the ring of the port takes 1023; nobody takes them out */
		for (unsigned int i = 0; i < 32; i++, sent++)
			send_host(bed, "p0", 1, false, "n.......");
		pe_poll(bed->pe);
	}
	ck_assert_uint_eq(bed_number(bed, "workers/0/queued"), WORKER_WAIT_MAX);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/tx-full"), 2048 - 1023 - WORKER_WAIT_MAX);
	ck_assert(pe_audit(bed->pe));
	for (unsigned int i = 0; i < 4; i++) {
		got += bed_receive_all(bed, "p0");
		pe_poll(bed->pe);
	}
	ck_assert_uint_eq(got, 1023 + WORKER_WAIT_MAX);
	bed_close(bed);
}
END_TEST

START_TEST(test_packets_for_a_port_without_link_are_dropped_as_such)
{
	struct bed *bed = bed_open(WORKERS("[0]", "\"%s\"", COUNTING, BOTH_WAYS));

	for (unsigned int i = 0; i < 40 * 32;
	     i++) { /* more than the port's ring takes: the rest waits */
		send_host(bed, "p0", 1, false, "n.......");
		if (i % 32 == 31)
			pe_poll(bed->pe);
	}
	ck_assert_uint_gt(bed_number(bed, "workers/0/queued"), 0);
	atomic_store(&bed->pe->ports[0].up, false);
	pe_poll(bed->pe);
	ck_assert_uint_eq(bed_number(bed, "workers/0/queued"), 0);
	ck_assert_uint_gt(bed_number(bed, "paths/0/drops/link-down"), 0);
	ck_assert(pe_audit(bed->pe));
	bed_receive_all(bed, "p0");
	bed_run(bed);
	bed_receive_all(bed, "p0");
	bed_close(bed);
}
END_TEST

/* Reload. */

#define MARKING(MARK)                                                                              \
	WORKERS("[0, 1]", "\"%s\"", "{\"name\": \"one\", \"service\": \"probe\"}",                 \
		"{\"name\": \"out\", \"spi\": 291, \"steps\": [{\"instance\": \"one\"},"           \
		" {\"instance\": \"one\", \"args\": {\"mark\": " MARK "}}]}")

#define MARKING_ONCE(MARK)                                                                         \
	WORKERS("[0]", "\"%s\"", "{\"name\": \"one\", \"service\": \"probe\"}",                    \
		"{\"name\": \"out\", \"spi\": 291, \"steps\": ["                                   \
		" {\"instance\": \"one\", \"args\": {\"mark\": " MARK "}}]}")

START_TEST(test_reload_loses_nothing_and_mixes_nothing)
{
	struct bed *bed = bed_open(MARKING("1"));
	unsigned int got[3] = {0};
	struct frame frame;

	for (unsigned int i = 0; i < 500; i++) {
		for (unsigned int host = 0; host < 4; host++)
			send_host(bed, "p0", host + i, false, "n.......");
		worker_poll(bed->pe->workers[0]); /* some now lie in worker 1's ring, under this
						     epoch */
		ck_assert_int_eq(bed_reload(bed, i % 2 == 0 ? MARKING("2") : MARKING("1")), 0);
		while (bed_receive(bed, "p0", &frame)) {
			ck_assert_uint_eq(frame_payload(&frame)[3], i % 2 == 0 ? 1 : 2);
			got[frame_payload(&frame)[3]]++;
		}
	}
	ck_assert_uint_eq(got[1], 1000);
	ck_assert_uint_eq(got[2], 1000);
	ck_assert_uint_eq(bed->pe->current->number, 501);
	bed_close(bed);
}
END_TEST

START_TEST(test_held_packet_ends_under_the_configuration_it_came_in_under)
{
	struct bed *bed = bed_open(MARKING("1"));
	struct frame frame;

	send_host(bed, "p0", 1, false, "h\2n.....");
	bed_run(bed);
	bed->now_ns += 3000000; /* its deadline passes while the new document waits for it */
	ck_assert_int_eq(epoch_in_flight(bed->pe->current), 1);
	/* The second step holds it again, until the clock moves on: let it. */
	bed_run(bed);
	bed->now_ns += 3000000;
	ck_assert_int_eq(bed_reload(bed, MARKING("2")), 0);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_payload(&frame)[3], 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_what_a_tick_releases_is_released_during_a_reload)
{
	struct bed *bed = bed_open(MARKING_ONCE("1"));
	struct frame frame;

	bed_run(bed); /* the first tick is over */
	send_host(bed, "p0", 1, false, "k.......");
	bed_run(bed);
	ck_assert_int_eq(epoch_in_flight(bed->pe->current), 1);
	bed->now_ns += 20000000; /* a tick is due; its deadline is not */
	ck_assert_int_eq(bed_reload(bed, MARKING_ONCE("2")), 0);
	ck_assert(bed_receive(bed, "p0", &frame));
	bed_close(bed);
}
END_TEST

START_TEST(test_reload_does_not_wait_for_a_port_that_takes_nothing)
{
	struct bed *bed = bed_open(MARKING_ONCE("1"));
	unsigned int sent = 0;

	while (sent < 1100) { /* the ring of the port takes 1023; nobody takes them out */
		for (unsigned int i = 0; i < 22; i++, sent++)
			send_host(bed, "p0", 1, false, "n.......");
		pe_poll(bed->pe);
	}
	ck_assert_uint_eq(bed_number(bed, "workers/0/queued"), 77);
	ck_assert_int_eq(bed_reload(bed, MARKING_ONCE("2")), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/tx-full"), 77);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1023);
	bed_close(bed);
}
END_TEST

#define LIMITED(LOG)                                                                               \
	WORKERS("[0, 1]", "\"%s\"",                                                                \
		"{\"name\": \"one\", \"service\": \"probe\", \"config\": {\"log\": \"" LOG "\"}}", \
		"], \"tables\": [{\"service\": \"probe\", \"table\": \"hosts\", \"max_entries\": " \
		"7}")

START_TEST(test_refused_document_changes_no_limits)
{
	struct bed *bed = bed_open(MARKING("1"));
	uint64_t max = bed_number(bed, "tables/0/max");

	ck_assert_int_ne(bed_reload(bed, LIMITED("no/such/folder/log")), 0);
	ck_assert_ptr_nonnull(strstr(bed_error(), "cannot be opened"));
	ck_assert_uint_eq(bed_number(bed, "tables/0/max"), max);
	ck_assert_int_eq(bed_reload(bed, LIMITED("")), 0);
	ck_assert_uint_eq(bed_number(bed, "tables/0/max"), 7);
	bed_close(bed);
}
END_TEST

START_TEST(test_refused_document_leaves_the_old_one_running)
{
	struct bed *bed = bed_open(MARKING("1"));
	struct frame frame;

	ck_assert_int_ne(bed_reload(bed, MARKING("256")), 0);
	ck_assert_str_eq(bed_error(),
			 "/paths/0/steps/1/args/mark: mark: 256 is above 255 (allowed: 0 to 255)");
	ck_assert_int_ne(bed_reload(bed, WORKERS("[0]", "\"%s\"", COUNTING, BOTH_WAYS)), 0);
	ck_assert_ptr_nonnull(strstr(bed_error(), "/workers: workers and buffers cannot change"));
	send_host(bed, "p0", 1, false, "n.......");
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_payload(&frame)[3], 1);
	ck_assert_uint_eq(bed->pe->current->number, 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_counters_and_state_go_on_over_a_reload)
{
	struct bed *bed = bed_open(WORKERS("[0, 1]", "\"%s\"", COUNTING, BOTH_WAYS));

	for (unsigned int i = 1; i <= 3; i++) {
		send_host(bed, "p0", 7, false, "n.......");
		bed_run(bed);
		ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
		ck_assert_uint_eq(bed_number(bed, "paths/0/rx"), i);
		ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), 1);
		ck_assert_int_eq(bed_reload(bed, WORKERS("[0, 1]", "\"%s\"", COUNTING, BOTH_WAYS)),
				 0);
	}
	bed_close(bed);
}
END_TEST

/** One path, of tenant b; @p TENANTS are those of the document. */
#define OF_B(TENANTS)                                                                              \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"], \"tenants\": "     \
	"[" TENANTS                                                                                \
	"], \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [" COUNTING        \
	"], \"paths\": [{\"name\": \"out\", \"spi\": 291, \"tenant\": \"b\", \"steps\": "          \
	"[{\"instance\": \"one\"}]}]}"
#define OF_A                                                                                       \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"], \"tenants\": ["    \
	"{\"name\": \"a\"}, {\"name\": \"b\"}], \"ports\": [{\"name\": \"p0\", \"type\": "         \
	"\"ring\"}], "                                                                             \
	"\"instances\": [" COUNTING                                                                \
	"], \"paths\": [{\"name\": \"out\", \"spi\": 291, \"tenant\": "                            \
	"\"a\", \"steps\": [{\"instance\": \"one\"}]}]}"

START_TEST(test_state_of_a_tenant_that_is_gone_is_nobody_elses)
{
	struct bed *bed = bed_open(OF_A);

	send_host(bed, "p0", 7, false, "n.......");
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), 1);
	ck_assert_int_eq(bed_reload(bed, OF_B("{\"name\": \"b\"}")), 0);
	send_host(bed, "p0", 7, false, "n.......");
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), 2); /* a's and b's */
	ck_assert_int_eq(bed_reload(bed, OF_B("{\"name\": \"x\"}, {\"name\": \"b\"}")), 0);
	send_host(bed, "p0", 7, false, "n.......");
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), 2); /* b has found its own */
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 3);
	bed_close(bed);
}
END_TEST

/* Tunnels and a firewall, both ways, two workers. */

#define TUNNELS                                                                                    \
	WORKERS("[0, 1]", "\"%s\", \"encrypt\", \"decrypt\", \"firewall\"",                        \
		COUNTING                                                                           \
		", {\"name\": \"enc\", \"service\": \"encrypt\"}, {\"name\": \"dec\", "            \
		"\"service\": \"decrypt\"},"                                                       \
		"{\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": ["          \
		" {\"action\": \"allow\", \"from\": \"10.0.0.0/8\", \"protocol\": \"udp\"},"       \
		" {\"action\": \"allow\", \"to\": \"10.0.0.0/8\", \"protocol\": \"udp\"}]}}",      \
		"{\"name\": \"seal\", \"spi\": 291, \"inside\": \"source\", \"reverse\": "         \
		"\"open\", \"steps\":"                                                             \
		" [{\"instance\": \"one\"}, {\"instance\": \"fw\"}, {\"instance\": \"enc\", "      \
		"\"args\":"                                                                        \
		" {\"spi\": 4096, \"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\", \"key\": "  \
		"\"a@1\"}}]},"                                                                     \
		"{\"name\": \"open\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": "    \
		"\"seal\", \"steps\":"                                                             \
		" [{\"instance\": \"dec\", \"args\": {\"local\": \"192.0.2.1\", \"remote\": "      \
		"\"192.0.2.2\","                                                                   \
		"   \"sas\": [{\"spi\": 8192, \"key\": \"b@1\"}]}}, {\"instance\": \"fw\"}, "      \
		"{\"instance\": \"one\"}]},"                                                       \
		"{\"name\": \"far\", \"spi\": 300, \"inside\": \"source\", \"steps\": "            \
		"[{\"instance\": \"enc\", \"args\":"                                               \
		" {\"spi\": 8192, \"local\": \"192.0.2.2\", \"remote\": \"192.0.2.1\", \"key\": "  \
		"\"b@1\"}}]}")

/** Puts a frame that came out on the path that opens tunnels (292). */
static void
retag(struct frame *frame)
{
	static const uint8_t service[4] = {0, 0x01, 0x24, 255};

	memcpy(frame->bytes + 14 + 4, service, sizeof(service));
}

START_TEST(test_decrypt_firewall_and_firewall_encrypt_have_one_writer_a_host)
{
	struct bed *bed = bed_open(TUNNELS);
	unsigned int through = 0;
	struct frame frame;

	for (unsigned int host = 1; host <= HOSTS; host++) {
		/* What the far side would send: sealed by another path of this PE, to an inside
		 * host. */
		struct frame far = frame_udp(&(struct frame_spec){.spi = 300,
								  .source = 0xc6336401,
								  .dest = 0x0a000000 + host,
								  .payload = "n.......",
								  .payload_len = 8});

		bed_send(bed, "p1", &far);
		send_host(bed, "p0", host, false, "n.......");
	}
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), HOSTS);
	while (bed_receive(bed, "p1", &frame)) {
		retag(&frame);
		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	through = bed_receive_all(bed, "p0");
	ck_assert_uint_eq(through, HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 2 * HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/foreign-writer"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/2/counters/packets"), HOSTS);
	bed_close(bed);
}
END_TEST

START_TEST(test_nothing_leaves_an_encrypting_path_in_clear)
{
	struct bed *bed = bed_open(TUNNELS);
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "n.......", .payload_len = 8});
	struct frame big = {0};

	frame.bytes[14 + 24 + 12] = 0x08;
	frame.bytes[14 + 24 + 13] = 0x06; /* ARP, as far as anybody can tell */
	bed_send(bed, "p0", &frame);
	big = frame_udp(&(struct frame_spec){.payload = frame.bytes, .payload_len = 1460});
	big.bytes[14 + 24 + 14 + 28] = 'n';
	bed_send(bed, "p0", &big);
	bed_run(bed);
	for (unsigned int i = 0; i < 2; i++) { /* the big one, in fragments */
		ck_assert(bed_receive(bed, "p0", &frame));
		ck_assert_uint_eq(frame.bytes[14 + 24 + 14 + 9], 50);
	}
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/2/drops/not-ip"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_replayed_packet_is_dropped)
{
	struct bed *bed = bed_open(TUNNELS);
	struct frame far = frame_udp(&(struct frame_spec){.spi = 300,
							  .source = 0xc6336401,
							  .dest = 0x0a000001,
							  .payload = "n.......",
							  .payload_len = 8});
	struct frame sealed;

	bed_send(bed, "p1", &far);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p1", &sealed));
	retag(&sealed);
	for (unsigned int i = 0; i < 3; i++)
		bed_send(bed, "p0", &sealed);
	bed_run(bed);
	bed_send(bed, "p1", &sealed);
	ck_assert_int_eq(bed_reload(bed, TUNNELS), 0); /* the window lives on */
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/replay"), 3);
	bed_close(bed);
}
END_TEST

/** Keys for these tests, in the folder they run in. */
static void
write_keys(void)
{
	FILE *file;

	if (system("rm -rf " WP_STATE " " WP_KEYS) != 0)
		exit(1);
	file = fopen(WP_KEYS, "w");
	fputs("{\"keys\": [{\"name\": \"a@1\", \"algorithm\": \"aes-128-gcm\", \"key\": "
	      "\"000102030405060708090a0b0c0d0e0f\","
	      " \"salt\": \"00010203\"}, {\"name\": \"b@1\", \"algorithm\": \"aes-256-gcm\", "
	      "\"salt\": \"aabbccdd\", \"key\":"
	      " \"f00102030405060708090a0b0c0d0e0ff00102030405060708090a0b0c0d0e0f\"}]}",
	      file);
	fclose(file);
	if (system("chmod 600 " WP_KEYS) != 0)
		exit(1);
}

START_TEST(test_numbers_are_not_written_through_a_link)
{
	struct bed *bed = bed_open(WORKERS("[0]", "\"%s\"", COUNTING, BOTH_WAYS));
	struct stat st;

	ck_assert_int_eq(symlink("victim", "stats.json.part"), 0);
	ck_assert_int_eq(stats_write(bed->pe, "stats.json"), 0);
	ck_assert_int_ne(lstat("victim", &st), 0);
	ck_assert_int_eq(lstat("stats.json", &st), 0);
	ck_assert(S_ISREG(st.st_mode) && st.st_size > 100);
	ck_assert_int_eq(stats_write(bed->pe, "stats.json"), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("workers");
	TCase *tcase = tcase_create("workers");

	bed_folder();
	write_keys();
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_queues_go_to_workers_of_the_devices_node_in_turn, 0, 4);
	tcase_add_test(tcase, test_each_host_has_one_writer_in_both_directions);
	tcase_add_test(tcase, test_order_within_a_flow_survives_hand_over);
	tcase_add_test(tcase, test_full_ring_drops_with_its_reason_and_loses_nothing_silently);
	tcase_add_test(tcase, test_flood_of_one_tenant_leaves_room_in_a_ring_for_others);
	tcase_add_test(tcase, test_no_tenant_takes_all_holds);
	tcase_add_test(tcase, test_full_send_queue_makes_packets_wait_then_drops_them);
	tcase_add_test(tcase, test_packets_for_a_port_without_link_are_dropped_as_such);
	tcase_add_test(tcase, test_reload_loses_nothing_and_mixes_nothing);
	tcase_add_test(tcase, test_held_packet_ends_under_the_configuration_it_came_in_under);
	tcase_add_test(tcase, test_what_a_tick_releases_is_released_during_a_reload);
	tcase_add_test(tcase, test_reload_does_not_wait_for_a_port_that_takes_nothing);
	tcase_add_test(tcase, test_refused_document_leaves_the_old_one_running);
	tcase_add_test(tcase, test_refused_document_changes_no_limits);
	tcase_add_test(tcase, test_counters_and_state_go_on_over_a_reload);
	tcase_add_test(tcase, test_state_of_a_tenant_that_is_gone_is_nobody_elses);
	tcase_add_test(tcase, test_decrypt_firewall_and_firewall_encrypt_have_one_writer_a_host);
	tcase_add_test(tcase, test_nothing_leaves_an_encrypting_path_in_clear);
	tcase_add_test(tcase, test_replayed_packet_is_dropped);
	tcase_add_test(tcase, test_numbers_are_not_written_through_a_link);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
