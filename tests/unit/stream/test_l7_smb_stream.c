/* SPDX-License-Identifier: BSD-3-Clause */
/* The SMB view: messages that are long, have holes, find no memory or no end. */

#include "stream/l7/smb_view.h"

#include <string.h>

#include "l7_smb_bytes.h"
#include "l7_smb_text.h"
#include "unit.h"

#define ECHO2 SMB2(OK, "\x0d", "\0", "\0", "\1", "\0", "\0") "\4\0\0\0"
#define ECHO2_FRAMED "\0\0\0\x44" ECHO2
#define ECHO2_AT(AT) "C smb2 ECHO d request @" AT "+68 id=1\n"

static struct l7_bed bed;

static void
open_bed(size_t limit)
{
	bed = (struct l7_bed){.view = &l7_smb_view, .write = l7_smb_text, .limit = limit};
	l7_bed_open(&bed);
}

static void
check_told(const char *told)
{
	ck_assert_str_eq(l7_bed_close(&bed), told);
	l7_bed_free(&bed);
}

/* Long messages. */

enum { LONG = 9000 };

/** Writes a NetBIOS header in front of what is there. */
static void
put_length(uint8_t *stream, uint32_t size)
{
	stream[0] = 0;
	stream[1] = (uint8_t)(size >> 16);
	stream[2] = (uint8_t)(size >> 8);
	stream[3] = (uint8_t)size;
}

static void
check_long(const uint8_t *stream, size_t size, size_t peak, const char *told)
{
	static const size_t steps[] = {0, 1, 3, 4099};

	for (int i = 0; i < ROWS(steps); i++) {
		open_bed(0);
		l7_bed_feed(&bed, WP_CLIENT, stream, size, steps[i]);
		ck_assert_uint_le(bed.peak, peak);
		check_told(told);
	}
}

START_TEST(test_no_more_than_the_head_of_a_message_is_kept)
{
	static const char echo[] = ECHO2_FRAMED;
	uint8_t stream[4 + LONG + sizeof(echo)] = {0};

	put_length(stream, LONG);
	memcpy(stream + 4, echo + 4, 64);
	stream[4 + 12] = 6; /* CLOSE */
	memcpy(stream + 4 + LONG, echo, sizeof(echo));
	/* A buffer that grows is there twice. */
	check_long(stream, 4 + LONG + sizeof(echo) - 1, WP_SMB_KEPT_MAX * 3 / 2,
		   "C smb2 CLOSE 6 request @4+9000 id=1 "
		   "fid=\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
		   "\\x00 cut=4096\n" ECHO2_AT("9008"));
}
END_TEST

/** Three messages of a compound, of which the second begins at @p second. */
static void
check_compound(uint32_t second, const char *told)
{
	static const char echo[] = ECHO2;
	uint8_t stream[4 + LONG] = {0};
	const uint32_t at[] = {0, second, second + 72};

	put_length(stream, second + 72 + 68);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t next = i == 2 ? 0 : at[i + 1] - at[i];
		uint8_t *to = stream + 4 + at[i];

		memcpy(to, echo, sizeof(echo) - 1);
		to[20] = (uint8_t)next;
		to[21] = (uint8_t)(next >> 8);
	}
	check_long(stream, 4 + second + 72 + 68, WP_SMB_KEPT_MAX * 3 / 2, told);
}

START_TEST(test_messages_of_a_compound_are_found_behind_what_is_kept)
{
	check_compound(8000, "C smb2 ECHO d request @4+8000 id=1 cut=4096\n"
			     "C smb2 ECHO d request @8004+72 id=1 index=1\n"
			     "C smb2 ECHO d request @8076+68 id=1 index=2\n");
	/* The second lies partly, or just, behind it; the third likewise. */
	check_compound(4064, "C smb2 ECHO d request @4+4064 id=1\n"
			     "C smb2 ECHO d request @4068+72 id=1 index=1\n"
			     "C smb2 ECHO d request @4140+68 id=1 index=2\n");
	check_compound(4032, "C smb2 ECHO d request @4+4032 id=1\n"
			     "C smb2 ECHO d request @4036+72 id=1 index=1\n"
			     "C smb2 ECHO d request @4108+68 id=1 index=2\n");
	check_compound(4096, "C smb2 ECHO d request @4+4096 id=1\n"
			     "C smb2 ECHO d request @4100+72 id=1 index=1\n"
			     "C smb2 ECHO d request @4172+68 id=1 index=2\n");
	check_compound(3968, "C smb2 ECHO d request @4+3968 id=1\n"
			     "C smb2 ECHO d request @3972+72 id=1 index=1\n"
			     "C smb2 ECHO d request @4044+68 id=1 index=2\n");
}
END_TEST

START_TEST(test_a_chain_that_leads_behind_what_is_kept_is_told)
{
	static const char read[] = SMB1("\x2e", OK, REQUEST, "\0", "\0", "\1", "\2") "\2\x2e\0"
										     "\0\x20";
	uint8_t stream[4 + LONG] = {0};

	put_length(stream, LONG);
	memcpy(stream + 4, read, sizeof(read) - 1);
	check_long(stream, sizeof(stream), WP_SMB_KEPT_MAX * 3 / 2,
		   "C smb1 READ_ANDX 2e request @4+9000 flags=10018 session=1 id=2 cut=4096\n"
		   "C anomaly 1\n");
}
END_TEST

START_TEST(test_a_chain_has_an_end)
{
	static const char read[] = SMB1("\x2e", OK, REQUEST, "\0", "\0", "\1", "\2");
	uint8_t stream[4 + 256] = {0};

	put_length(stream, 256);
	memcpy(stream + 4, read, sizeof(read) - 1);
	for (uint8_t at = 32; at <= 32 + 7 * 20; at = (uint8_t)(at + 7)) {
		const uint8_t block[] = {2, 0x2e, 0, (uint8_t)(at + 7), 0, 0, 0};

		memcpy(stream + 4 + at, block, sizeof(block));
	}
	open_bed(0);
	l7_bed_feed(&bed, WP_CLIENT, stream, sizeof(stream), 0);
	ck_assert_uint_eq(bed.n, 8 + 1);
	l7_bed_close(&bed);
	ck_assert_ptr_nonnull(strstr(bed.text, "index=7\nC anomaly 18\n"));
	l7_bed_free(&bed);
}
END_TEST

/* Holes. */

START_TEST(test_a_hole_behind_what_is_kept_is_of_no_matter)
{
	uint8_t stream[4 + LONG] = {0};

	put_length(stream, LONG);
	memcpy(stream + 4, ECHO2, 64);
	open_bed(0);
	l7_bed_feed(&bed, WP_CLIENT, stream, 5000, 0);
	l7_bed_gap(&bed, WP_CLIENT, LONG + 4 - 5000);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 1);
	check_told("C smb2 ECHO d request @4+9000 id=1 cut=4096\n" ECHO2_AT("9008"));
}
END_TEST

START_TEST(test_what_stands_in_front_of_a_hole_is_told)
{
	open_bed(0);
	l7_bed_feed(&bed, WP_CLIENT, ECHO2_FRAMED, 4 + 66, 0);
	l7_bed_gap(&bed, WP_CLIENT, 2);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	l7_bed_feed(&bed, WP_CLIENT, ECHO2_FRAMED, 4 + 10, 0);
	l7_bed_gap(&bed, WP_CLIENT, 50);
	l7_bed_feed(&bed, WP_CLIENT, ECHO2, 8, 0);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told("C smb2 ECHO d request @4+68 id=1 cut=66\nC anomaly 21\n" ECHO2_AT(
		"76") "C anomaly 21\n" ECHO2_AT("220"));
}
END_TEST

START_TEST(test_too_little_in_front_of_a_hole_is_not_told)
{
	static const char *const heads[] = {"\0\0\0\x44\xfeS", "\0\0\0\x44\xfd\x53MB",
					    "\0\0\0\x44\xff\x53MB", "\0\0\0\x44\xfe\x53MB"};

	for (int i = 0; i < ROWS(heads); i++) {
		size_t size = i == 0 ? 6 : 8;

		open_bed(0);
		l7_bed_feed(&bed, WP_CLIENT, heads[i], size, 0);
		l7_bed_gap(&bed, WP_CLIENT, 0x48 - size);
		l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
		check_told("C anomaly 21\n" ECHO2_AT("76"));
	}
}
END_TEST

START_TEST(test_a_compound_is_not_read_behind_a_hole)
{
	static const char compound[] =
		"\0\0\0\x8c" SMB2(OK, "\x0d", "\0", "\x48", "\1", "\0", "\0") "\4\0\0\0" Z4;

	open_bed(0);
	l7_bed_say(&bed, WP_CLIENT, compound, 0);
	l7_bed_gap(&bed, WP_CLIENT, 10);
	l7_bed_feed(&bed, WP_CLIENT, &ECHO2[10], 58, 0);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told("C smb2 ECHO d request @4+72 id=1\nC anomaly 21\n" ECHO2_AT("148"));
}
END_TEST

START_TEST(test_the_way_is_found_again_behind_a_hole_between_messages)
{
	for (size_t step = 0; step < 4; step++) {
		open_bed(0);
		l7_bed_gap(&bed, WP_CLIENT, 7);
		l7_bed_say(&bed, WP_CLIENT, "\0\0\1\xffSMB?\0\0", step);
		l7_bed_gap(&bed, WP_CLIENT, 1);
		l7_bed_say(&bed, WP_CLIENT, "\0\0\0\x10\xfeSMB" ECHO2_FRAMED ECHO2_FRAMED, step);
		l7_bed_say(&bed, WP_SERVER, "\0\0\0\x24\xfcSMB" Z16 Z16, step);
		check_told("C anomaly 3\n" ECHO2_AT("30")
				   ECHO2_AT("102") "S smb4 COMPRESSED 0 reply @4+36\n");
	}
}
END_TEST

START_TEST(test_the_shortest_message_is_found_again)
{
	open_bed(0);
	l7_bed_gap(&bed, WP_CLIENT, 7);
	l7_bed_say(&bed, WP_CLIENT, "\0\0\0\x1f\xfcSMB\0\0\0\x20\xfcSMB" Z16 Z12, 0);
	check_told("C anomaly 3\nC smb4 COMPRESSED 0 request @19+32\n");
}
END_TEST

START_TEST(test_a_length_has_24_bits)
{
	open_bed(0);
	l7_bed_say(&bed, WP_CLIENT, "\x00\x80\0\0" ECHO2, 0);
	l7_bed_gap(&bed, WP_CLIENT, 0x800000 - 68);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told(
		"C smb2 ECHO d request @4+8388608 id=1 cut=68\nC anomaly 21\n" ECHO2_AT("8388616"));
}
END_TEST

START_TEST(test_a_login_with_a_hole_is_not_a_bad_one)
{
	static const char login[] = "\0\0\1\x06" SMB2(OK, "\1", "\0", "\0", "\3", "\0", "\7")
		LOGIN2("\xae", "\xa1" AUTHENTICATE "\0");

	open_bed(0);
	l7_bed_feed(&bed, WP_CLIENT, login, 4 + 88 + 90, 0);
	l7_bed_gap(&bed, WP_CLIENT, 262 - 88 - 90);
	check_told("C smb2 SESSION_SETUP 1 request @4+262 session=7 id=3 ntlmssp=3 domain=Domain "
		   "cut=178\nC anomaly 21\n");
}
END_TEST

START_TEST(test_a_hole_within_a_header_leads_astray)
{
	open_bed(0);
	l7_bed_say(&bed, WP_CLIENT, "\0\0", 0);
	l7_bed_gap(&bed, WP_CLIENT, UINT64_C(1) << 40);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told("C anomaly 3\n" ECHO2_AT("1099511627782"));
}
END_TEST

/* Ends and memory. */

START_TEST(test_a_stream_that_ends_within_a_message_is_told)
{
	open_bed(0);
	l7_bed_feed(&bed, WP_CLIENT, ECHO2_FRAMED, 40, 0);
	l7_bed_finish(&bed, WP_CLIENT);
	l7_bed_say(&bed, WP_SERVER, "\0", 0);
	l7_bed_finish(&bed, WP_SERVER);
	check_told("C anomaly 21\nS anomaly 21\n");
	open_bed(0);
	l7_bed_say(&bed, WP_CLIENT, "\7\0\0\0", 0);
	l7_bed_finish(&bed, WP_CLIENT);
	check_told("C anomaly 16\n");
	open_bed(0);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	l7_bed_finish(&bed, WP_CLIENT);
	l7_bed_finish(&bed, WP_SERVER);
	check_told(ECHO2_AT("4"));
}
END_TEST

START_TEST(test_without_memory_messages_are_passed_over)
{
	open_bed(1);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED ECHO2_FRAMED, 50);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told("C anomaly 2\nC anomaly 2\n" ECHO2_AT("148"));
	open_bed(1);
	l7_bed_gap(&bed, WP_CLIENT, 1);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED ECHO2_FRAMED, 0);
	check_told("C anomaly 3\nC anomaly 2\n" ECHO2_AT("77"));
}
END_TEST

START_TEST(test_memory_may_end_while_a_message_grows)
{
	uint8_t stream[4 + LONG] = {0};

	put_length(stream, LONG);
	memcpy(stream + 4, ECHO2, 64);
	open_bed(2000);
	l7_bed_feed(&bed, WP_CLIENT, stream, sizeof(stream), 100);
	l7_bed_say(&bed, WP_CLIENT, ECHO2_FRAMED, 0);
	check_told("C anomaly 2\n" ECHO2_AT("9008"));
}
END_TEST

START_TEST(test_who_is_the_client_is_not_sure_of_flows_under_way)
{
	open_bed(0);
	bed.flow.flags = WP_FLOW_PICKED_UP;
	l7_bed_say(&bed, WP_CLIENT,
		   "\0\0\0\x50" SMB2(OK, "\3", "\1", "\0", "\1", "\5", "\7") CONNECTED2("\2"), 0);
	check_told("C smb2 TREE_CONNECT 3 reply @4+80 flags=1 session=7 id=1 tree=5 pipe\n");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_smb_stream");

	tcase_add_test(tcase, test_no_more_than_the_head_of_a_message_is_kept);
	tcase_add_test(tcase, test_messages_of_a_compound_are_found_behind_what_is_kept);
	tcase_add_test(tcase, test_a_chain_that_leads_behind_what_is_kept_is_told);
	tcase_add_test(tcase, test_a_chain_has_an_end);
	tcase_add_test(tcase, test_a_hole_behind_what_is_kept_is_of_no_matter);
	tcase_add_test(tcase, test_what_stands_in_front_of_a_hole_is_told);
	tcase_add_test(tcase, test_too_little_in_front_of_a_hole_is_not_told);
	tcase_add_test(tcase, test_a_compound_is_not_read_behind_a_hole);
	tcase_add_test(tcase, test_the_way_is_found_again_behind_a_hole_between_messages);
	tcase_add_test(tcase, test_the_shortest_message_is_found_again);
	tcase_add_test(tcase, test_a_length_has_24_bits);
	tcase_add_test(tcase, test_a_login_with_a_hole_is_not_a_bad_one);
	tcase_add_test(tcase, test_a_hole_within_a_header_leads_astray);
	tcase_add_test(tcase, test_a_stream_that_ends_within_a_message_is_told);
	tcase_add_test(tcase, test_without_memory_messages_are_passed_over);
	tcase_add_test(tcase, test_memory_may_end_while_a_message_grows);
	tcase_add_test(tcase, test_who_is_the_client_is_not_sure_of_flows_under_way);
	return unit_main("l7_smb_stream", tcase);
}
