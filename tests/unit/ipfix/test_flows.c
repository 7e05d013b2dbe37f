/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows as IPFIX records: what is taken of a flow and when, and what a record says. With a file
 * name: records of all kinds go there as a collector gets them by TCP. */

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"
#include "export.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "unit.h"

#define SECOND UINT64_C(1000000000)
#define TIME_NS (1795258040123 * UINT64_C(1000000)) /* 2026-11-21T10:47:20.123Z */
enum { INSTANCE = 7, TENANT = 2, N_COUNTERS = 7, ENDED = 0, ACTIVE = 1, LOST = 2 };

/* The runtime's side. */

static struct flow_report reports[16]; /* what workers gave */
static unsigned int n_reports;
static bool ring_is_full;
static char refusal[256];

bool
wp_event(struct wp_core *core, const void *event, uint16_t size)
{
	ck_assert_uint_eq(size, sizeof(struct flow_report));
	if (ring_is_full)
		return false;
	ck_assert_uint_lt(n_reports, 16);
	memcpy(&reports[n_reports++], event, size);
	return true;
}

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	snprintf(refusal, sizeof(refusal), "%s", member);
	return error;
}

const char *
wp_env_instance(const struct wp_env *env, uint32_t *number)
{
	*number = INSTANCE;
	return "flows";
}

uint32_t
wp_env_tenants(struct wp_env *env)
{
	return TENANT + 1;
}

const char *
wp_env_tenant_name(struct wp_env *env, uint16_t tenant)
{
	return tenant == TENANT ? "green" : NULL;
}

/* Records. */

static const struct flow_report tcp = {
	.flow = {.ends = {{.address = {10, 0, 0, 1}, .port = 40000},
			  {.address = {192, 0, 2, 1}, .port = 443}},
		 .packets = {7, 5},
		 .bytes = {700, 5000000000},
		 .age_ns = 3500 * (SECOND / 1000),
		 .quiet_ns = 1 * SECOND,
		 .id = 1234567890123,
		 .path = 291,
		 .tenant = TENANT,
		 .tcp_flags = {0x1b, 0x13},
		 .version = 4,
		 .proto = WP_PROTO_TCP,
		 .end = WP_FLOW_BY_FIN},
};
static const struct flow_report udp6 = {
	.flow = {.ends = {{.address = {0x20, 1, 0xd, 0xb8, [15] = 1}, .port = 5000},
			  {.address = {0x20, 1, 0xd, 0xb8, [15] = 2}, .port = 53}},
		 .packets = {1, 0},
		 .bytes = {80, 0},
		 .version = 6,
		 .proto = WP_PROTO_UDP,
		 .end = WP_FLOW_BY_TIME_OUT},
};
static const struct flow_report ping4 = {
	.flow = {.ends = {{.address = {10, 0, 0, 1}, .port = 77},
			  {.address = {192, 0, 2, 1}, .port = 77}},
		 .packets = {3, 3},
		 .bytes = {252, 252},
		 .version = 4,
		 .proto = WP_PROTO_ICMP,
		 .end = WP_FLOW_BY_SHUTDOWN},
	.icmp = 0x0800,
	.icmp_is_known = 1,
};

START_TEST(test_record_says_what_a_connection_was)
{
	struct flow_record record;

	ck_assert_int_eq(flow_record_fill(&record, &tcp, TIME_NS, "green"), FLOW_IPV4);
	ck_assert_uint_eq(record.start_ms, 1795258036623);
	ck_assert_uint_eq(record.end_ms, 1795258039123);
	ck_assert_uint_eq(record.source4, 0x0a000001);
	ck_assert_uint_eq(record.dest4, 0xc0000201);
	ck_assert_uint_eq(record.sport, 40000);
	ck_assert_uint_eq(record.dport, 443);
	ck_assert_uint_eq(record.octets, 700);
	ck_assert_uint_eq(record.reverse_octets, 5000000000);
	ck_assert_uint_eq(record.packets, 7);
	ck_assert_uint_eq(record.reverse_packets, 5);
	ck_assert_uint_eq(record.tcp, 0x1b);
	ck_assert_uint_eq(record.reverse_tcp, 0x13);
	ck_assert_uint_eq(record.id, 1234567890123);
	ck_assert_uint_eq(record.vrf, TENANT);
	ck_assert_uint_eq(record.point, 291);
	ck_assert_uint_eq(record.direction, 1);
	ck_assert_uint_eq(record.vrf_name.len, 5);
}
END_TEST

START_TEST(test_templates_are_chosen_by_what_is_known)
{
	struct flow_report report = ping4;
	struct flow_record record;

	ck_assert_int_eq(flow_record_fill(&record, &report, TIME_NS, ""), FLOW_ICMP4);
	ck_assert_uint_eq(record.icmp4, 0x0800);
	report.icmp_is_known = 0; /* its beginning was in another process */
	ck_assert_int_eq(flow_record_fill(&record, &report, TIME_NS, ""), FLOW_IPV4);
	ck_assert_uint_eq(record.sport | record.dport, 0); /* an identifier is no port */
	ck_assert_int_eq(flow_record_fill(&record, &udp6, TIME_NS, ""), FLOW_IPV6);
	ck_assert_mem_eq(record.source6, udp6.flow.ends[0].address, 16);
	ck_assert_mem_eq(record.dest6, udp6.flow.ends[1].address, 16);
	report = udp6;
	report.flow.proto = WP_PROTO_ICMPV6;
	report.icmp = 0x8000;
	report.icmp_is_known = 1;
	ck_assert_int_eq(flow_record_fill(&record, &report, TIME_NS, ""), FLOW_ICMP6);
	ck_assert_uint_eq(record.icmp6, 0x8000);
	report = tcp;
	report.flow.proto = WP_PROTO_ESP;
	flow_record_fill(&record, &report, TIME_NS, "");
	ck_assert_uint_eq(record.sport | record.dport, 0);
	report.flow.picked_up = true;
	flow_record_fill(&record, &report, TIME_NS, "");
	ck_assert_uint_eq(record.direction, 0);
}
END_TEST

/** Ends, and what flowEndReason says of them. */
static const struct {
	uint8_t end, reason;
} ends[] = {
	{WP_FLOW_IS_OPEN, 2},  {WP_FLOW_BY_FIN, 3},      {WP_FLOW_BY_RST, 3},
	{WP_FLOW_BY_REUSE, 3}, {WP_FLOW_BY_SHUTDOWN, 4}, {WP_FLOW_BY_TIME_OUT, 1},
};

START_TEST(test_end_reasons)
{
	struct flow_report report = tcp;
	struct flow_record record;

	report.flow.end = ends[_i].end;
	flow_record_fill(&record, &report, TIME_NS, "");
	ck_assert_uint_eq(record.end, ends[_i].reason);
}
END_TEST

/* What workers do. */

static struct stream_bed bed;
static struct wp_flow *flow; /* of the last event */
static uint64_t counters[N_COUNTERS];
static struct wp_core core;
static void *inst;
static struct export_target target = {.host = {.version = 4, .bytes = {127, 0, 0, 1}}};

/** The service's configuration; laid out as in ipfix.c. */
static struct {
	struct wp_list collectors;
	uint32_t active_s;
} conf = {.collectors = {&target, 1}};

static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct wp_told told = {.event = &events[i], .rows = 1};

		flow = events[i].flow;
		if (events[i].type == WP_FLOW_END)
			wp_service.events(inst, &core, &told, 1);
	}
}

static void
set_time(uint64_t seconds)
{
	core.now_ns = bed.core.now_ns = (1000 + seconds) * SECOND;
}

static void
workers_open(uint32_t active_s)
{
	ck_assert_ptr_null(stream_bed_open(&bed, "{\"other_established_s\": 100}", 0,
					   WP_EVENT_BIT(WP_FLOW_START) | WP_EVENT_BIT(WP_FLOW_END),
					   tell, NULL));
	memset(counters, 0, sizeof(counters));
	core = (struct wp_core){.counters = counters, .instance = INSTANCE};
	n_reports = 0;
	ring_is_full = false;
	conf.active_s = active_s;
	ck_assert_int_eq(wp_service.open(NULL, &conf, &inst), 0);
	set_time(0);
}

static void
workers_close(void)
{
	stream_bed_end(&bed);
	stream_bed_close(&bed);
	wp_service.close(inst);
}

/** An echo request or its answer of 84 bytes, from the tracker to the service. */
static void
ping(bool answer)
{
	static const uint8_t request[28] = {0x45, 0, 0, 84,  0, 0, 0, 0, 64, 1, 0, 0, 10,
					    0,    0, 1, 192, 0, 2, 1, 8, 0,  0, 0, 0, 77};
	uint8_t buf[256] = {0}, *ip = buf + 64;
	struct wp_packet pkt = {.buf = buf, .room = sizeof(buf), .start = 64, .len = 84};
	struct wp_packet *pkts[] = {&pkt};

	memcpy(ip, request, sizeof(request));
	if (answer) {
		memcpy(ip + 12, request + 16, 4);
		memcpy(ip + 16, request + 12, 4);
		ip[20] = 0;
	}
	wp_parse(&pkt);
	stream_bed_packet(&bed, &pkt);
	pkt.flow = flow;
	wp_service.burst(inst, &core, pkts, 1);
}

START_TEST(test_long_flows_are_reported_meanwhile)
{
	workers_open(10);
	for (unsigned int second = 0; second <= 35; second++) {
		set_time(second);
		ping(false);
		ping(true);
	}
	ck_assert_uint_eq(counters[ACTIVE], 3); /* at 10, 20 and 30 s */
	ck_assert_uint_eq(n_reports, 3);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(reports[i].flow.end, WP_FLOW_IS_OPEN);
		ck_assert_uint_eq(reports[i].flow.age_ns, (i + 1) * 10 * SECOND);
		ck_assert_uint_eq(reports[i].flow.packets[WP_CLIENT], (i + 1) * 10 + 1);
		ck_assert_uint_eq(reports[i].flow.id, reports[0].flow.id);
		ck_assert_uint_eq(reports[i].icmp, 0x0800);
	}
	set_time(200);
	stream_bed_expire(&bed);
	ck_assert_uint_eq(counters[ENDED], 1);
	ck_assert_uint_eq(reports[3].flow.end, WP_FLOW_BY_TIME_OUT);
	ck_assert_uint_eq(reports[3].flow.packets[WP_CLIENT], 36); /* all of it: totals */
	ck_assert_uint_eq(reports[3].flow.bytes[WP_SERVER], 36 * 84);
	ck_assert_uint_eq(reports[3].flow.quiet_ns, 165 * SECOND);
	workers_close();
}
END_TEST

START_TEST(test_quiet_flow_is_reported_by_its_next_packet)
{
	workers_open(10);
	ping(false);
	ping(true);
	set_time(35);
	ck_assert_uint_eq(n_reports, 0);
	ping(false);
	ping(true);
	ck_assert_uint_eq(n_reports, 1);
	set_time(44);
	ping(false);
	ck_assert_uint_eq(n_reports, 1);
	set_time(45);
	ping(false);
	ck_assert_uint_eq(n_reports, 2);
	workers_close();
}
END_TEST

START_TEST(test_no_reports_meanwhile_when_there_are_to_be_none)
{
	workers_open(0);
	for (unsigned int second = 0; second <= 100; second++) {
		set_time(second * 10);
		ping(false);
		ping(true);
	}
	ck_assert_uint_eq(n_reports, 0);
	workers_close();
	ck_assert_uint_eq(counters[ENDED], 1);
}
END_TEST

START_TEST(test_type_is_the_initiators)
{
	workers_open(10);
	ping(true); /* its request went elsewhere: it is who has begun */
	ping(false);
	stream_bed_end(&bed);
	ck_assert_uint_eq(n_reports, 1);
	ck_assert_uint_eq(reports[0].icmp, 0x0000);
	ck_assert_uint_eq(reports[0].icmp_is_known, 1);
	stream_bed_close(&bed);
	wp_service.close(inst);
}
END_TEST

START_TEST(test_reports_without_room_are_counted)
{
	workers_open(10);
	ping(false);
	ring_is_full = true;
	set_time(20);
	ping(false);
	workers_close();
	ck_assert_uint_eq(counters[LOST], 2);
	ck_assert_uint_eq(counters[ACTIVE] + counters[ENDED], 0);
}
END_TEST

START_TEST(test_flow_without_a_word_is_reported_at_its_end)
{
	enum { NO_WORD = 3 };

	workers_open(10);
	ping(false);
	for (uint32_t i = 0; i < WP_FLOW_WORDS; i++)
		flow->words.owners[i] = 100 + i; /* others' */
	set_time(20);
	ping(false);
	ck_assert_uint_eq(counters[NO_WORD], 1);
	ck_assert_uint_eq(n_reports, 0);
	workers_close();
	ck_assert_uint_eq(n_reports, 1);
	ck_assert_uint_eq(reports[0].icmp_is_known, 0);
}
END_TEST

START_TEST(test_collector_without_address_is_refused)
{
	struct export_target none = {.port = 4739};
	struct wp_list targets = {&none, 1};

	ck_assert_int_lt(export_check(NULL, &targets), 0);
	ck_assert_str_eq(refusal, "collectors/0/host");
}
END_TEST

/* What goes out. */

static const char *dump_to; /* a file */

/** @return a socket that listens on the loopback. @param[out] port  host order */
static int
listen_anywhere(uint32_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/** One of each kind, for a judge that is not libfixbuf. */
START_TEST(test_dump)
{
	uint64_t counts[IPFIX_COUNTS] = {0};
	struct flow_report ping6 = udp6;
	struct export_target one = target;
	struct wp_list targets = {&one, 1};
	int listener = listen_anywhere(&one.port), fd;
	FILE *file = fopen(dump_to, "w");
	struct export *export = NULL, *again = NULL;
	uint8_t bytes[8192];
	ssize_t n;

	ping6.flow.proto = WP_PROTO_ICMPV6;
	ping6.flow.end = WP_FLOW_IS_OPEN;
	ping6.flow.picked_up = true;
	ping6.icmp = 0x8000;
	ping6.icmp_is_known = 1;
	ck_assert_int_eq(export_open(NULL, &targets, NULL, &export), 0);
	ck_assert_int_eq(export_open(NULL, &targets, export, &again), 0);
	ck_assert_ptr_eq(export, again);
	export_put(export, &tcp, TIME_NS, "green", counts);
	export_put(export, &udp6, TIME_NS, "", counts);
	export_put(export, &ping4, TIME_NS, "green", counts);
	export_put(export, &ping6, TIME_NS, "", counts);
	export_close(export, counts);
	ck_assert_uint_eq(counts[IPFIX_WRITTEN], 4);
	ck_assert_uint_eq(counts[IPFIX_LOST], 0);
	ck_assert_uint_eq(counts[IPFIX_CONNECTS], 1);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		ck_assert_uint_eq(fwrite(bytes, 1, (size_t)n, file), (size_t)n);
	close(fd);
	close(listener);
	fclose(file);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("flows");

	if (argc == 2) {
		dump_to = argv[1];
		tcase_add_test(tcase, test_dump);
		return unit_main("ipfix dump", tcase);
	}
	tcase_add_test(tcase, test_record_says_what_a_connection_was);
	tcase_add_test(tcase, test_templates_are_chosen_by_what_is_known);
	tcase_add_loop_test(tcase, test_end_reasons, 0, ROWS(ends));
	tcase_add_test(tcase, test_long_flows_are_reported_meanwhile);
	tcase_add_test(tcase, test_quiet_flow_is_reported_by_its_next_packet);
	tcase_add_test(tcase, test_no_reports_meanwhile_when_there_are_to_be_none);
	tcase_add_test(tcase, test_type_is_the_initiators);
	tcase_add_test(tcase, test_reports_without_room_are_counted);
	tcase_add_test(tcase, test_flow_without_a_word_is_reported_at_its_end);
	tcase_add_test(tcase, test_collector_without_address_is_refused);
	return unit_main("ipfix flows", tcase);
}
