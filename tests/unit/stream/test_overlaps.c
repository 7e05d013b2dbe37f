/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments that overlap: each policy's answer to each case, and long random mixes against a model
 * that keeps one byte for each sequence number. */

#include <stdio.h>
#include <string.h>

#include "stream/policy.h"
#include "unit.h"
#include "wire.h"

static struct wire wire;

/* How the new segment, of 'N', lies to the old one, [4, 8) of 'o'. */
static const struct {
	unsigned int start, end;
} cases[] = {{2, 6}, {2, 8}, {2, 10}, {4, 6}, {4, 8}, {4, 10}, {6, 7}, {6, 8}, {6, 10}};

/* In which of the cases the new one wins ('n'). After Novak and Sturges, table 2. */
static const char *const answers[STREAM_POLICIES] = {
	[STREAM_BSD] = "nnn......",       [STREAM_FIRST] = ".........",
	[STREAM_LAST] = "nnnnnnnnn",      [STREAM_LINUX] = "nnn..n...",
	[STREAM_OLD_LINUX] = "nnn.nn...", [STREAM_WINDOWS] = "nnn......",
	[STREAM_VISTA] = ".........",     [STREAM_SOLARIS] = ".nn.nn..n",
	[STREAM_HPUX10] = "nnn......",    [STREAM_HPUX11] = ".nn.nn..n",
	[STREAM_IRIX] = "nnn......",      [STREAM_MACOS] = "nnn......",
};

static void
send_bytes(unsigned int start, unsigned int end, char byte)
{
	char text[1200] = {0};

	memset(text, byte, end - start);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 1 + start, 1, text);
}

START_TEST(test_policy)
{
	unsigned int policy = (unsigned int)_i;
	char conf[128];

	for (int c = 0; c < ROWS(cases); c++) {
		char want[16] = "ffffoooo";
		unsigned int end = cases[c].end < 8 ? 8 : cases[c].end;

		snprintf(conf, sizeof(conf), "{\"tell\": \"acknowledged\", \"policy\": \"%s\"}",
			 stream_policy_names[policy]);
		wire_open(&wire, conf, 0, 0);
		wire_handshake(&wire);
		send_bytes(4, 8, 'o');
		send_bytes(cases[c].start, cases[c].end, 'N');
		send_bytes(0, cases[c].start < 4 ? cases[c].start : 4, 'f');
		wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 1 + end, "");
		for (unsigned int i = cases[c].start; i < cases[c].end; i++)
			if (i < 4 || i >= 8 || answers[policy][c] == 'n')
				want[i] = 'N';
		ck_assert_str_eq(wire_told(&wire, WP_CLIENT), want);
		wire_close(&wire);
	}
}
END_TEST

/** A segment that has one letter. */
struct lettered {
	unsigned int start, end;
	char byte;
};

/** Plays three segments behind byte 1 to a host with Linux, and then what is in front. */
static void
play_three(const struct lettered parts[3], const char *want)
{
	wire_open(&wire, "{\"policy\": \"linux\"}", 0, 0);
	wire_handshake(&wire);
	for (unsigned int part = 0; part < 3; part++)
		send_bytes(parts[part].start, parts[part].end, parts[part].byte);
	send_bytes(1, 2, '.');
	send_bytes(0, 1, 'f');
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT) + 1, want);
	wire_close(&wire);
}

/* One that begins where another ends is one with it, while both wait (tcp_ooo_try_coalesce): what
 * begins within the first does not win over the second. */
START_TEST(test_segments_that_continue_each_other_are_one)
{
	static const struct {
		struct lettered parts[3];
		const char *want; /* behind byte 0 */
	} rows[] = {
		{{{2, 5, 'A'}, {5, 8, 'A'}, {4, 7, 'B'}}, ".AAAAAA"},
		{{{2, 4, 'A'}, {4, 6, 'A'}, {2, 6, 'B'}}, ".AAAA"},
		{{{2, 4, 'A'}, {4, 6, 'A'}, {2, 8, 'B'}}, ".BBBBBB"},
		{{{4, 6, 'A'}, {2, 4, 'A'}, {3, 7, 'B'}}, ".AABBB"}, /* the other way round not */
	};

	for (int i = 0; i < ROWS(rows); i++)
		play_three(rows[i].parts, rows[i].want);
}
END_TEST

/* The same bytes sent again are of the later segment where that wins: a third one is compared with
 * it, or meets nothing of it. As Linux has it (tcp_data_queue_ofo). */
START_TEST(test_same_bytes_change_hands)
{
	static const struct {
		struct lettered parts[3];
		const char *want; /* behind byte 0 */
	} rows[] = {
		{{{4, 7, 'B'}, {2, 6, 'B'}, {3, 7, 'A'}}, ".BBBBA"},
		{{{5, 7, 'B'}, {2, 9, 'B'}, {3, 8, 'A'}}, ".BBBBBBB"},
		{{{3, 5, 'B'}, {3, 8, 'B'}, {2, 6, 'A'}}, ".AAAABB"},
		{{{2, 6, 'B'}, {4, 6, 'B'}, {3, 7, 'A'}}, ".BBBBA"},
	};

	for (int i = 0; i < ROWS(rows); i++)
		play_three(rows[i].parts, rows[i].want);
}
END_TEST

/* What is overwritten is cut out; when the limit of the side lies between the two cuts, the bytes
 * count all the same. */
START_TEST(test_bytes_count_where_a_piece_is_cut_once)
{
	char want[1001];

	wire_open(&wire, "{\"flow_memory\": 4096, \"policy\": \"last\"}", 0, 0);
	wire_handshake(&wire);
	for (unsigned int i = 0; i < 7; i++)
		send_bytes(1100 + 2 * i, 1101 + 2 * i, 'x');
	send_bytes(1, 1000, 'o');
	send_bytes(500, 900, 'N');
	send_bytes(0, 1, 'f');
	memset(want, 'o', 1000);
	memset(want + 500, 'N', 400);
	want[0] = 'f';
	want[1000] = 0;
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT), want);
	wire_close(&wire);
}
END_TEST

/* A model: one byte for each sequence number. */
enum { STREAM = 3000, SEGMENTS = 60 };

struct model {
	char bytes[STREAM + 1];
	bool known[STREAM];
	unsigned int told; /* bytes of them */
};

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
model_segment(struct model *model, unsigned int start, unsigned int end, char byte, bool last)
{
	for (unsigned int i = start; i < end; i++) {
		if (i < model->told || (model->known[i] && !last))
			continue;
		model->bytes[i] = byte;
		model->known[i] = true;
	}
}

static void
model_tell(struct model *model, unsigned int limit)
{
	while (model->told < limit && model->known[model->told])
		model->told++;
}

static void
check_told(struct model *model)
{
	const char *told = wire_told(&wire, WP_CLIENT);

	ck_assert_uint_eq(wire.n_log[WP_CLIENT], model->told);
	ck_assert_int_eq(memcmp(told, model->bytes, model->told), 0);
}

static bool
met_limit(void)
{
	return wire.bed.counters[STREAM_COUNT_CAPS + WP_CAP_FLOW] != 0;
}

/** Plays one random stream, until it meets a limit. @param acked  bytes are told when acknowledged
 * @param memory  bytes that may wait */
static void
play(uint64_t *seed, bool acked, bool last, unsigned int memory)
{
	struct model model = {.told = 0};
	char conf[128];
	unsigned int got = 0;

	snprintf(conf, sizeof(conf), "{\"tell\": \"%s\", \"policy\": \"%s\", \"flow_memory\": %u}",
		 acked ? "acknowledged" : "arrival", last ? "last" : "first", memory);
	wire_open(&wire, conf, 0, 0);
	wire_handshake(&wire);
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		unsigned int start = (unsigned int)(draw(seed) % (STREAM - 1));
		unsigned int size = 1 + (unsigned int)(draw(seed) % 1100), end = start + size;
		char byte = (char)('A' + i);

		if (i == SEGMENTS / 2)
			start = 0;
		end = end > STREAM ? STREAM : end;
		end = end - start > 1100 ? start + 1100 : end;
		send_bytes(start, end, byte);
		model_segment(&model, start, end, byte, last);
		if (acked && draw(seed) % 4 == 0) {
			while (got < STREAM && model.known[got])
				got++;
			wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 1 + got, "");
		}
		model_tell(&model, acked ? got : STREAM);
		if (met_limit())
			break;
		check_told(&model);
	}
	wire_close(&wire);
	ck_assert(memory < 65536 || !met_limit());
}

START_TEST(test_random_streams)
{
	static const unsigned int memories[] = {262144, 98304, 24576};
	uint64_t seed = 88172645463325252 + (uint64_t)_i;

	for (unsigned int round = 0; round < 300; round++)
		play(&seed, (_i & 1) != 0, (_i & 2) != 0, memories[round % 3]);
}
END_TEST

/* One byte a segment, in an order, and then the head: what a host takes must not cost a chunk each.
 */
enum { TINY = 3000, TINY_MEMORY = 65536, TINY_RUN = 50 };

static unsigned int
tiny_place(int order, unsigned int i)
{
	unsigned int run = i / TINY_RUN, at = i % TINY_RUN;

	switch (order) {
	case 0:
		return 1 + i;
	case 1:
		return TINY - i;
	default: /* runs from behind, each in order: what comes lies between two pieces */
		return TINY - (run + 1) * TINY_RUN + 1 + at;
	}
}

START_TEST(test_bytes_sent_alone_share_memory)
{
	char conf[64], want[TINY + 2] = "h";

	snprintf(conf, sizeof(conf), "{\"flow_memory\": %u}", TINY_MEMORY);
	wire_open(&wire, conf, 0, 0);
	wire_handshake(&wire);
	for (unsigned int i = 0; i < TINY; i++) {
		unsigned int at = tiny_place(_i, i);

		want[at] = (char)('a' + at % 26);
		send_bytes(at, at + 1, want[at]);
	}
	send_bytes(0, 1, 'h');
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT), want);
	ck_assert(!met_limit());
	wire_close(&wire);
}
END_TEST

/* A segment that does not go on for want of room: its receiver does not get it, and what it brings
 * besides counts as little. */
START_TEST(test_what_is_dropped_overwrites_nothing)
{
	char want[112];

	memset(want, 'a', 99);
	strcpy(want + 99, "EVIL-CONTENT");
	wire_open(&wire, "{\"flow_memory\": 4096, \"at_flow_memory\": \"drop\"}", 0, 0);
	wire_handshake(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 100, 1, "EVIL-CONTENT");
	for (unsigned int i = 0; i < 15; i++)
		wire_tcp(&wire, WP_CLIENT, TCP_ACK, 3000 + 10 * i, 1, "x");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 90, 1, "aaaaaaaaaaGOOD-CONTENT");
	ck_assert_int_eq(wire.verdict, WP_DROP);
	send_bytes(0, 99, 'a');
	ck_assert_str_eq(wire_told(&wire, WP_CLIENT), want);
	wire_close(&wire);
}
END_TEST

/* That something else of a segment finds room does not mean that all of it has. */
START_TEST(test_a_limit_that_was_met_is_not_forgotten)
{
	char large[1001] = "", segment[411] = "";

	memset(large, 'x', sizeof(large) - 1);
	memset(segment, 'E', sizeof(segment) - 1);
	wire_open(&wire,
		  "{\"memory\": 1, \"tenant_memory\": 1, \"at_memory\": \"drop\", "
		  "\"at_tenant_memory\": \"drop\", \"policy\": \"last\"}",
		  0, 0);
	wire.next.wscale = 14;
	wire_handshake(&wire);
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, 1, "");
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 490, 1, "oooooooooooooooooooo");
	for (unsigned int i = 0; i < 60 && wire.verdict != WP_DROP; i++)
		wire_tcp(&wire, WP_CLIENT, TCP_ACK, 3000 + 1001 * i, 1, large);
	ck_assert_int_eq(wire.verdict, WP_DROP); /* there is no room for large ones any more */
	wire_forget(&wire);
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, 90, 1, segment); /* the last bytes are there already */
	ck_assert_int_eq(wire.verdict, WP_DROP);
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("overlaps");

	tcase_add_loop_test(tcase, test_policy, 0, STREAM_POLICIES);
	tcase_add_test(tcase, test_segments_that_continue_each_other_are_one);
	tcase_add_test(tcase, test_same_bytes_change_hands);
	tcase_add_test(tcase, test_bytes_count_where_a_piece_is_cut_once);
	tcase_add_loop_test(tcase, test_random_streams, 0, 4);
	tcase_add_loop_test(tcase, test_bytes_sent_alone_share_memory, 0, 3);
	tcase_add_test(tcase, test_what_is_dropped_overwrites_nothing);
	tcase_add_test(tcase, test_a_limit_that_was_met_is_not_forgotten);
	return unit_main("stream overlaps", tcase);
}
