/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PE does with NSH (RFC 8300), frame in and frame out, and with frames that are not for it.
 */

#include "bed.h"

#include <string.h>

#define DOCUMENT(STEPS)                                                                            \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"],"                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}],"                           \
	" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"steps\": [" STEPS "]}]}"
#define ONE "{\"instance\": \"one\"}"

enum { NSH = 14 };

static struct frame
plain(void)
{
	return frame_udp(&(struct frame_spec){.payload = "n.......", .payload_len = 8});
}

/** Replaces the 24 bytes of NSH MD type 1 by another header. */
static struct frame
with_header(const uint8_t *header, uint16_t size)
{
	struct frame frame = plain(), out = {0};

	memcpy(out.bytes, frame.bytes, NSH);
	memcpy(out.bytes + NSH, header, size);
	memcpy(out.bytes + NSH + size, frame.bytes + NSH + 24, (size_t)(frame.len - NSH - 24));
	out.len = (uint16_t)(frame.len - 24 + size);
	return out;
}

/* Refused: each with its own reason. */

static const struct refused {
	const char *reason;
	uint16_t at; /* byte of the frame */
	uint8_t mask, value;
} refused[] = {
	{"untagged", 13, 0xff, 0x50},
	{"nsh-version", NSH, 0xc0, 0x40}, /* 2.2: only version 0 */
	{"nsh-version", NSH, 0xc0, 0xc0},
	{"nsh-oam", NSH, 0x20, 0x20},     /* 2.2: OAM is not for us */
	{"nsh-length", NSH + 1, 0x3f, 5}, /* 2.2: MD type 1 has length 6 */
	{"nsh-length", NSH + 1, 0x3f, 7},
	{"tag-truncated", NSH + 1, 0x3f, 63}, /* longer than the frame */
	{"nsh-md-type", NSH + 2, 0x0f, 0},    /* 2.2: reserved */
	{"nsh-md-type", NSH + 2, 0x0f, 15},   /* 2.2: experiments */
	{"nsh-md-type", NSH + 2, 0x0f, 3},
	{"nsh-next-protocol", NSH + 3, 0xff, 0},
	{"nsh-next-protocol", NSH + 3, 0xff, 4},
	{"nsh-next-protocol", NSH + 3, 0xff, 5},
	{"nsh-index-zero", NSH + 7, 0xff, 0}, /* 2.3 */
	{"no-path", NSH + 5, 0xff, 9},
	{"bad-index", NSH + 7, 0xff, 7},
	{"loop", NSH + 7, 0xff, 254}, /* what we ourselves send back */
};

START_TEST(test_bad_tag_is_refused_with_its_reason)
{
	const struct refused *row = &refused[_i];
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = plain();
	char where[64];

	frame.bytes[row->at] = (uint8_t)((frame.bytes[row->at] & ~row->mask) | row->value);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	snprintf(where, sizeof(where), "ports/0/refused/%s", row->reason);
	ck_assert_uint_eq(bed_number(bed, where), 1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_frame_cut_anywhere_in_its_tag_is_refused)
{
	struct bed *bed = bed_open(DOCUMENT(ONE));

	for (uint16_t len = 0; len < NSH + 24; len++) {
		struct frame frame = plain();

		frame.len = len;
		bed_send(bed, "p0", &frame);
		bed_run(bed);
	}
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "ports/0/refused/untagged"), 14);
	ck_assert_uint_eq(bed_number(bed, "ports/0/refused/tag-truncated"), 24);
	bed_close(bed);
}
END_TEST

/* TTL: 2.2. */

static const struct ttl {
	uint8_t in, out; /* out 0: refused */
} ttls[] = {{63, 62}, {2, 1}, {1, 0}, {0, 63}};

START_TEST(test_ttl_is_counted_down_once_and_never_sent_as_zero)
{
	struct bed *bed = bed_open(DOCUMENT(ONE ", " ONE));
	struct frame frame = plain(), got;

	frame.bytes[NSH] = (uint8_t)(ttls[_i].in >> 2);
	frame.bytes[NSH + 1] = (uint8_t)((ttls[_i].in & 3) << 6 | 6);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	if (ttls[_i].out == 0) {
		ck_assert_uint_eq(bed_number(bed, "ports/0/refused/nsh-ttl"), 1);
	} else {
		ck_assert(bed_receive(bed, "p0", &got));
		ck_assert_uint_eq(
			(unsigned int)((got.bytes[NSH] & 15) << 2 | got.bytes[NSH + 1] >> 6),
			ttls[_i].out);
		ck_assert_uint_eq(got.bytes[NSH + 1] & 63, 6);
		ck_assert_uint_eq(frame_si(&got), 253);
	}
	bed_close(bed);
}
END_TEST

START_TEST(test_unassigned_bits_are_ignored_and_preserved)
{
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = plain(), got;

	frame.bytes[NSH] |= 0x10;
	frame.bytes[NSH + 2] |= 0xf0;
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(got.bytes[NSH] & 0x10, 0x10);
	ck_assert_uint_eq(got.bytes[NSH + 2], 0xf1);
	bed_close(bed);
}
END_TEST

START_TEST(test_packet_enters_its_path_at_the_step_its_index_says)
{
	struct bed *bed = bed_open(DOCUMENT(ONE ", " ONE ", " ONE));
	struct frame frame = frame_udp(
			     &(struct frame_spec){.si = 254, .payload = "n...", .payload_len = 4}),
		     got;

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(frame_si(&got), 252);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_path_without_steps_reflects)
{
	struct bed *bed = bed_open(DOCUMENT(""));
	struct frame frame = plain(), got;

	bed_send(bed, "p1", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert(bed_receive(bed, "p1", &got)); /* back where it came from */
	ck_assert_uint_eq(frame_si(&got), 255);
	bed_close(bed);
}
END_TEST

/* MD type 2: 2.5. Bytes behind the service path header, and what becomes of them. */

static const struct variable {
	const char *reason; /* NULL: accepted */
	uint16_t size;
	uint8_t bytes[16];
} variables[] = {
	{NULL, 0, {0}},
	{NULL, 8, {0x10, 0, 0x0a, 4, 1, 2, 3, 4}},
	{NULL, 8, {0x10, 0, 0x0a, 1, 1, 0, 0, 0}},       /* 2.5.1: padded to four bytes */
	{NULL, 8, {0x10, 0, 0x0a, 0x84, 1, 2, 3, 4}},    /* the unassigned bit is ignored */
	{NULL, 8, {0x10, 0, 0x0a, 0, 0x10, 0, 0x0b, 0}}, /* two without value */
	{"nsh-metadata", 8, {0x10, 0, 0x0a, 5, 1, 2, 3, 4}},
	{"nsh-metadata", 4, {0x10, 0, 0x0a, 127}},
	{"nsh-metadata", 12, {0x10, 0, 0x0a, 0, 0x10, 0, 0x0a, 8, 1, 2, 3, 4}},
};

START_TEST(test_variable_metadata_is_bounded_and_kept)
{
	const struct variable *row = &variables[_i];
	uint8_t header[24] = {0x0f, (uint8_t)(0xc0 | (8 + row->size) / 4), 2, 3, 0, 1, 0x23, 255};
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame, got;
	char where[64];

	memcpy(header + 8, row->bytes, row->size);
	frame = with_header(header, (uint16_t)(8 + row->size));
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	if (row->reason != NULL) {
		snprintf(where, sizeof(where), "ports/0/refused/%s", row->reason);
		ck_assert_uint_eq(bed_number(bed, where), 1);
	} else {
		ck_assert(bed_receive(bed, "p0", &got));
		ck_assert_uint_eq(got.len, frame.len);
		ck_assert_mem_eq(got.bytes + NSH + 8, header + 8, row->size);
		ck_assert_uint_eq(frame_si(&got), 254);
	}
	bed_close(bed);
}
END_TEST

START_TEST(test_md_type_2_shorter_than_its_base_is_refused)
{
	static const uint8_t header[8] = {0x0f, 0xc1, 2, 3, 0, 1, 0x23, 255};
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = with_header(header, sizeof(header));

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "ports/0/refused/nsh-length"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_ip_inside_without_ethernet_is_served)
{
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = plain(), got;

	/* Take the inner Ethernet header out. */
	memmove(frame.bytes + NSH + 24, frame.bytes + NSH + 24 + 14,
		(size_t)(frame.len - NSH - 24 - 14));
	frame.len -= 14;
	frame.bytes[NSH + 3] = 1;
	frame.bytes[NSH + 24 + 28] = 'd';
	bed_send(bed, "p0", &frame);
	frame.bytes[NSH + 24 + 28] = 'n';
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/told-to"), 1);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(got.bytes[NSH + 3], 1);
	ck_assert_uint_eq(got.len, frame.len);
	bed_close(bed);
}
END_TEST

START_TEST(test_next_protocol_stays_when_ip_inside_cannot_be_read)
{
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = plain();

	frame.bytes[NSH + 3] = 2;
	frame.bytes[NSH + 24] = 0x60;
	frame.len = NSH + 24 + 39; /* a header has 40 bytes */
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame.bytes[NSH + 3], 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_padding_travels_along)
{
	struct bed *bed = bed_open(DOCUMENT(ONE));
	struct frame frame = frame_udp(
			     &(struct frame_spec){.payload = "n...", .payload_len = 4, .pad = 14}),
		     got;

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(got.len, frame.len);
	bed_close(bed);
}
END_TEST

#define ROWS(TABLE) ((int)(sizeof(TABLE) / sizeof((TABLE)[0])))

int
main(void)
{
	Suite *suite = suite_create("nsh");
	TCase *tcase = tcase_create("nsh");

	tcase_add_loop_test(tcase, test_bad_tag_is_refused_with_its_reason, 0, ROWS(refused));
	tcase_add_test(tcase, test_frame_cut_anywhere_in_its_tag_is_refused);
	tcase_add_loop_test(tcase, test_ttl_is_counted_down_once_and_never_sent_as_zero, 0,
			    ROWS(ttls));
	tcase_add_test(tcase, test_unassigned_bits_are_ignored_and_preserved);
	tcase_add_test(tcase, test_packet_enters_its_path_at_the_step_its_index_says);
	tcase_add_test(tcase, test_path_without_steps_reflects);
	tcase_add_loop_test(tcase, test_variable_metadata_is_bounded_and_kept, 0, ROWS(variables));
	tcase_add_test(tcase, test_md_type_2_shorter_than_its_base_is_refused);
	tcase_add_test(tcase, test_ip_inside_without_ethernet_is_served);
	tcase_add_test(tcase, test_next_protocol_stays_when_ip_inside_cannot_be_read);
	tcase_add_test(tcase, test_padding_travels_along);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
