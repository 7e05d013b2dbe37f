/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/tool/host*.c: what a service sees of a capture, in which order, and when. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pcap/dlt.h>

#include "bytes.h"
#include "parse/parse.h"
#include "tool/host.h"
#include "unit.h"

/* A service that writes down what it hears. */

static struct {
	char story[4096];   /* in words, each with a blank behind it */
	uint64_t now_ns;    /* of the last burst */
	uint64_t logged_ns; /* of the last record */
	uint32_t rows;      /* all that were met */
	unsigned int n_ticks;
	bool drops, drops_in_burst, blocks, holds; /* what it does with packets of UDP */
	int refuses;                               /* open() */
	bool is_open, has_core, has_log;
} heard;

static void
say(const char *word)
{
	size_t used = strlen(heard.story);

	ck_assert_uint_lt(used + strlen(word) + 2, sizeof(heard.story));
	sprintf(heard.story + used, "%s ", word);
}

static bool
is_long(const struct wp_stream_event *event)
{
	return event->size > 4;
}

static const struct wp_stream_want wants[] = {
	{.type = WP_FLOW_START},
	{.type = WP_FLOW_DATA},
	{.type = WP_FLOW_DATA, .filter = is_long},
	{.type = WP_FLOW_END},
	{.type = WP_FLOW_DATA, .l7 = WP_L7_HTTP},
	WP_WANTS_END,
};

static void
on_events(const void *inst, struct wp_core *core, const struct wp_told *told, unsigned int n)
{
	static const char *const names[] = {
		[WP_FLOW_START] = "start", [WP_FLOW_DATA] = "data", [WP_FLOW_END] = "end"};

	for (unsigned int i = 0; i < n; i++) {
		say(names[told[i].event->type]);
		heard.rows |= told[i].rows;
		if (heard.drops && told[i].event->type == WP_FLOW_DATA)
			wp_drop(told[i].event->pkt, 0);
		if (heard.blocks && told[i].event->type == WP_FLOW_DATA)
			wp_flow_block(told[i].event->flow);
	}
}

static void
on_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	char word[64];

	ck_assert_uint_eq(n, 1);
	snprintf(word, sizeof(word), "%u/%u%s%s", pkts[0]->tag.context, pkts[0]->l4_proto,
		 (pkts[0]->flags & WP_PKT_FRAGMENT) != 0 ? "/part" : "",
		 pkts[0]->flow == NULL ? "/alone" : "");
	say(word);
	heard.now_ns = core->now_ns;
	ck_assert(wp_event(core, word, (uint16_t)(strlen(word) + 1)));
	if (heard.drops_in_burst)
		wp_drop(pkts[0], 0);
	if (heard.holds)
		ck_assert_uint_eq(wp_hold(core, pkts[0], 0, WP_DROP, 0), 0);
	ck_assert_ptr_null(wp_create(core, pkts[0], 40));
	ck_assert_int_eq(wp_release(core, 1, WP_NEXT), -ENOENT);
}

static int
on_open(struct wp_env *env, const void *config, void **inst)
{
	if (heard.refuses != 0)
		return wp_error(env, heard.refuses, "number", "%s", "I will not");
	ck_assert_uint_eq(wp_env_workers(env), 1);
	ck_assert_uint_eq(wp_env_tenants(env), 1);
	ck_assert_int_eq(wp_env_tenant_id(env, wp_env_tenant_name(env, 0)), 0);
	ck_assert_int_eq(wp_env_tenant_id(env, "nobody"), -ENOENT);
	ck_assert(!wp_env_is_over(env) && !wp_env_tells_late(env) && !wp_env_passes_unseen(env));
	heard.is_open = true;
	*inst = NULL;
	return 0;
}

static void
on_close(void *inst)
{
	heard.is_open = false;
}

static int
on_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	heard.has_core = true;
	return 0;
}

static void
on_close_core(const void *inst, struct wp_core *core)
{
	heard.has_core = false;
}

static void
on_tick(const void *inst, struct wp_core *core, uint64_t now_ns)
{
	heard.n_ticks++;
}

static int
on_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	heard.has_log = true;
	*log = &heard;
	return 0;
}

static void
on_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
       unsigned int n)
{
	ck_assert_uint_eq((uintptr_t)events->data % 8, 0);
	ck_assert_uint_eq(events->size, strlen(events->data) + 1);
	heard.logged_ns = events->time_ns;
	counters[0]++;
}

static void
on_close_log(void *log, uint64_t *counters)
{
	heard.has_log = false;
}

static const struct wp_field fields[] = {
	{.name = "number", .type = WP_U32, .min = 1, .max = 9, .dflt = "1", .help = "a number"},
	{.name = NULL},
};
static const char *const counters[] = {"records", NULL};

static const struct wp_service service = {
	.abi = WP_SERVICE_ABI,
	.name = "writer",
	.fields = fields,
	.config_size = sizeof(uint32_t),
	.counters = counters,
	.wants = wants,
	.events = on_events,
	.burst = on_burst,
	.open = on_open,
	.close = on_close,
	.open_core = on_open_core,
	.close_core = on_close_core,
	.tick = on_tick,
	.open_log = on_open_log,
	.log = on_log,
	.close_log = on_close_log,
};

/* Packets. */

static const uint64_t begin_ns = (uint64_t)1700000000 * 1000000000;
static struct host *host;
static uint64_t number;

static void
set_up(void)
{
	struct host_conf conf = {.service = &service, .tunnels = tunnel_usual};
	char why[256];

	memset(&heard, 0, sizeof(heard));
	number = 0;
	ck_assert_msg(host_open(&conf, &host, why, sizeof(why)) == 0, "%s", why);
	ck_assert(heard.is_open && heard.has_core && heard.has_log);
}

static void
tear_down(void)
{
	host_close(host);
	ck_assert(!heard.is_open && !heard.has_core && !heard.has_log);
}

/** Sends bytes as the next packet of a capture of IP. @param ms  since the beginning */
static void
send_bytes(const uint8_t *bytes, size_t size, int64_t ms)
{
	const struct capture_packet packet = {.bytes = bytes,
					      .size = (uint32_t)size,
					      .wire_size = (uint32_t)size,
					      .time_ns = begin_ns + (uint64_t)(ms * 1000000),
					      .number = ++number,
					      .link = DLT_RAW};

	host_packet(host, &packet);
}

/** Writes an IPv4 header. @param flags  of its fragment: flags and offset @return its size */
static size_t
put_ip(uint8_t *at, uint8_t proto, size_t size, uint16_t flags)
{
	static const uint8_t ends[] = {10, 0, 0, 1, 10, 0, 0, 2};

	memset(at, 0, 20);
	at[0] = 0x45;
	wp_put16(at + 2, (unsigned int)(20 + size));
	wp_put16(at + 4, 77);
	wp_put16(at + 6, flags);
	at[8] = 64;
	at[9] = proto;
	memcpy(at + 12, ends, sizeof(ends));
	return 20;
}

/** Writes a datagram of UDP from a port to 9. @return its size */
static size_t
put_udp(uint8_t *at, uint16_t port, const char *data)
{
	size_t size = 8 + strlen(data);

	wp_put16(at, port);
	wp_put16(at + 2, 9);
	wp_put16(at + 4, (unsigned int)size);
	wp_put16(at + 6, 0);
	memcpy(at + 8, data, strlen(data));
	return size;
}

static void
send_udp(uint16_t port, const char *data, int64_t ms)
{
	uint8_t bytes[256];
	size_t size = put_udp(bytes + 20, port, data);

	put_ip(bytes, WP_PROTO_UDP, size, 0);
	send_bytes(bytes, size + 20, ms);
}

START_TEST(test_events_come_before_their_packet)
{
	send_udp(7, "hi", 0);
	send_udp(7, "hello", 1);
	ck_assert_str_eq(heard.story, "start data 1/17 data 2/17 ");
	ck_assert_uint_eq(heard.rows, 1 | 2 | 4);
	host_end(host);
	ck_assert_str_eq(heard.story, "start data 1/17 data 2/17 end ");
	ck_assert(!heard.has_log);
	ck_assert_uint_eq(host_counter(host, "records"), 2);
	ck_assert_uint_eq(host_counter(host, "others"), 0);
	ck_assert_uint_eq(host_counts(host)->packets, 2);
	ck_assert_uint_eq(host_counts(host)->udp, 2);
	ck_assert_uint_eq(host_counts(host)->accepted, 2);
}
END_TEST

START_TEST(test_what_events_drop_goes_no_further)
{
	heard.drops = true;
	send_udp(7, "hi", 0);
	send_udp(7, "", 1); /* has no bytes that are told */
	ck_assert_str_eq(heard.story, "start data 2/17 ");
	ck_assert_uint_eq(host_counts(host)->blocked, 1);
	ck_assert_uint_eq(host_counts(host)->accepted, 1);
}
END_TEST

START_TEST(test_blocked_flows_go_no_further)
{
	heard.blocks = true;
	send_udp(7, "hi", 0);
	send_udp(7, "", 1);
	heard.blocks = false;
	send_udp(8, "hi", 2);
	ck_assert_str_eq(heard.story, "start data start data 3/17 ");
	ck_assert_uint_eq(host_counts(host)->blocked, 2);
}
END_TEST

START_TEST(test_verdicts_of_bursts_are_counted)
{
	heard.drops_in_burst = true;
	send_udp(7, "hi", 0);
	heard.drops_in_burst = false;
	heard.holds = true;
	send_udp(7, "hi", 1);
	heard.holds = false;
	send_udp(7, "hi", 2);
	ck_assert_uint_eq(host_counts(host)->blocked, 2);
	ck_assert_uint_eq(host_counts(host)->accepted, 1);
}
END_TEST

START_TEST(test_fragments_become_a_packet_of_its_own)
{
	enum { MORE = 0x2000, FIRST = 16 };
	uint8_t datagram[256], bytes[256];
	size_t size = put_udp(datagram, 7, "a datagram in two parts");

	put_ip(bytes, WP_PROTO_UDP, size - FIRST, FIRST / 8);
	memcpy(bytes + 20, datagram + FIRST, size - FIRST);
	send_bytes(bytes, 20 + size - FIRST, 0);
	ck_assert_str_eq(heard.story, "1/17/part/alone ");
	put_ip(bytes, WP_PROTO_UDP, FIRST, MORE);
	memcpy(bytes + 20, datagram, FIRST);
	send_bytes(bytes, 20 + FIRST, 1);
	ck_assert_str_eq(heard.story, "1/17/part/alone start data 2/17 2/17/part/alone ");
	ck_assert_uint_eq(host_counts(host)->fragments, 2);
	ck_assert_uint_eq(host_counts(host)->reassembled, 1);
	ck_assert_uint_eq(host_counts(host)->packets, 2);
}
END_TEST

START_TEST(test_inner_packets_come_first)
{
	uint8_t bytes[256];
	size_t size = put_udp(bytes + 40, 7, "hi");

	put_ip(bytes + 20, WP_PROTO_UDP, size, 0);
	put_ip(bytes, WP_PROTO_IPIP, size + 20, 0);
	send_bytes(bytes, size + 40, 0);
	ck_assert_str_eq(heard.story, "start data 1/17 start data 1/4 ");
	ck_assert_uint_eq(host_counts(host)->tunnels[TUNNEL_IP_IN_IP], 1);
	ck_assert_uint_eq(host_counts(host)->packets, 1);
}
END_TEST

/** However many there are in each other, and whatever is left of them. */
START_TEST(test_depth_of_packets_in_packets_is_bounded)
{
	static uint8_t bytes[60000];

	for (size_t at = 0; at + 20 <= sizeof(bytes); at += 20)
		put_ip(bytes + at, WP_PROTO_IPIP, sizeof(bytes) - at - 20, 0);
	send_bytes(bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(host_counts(host)->tunnels[TUNNEL_IP_IN_IP], 16);
}
END_TEST

START_TEST(test_what_cannot_be_read_is_given_alone)
{
	static const uint8_t bytes[] = {0xff, 0, 0};

	send_bytes(bytes, sizeof(bytes), 0);
	send_bytes(bytes, 0, 1);
	ck_assert_str_eq(heard.story, "1/0/alone 2/0/alone ");
	ck_assert_uint_eq(host_counts(host)->invalid, 2);
}
END_TEST

START_TEST(test_flows_end_by_the_captures_time)
{
	send_udp(7, "hi", 0);
	send_udp(8, "hi", 20000);
	send_udp(8, "hi", 40000);
	ck_assert_str_eq(heard.story, "start data 1/17 start data 2/17 end data 3/17 ");
	ck_assert_uint_eq(heard.now_ns, begin_ns + (uint64_t)40000 * 1000000);
	ck_assert_uint_eq(heard.n_ticks, 3);
}
END_TEST

START_TEST(test_the_clock_never_goes_back_but_goes_on)
{
	static const int64_t year_ms = (int64_t)365 * 86400 * 1000;
	uint64_t before_ns;

	send_udp(7, "hi", 0);
	send_udp(7, "hi", -5000); /* one that was overtaken */
	ck_assert_uint_eq(heard.now_ns, begin_ns);
	ck_assert_uint_eq(heard.logged_ns, begin_ns - (uint64_t)5000 * 1000000);
	send_udp(7, "hi", -year_ms); /* another capture begins */
	before_ns = heard.now_ns;
	ck_assert_uint_ge(before_ns, begin_ns);
	send_udp(7, "hi", -year_ms + 100);
	ck_assert_uint_eq(heard.now_ns, before_ns + 100 * 1000000);
	send_udp(7, "hi", 100 * year_ms); /* no timer counts so far */
	ck_assert_uint_gt(heard.now_ns, before_ns + 100 * 1000000);
	ck_assert_str_eq(heard.story, "start data 1/17 data 2/17 data 3/17 data 4/17 end "
				      "start data 5/17 ");
}
END_TEST

/** @return the reason */
static const char *
refused(const char *config, const char *tracker)
{
	static char why[256];
	struct host_conf conf = {.service = &service,
				 .config = json_loads(config, 0, NULL),
				 .tracker = json_loads(tracker, 0, NULL)};
	struct host *none = NULL;

	ck_assert_int_lt(host_open(&conf, &none, why, sizeof(why)), 0);
	ck_assert_ptr_null(none);
	ck_assert(!heard.is_open);
	json_decref((json_t *)(uintptr_t)conf.config);
	json_decref((json_t *)(uintptr_t)conf.tracker);
	return why;
}

START_TEST(test_refusals_say_why)
{
	host_close(host);
	host = NULL;
	ck_assert_ptr_nonnull(strstr(refused("{\"number\": 10}", "{}"), "number"));
	ck_assert_ptr_nonnull(strstr(refused("{}", "{\"depht\": 1}"), "stream: "));
	heard.refuses = -EPERM;
	ck_assert_str_eq(refused("{}", "{}"), "number: I will not");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("host");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_events_come_before_their_packet);
	tcase_add_test(tcase, test_what_events_drop_goes_no_further);
	tcase_add_test(tcase, test_blocked_flows_go_no_further);
	tcase_add_test(tcase, test_verdicts_of_bursts_are_counted);
	tcase_add_test(tcase, test_fragments_become_a_packet_of_its_own);
	tcase_add_test(tcase, test_inner_packets_come_first);
	tcase_add_test(tcase, test_depth_of_packets_in_packets_is_bounded);
	tcase_add_test(tcase, test_what_cannot_be_read_is_given_alone);
	tcase_add_test(tcase, test_flows_end_by_the_captures_time);
	tcase_add_test(tcase, test_the_clock_never_goes_back_but_goes_on);
	tcase_add_test(tcase, test_refusals_say_why);
	return unit_main("ids host", tcase);
}
