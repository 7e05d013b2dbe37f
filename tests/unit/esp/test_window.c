/* SPDX-License-Identifier: BSD-3-Clause */
/* The anti-replay window against an obviously right one, and the ECN table. */

#include <string.h>

#include "esp/esp.h"
#include "esp/window.h"
#include "parse/checksum.h"
#include "unit.h"

/** Remembers all numbers there ever were. */
struct model {
	uint64_t top;
	uint64_t seen[4096];
	unsigned int n;
};

static bool
model_is_new(const struct model *model, uint64_t sequence, uint32_t size)
{
	if (sequence == 0 || (sequence <= model->top && model->top - sequence >= size))
		return false;
	for (unsigned int i = 0; i < model->n; i++)
		if (model->seen[i] == sequence)
			return false;
	return true;
}

static void
model_note(struct model *model, uint64_t sequence)
{
	model->seen[model->n++] = sequence;
	if (sequence > model->top)
		model->top = sequence;
}

static const uint32_t sizes[] = {64, 65, 100, 1024, 65535, 65536};
static const uint64_t starts[] = {1, 0xfffffff0, 0xffffffffffff0000};

/** @return a number near the top: before, after, sometimes far. */
static uint64_t
next_number(uint64_t top, uint32_t size)
{
	switch (rand() % 8) {
	case 0:
		return top + 1 + (uint64_t)(rand() % (3 * (int)size));
	case 1:
		return top + (uint64_t)rand() % 200000;
	case 2:
	case 3:
		return top > size ? top - (uint64_t)rand() % (2 * size) : 1;
	default:
		return top > 20 ? top - 10 + (uint64_t)rand() % 20 : 1 + (uint64_t)rand() % 20;
	}
}

START_TEST(test_window_is_as_the_model)
{
	uint32_t size = sizes[_i % ROWS(sizes)];
	struct esp_window *window = calloc(1, sizeof(*window));
	struct model *model = calloc(1, sizeof(*model));

	srand((unsigned int)_i);
	model_note(model, starts[_i / ROWS(sizes)]);
	esp_window_note(window, starts[_i / ROWS(sizes)]);
	for (unsigned int i = 0; i < 4000; i++) {
		uint64_t sequence = next_number(model->top, size);

		if (sequence < starts[_i / ROWS(sizes)] / 2)
			continue; /* wrapped round 2^64: never happens on the wire */
		ck_assert_msg(esp_window_is_new(window, sequence, size) ==
				      model_is_new(model, sequence, size),
			      "%lu, top %lu, size %u", sequence, model->top, size);
		if (model_is_new(model, sequence, size)) {
			esp_window_note(window, sequence);
			model_note(model, sequence);
		}
	}
	free(window);
	free(model);
}
END_TEST

static const uint32_t strides[] = {1, 2, 63, 64, 65, 127, 1000, 65536, 131072, 131073};

/* Several times round the ring: what was noted a round ago does not shine through. */
START_TEST(test_ring_comes_round_clean)
{
	struct esp_window *window = calloc(1, sizeof(*window));
	uint32_t stride = strides[_i];
	unsigned int wrong = 0;

	for (uint64_t i = 0, at = 0xffff0000; i < 10 || i * stride < 600000; i++, at += stride) {
		wrong += !esp_window_is_new(window, at, ESP_WINDOW_MAX);
		esp_window_note(window, at);
		wrong += esp_window_is_new(window, at, ESP_WINDOW_MAX);
		for (uint32_t back = 1; back < stride && back < ESP_WINDOW_MAX; back++)
			wrong += !esp_window_is_new(window, at - back, ESP_WINDOW_MAX);
	}
	ck_assert_uint_eq(wrong, 0);
	free(window);
}
END_TEST

static const struct infer {
	uint64_t top;
	uint32_t low, size;
	uint64_t want;
} infers[] = {
	{0, 1, 64, 1},
	{1000, 1001, 64, 1001},
	{1000, 990, 64, 990},
	{1000, 900, 64, 0x100000384},     /* below the window: the next round, most likely forged */
	{0xfffffff0, 5, 64, 0x100000005}, /* over the edge */
	{0x100000005, 0xfffffff0, 64, 0xfffffff0}, /* and back */
	{0x100000005, 6, 64, 0x100000006},
	{5, 0xfffffff0, 64, 0}, /* before the first */
	{0x500000000, 0xffffffff, 1024, 0x4ffffffff},
	{0x5000003ff, 0, 1024, 0x500000000},
};

START_TEST(test_high_half_is_inferred)
{
	struct esp_window *window = calloc(1, sizeof(*window));

	window->top = infers[_i].top;
	ck_assert_uint_eq(esp_window_infer(window, infers[_i].low, infers[_i].size),
			  infers[_i].want);
	free(window);
}
END_TEST

START_TEST(test_zero_is_never_new)
{
	struct esp_window *window = calloc(1, sizeof(*window));

	ck_assert(!esp_window_is_new(window, 0, 64));
	ck_assert(esp_window_is_new(window, 1, 64));
	free(window);
}
END_TEST

/* RFC 6040 figure 4: inner, outer, result; -1: drop. */
enum { NOT_ECT, ECT1, ECT0, CE };
static const int ecn[4][4] = {
	[NOT_ECT] = {[NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT, [ECT1] = NOT_ECT, [CE] = -1},
	[ECT0] = {[NOT_ECT] = ECT0, [ECT0] = ECT0, [ECT1] = ECT1, [CE] = CE},
	[ECT1] = {[NOT_ECT] = ECT1, [ECT0] = ECT1, [ECT1] = ECT1, [CE] = CE},
	[CE] = {[NOT_ECT] = CE, [ECT0] = CE, [ECT1] = CE, [CE] = CE},
};

START_TEST(test_congestion_marks_come_through_as_in_rfc_6040)
{
	unsigned int inner = (unsigned int)_i / 4, outer = (unsigned int)_i % 4;
	uint8_t v4[20] = {0x45, (uint8_t)(0xb8 | inner),
			  0,    20,
			  0,    0,
			  0,    0,
			  64,   17,
			  0,    0,
			  10,   0,
			  0,    1,
			  10,   0,
			  0,    2};
	uint8_t v6[40] = {0x6b, (uint8_t)(0x80 | inner << 4)};
	uint16_t sum = wp_checksum_ipv4(v4, 20);
	bool goes_on = ecn[inner][outer] >= 0;

	memcpy(v4 + 10, &sum, 2);
	ck_assert_int_eq(esp_decapsulate_ecn((uint8_t)(0x28 | outer), v4), goes_on);
	ck_assert_int_eq(esp_decapsulate_ecn((uint8_t)(0x28 | outer), v6), goes_on);
	if (!goes_on)
		return;
	ck_assert_uint_eq(v4[1], 0xb8 | (unsigned int)ecn[inner][outer]);
	ck_assert_uint_eq(wp_checksum(v4, 20), 0);
	ck_assert_uint_eq(esp_traffic_class(v6), 0xb8 | (unsigned int)ecn[inner][outer]);
}
END_TEST

static const struct outer_row {
	uint8_t df, inner_df, want_df;
	bool copy;
	uint8_t inner_class, want_class;
} outers[] = {
	{ESP_DF_COPY, 0, 0, true, 0xb9, 0xb9},
	{ESP_DF_COPY, 0x40, 0x40, true, 0, 0},
	{ESP_DF_SET, 0, 0x40, false, 0xb9, 0x29},
	{ESP_DF_CLEAR, 0x40, 0, false, 0x03, 0x2b},
};

START_TEST(test_outer_header_takes_over_what_it_should)
{
	const struct outer_row *row = &outers[_i];
	const struct wp_addr local = {.version = 4, .bytes = {192, 0, 2, 1}},
			     remote = {.version = 4, .bytes = {192, 0, 2, 2}};
	uint8_t inner[20] = {0x45, row->inner_class, 0, 20, 0, 0, row->inner_df, 0, 64, 17}, ip[40];
	struct esp_outer outer;

	esp_outer_init(&outer, &local, &remote,
		       &(struct esp_outer_rules){
			       .df = row->df, .copy_dscp = row->copy, .dscp = 10, .ttl = 64});
	esp_outer_write(&outer, ip, inner, 1000, 0x1234);
	ck_assert_uint_eq(ip[6], row->want_df);
	ck_assert_uint_eq(ip[1], row->want_class);
	ck_assert_uint_eq(ip[4], row->want_df != 0 ? 0 : 0x12);
	ck_assert_uint_eq(ip[2] << 8 | ip[3], 1020);
	ck_assert_uint_eq(wp_checksum(ip, 20), 0);
}
END_TEST

/* Every identification, so every sum: also those that carry twice. */
START_TEST(test_outer_checksum_is_right_for_every_sum)
{
	const struct wp_addr local = {.version = 4, .bytes = {192, 0, 2, 1}},
			     remote = {.version = 4, .bytes = {192, 0, 2, 2}};
	const uint8_t inner[20] = {0x45, 0xbb};
	struct esp_outer outer;
	uint8_t ip[40];

	esp_outer_init(&outer, &local, &remote,
		       &(struct esp_outer_rules){.copy_dscp = true, .ttl = 64});
	for (unsigned int id = 0; id < 65536; id++) {
		esp_outer_write(&outer, ip, inner, 1400, (uint16_t)id);
		ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("window");

	tcase_add_loop_test(tcase, test_window_is_as_the_model, 0, ROWS(sizes) * ROWS(starts));
	tcase_add_loop_test(tcase, test_ring_comes_round_clean, 0, ROWS(strides));
	tcase_add_loop_test(tcase, test_high_half_is_inferred, 0, ROWS(infers));
	tcase_add_test(tcase, test_zero_is_never_new);
	tcase_add_loop_test(tcase, test_congestion_marks_come_through_as_in_rfc_6040, 0, 16);
	tcase_add_loop_test(tcase, test_outer_header_takes_over_what_it_should, 0, ROWS(outers));
	tcase_add_test(tcase, test_outer_checksum_is_right_for_every_sum);
	return unit_main("esp", tcase);
}
