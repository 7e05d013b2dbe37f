/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose packet it is, through a whole PE: tenants with the same addresses, packets for nobody, and
 * mappings that go while packets come. */

#include "nat_bed.h"

#define TWO_STATIC                                                                                 \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.3\", \"outside\": "               \
	"\"192.0.2.1\"}, {\"tenant\": \"green\", \"inside\": \"10.0.0.3\", \"outside\": "          \
	"\"192.0.2.2\"}], "

static const struct forge udp = {
	.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .payload = 21};
static const struct endpoint host_a = {HOST_A, 5000}, host_c = {HOST_C, 5000};

static struct forge
of(const struct forge *forge, uint32_t source)
{
	struct forge other = *forge;

	other.src = source;
	return other;
}

/** The remote answers what came from an external endpoint. */
static void
answer(struct bed *bed, uint32_t spi, struct endpoint external, uint32_t spi_out,
       struct endpoint host)
{
	struct forge forge = nat_answer(&udp, external);

	nat_in(bed, spi, &forge, spi_out, host);
}

/* The same host and port in both: two external endpoints, and each answer to its own. */
START_TEST(test_tenants_overlap)
{
	struct bed *bed = nat_open(NAT_WORKERS, TWO_STATIC POOL_1("1024-65535"));
	struct endpoint red = nat_out(bed, OUT, &udp), green = nat_out(bed, GREEN_OUT, &udp);

	ck_assert_uint_eq(red.address, green.address);
	ck_assert_uint_ne(red.port, green.port);
	answer(bed, IN, red, IN, host_a);
	answer(bed, GREEN_IN, green, GREEN_IN, host_a);
	answer(bed, IN, (struct endpoint){STATIC_1, 5000}, IN, host_c);
	answer(bed, GREEN_IN, (struct endpoint){STATIC_1 + 1, 5000}, GREEN_IN, host_c);
	bed_close(bed);
}
END_TEST

/* What comes on the other tenant's path goes on along the path of the host it is for. */
START_TEST(test_tenants_answers_on_the_others_path)
{
	struct bed *bed = nat_open(NAT_WORKERS, TWO_STATIC POOL_16);
	struct endpoint red = nat_out(bed, OUT, &udp), green = nat_out(bed, GREEN_OUT, &udp);

	answer(bed, GREEN_IN, red, IN, host_a);
	answer(bed, IN, green, GREEN_IN, host_a);
	answer(bed, GREEN_IN, (struct endpoint){STATIC_1, 5000}, IN, host_c);
	answer(bed, IN, (struct endpoint){STATIC_1 + 1, 5000}, GREEN_IN, host_c);
	bed_close(bed);
}
END_TEST

/* One tenant's host talks to the other's of the same address, by external endpoints. */
START_TEST(test_tenants_meet)
{
	struct bed *bed = nat_open(NAT_WORKERS, TWO_STATIC POOL_16);
	struct endpoint red = nat_out(bed, OUT, &udp), green = nat_out(bed, GREEN_OUT, &udp);
	struct forge out = nat_to(udp, green), want = nat_from(nat_to(udp, host_a), red);

	nat_pass(bed, OUT, &out, GREEN_IN, &want);
	out = nat_to(udp, red);
	want = nat_from(nat_to(udp, host_a), green);
	nat_pass(bed, GREEN_OUT, &out, IN, &want);
	out = nat_to(udp, (struct endpoint){STATIC_1 + 1, 9});
	want = nat_from(nat_to(udp, (struct endpoint){HOST_C, 9}), red);
	nat_pass(bed, OUT, &out, GREEN_IN, &want);
	bed_close(bed);
}
END_TEST

static const struct forge others[] = {
	{.proto = UDP, .src = REMOTE, .sport = 53, .dst = REMOTE_2, .dport = 5000, .payload = 5},
	{.proto = TCP, .src = REMOTE, .sport = 80, .dst = REMOTE_2, .dport = 1, .flags = FORGE_ACK},
	{.proto = ICMP, .src = REMOTE, .dst = REMOTE_2, .type = 8, .sport = 9},
	{.proto = GRE, .src = REMOTE, .dst = REMOTE_2, .payload = 40},
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

/* Packets from outside for none of the NAT's addresses pass, byte for byte, where that is wanted.
 */
START_TEST(test_unmatched_is_forwarded)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"unmatched\": \"forward\", " POOL_16);
	struct forge ours;

	for (unsigned int i = 0; i < OTHERS; i++)
		nat_pass(bed, IN, &others[i], IN, &others[i]);
	ours = nat_to(others[0], (struct endpoint){POOL + 1, 5000}); /* not those that are ours */
	nat_drop(bed, IN, &ours, "no-mapping");
	bed_close(bed);
}
END_TEST

START_TEST(test_unmatched_is_dropped)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);

	for (unsigned int i = 0; i < OTHERS; i++)
		nat_drop(bed, IN, &others[i], others[i].proto == GRE ? "protocol" : "no-mapping");
	bed_close(bed);
}
END_TEST

/* What is no IPv4 is none of the NAT's business. */
START_TEST(test_unmatched_is_not_ipv4)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	static const uint16_t types[] = {0x0806, 0x86dd, 0x88cc};

	for (unsigned int i = 0; i < 3; i++) {
		uint8_t bytes[60] = {0};
		struct frame frame, seen;

		bytes[0] = types[i] == 0x86dd ? 0x60 : 0;
		bytes[5] = types[i] == 0x86dd ? 20 : 0;
		bytes[6] = 59; /* no next header */
		frame = nat_frame(OUT, bytes, sizeof(bytes), 0);
		wire_put16(frame.bytes + NAT_IP - 2, types[i]);
		bed_send(bed, "p0", &frame);
		bed_run(bed);
		ck_assert(bed_receive(bed, "p0", &seen));
		ck_assert_uint_eq(seen.len, frame.len);
		ck_assert_mem_eq(seen.bytes + NAT_IP - 14, frame.bytes + NAT_IP - 14, 14 + 60);
	}
	bed_close(bed);
}
END_TEST

/* A static mapping is taken away: its host gets another endpoint, the old one is nobody's. When it
 * comes back, so does the endpoint, at once. */
START_TEST(test_static_mapping_removed_while_live)
{
	static const char timeouts[] = "\"timeouts\": {\"udp\": 20}, " POOL_16,
			  with_static[] = TWO_STATIC "\"timeouts\": {\"udp\": 20}, " POOL_16;
	struct bed *bed = nat_open(NAT_WORKERS, with_static);
	struct forge from_c = of(&udp, HOST_C), want = of(&udp, STATIC_1),
		     old = nat_answer(&udp, (struct endpoint){STATIC_1, 5000});
	struct endpoint a = nat_out(bed, OUT, &udp), c;

	nat_pass(bed, OUT, &from_c, OUT, &want);
	nat_in(bed, IN, &old, IN, host_c);
	nat_reload(bed, NAT_WORKERS, timeouts);
	c = nat_out(bed, OUT, &from_c);
	answer(bed, IN, c, IN, host_c);
	nat_drop(bed, IN, &old, "no-mapping");
	answer(bed, IN, a, IN, host_a); /* others live on */
	nat_reload(bed, NAT_WORKERS, with_static);
	nat_in(bed, IN, &old, IN, host_c);
	nat_pass(bed, OUT, &from_c, OUT, &want);
	from_c.proto = want.proto = TCP;
	from_c.flags = want.flags = FORGE_SYN;
	nat_pass(bed, OUT, &from_c, OUT, &want);
	bed_close(bed);
}
END_TEST

/* Its address is taken from the pool: what lives of it lives on, to its end; new ones get another.
 */
START_TEST(test_address_removed_while_live)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"timeouts\": {\"udp\": 20, \"quarantine\": 5}, "
						"\"pools\": [{\"name\": \"p\", \"addresses\": "
						"[\"203.0.113.1\"]}]");
	static const char other[] = "\"timeouts\": {\"udp\": 20, \"quarantine\": 5}, "
				    "\"pools\": [{\"name\": \"p\", \"addresses\": "
				    "[\"203.0.113.2\"]}]";
	struct endpoint a = nat_out(bed, OUT, &udp);
	struct forge from_b = of(&udp, HOST_B), late = nat_answer(&udp, a);

	ck_assert_uint_eq(a.address, POOL + 1);
	nat_reload(bed, NAT_WORKERS, other);
	answer(bed, IN, a, IN, host_a);
	ck_assert_uint_eq(nat_out(bed, OUT, &udp).port, a.port);
	ck_assert_uint_eq(nat_out(bed, OUT, &from_b).address, POOL + 2);
	nat_wait(bed, 45);
	nat_drop(bed, IN, &late, "no-mapping");
	ck_assert_uint_eq(nat_out(bed, OUT, &udp).address, POOL + 2);
	bed_close(bed);
}
END_TEST

/* A mapping ends between two packets, both sides send on: the outside to nobody, the inside anew.
 */
START_TEST(test_mapping_ends_while_live)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"inbound_refresh\": false, "
						"\"timeouts\": {\"udp\": 20}, " POOL_16);
	struct endpoint a = nat_out(bed, OUT, &udp), again;
	struct forge in = nat_answer(&udp, a);

	for (unsigned int s = 0; s < 18; s += 6) {
		nat_wait(bed, 6);
		nat_in(bed, IN, &in, IN, host_a); /* keeps nothing alive */
	}
	nat_wait(bed, 3);
	nat_drop(bed, IN, &in, "no-mapping");
	again = nat_out(bed, OUT, &udp);
	ck_assert(again.port != a.port || again.address != a.address); /* it rests */
	answer(bed, IN, again, IN, host_a);
	nat_drop(bed, IN, &in, "no-mapping");
	bed_close(bed);
}
END_TEST

/* A remote's permission ends, while the mapping lives on by another's. */
START_TEST(test_session_ends_while_live)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"filtering\": \"address-dependent\", "
						"\"timeouts\": {\"udp\": 20}, " POOL_16);
	struct endpoint a = nat_out(bed, OUT, &udp);
	struct forge other = udp, in = nat_answer(&udp, a), in_other;

	other.dst = REMOTE_2;
	in_other = nat_answer(&other, a);
	nat_out(bed, OUT, &other);
	for (unsigned int s = 0; s < 24; s += 6) {
		nat_wait(bed, 6);
		nat_in(bed, IN, &in_other, IN, host_a);
	}
	nat_drop(bed, IN, &in, "filtered");
	nat_in(bed, IN, &in_other, IN, host_a);
	nat_out(bed, OUT, &udp);
	nat_in(bed, IN, &in, IN, host_a);
	ck_assert_uint_eq(nat_count(bed, "mappings-created"), 1);
	bed_close(bed);
}
END_TEST

/* A tighter limit and another filter come into force: what lives is not ended by them. */
START_TEST(test_limits_change_while_live)
{
	struct bed *bed = nat_open(NAT_WORKERS, POOL_16);
	struct forge second = udp, third = udp, in;
	struct endpoint a = nat_out(bed, OUT, &udp), b;

	second.sport = 5001;
	third.sport = 5002;
	b = nat_out(bed, OUT, &second);
	nat_reload(bed, NAT_WORKERS, "\"max_mappings\": 1, \"icmp_rate\": 0, " POOL_16);
	nat_drop(bed, OUT, &third, "quota");
	answer(bed, IN, a, IN, host_a);
	in = nat_answer(&second, b);
	nat_in(bed, IN, &in, IN, (struct endpoint){HOST_A, 5001});
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat changes");
	TCase *tcase = tcase_create("changes");

	nat_add_test(tcase, test_tenants_overlap);
	nat_add_test(tcase, test_tenants_answers_on_the_others_path);
	nat_add_test(tcase, test_tenants_meet);
	nat_add_test(tcase, test_unmatched_is_forwarded);
	nat_add_test(tcase, test_unmatched_is_dropped);
	nat_add_test(tcase, test_unmatched_is_not_ipv4);
	nat_add_test(tcase, test_static_mapping_removed_while_live);
	nat_add_test(tcase, test_address_removed_while_live);
	nat_add_test(tcase, test_mapping_ends_while_live);
	nat_add_test(tcase, test_session_ends_while_live);
	nat_add_test(tcase, test_limits_change_while_live);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
