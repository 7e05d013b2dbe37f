/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is no room for: bytes that wait, bytes that are looked at, flows. */

#include <string.h>

#include "wire_talk.h"

/** Sends @p n bytes that wait for those in front of them. */
static void
fill_from(uint32_t at, unsigned int n)
{
	static char text[1001];

	memset(text, 'x', 1000);
	for (unsigned int i = 0; i < n; i += 1000)
		client(at + i, text);
}

START_TEST(test_limit_of_a_side)
{
	static const char *const confs[] = {
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"bypass\"}",
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\"}",
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"ignore\"}"};

	open_connection(confs[_i]);
	fill_from(2, 2000);
	STORY("");
	client(2002, "too much");
	STORY("cap:0 ");
	ck_assert_uint_eq(wire.verdict, _i == 1 ? WP_DROP : WP_NEXT);
	client(1, "a");
	ck_assert_uint_eq(wire.n_log[WP_CLIENT], _i == 0 ? 0 : 2001);
	wire_close(&wire);
}
END_TEST

#define DROPS "{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\", \"policy\": \"last\"}"

/** What its receiver does not get is in nobody's place. */
START_TEST(test_what_is_dropped_has_settled_nothing)
{
	open_connection(DROPS);
	client(10, "mine");
	fill_from(100, 2000);
	client(10, "your more");
	ck_assert_uint_eq(wire.verdict, WP_DROP);
	client(1, "in front ");
	TOLD(WP_CLIENT, "in front mine");
	client(14, " or less");
	TOLD(WP_CLIENT, "in front mine or less");
	wire_close(&wire);
}
END_TEST

/** What comes in order needs no room, and goes on: its receiver takes all of it. */
START_TEST(test_what_goes_on_settles_all_of_it)
{
	open_connection(DROPS);
	client(10, "mine");
	fill_from(100, 2000);
	client(1, "in front your more");
	ck_assert_uint_eq(wire.verdict, WP_NEXT);
	TOLD(WP_CLIENT, "in front your more");
	wire_close(&wire);
}
END_TEST

/* A receiver beside the tracker, which gets what goes on. */

enum { ALL = 6000, SEEDS = 40 };

struct receiver {
	char bytes[ALL + 1];
	bool has[ALL];
	uint32_t next; /* index */
};

/** Takes what its kind of host takes of a segment. */
static void
receive(struct receiver *receiver, uint32_t at, const char *data, bool takes_new)
{
	for (; *data != '\0'; at++, data++) {
		if (at < receiver->next || (receiver->has[at] && !takes_new))
			continue;
		receiver->bytes[at] = *data;
		receiver->has[at] = true;
	}
	while (receiver->next < ALL && receiver->has[receiver->next])
		receiver->next++;
}

static uint32_t
draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

/** Sends segments anywhere, of one letter each. */
static void
scatter(struct receiver *receiver, uint32_t *seed, bool takes_new)
{
	static char data[2001];
	uint32_t at = receiver->next + draw(seed, 2000), n = 1 + draw(seed, 1 + draw(seed, 2000));

	if (draw(seed, 32) == 0)
		at = receiver->next;
	if (n > ALL - at)
		n = ALL - at;
	memset(data, 'a' + (int)draw(seed, 26), n);
	data[n] = '\0';
	client(1 + at, data);
	if (wire.verdict == WP_NEXT)
		receive(receiver, at, data, takes_new);
}

/** Whatever is dropped, what is told is what the receiver has. @param _i  bit 0: kind of host; bit
 * 1: nobody asks for conflicts */
START_TEST(test_receiver_and_tracker_agree_at_limits)
{
	static const char *const confs[] = {
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\", \"policy\": \"first\"}",
		"{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\", \"policy\": \"last\"}"};
	struct receiver receiver = {.next = 0};
	uint32_t seed = (uint32_t)_i;
	unsigned int dropped = 0;

	wire_open(&wire, confs[_i & 1], 0,
		  (_i & 2) != 0 ? WP_EVENT_BIT(WP_FLOW_DATA) | WP_EVENT_BIT(WP_FLOW_GAP) : 0);
	wire_handshake(&wire);
	wire_forget(&wire);
	for (unsigned int i = 0; i < 200 && receiver.next < ALL / 2; i++) {
		scatter(&receiver, &seed, (_i & 1) != 0);
		dropped += wire.verdict != WP_NEXT;
		wire_forget(&wire);
	}
	ck_assert_uint_ne(receiver.next, 0);
	ck_assert_uint_ne(dropped, 0);
	receiver.bytes[receiver.next] = '\0';
	TOLD(WP_CLIENT, receiver.bytes);
	wire_close(&wire);
}
END_TEST

/** It was dropped with its segment. */
START_TEST(test_fin_that_is_dropped_ends_nothing)
{
	open_connection(DROPS);
	fill_from(100, 2000);
	fill_from(1200, 1000);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK | TCP_FIN, 10, 1, "waits");
	ck_assert_uint_eq(wire.verdict, WP_DROP);
	ck_assert_uint_eq(wire.flow->sides[WP_CLIENT].flags & WP_SIDE_FIN, 0);
	wire_close(&wire);
}
END_TEST

START_TEST(test_acknowledged_bytes_are_not_waited_for_at_a_limit)
{
	open_connection("{\"flow_memory\": 4096}");
	for (unsigned int i = 0; i < 20; i++)
		client(2 + 2 * i, "x");
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 42, "");
	client(42, "is seen");
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT) + 41, "is seen");
	wire_close(&wire);
}
END_TEST

START_TEST(test_depth)
{
	open_connection("{\"depth\": 4}");
	client(1, "abcd");
	client(5, "efgh");
	client(9, "ijkl");
	TOLD(WP_CLIENT, "abcd");
	STORY("data cap:3 ");
	wire_close(&wire);
}
END_TEST

START_TEST(test_no_syn_is_kept_when_room_is_scarce)
{
	wire_open(&wire, ARRIVAL, 16, 0);
	for (unsigned int i = 0; i < 40; i++) {
		wire.next.client_port = (uint16_t)(1024 + i);
		wire_tcp(&wire, WP_CLIENT, TCP_SYN, 0, 0, "");
		ck_assert_uint_eq(wire.verdict, WP_NEXT);
	}
	ck_assert_uint_ge(wire.bed.counters[STREAM_COUNT_NO_ROOM], 24);
	wire_forget(&wire);
	wire.next.client_port = 40000;
	wire_handshake(&wire);
	client(1, "who goes on is served");
	TOLD(WP_CLIENT, "who goes on is served");
	wire.bed.core.now_ns += 31000000000; /* tcp_new_s */
	stream_bed_expire(&wire.bed);
	ck_assert_uint_ge(wire.bed.counters[STREAM_COUNT_ENDED], 11);
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_add_loop_test(tcase, test_limit_of_a_side, 0, 3);
	tcase_add_test(tcase, test_what_is_dropped_has_settled_nothing);
	tcase_add_test(tcase, test_what_goes_on_settles_all_of_it);
	tcase_add_loop_test(tcase, test_receiver_and_tracker_agree_at_limits, 0, SEEDS);
	tcase_add_test(tcase, test_fin_that_is_dropped_ends_nothing);
	tcase_add_test(tcase, test_acknowledged_bytes_are_not_waited_for_at_a_limit);
	tcase_add_test(tcase, test_depth);
	tcase_add_test(tcase, test_no_syn_is_kept_when_room_is_scarce);
	return unit_main("stream limits", tcase);
}
