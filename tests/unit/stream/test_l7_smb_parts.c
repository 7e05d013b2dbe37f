/* SPDX-License-Identifier: BSD-3-Clause */
/* What the SMB view is made of: texts, trees, NTLMSSP; and what it is known by. */

#include "stream/l7/smb_view.h"

#include <string.h>

#include "l7_smb_bytes.h"
#include "stream/l7/ntlmssp.h"
#include "unit.h"

#define SPAN(TEXT)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(TEXT), sizeof(TEXT) - 1                                          \
	}

static void
check_span(struct wp_span span, struct wp_span expected)
{
	ck_assert_uint_eq(span.size, expected.size);
	ck_assert_int_eq(span.data == NULL, expected.data == NULL);
	if (span.size != 0)
		ck_assert_mem_eq(span.data, expected.data, span.size);
}

struct text_row {
	struct wp_span from;
	bool is_unicode;
	uint32_t room;
	struct wp_span text;
};

static const struct text_row text_rows[] = {
	{SPAN("a\0\xe9\0\xac\x20"), true, 99, SPAN("a\xc3\xa9\xe2\x82\xac")},
	/* RFC 2781 section 2.1 and 5: U+12345, little endian. */
	{SPAN("\x08\xd8\x45\xdf=\0"), true, 99, SPAN("\xf0\x92\x8d\x85=")},
	{SPAN("\xff\xdb\xff\xdf"), true, 99, SPAN("\xf4\x8f\xbf\xbf")},
	/* A high surrogate before something else, at the end, and twice; a low one alone. */
	{SPAN("\x3d\xd8z\0"), true, 99, SPAN("\xef\xbf\xbdz")},
	{SPAN("\x3d\xd8"), true, 99, SPAN("\xef\xbf\xbd")},
	{SPAN("\x3d\xd8\x3d\xd8\x00\xde"), true, 99, SPAN("\xef\xbf\xbd\xf0\x9f\x98\x80")},
	{SPAN("\x00\xdez\0"), true, 99, SPAN("\xef\xbf\xbdz")},
	/* Half a unit. */
	{SPAN("a\0b"), true, 99, SPAN("a")},
	{SPAN("\x3d\xd8\x00"), true, 99, SPAN("\xef\xbf\xbd")},
	{SPAN("a"), true, 99, SPAN("")},
	{SPAN("az\x7f\x80\xff"), false, 99, SPAN("az\x7f\xc2\x80\xc3\xbf")},
	{SPAN("abcde"), false, 6, SPAN("abc")},
	{SPAN("\x3d\xd8\x00\xdez\0"), true, 7, SPAN("\xf0\x9f\x98\x80")},
	{SPAN(""), true, 4, SPAN("")},
	{{NULL, 0}, true, 4, {NULL, 0}},
};

START_TEST(test_texts_become_utf8)
{
	const struct text_row *row = &text_rows[_i];
	uint8_t *room = malloc(row->room);

	ck_assert_ptr_nonnull(room);
	check_span(smb_text(row->from, row->is_unicode, room, row->room), row->text);
	free(room);
}
END_TEST

START_TEST(test_a_text_ends_with_nul)
{
	ck_assert_uint_eq(smb_text_length((const uint8_t *)"ab\0c", 4, false), 2);
	ck_assert_uint_eq(smb_text_length((const uint8_t *)"ab", 2, false), 2);
	ck_assert_uint_eq(smb_text_length((const uint8_t *)"a\0\0b\0\0c\0", 8, true), 4);
	ck_assert_uint_eq(smb_text_length((const uint8_t *)"a\0b", 3, true), 2);
	ck_assert_uint_eq(smb_text_length(NULL, 0, true), 0);
}
END_TEST

START_TEST(test_shares_of_pipes)
{
	static const struct {
		struct wp_span share;
		bool is_ipc;
	} rows[] = {
		{SPAN("\\\\s\\IPC$"), true},   {SPAN("ipc$"), true},       {SPAN("//s/Ipc$"), true},
		{SPAN("\\\\s\\xIPC$"), false}, {SPAN("\\\\s\\C$"), false}, {SPAN("PC$"), false},
		{SPAN("\\IPC$\\"), false},     {{NULL, 0}, false},
	};

	for (int i = 0; i < ROWS(rows); i++)
		ck_assert_int_eq(smb_share_is_ipc(rows[i].share), rows[i].is_ipc);
}
END_TEST

START_TEST(test_trees_are_told_apart_and_make_room)
{
	struct smb_state state = {0};

	ck_assert(!smb_tree_is_ipc(&state, 0, 0));
	smb_tree_note(&state, 1, 0, true);
	smb_tree_note(&state, 1, 0, true);
	ck_assert(smb_tree_is_ipc(&state, 1, 0));
	ck_assert(!smb_tree_is_ipc(&state, 2, 0));
	for (uint32_t tree = 1; tree < SMB_TREES; tree++)
		smb_tree_note(&state, 1, tree, true);
	ck_assert(smb_tree_is_ipc(&state, 1, 0));
	smb_tree_note(&state, 1, 3, false);
	ck_assert(!smb_tree_is_ipc(&state, 1, 3));
	smb_tree_note(&state, 1, 100, true);
	ck_assert(smb_tree_is_ipc(&state, 1, 0));
	smb_tree_note(&state, 1, 102, false);
	ck_assert(smb_tree_is_ipc(&state, 1, 0));
	smb_tree_note(&state, 1, 101, true);
	ck_assert(!smb_tree_is_ipc(&state, 1, 0));
	ck_assert(smb_tree_is_ipc(&state, 1, 100) && smb_tree_is_ipc(&state, 1, 101));
}
END_TEST

START_TEST(test_requests_are_remembered_for_a_while)
{
	struct smb_state state = {0};
	uint32_t tree = 99;

	ck_assert(!smb_request_find(&state, 0, 0, &tree));
	smb_request_note(&state, 1, 5, 7);
	for (uint64_t id = 6; id < 5 + SMB_PENDING; id++)
		smb_request_note(&state, 1, id, 8);
	ck_assert(!smb_request_find(&state, 2, 5, &tree));
	ck_assert_uint_eq(tree, 99);
	ck_assert(smb_request_find(&state, 1, 5, &tree));
	ck_assert_uint_eq(tree, 7);
	smb_request_note(&state, 1, 50, 8);
	ck_assert(!smb_request_find(&state, 1, 5, &tree));
}
END_TEST

struct ntlmssp_row {
	struct wp_span bytes;
	struct ntlmssp message;
};

static const struct ntlmssp_row ntlmssp_rows[] = {
	/* MS-NLMP 4.2.2.3, with something in front and behind. */
	{SPAN("NTLMSSNTLMSS" CHALLENGE "?"),
	 {.type = 2, .is_unicode = true, .domain = SPAN("S\0e\0r\0v\0e\0r\0")}},
	{SPAN(AUTHENTICATE),
	 {.type = 3,
	  .is_unicode = true,
	  .domain = SPAN("D\0o\0m\0a\0i\0n\0"),
	  .user = SPAN("U\0s\0e\0r\0"),
	  .workstation = SPAN("C\0O\0M\0P\0U\0T\0E\0R\0")}},
	{SPAN("NTLMSSP\0\1\0\0\0\1\0\0\0\3\0\3\0\x20\0\0\0\2\0\2\0\x23\0\0\0DOMPC"),
	 {.type = 1, .domain = SPAN("DOM"), .workstation = SPAN("PC")}},
	{SPAN("NTLMSSP\0\1\0\0\0\1\0\0\0"), {.type = 1}},
	/* Fields that begin outside, end outside, or are not there. */
	{SPAN("NTLMSSP\0\1\0\0\0\1\0\0\0\3\0\3\0\x29\0\0\0\2\0\2\0\xff\xff\xff\xff" Z8),
	 {.type = 1, .is_outside = true}},
	{SPAN("NTLMSSP\0\1\0\0\0\1\0\0\0\3\0\3\0\x20\0\0\0\0\0\0\0\xff\xff\xff\xffXY"),
	 {.type = 1, .is_outside = true}},
	{SPAN("NTLMSSP\0\2\0\0\0"), {.type = 2, .is_unicode = true, .is_outside = true}},
	{SPAN("NTLMSSP\0\3\0\0\0"), {.type = 3, .is_unicode = true, .is_outside = true}},
	{SPAN("NTLMSSP\0\0\0\0\0"), {.is_outside = true}},
	{SPAN("NTLMSSP\0\1\1\0\0"), {.is_outside = true}},
	{SPAN("NTLMSSP\0\1\0\0"), {.is_outside = true}},
	{SPAN("NTLMSSP"), {.type = 0}},
	{{NULL, 0}, {.type = 0}},
};

START_TEST(test_ntlmssp)
{
	const struct ntlmssp_row *row = &ntlmssp_rows[_i];
	uint8_t *bytes = malloc(row->bytes.size + 1);
	struct ntlmssp message;

	ck_assert_ptr_nonnull(bytes);
	/* At the end of its memory, so that reading behind it is seen. */
	if (row->bytes.size != 0)
		memcpy(bytes + 1, row->bytes.data, row->bytes.size);
	ck_assert_uint_eq(ntlmssp_read(bytes + 1, row->bytes.size, &message), row->message.type);
	ck_assert_uint_eq(message.type, row->message.type);
	ck_assert_int_eq(message.is_unicode, row->message.is_unicode);
	ck_assert_int_eq(message.is_outside, row->message.is_outside);
	check_span(message.domain, row->message.domain);
	check_span(message.user, row->message.user);
	check_span(message.workstation, row->message.workstation);
	free(bytes);
}
END_TEST

START_TEST(test_commands_have_names)
{
	ck_assert_str_eq(smb1_name(0xa2), "NT_CREATE_ANDX");
	ck_assert_str_eq(smb1_name(0x15), "UNKNOWN");
	ck_assert_str_eq(smb2_name(0x12), "OPLOCK_BREAK");
	ck_assert_str_eq(smb2_name(0x14), "UNKNOWN");
	ck_assert_str_eq(smb2_name(0xffff), "UNKNOWN");
}
END_TEST

struct match_row {
	const char *bytes;
	uint32_t size;
	unsigned int side;
	uint16_t port;
	enum l7_match match;
};

#define BYTES(TEXT) TEXT, sizeof(TEXT) - 1

static const struct match_row match_rows[] = {
	{BYTES("\0"), WP_CLIENT, 445, L7_MAYBE},
	{BYTES("\0\0\0\x20"), WP_CLIENT, 445, L7_MAYBE},
	{BYTES("\0\0\0\x20\xff\x53M"), WP_CLIENT, 445, L7_MAYBE},
	{BYTES("\0\0\0\x20\xff\x53MB"), WP_CLIENT, 445, L7_YES},
	{BYTES("\0\xff\xff\xff\xfe\x53MBx"), WP_SERVER, 8000, L7_YES},
	{BYTES("\0\0\0\x20\xfd\x53MB"), WP_CLIENT, 445, L7_YES},
	{BYTES("\0\0\0\x20\xfb\x53MB"), WP_CLIENT, 445, L7_NO},
	{BYTES("\0\0\0\x20\xff\x54"), WP_CLIENT, 445, L7_NO},
	{BYTES("\0\0\0\x20\xff\x53MX"), WP_CLIENT, 445, L7_NO},
	{BYTES("\0\0\0\x1f"), WP_CLIENT, 445, L7_NO},
	{BYTES("GET"), WP_CLIENT, 445, L7_NO},
	{BYTES("\x81"), WP_CLIENT, 139, L7_MAYBE},
	{BYTES("\x81\0\0\x44"), WP_CLIENT, 139, L7_YES},
	{BYTES("\x81\0\0\x44"), WP_CLIENT, 445, L7_YES},
	{BYTES("\x81\0\0\x44"), WP_CLIENT, 4455, L7_NO},
	{BYTES("\x81\2"), WP_CLIENT, 139, L7_NO},
	{BYTES("\x82\0\0"), WP_SERVER, 139, L7_MAYBE},
	{BYTES("\x82\0\0\0\0"), WP_SERVER, 139, L7_YES},
	{BYTES("\x82\0\0\1"), WP_SERVER, 139, L7_NO},
	{BYTES("\x82\0\0\0"), WP_CLIENT, 139, L7_NO},
	{BYTES("\x82\0\0\0"), WP_SERVER, 445, L7_YES},
	{BYTES("\x85\0\0\0"), WP_CLIENT, 445, L7_YES},
	{BYTES("\x85\0\0\1"), WP_CLIENT, 445, L7_NO},
	{BYTES("\x89\0\0\0"), WP_CLIENT, 445, L7_YES},
	{BYTES("\x89\0\0\0"), WP_SERVER, 445, L7_NO},
};

START_TEST(test_flows_are_known)
{
	const struct match_row *row = &match_rows[_i];
	uint8_t *bytes = malloc(row->size); /* so that reading behind it is seen */
	const struct l7_hint hint = {.data = bytes,
				     .size = row->size,
				     .side = row->side,
				     .server_port = row->port,
				     .proto = 6};

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, row->bytes, row->size);
	ck_assert_int_eq(l7_smb_view.match(&hint), row->match);
	free(bytes);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_smb_parts");

	tcase_add_loop_test(tcase, test_texts_become_utf8, 0, ROWS(text_rows));
	tcase_add_test(tcase, test_a_text_ends_with_nul);
	tcase_add_test(tcase, test_shares_of_pipes);
	tcase_add_test(tcase, test_trees_are_told_apart_and_make_room);
	tcase_add_test(tcase, test_requests_are_remembered_for_a_while);
	tcase_add_loop_test(tcase, test_ntlmssp, 0, ROWS(ntlmssp_rows));
	tcase_add_test(tcase, test_commands_have_names);
	tcase_add_loop_test(tcase, test_flows_are_known, 0, ROWS(match_rows));
	return unit_main("l7_smb_parts", tcase);
}
