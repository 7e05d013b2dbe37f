/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/frag/record.c: one datagram in any order, overlaps of each kind, duplicates, limits. */

#include <string.h>

#include "frag/frag.h"
#include "unit.h"

enum { PIECES = 5, TCP = 6 };

/** A piece of bytes [start, end), both multiples of 8 but for the end of the last one. */
static struct frag_piece
piece(unsigned int start, unsigned int end, bool last)
{
	struct frag_piece made = {.start = (uint16_t)(start / 8),
				  .end = (uint16_t)((end + 7) / 8),
				  .total = (uint16_t)(last ? end : 0)};

	if (start == 0) {
		made.proto = TCP;
		made.sport = 1000;
		made.dport = 80;
	}
	return made;
}

/** One record and what was noted in it. */
static enum frag_fault
note(struct frag_record *record, unsigned int start, unsigned int end, bool last)
{
	struct frag_piece made = piece(start, end, last);

	return frag_note(record, &made);
}

/** Fills @p order with the permutation of that number of 0 to 4. */
static void
permute(unsigned int number, unsigned int order[PIECES])
{
	unsigned int left[PIECES] = {0, 1, 2, 3, 4};

	for (unsigned int i = 0; i < PIECES; i++) {
		unsigned int n = PIECES - i, at = number % n;

		number /= n;
		order[i] = left[at];
		memmove(&left[at], &left[at + 1], (n - at - 1) * sizeof(left[0]));
	}
}

START_TEST(test_five_fragments_complete_in_every_order)
{
	static const unsigned int bounds[PIECES + 1] = {0, 24, 1472, 1480, 4000, 4321};
	struct frag_record record = {0};
	unsigned int order[PIECES];
	bool first = false;

	permute((unsigned int)_i, order);
	for (unsigned int i = 0; i < PIECES; i++) {
		unsigned int at = order[i];

		ck_assert(!frag_is_complete(&record));
		ck_assert_int_eq(note(&record, bounds[at], bounds[at + 1], at == PIECES - 1),
				 FRAG_FINE);
		first |= at == 0;
		ck_assert_int_eq(record.first_seen, first);
	}
	ck_assert(frag_is_complete(&record));
	ck_assert_uint_eq(record.total, 4321);
	ck_assert_uint_eq(record.sport, 1000);
	ck_assert_uint_eq(record.dport, 80);
}
END_TEST

/** Two or three fragments of which the last contradicts the others. */
static const struct {
	const char *what;
	struct {
		unsigned int start, end;
		bool last;
	} pieces[3];
} contradictions[] = {
	{"the same start, longer", {{0, 64, false}, {0, 128, false}}},
	{"the same start, shorter", {{0, 128, false}, {0, 64, false}}},
	{"the same end", {{0, 128, false}, {64, 128, false}}},
	{"inside", {{0, 128, false}, {32, 64, false}}},
	{"around", {{32, 64, false}, {0, 128, false}}},
	{"by 8 bytes from the left", {{64, 128, false}, {0, 72, false}}},
	{"by 8 bytes from the right", {{0, 64, false}, {56, 128, false}}},
	{"between two, into the left", {{0, 64, false}, {128, 192, false}, {56, 128, false}}},
	{"between two, into the right", {{0, 64, false}, {128, 192, false}, {64, 136, false}}},
	{"over two", {{0, 64, false}, {64, 128, false}, {0, 128, false}}},
	{"another end, later", {{128, 200, true}, {256, 300, true}}},
	{"another end, earlier", {{128, 200, true}, {64, 100, true}}},
	{"another end in the same 8 bytes", {{128, 196, true}, {128, 197, true}}},
	{"behind the end", {{128, 200, true}, {200, 264, false}}},
	{"up to the end, and more to come", {{128, 192, true}, {64, 192, false}}},
	{"the last one again, and more to come", {{128, 192, true}, {128, 192, false}}},
	{"the end in front of what has come", {{128, 192, false}, {0, 100, true}}},
	{"the end within what has come", {{128, 192, false}, {128, 192, true}}},
};

START_TEST(test_contradiction_poisons_the_datagram)
{
	struct frag_record record = {0};
	unsigned int n = contradictions[_i].pieces[2].end == 0 ? 2 : 3;

	for (unsigned int i = 0; i < n; i++) {
		enum frag_fault fault =
			note(&record, contradictions[_i].pieces[i].start,
			     contradictions[_i].pieces[i].end, contradictions[_i].pieces[i].last);

		ck_assert_msg(fault == (i == n - 1 ? FRAG_OVERLAP : FRAG_FINE), "%s: %u",
			      contradictions[_i].what, i);
	}
	/* Nothing heals it: neither what had come nor what would have fitted. */
	ck_assert_int_eq(note(&record, 8000, 8008, false), FRAG_OVERLAP);
	ck_assert_int_eq(note(&record, contradictions[_i].pieces[0].start,
			      contradictions[_i].pieces[0].end, contradictions[_i].pieces[0].last),
			 FRAG_OVERLAP);
	ck_assert(!frag_is_next(&record, &(struct frag_piece){.start = 9, .end = 10}));
}
END_TEST

START_TEST(test_exact_duplicates_change_nothing)
{
	struct frag_record record = {0};

	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(note(&record, 64, 128, false), FRAG_FINE);
	ck_assert(!record.first_seen);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(note(&record, 128, 131, true), FRAG_FINE);
	ck_assert(!frag_is_complete(&record));
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(note(&record, 0, 64, false), FRAG_FINE);
	ck_assert_uint_eq(record.n_spans, 3);
	ck_assert(frag_is_complete(&record));
}
END_TEST

START_TEST(test_first_fragment_with_other_ports_is_no_duplicate)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct frag_record record = {0};
		struct frag_piece other = piece(0, 64, false);

		ck_assert_int_eq(frag_note(&record, &other), FRAG_FINE);
		other.sport = (uint16_t)(other.sport + (i == 0));
		other.dport = (uint16_t)(other.dport + (i == 1));
		other.proto = (uint8_t)(other.proto + (i == 2));
		ck_assert_int_eq(frag_note(&record, &other), FRAG_OVERLAP);
	}
}
END_TEST

START_TEST(test_id_that_comes_again_is_told_from_a_duplicate)
{
	struct frag_record record = {0};
	struct frag_piece known = piece(64, 100, true), first = piece(0, 64, false),
			  other = piece(0, 128, false);

	ck_assert(!frag_is_next(&record, &first));
	ck_assert_int_eq(frag_note(&record, &first), FRAG_FINE);
	ck_assert(!frag_is_next(&record, &other)); /* it lacks something: this is an overlap */
	ck_assert_int_eq(frag_note(&record, &known), FRAG_FINE);
	ck_assert(!frag_is_next(&record, &known));
	ck_assert(frag_is_next(&record, &first));
	ck_assert(frag_is_next(&record, &other));
	known.total++;
	ck_assert(frag_is_next(&record, &known));
}
END_TEST

START_TEST(test_more_fragments_than_any_path_makes_are_refused)
{
	struct frag_record record = {0};

	for (unsigned int i = 0; i < FRAG_SPANS_MAX; i++) /* backwards: the dearest order */
		ck_assert_int_eq(note(&record, 8 * (200 - i), 8 * (201 - i), false), FRAG_FINE);
	ck_assert_int_eq(note(&record, 8 * 150, 8 * 151, false), FRAG_FINE); /* a duplicate */
	ck_assert_int_eq(note(&record, 0, 8, false), FRAG_TOO_MANY);
	ck_assert_int_eq(note(&record, 8 * 150, 8 * 151, false), FRAG_TOO_MANY);
}
END_TEST

START_TEST(test_largest_datagram_at_the_least_mtu_fits)
{
	struct frag_record record = {0};
	unsigned int at = 0;

	for (; at + 1232 < 65535; at += 1232)
		ck_assert_int_eq(note(&record, at, at + 1232, false), FRAG_FINE);
	ck_assert_int_eq(note(&record, at, 65535, true), FRAG_FINE);
	ck_assert(frag_is_complete(&record));
}
END_TEST

START_TEST(test_waiting_packets_come_out_in_order_and_learn_the_ports)
{
	struct wp_packet packets[3] = {{.l4_proto = 60}}, *list;
	struct frag_record record = {0};

	ck_assert_ptr_null(frag_take_waiting(&record));
	for (unsigned int i = 0; i < 3; i++)
		frag_wait(&record, &packets[i]);
	ck_assert_uint_eq(record.n_waiting, 3);
	note(&record, 0, 64, false);
	list = frag_take_waiting(&record);
	for (unsigned int i = 0; i < 3; i++, list = list->next) {
		ck_assert_ptr_eq(list, &packets[i]);
		frag_tell(&record, list);
		ck_assert_uint_eq(list->l4_sport, 1000);
		ck_assert_uint_eq(list->l4_dport, 80);
		ck_assert_uint_eq(list->l4_proto, TCP);
		ck_assert_uint_eq(list->l4, 0);
		ck_assert_uint_ne(list->flags & WP_PKT_FIRST_SEEN, 0);
	}
	ck_assert_ptr_null(list);
	ck_assert_uint_eq(record.n_waiting, 0);
	ck_assert_ptr_null(frag_take_waiting(&record));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record");

	tcase_add_loop_test(tcase, test_five_fragments_complete_in_every_order, 0, 120);
	tcase_add_loop_test(tcase, test_contradiction_poisons_the_datagram, 0,
			    ROWS(contradictions));
	tcase_add_test(tcase, test_exact_duplicates_change_nothing);
	tcase_add_test(tcase, test_first_fragment_with_other_ports_is_no_duplicate);
	tcase_add_test(tcase, test_id_that_comes_again_is_told_from_a_duplicate);
	tcase_add_test(tcase, test_more_fragments_than_any_path_makes_are_refused);
	tcase_add_test(tcase, test_largest_datagram_at_the_least_mtu_fits);
	tcase_add_test(tcase, test_waiting_packets_come_out_in_order_and_learn_the_ports);
	return unit_main("frag record", tcase);
}
