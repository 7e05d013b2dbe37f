/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP connections through a NAT in a whole PE: how they end, and what does not begin them again. */

#include "nat_bed.h"

enum {
	SYN = FORGE_SYN,
	ACK = FORGE_ACK,
	FIN = FORGE_FIN | FORGE_ACK,
	RST = FORGE_RST,
	OPENING_S = 6,
	HALF_CLOSED_S = 10,
	TRANSITORY_S = 4,
	ESTABLISHED_S = 60,
};

#define TIMES                                                                                      \
	"\"timeouts\": {\"tcp_opening\": 6, \"tcp_half_closed\": 10, \"tcp_transitory\": 4,"       \
	" \"tcp_established\": 60}"

static const struct forge tcp = {
	.proto = TCP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 80};

/** One connection. */
struct conversation {
	struct bed *bed;
	struct endpoint external;
};

/** A segment of the inside: it comes out with the connection's one external endpoint. */
static void
say_out(struct conversation *conversation, uint8_t flags)
{
	struct forge forge = tcp;
	struct endpoint external;

	forge.flags = flags;
	forge.mss = (flags & SYN) != 0 ? 1400 : 0;
	forge.payload = flags == ACK ? 11 : 0;
	external = nat_out(conversation->bed, OUT, &forge);
	if (conversation->external.port == 0)
		conversation->external = external;
	ck_assert_uint_eq(external.address, conversation->external.address);
	ck_assert_uint_eq(external.port, conversation->external.port);
}

static struct forge
from_remote(const struct conversation *conversation, uint8_t flags)
{
	struct forge forge = nat_answer(&tcp, conversation->external);

	forge.flags = flags;
	forge.payload = flags == ACK ? 7 : 0;
	return forge;
}

static void
say_in(struct conversation *conversation, uint8_t flags)
{
	struct forge forge = from_remote(conversation, flags);

	nat_in(conversation->bed, IN, &forge, IN, (struct endpoint){HOST_A, 5000});
}

static struct conversation
begin(unsigned int workers, const char *config)
{
	struct conversation conversation = {.bed = nat_open(workers, config)};

	say_out(&conversation, SYN);
	say_in(&conversation, SYN | ACK);
	say_out(&conversation, ACK);
	say_in(&conversation, ACK);
	return conversation;
}

static void
is_over(struct conversation *conversation)
{
	struct forge forge = from_remote(conversation, ACK);

	nat_drop(conversation->bed, IN, &forge, "no-mapping");
	ck_assert_uint_eq(nat_count(conversation->bed, "mappings-removed"), 1);
}

/** The connection lives for @p seconds without a packet; then it is over. */
static void
lasts(struct conversation *conversation, unsigned int seconds)
{
	nat_wait(conversation->bed, seconds - 1);
	ck_assert_uint_eq(nat_count(conversation->bed, "mappings-removed"), 0);
	nat_wait(conversation->bed, 2);
	is_over(conversation);
	bed_close(conversation->bed);
}

/* Each flag of a connection passes, and what is left of it lives for the transitory time, whatever
 * is said in it. */
static void
is_closed(struct conversation *conversation)
{
	nat_wait(conversation->bed, 2);
	say_out(conversation, ACK);
	say_in(conversation, ACK);
	lasts(conversation, TRANSITORY_S - 2);
}

START_TEST(test_closed_from_inside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_out(&conversation, FIN);
	say_in(&conversation, ACK);
	say_in(&conversation, FIN);
	say_out(&conversation, ACK);
	is_closed(&conversation);
}
END_TEST

START_TEST(test_closed_from_outside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_in(&conversation, FIN);
	say_out(&conversation, ACK);
	say_out(&conversation, FIN);
	say_in(&conversation, ACK);
	is_closed(&conversation);
}
END_TEST

/* Both FINs are on their way before either is answered. */
START_TEST(test_closed_by_both_at_once)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_out(&conversation, FIN);
	say_in(&conversation, FIN);
	say_out(&conversation, ACK);
	say_in(&conversation, ACK);
	is_closed(&conversation);
}
END_TEST

/* One side may go on for as long as it likes; silence ends it. */
START_TEST(test_half_closed)
{
	static const bool inside[] = {true, false};

	for (unsigned int i = 0; i < 2; i++) {
		struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

		if (inside[i])
			say_out(&conversation, FIN);
		else
			say_in(&conversation, FIN);
		for (unsigned int s = 0; s < 3 * HALF_CLOSED_S; s += HALF_CLOSED_S - 2) {
			nat_wait(conversation.bed, HALF_CLOSED_S - 2);
			if (inside[i])
				say_in(&conversation, ACK);
			else
				say_out(&conversation, ACK);
		}
		lasts(&conversation, HALF_CLOSED_S);
	}
}
END_TEST

/* Behind the FINs, a SYN of one side alone: no data of that side keeps anything alive. */
START_TEST(test_not_reopened_by_a_syn_from_outside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_out(&conversation, FIN);
	say_in(&conversation, FIN);
	say_in(&conversation, SYN);
	for (unsigned int s = 0; s < OPENING_S - 1; s++) {
		nat_wait(conversation.bed, 1);
		say_in(&conversation, s % 2 == 0 ? ACK : SYN);
	}
	lasts(&conversation, 2);
}
END_TEST

START_TEST(test_not_reopened_by_a_syn_from_inside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_out(&conversation, FIN);
	say_in(&conversation, FIN);
	say_out(&conversation, SYN);
	for (unsigned int s = 0; s < OPENING_S - 1; s++) {
		nat_wait(conversation.bed, 1);
		say_out(&conversation, ACK);
	}
	lasts(&conversation, 2);
}
END_TEST

/* ... and of both sides it does: the same external endpoint, for as long as a connection lives. */
START_TEST(test_reopened_by_syns_of_both)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_in(&conversation, FIN);
	say_out(&conversation, FIN);
	say_out(&conversation, SYN);
	say_in(&conversation, SYN | ACK);
	lasts(&conversation, ESTABLISHED_S);
}
END_TEST

/* A SYN from outside to what is over: nobody there. From inside what is no SYN: no session. */
START_TEST(test_not_reopened_when_it_is_over)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);
	struct forge forge = from_remote(&conversation, SYN);

	say_in(&conversation, FIN);
	say_out(&conversation, FIN);
	nat_wait(conversation.bed, TRANSITORY_S + 1);
	nat_drop(conversation.bed, IN, &forge, "no-mapping");
	forge = tcp;
	forge.flags = ACK;
	nat_drop(conversation.bed, OUT, &forge, "no-session");
	forge.flags = RST;
	nat_drop(conversation.bed, OUT, &forge, "no-session");
	ck_assert_uint_eq(nat_count(conversation.bed, "mappings-created"), 1);
	bed_close(conversation.bed);
}
END_TEST

START_TEST(test_rst_from_inside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_out(&conversation, RST);
	lasts(&conversation, TRANSITORY_S);
}
END_TEST

START_TEST(test_rst_from_outside)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_in(&conversation, RST);
	lasts(&conversation, TRANSITORY_S);
}
END_TEST

/* A forged one ends nothing: the connection goes on, and so does its time. */
START_TEST(test_rst_and_then_data)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	say_in(&conversation, RST);
	nat_wait(conversation.bed, TRANSITORY_S - 1);
	say_out(&conversation, ACK);
	lasts(&conversation, ESTABLISHED_S);
}
END_TEST

/* More of them do not keep alive what the first has ended. */
START_TEST(test_rst_after_rst)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);

	for (unsigned int s = 0; s < TRANSITORY_S - 1; s++) {
		say_in(&conversation, RST);
		say_out(&conversation, RST);
		nat_wait(conversation.bed, 1);
	}
	lasts(&conversation, 2);
}
END_TEST

/* A RST answers a SYN: it passes, and changes nothing. */
START_TEST(test_rst_of_a_connection_that_is_opening)
{
	struct conversation conversation = {.bed = nat_open(NAT_WORKERS, TIMES ", " POOL_16)};

	say_out(&conversation, SYN);
	say_in(&conversation, RST | ACK);
	lasts(&conversation, OPENING_S);
}
END_TEST

/* The mapping lives by its other connection. */
START_TEST(test_one_of_two_connections_closed)
{
	struct conversation conversation = begin(NAT_WORKERS, TIMES ", " POOL_16);
	struct forge second = tcp, answer;

	second.dst = REMOTE_2;
	second.flags = SYN;
	nat_out(conversation.bed, OUT, &second);
	answer = nat_answer(&second, conversation.external);
	answer.flags = SYN | ACK;
	nat_in(conversation.bed, IN, &answer, IN, (struct endpoint){HOST_A, 5000});
	say_out(&conversation, FIN);
	say_in(&conversation, FIN);
	nat_wait(conversation.bed, TRANSITORY_S + 2);
	answer.flags = ACK;
	nat_in(conversation.bed, IN, &answer, IN, (struct endpoint){HOST_A, 5000});
	lasts(&conversation, ESTABLISHED_S);
}
END_TEST

/** A SYN with an MSS, and the one that it leaves with. */
static void
check_mss(struct bed *bed, uint8_t flags, uint16_t mss, uint16_t clamped)
{
	struct forge out = tcp, want, in;
	struct endpoint external;

	out.flags = SYN;
	external = nat_out(bed, OUT, &out); /* without the option there is nothing to lower */
	out.flags = flags;
	out.mss = mss;
	want = nat_from(out, external);
	want.mss = clamped;
	nat_pass(bed, OUT, &out, OUT, &want);
	in = nat_answer(&out, external);
	want = nat_to(in, (struct endpoint){HOST_A, 5000});
	want.mss = clamped;
	nat_pass(bed, IN, &in, IN, &want);
}

START_TEST(test_mss_clamp)
{
	struct bed *bed = nat_open(NAT_WORKERS, "\"mtu\": 1400, " POOL_16);

	check_mss(bed, SYN, 1460, 1360);
	check_mss(bed, SYN | ACK, 1361, 1360);
	check_mss(bed, SYN | ACK, 1360, 1360);
	check_mss(bed, SYN | ACK, 536, 536);
	bed_close(bed);
	bed = nat_open(NAT_WORKERS, POOL_16);
	check_mss(bed, SYN, 1460, 1460);
	bed_close(bed);
}
END_TEST

/* Static mappings too, and what is turned on the spot. */
START_TEST(test_mss_clamp_static_and_hairpin)
{
	struct bed *bed = nat_open(NAT_WORKERS,
				   "\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.2\", "
				   "\"outside\": \"192.0.2.1\"}], \"mtu\": 1400, " POOL_16);
	struct forge out = tcp, want;
	struct endpoint external;

	out.flags = SYN;
	external = nat_out(bed, OUT, &out);
	out.mss = 1460;
	out.dst = STATIC_1;
	want = nat_from(out, external);
	want.dst = HOST_B;
	want.mss = 1360;
	nat_pass(bed, OUT, &out, IN, &want);
	out.src = HOST_B;
	out.dst = REMOTE;
	want = out;
	want.src = STATIC_1;
	want.mss = 1360;
	nat_pass(bed, OUT, &out, OUT, &want);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat tcp");
	TCase *tcase = tcase_create("tcp");

	nat_add_test(tcase, test_closed_from_inside);
	nat_add_test(tcase, test_closed_from_outside);
	nat_add_test(tcase, test_closed_by_both_at_once);
	nat_add_test(tcase, test_half_closed);
	nat_add_test(tcase, test_not_reopened_by_a_syn_from_outside);
	nat_add_test(tcase, test_not_reopened_by_a_syn_from_inside);
	nat_add_test(tcase, test_reopened_by_syns_of_both);
	nat_add_test(tcase, test_not_reopened_when_it_is_over);
	nat_add_test(tcase, test_rst_from_inside);
	nat_add_test(tcase, test_rst_from_outside);
	nat_add_test(tcase, test_rst_and_then_data);
	nat_add_test(tcase, test_rst_after_rst);
	nat_add_test(tcase, test_rst_of_a_connection_that_is_opening);
	nat_add_test(tcase, test_one_of_two_connections_closed);
	nat_add_test(tcase, test_mss_clamp);
	nat_add_test(tcase, test_mss_clamp_static_and_hairpin);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
