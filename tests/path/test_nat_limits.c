/* SPDX-License-Identifier: BSD-3-Clause */
/* What a NAT has little of, through a whole PE: addresses, ports, a host's share of them. */

#include "nat_bed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64, HOSTS = 24, CODE_PROHIBITED = 13 };

#define QUIET "\"icmp_rate\": 0, "
#define SHORT "\"timeouts\": {\"udp\": 20, \"quarantine\": 10}, "
#define ONE_BLOCK POOL_1("2048-2111")

static struct forge
udp_of(uint32_t host, uint16_t port)
{
	return (struct forge){.proto = UDP,
			      .src = host,
			      .sport = port,
			      .dst = REMOTE,
			      .dport = 53,
			      .payload = 12};
}

static struct endpoint
out(struct bed *bed, uint32_t host, uint16_t port)
{
	struct forge forge = udp_of(host, port);

	return nat_out(bed, OUT, &forge);
}

/** The remote's answer reaches a host by its external endpoint. */
static void
works(struct bed *bed, uint32_t host, uint16_t port, struct endpoint external)
{
	struct forge forge = udp_of(host, port), answer = nat_answer(&forge, external);

	nat_in(bed, IN, &answer, IN, (struct endpoint){host, port});
}

static void
refused(struct bed *bed, uint32_t host, uint16_t port, const char *reason)
{
	struct forge forge = udp_of(host, port);

	nat_drop(bed, OUT, &forge, reason);
}

/* Host A has every port that there is. B gets none, nothing of it is left, and A goes on. */
START_TEST(test_pool_exhausted)
{
	struct bed *bed = nat_open(NAT_WORKERS, QUIET SHORT ONE_BLOCK);
	struct endpoint external[BLOCK];
	bool taken[BLOCK] = {false};

	for (uint16_t i = 0; i < BLOCK; i++) {
		external[i] = out(bed, HOST_A, 5000 + i);
		ck_assert_uint_eq(external[i].address, POOL + 1);
		ck_assert_uint_eq(external[i].port / BLOCK, 2048 / BLOCK);
		ck_assert(!taken[external[i].port % BLOCK]);
		taken[external[i].port % BLOCK] = true;
	}
	for (uint16_t i = 0; i < 10; i++) {
		refused(bed, HOST_B, 6000 + i, "ports-exhausted");
		refused(bed, HOST_A, 7000 + i, "ports-exhausted");
	}
	for (uint16_t i = 0; i < BLOCK; i++)
		works(bed, HOST_A, 5000 + i, external[i]);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), BLOCK);
	ck_assert_uint_eq(nat_count(bed, "mappings-removed"), 0);
	nat_wait(bed, 55); /* all end, and rest */
	ck_assert_uint_eq(nat_count(bed, "blocks-given-back"), 1);
	works(bed, HOST_B, 6000, out(bed, HOST_B, 6000));
	bed_close(bed);
}
END_TEST

/* The three protocols have ports of their own: one that is used up harms no other. */
START_TEST(test_pool_exhausted_for_one_protocol)
{
	struct bed *bed = nat_open(NAT_WORKERS, QUIET POOL_1("2048-2048"));
	struct forge syn = {.proto = TCP,
			    .src = HOST_A,
			    .sport = 1,
			    .dst = REMOTE,
			    .dport = 80,
			    .flags = FORGE_SYN};
	struct forge ping = {.proto = ICMP, .src = HOST_A, .dst = REMOTE, .type = 8, .sport = 1};

	ck_assert_uint_eq(out(bed, HOST_A, 5000).port, 2048);
	refused(bed, HOST_A, 5001, "ports-exhausted");
	ck_assert_uint_eq(nat_out(bed, OUT, &syn).port, 2048);
	ck_assert_uint_eq(nat_out(bed, OUT, &ping).port, 2048);
	bed_close(bed);
}
END_TEST

/** The sender is told by an ICMP error about its packet as it was. @return whether it is that */
static void
told(struct bed *bed, const struct forge *sent)
{
	uint8_t bytes[FORGE_MAX];
	size_t size = forge_packet(bytes, sent);
	struct frame frame = nat_frame(OUT, bytes, size, 0), seen;
	const uint8_t *ip = seen.bytes + NAT_IP, *icmp = ip + 20;

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &seen) || bed_receive(bed, "p1", &seen));
	ck_assert_uint_eq(frame_spi(&seen), IN);
	ck_assert_uint_eq(ip[0], 0x45);
	ck_assert_uint_eq(ip[9], ICMP);
	ck_assert(forge_is_right(ip));
	ck_assert_uint_eq(wire_get32(ip + 16), HOST_B);
	ck_assert_uint_eq(icmp[0], 3);
	ck_assert_uint_eq(icmp[1], CODE_PROHIBITED);
	ck_assert_uint_ge(wire_get16(ip + 2), 20 + 8 + size);
	ck_assert_mem_eq(icmp + 8, bytes, size);
}

START_TEST(test_pool_exhausted_is_told)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_1("2048-2048"));
	struct forge forge = udp_of(HOST_B, 6000);
	struct endpoint external = out(bed, HOST_A, 5000);

	told(bed, &forge);
	ck_assert_uint_eq(nat_count(bed, "exhausted-answers"), 1);
	works(bed, HOST_A, 5000, external);
	bed_close(bed);
}
END_TEST

static unsigned int
lines_of(const char *file, const char *what)
{
	char line[512];
	FILE *stream = fopen(file, "r");
	unsigned int n = 0;

	ck_assert_ptr_nonnull(stream);
	while (fgets(line, sizeof(line), stream) != NULL)
		n += strstr(line, what) != NULL;
	fclose(stream);
	return n;
}

/** The members of a configuration, with a log of everything to a file of this folder. */
static const char *
with_log(const char *config, const char *file)
{
	static char text[2048];
	char folder[512];

	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	snprintf(text, sizeof(text),
		 "\"log\": [{\"to\": \"json\", \"path\": \"%s/%s\", \"events\": \"sessions\"}], %s",
		 folder, file, config);
	return text;
}

/* The whole pool; the ports of a host's address: an event of its own each, and not one a packet. */
START_TEST(test_pool_exhausted_is_an_event)
{
	const char *file = NAT_WORKERS == 1 ? "exhausted-1" : "exhausted-2";
	struct bed *bed =
		nat_open(NAT_WORKERS, with_log(QUIET "\"max_blocks\": 2, " ONE_BLOCK, file));

	for (uint16_t i = 0; i < BLOCK; i++)
		out(bed, HOST_A, 5000 + i);
	for (uint16_t i = 0; i < 5; i++) {
		refused(bed, HOST_B, 6000 + i, "ports-exhausted");
		refused(bed, HOST_A, 7000 + i, "ports-exhausted");
	}
	bed_run(bed);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"addresses-exhausted\""), 1);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"ports-exhausted\""), 1);
	nat_wait(bed, 2);
	refused(bed, HOST_B, 6000, "ports-exhausted");
	bed_run(bed);
	ck_assert_uint_eq(lines_of(file, "\"suppressed\":4"), 1);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"mapping-created\""), BLOCK);
	bed_close(bed);
}
END_TEST

/* However many blocks it takes: one host, one address, for all protocols. Hosts are spread. */
START_TEST(test_paired_pooling)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	uint32_t used = 0;

	for (uint32_t host = 0; host < HOSTS; host++) {
		uint32_t address = out(bed, HOST_A + host, 5000).address;
		struct forge ping = {
			.proto = ICMP, .src = HOST_A + host, .dst = REMOTE, .type = 8, .sport = 9};

		used |= 1u << (address - POOL);
		for (uint16_t i = 1; i < 3 * BLOCK; i++)
			ck_assert_uint_eq(out(bed, HOST_A + host, 5000 + i).address, address);
		ck_assert_uint_eq(nat_out(bed, OUT, &ping).address, address);
	}
	ck_assert_int_gt(__builtin_popcount(used), 4);
	ck_assert_uint_eq(nat_count(bed, "blocks-taken"), HOSTS * 3);
	bed_close(bed);
}
END_TEST

/* Its address has no port left; others of the pool have, and it gets none of them. */
START_TEST(test_paired_pooling_goes_before_the_last_port)
{
	struct bed *bed =
		nat_open(NAT_WORKERS,
			 QUIET "\"pools\": [{\"name\": \"p\", \"addresses\": "
			       "[\"203.0.113.1\", \"203.0.113.2\"], \"ports\": \"2048-2048\"}]");
	struct endpoint a = out(bed, HOST_A, 5000), b = out(bed, HOST_B, 5000);

	ck_assert_uint_ne(a.address, b.address);
	refused(bed, HOST_A, 5001, "ports-exhausted");
	works(bed, HOST_A, 5000, a);
	works(bed, HOST_B, 5000, b);
	bed_close(bed);
}
END_TEST

/* A range that begins and ends within blocks: all of it is used, and nothing else. */
START_TEST(test_port_range)
{
	enum { FIRST = 2100, LAST = 2199, N = LAST - FIRST + 1 };

	struct bed *bed = nat_open(NAT_WORKERS, QUIET POOL_1("2100-2199"));
	bool taken[N] = {false};

	for (uint16_t i = 0; i < N; i++) {
		uint16_t port = out(bed, HOST_A, 5000 + i).port;

		ck_assert_uint_ge(port, FIRST);
		ck_assert_uint_le(port, LAST);
		ck_assert(!taken[port - FIRST]);
		taken[port - FIRST] = true;
	}
	refused(bed, HOST_A, 5000 + N, "ports-exhausted");
	bed_close(bed);
}
END_TEST

START_TEST(test_subscriber_limit_of_blocks)
{
	struct bed *bed = nat_open(NAT_WORKERS, QUIET "\"max_blocks\": 2, " POOL_16);
	struct endpoint first = out(bed, HOST_A, 5000);

	for (uint16_t i = 1; i < 2 * BLOCK; i++)
		out(bed, HOST_A, 5000 + i);
	refused(bed, HOST_A, 4000, "quota");
	out(bed, HOST_B, 5000); /* somebody else's limit is his own */
	works(bed, HOST_A, 5000, first);
	bed_close(bed);
}
END_TEST

START_TEST(test_subscriber_limit_of_mappings)
{
	const char *file = NAT_WORKERS == 1 ? "quota-1" : "quota-2";
	struct bed *bed =
		nat_open(NAT_WORKERS, with_log(QUIET SHORT "\"max_mappings\": 3, " POOL_16, file));
	struct forge ping = {.proto = ICMP, .src = HOST_A, .dst = REMOTE, .type = 8, .sport = 9};
	struct endpoint external[3];

	for (uint16_t i = 0; i < 3; i++)
		external[i] = out(bed, HOST_A, 5000 + i);
	refused(bed, HOST_A, 4000, "quota");
	nat_out(bed, OUT, &ping); /* each protocol has its own */
	out(bed, HOST_B, 5000);
	for (uint16_t i = 0; i < 3; i++)
		works(bed, HOST_A, 5000 + i, external[i]);
	bed_run(bed);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"quota-exceeded\""), 1);
	ck_assert_uint_eq(lines_of(file, "\"quota\":\"user\",\"limit\":3"), 1);
	nat_wait(bed, 21); /* what has ended counts no more */
	out(bed, HOST_A, 4000);
	bed_close(bed);
}
END_TEST

START_TEST(test_subscriber_limit_is_told)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"max_mappings\": 1, " POOL_16);
	struct forge forge = udp_of(HOST_B, 5001);

	out(bed, HOST_B, 5000);
	told(bed, &forge);
	ck_assert_uint_eq(nat_count(bed, "quota-answers"), 1);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat limits");
	TCase *tcase = tcase_create("limits");

	bed_folder();
	nat_add_test(tcase, test_pool_exhausted);
	nat_add_test(tcase, test_pool_exhausted_for_one_protocol);
	nat_add_test(tcase, test_pool_exhausted_is_told);
	nat_add_test(tcase, test_pool_exhausted_is_an_event);
	nat_add_test(tcase, test_paired_pooling);
	nat_add_test(tcase, test_paired_pooling_goes_before_the_last_port);
	nat_add_test(tcase, test_port_range);
	nat_add_test(tcase, test_subscriber_limit_of_blocks);
	nat_add_test(tcase, test_subscriber_limit_of_mappings);
	nat_add_test(tcase, test_subscriber_limit_is_told);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
