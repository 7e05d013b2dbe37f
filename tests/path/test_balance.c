/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets move by load. The test stands for the workers' clocks: it says how busy they were. */

#include "flows.h"

#define BALANCED                                                                                   \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1], \"balance\": true}, \"modules\": "      \
	"[\"%s\"], \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [" COUNTING \
	"], \"paths\": [{\"name\": \"out\", \"spi\": 291, \"steps\": [" STEP "]}]}"

/** Lets a second pass in which each bucket kept its owner busy for so many permille. */
static void
busy_second(struct bed *bed, const unsigned int *permille)
{
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++) {
		struct worker *worker = bed->pe->workers[bed->pe->owner[bucket]];

		worker->load[bucket] += permille[bucket] * 100;
		worker->busy_cycles += permille[bucket] * bed->pe->tsc_hz / 1000;
	}
	bed_sleep(bed, 1000);
	end_moves(bed);
}

static unsigned int
busy_of(const struct bed *bed, const unsigned int *permille, unsigned int worker)
{
	unsigned int sum = 0;

	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		if (bed->pe->owner[bucket] == worker)
			sum += permille[bucket];
	return sum;
}

static const struct {
	const char *what;
	unsigned int each[2];  /* permille of each bucket that worker 0, 1 has at first */
	unsigned int elephant; /* permille of bucket 0, worker 0's */
	unsigned int moves;    /* at the most */
	unsigned int worst;    /* permille of the busiest in the end, at the most */
} loads[] = {
	{"even", {5, 5}, 0, 0, 640},
	{"a little uneven", {5, 4}, 0, 0, 640},
	{"uneven", {7, 1}, 0, 64, 560},
	{"little to do", {3, 0}, 0, 0, 384},
	{"an elephant among mice", {2, 1}, 700, 160, 760},
	{"an elephant alone", {0, 0}, 950, 0, 950},
};

START_TEST(test_load_is_evened_out_and_stays_so)
{
	struct bed *bed = bed_open(BALANCED);
	unsigned int permille[PE_BUCKETS], busy[2];
	uint64_t moves;

	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		permille[bucket] = loads[_i].each[bed->pe->owner[bucket]];
	if (loads[_i].elephant != 0)
		permille[0] = loads[_i].elephant;
	for (unsigned int second = 0; second < 20; second++)
		busy_second(bed, permille);
	moves = bed_number(bed, "buckets/moves");
	ck_assert_uint_le(moves, loads[_i].moves);
	for (unsigned int second = 0; second < 30; second++)
		busy_second(bed, permille);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves"), moves);
	for (unsigned int i = 0; i < 2; i++)
		busy[i] = busy_of(bed, permille, i);
	ck_assert_uint_le(busy[0] > busy[1] ? busy[0] : busy[1], loads[_i].worst);
	if (loads[_i].moves == 0)
		ck_assert_uint_eq(bed->pe->owner[0], 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_nothing_moves_by_itself_without_being_told_to)
{
	struct bed *bed = bed_open(TWO);
	unsigned int permille[PE_BUCKETS];

	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		permille[bucket] = bed->pe->owner[bucket] == 0 ? 7 : 1;
	for (unsigned int second = 0; second < 10; second++)
		busy_second(bed, permille);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves"), 0);
	ck_assert_uint_eq(bed_number(bed, "buckets/load_permille/0"), 6);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tcase = tcase_create("balance");

	tcase_set_timeout(tcase, 100);
	tcase_add_loop_test(tcase, test_load_is_evened_out_and_stays_so, 0,
			    sizeof(loads) / sizeof(loads[0]));
	tcase_add_test(tcase, test_nothing_moves_by_itself_without_being_told_to);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
