/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/file.c: what is known of files that HTTP carries, whatever becomes of them. */

#include <stdio.h>
#include <string.h>

#include "detect.h"
#include "file.h"
#include "state/flow_state.h"
#include "unit.h"

enum { ALL = FILE_MD5 | FILE_SHA1 | FILE_SHA256, FILES_MAX = 2, COUNTERS = COUNT_UNSEEN + 1 };

/* Of "abc": RFC 1321 section A.5, RFC 3174 section 7.3, FIPS 180-2 appendix B.1. */
#define ABC_MD5 "900150983cd24fb0d6963f7d28e17f72"
#define ABC_SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A worker with one flow, and room for two files. */

static const struct wp_hash_key hash_key = {1, 2};
static struct wp_table *tables[TABLE_FILES + 1];
static uint64_t counters[COUNTERS];
static struct wp_core core = {
	.counters = counters, .tables = tables, .n_workers = 1, .instance = 1};
static struct wp_entry entry;
static struct wp_flow flow;
static struct kinds kinds;
static struct detector detector;
static struct detect detect;

static void
open_with(uint8_t digests_of_rules, uint8_t digests_of_events, bool asks_files)
{
	detector.digests = digests_of_rules;
	detector.asks_files = asks_files;
	kinds.digests = digests_of_events;
	detect.core = &core;
	detect.detector = &detector;
	detect.tell.kinds = &kinds;
	file_open(&detect);
}

static void
set_up(void)
{
	const struct wp_table_limits limits = {.max_entries = FILES_MAX};

	for (unsigned int i = 0; i <= TABLE_FILES; i++)
		ck_assert_int_eq(
			wp_table_create(&wp_service.tables[i], &limits, &hash_key, 1, &tables[i]),
			0);
	flow = (struct wp_flow){.entry = &entry};
	open_with(ALL, 0, false);
}

static void
tear_down(void)
{
	flow_state_drop(&flow, &core);
	for (unsigned int i = 0; i <= TABLE_FILES; i++)
		wp_table_destroy(tables[i]);
}

/** What a module has kept that laid it out otherwise, before it was built again, is not read. */
START_TEST(test_state_of_another_layout_is_not_found)
{
	const struct wp_table_limits limits = {.max_entries = FILES_MAX};
	struct wp_table *old = tables[TABLE_FLOWS];

	ck_assert_ptr_nonnull(flow_state_make(&flow, &core));
	ck_assert_int_eq(wp_table_create(&wp_service.tables[TABLE_FLOWS], &limits, &hash_key, 1,
					 &tables[TABLE_FLOWS]),
			 0);
	ck_assert_ptr_null(flow_state_find(&flow, &core));
	ck_assert_ptr_nonnull(flow_state_make(&flow, &core));
	ck_assert_ptr_nonnull(flow_state_find(&flow, &core));
	ck_assert_uint_eq(wp_table_tenant_entries(tables[TABLE_FLOWS], 0), 1);
	wp_table_destroy(old);
}
END_TEST

/** Else what is heard behind its end would be kept for ever. */
START_TEST(test_nothing_is_kept_of_a_flow_that_is_over)
{
	ck_assert_ptr_nonnull(flow_state_make(&flow, &core));
	flow_state_drop(&flow, &core);
	ck_assert_ptr_null(flow_state_find(&flow, &core));
	ck_assert_ptr_null(flow_state_make(&flow, &core));
	flow_state_drop(&flow, &core);
	flow = (struct wp_flow){.entry = &entry}; /* another one, at the same place */
	ck_assert_ptr_nonnull(flow_state_make(&flow, &core));
}
END_TEST

/* What a side sends. */

static void
begin_head(const struct wp_http_head *head)
{
	const struct wp_stream_event event = {.flow = &flow,
					      .type = WP_HTTP_HEAD,
					      .side = head->is_request ? WP_CLIENT : WP_SERVER,
					      .http = head};

	file_begin(&detect, &event);
}

/** The head of an answer with a status. */
static void
begin(uint16_t status)
{
	begin_head(&(struct wp_http_head){.status = status});
}

static void
take(const char *text)
{
	const struct wp_stream_event event = {.flow = &flow,
					      .type = WP_HTTP_BODY,
					      .side = WP_SERVER,
					      .data = (const uint8_t *)text,
					      .size = (uint32_t)strlen(text)};

	file_take(&detect, &event);
}

static void
take_gap(uint32_t size)
{
	const struct wp_stream_event event = {
		.flow = &flow, .type = WP_FLOW_GAP, .side = WP_SERVER, .size = size};

	file_take(&detect, &event);
}

static const struct file_facts *
known(void)
{
	return file_known(&detect, &flow, WP_SERVER);
}

/** Ends what the server sends. @return what is known of it */
static const struct file_facts *
end(bool is_whole)
{
	file_end(&detect, &flow, WP_SERVER, is_whole);
	return known();
}

static void
expect(const uint8_t *sum, unsigned int size, const char *hex)
{
	char text[2 * SHA256_DIGEST_LENGTH + 1];

	ck_assert_ptr_nonnull(sum);
	for (unsigned int i = 0; i < size; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", sum[i]);
	ck_assert_str_eq(text, hex);
}

static void
expect_abc(const struct file_facts *facts)
{
	ck_assert_ptr_nonnull(facts);
	ck_assert_uint_eq(facts->size, 3);
	ck_assert(facts->is_whole);
	expect(facts->md5, MD5_DIGEST_LENGTH, ABC_MD5);
	expect(facts->sha1, SHA_DIGEST_LENGTH, ABC_SHA1);
	expect(facts->sha256, SHA256_DIGEST_LENGTH, ABC_SHA256);
}

/** Nothing is said of bytes that nobody has seen all of. */
static void
expect_part(const struct file_facts *facts, uint64_t size)
{
	ck_assert_ptr_nonnull(facts);
	ck_assert_uint_eq(facts->size, size);
	ck_assert(!facts->is_whole);
	ck_assert(facts->md5 == NULL && facts->sha1 == NULL && facts->sha256 == NULL);
}

/* A file that comes whole. */

START_TEST(test_digests_are_made_bit_by_bit)
{
	begin(200);
	ck_assert_ptr_null(known());
	take("a");
	take("");
	take("bc");
	ck_assert_ptr_null(known()); /* it is not over */
	expect_abc(end(true));
}
END_TEST

/** What comes behind the end is not its: the next head begins anew. */
START_TEST(test_a_file_that_is_over_stays_as_it_was)
{
	begin(200);
	take("abc");
	end(true);
	take("def");
	take_gap(10);
	expect_abc(end(false));
	begin(200);
	ck_assert_ptr_null(known());
	take("abc");
	expect_abc(end(true));
}
END_TEST

START_TEST(test_an_empty_file_is_none)
{
	begin(200);
	ck_assert_ptr_null(end(true));
	take("abc"); /* the body comes after all */
	expect_abc(end(true));
}
END_TEST

/* One that does not. */

START_TEST(test_a_file_with_a_gap_has_no_digests)
{
	begin(200);
	take("a");
	take_gap(1);
	take("bc");
	expect_part(end(true), 3); /* bytes that came */
}
END_TEST

START_TEST(test_a_gap_is_the_next_files_no_more)
{
	begin(200);
	take_gap(100);
	take("abc");
	expect_part(end(true), 3);
	begin(200);
	take("abc");
	expect_abc(end(true));
}
END_TEST

START_TEST(test_a_file_that_ends_early_has_no_digests)
{
	begin(200);
	take("abc");
	expect_part(end(false), 3);
}
END_TEST

START_TEST(test_a_gap_alone_is_no_file)
{
	begin(200);
	take_gap(100);
	ck_assert_ptr_null(end(false));
}
END_TEST

/** A head in the middle of a file: what came before it is forgotten. */
START_TEST(test_another_head_begins_anew)
{
	begin(200);
	take("xyz");
	begin(200);
	take("abc");
	expect_abc(end(true));
}
END_TEST

START_TEST(test_what_is_dropped_is_not_known)
{
	begin(200);
	take("abc");
	end(true);
	file_drop(&detect, &flow, WP_SERVER);
	ck_assert_ptr_null(known());
	file_drop(&detect, &flow, WP_SERVER);
	take("abc"); /* of a file that nobody follows */
	ck_assert_ptr_null(end(true));
}
END_TEST

/* What is a file. */

#define HEADER(TEXT)                                                                               \
	{                                                                                          \
		.name = {(const uint8_t *)"Content-Type", 12}, .value = {                          \
			(const uint8_t *)(TEXT),                                                   \
			sizeof(TEXT) - 1                                                           \
		}                                                                                  \
	}
static const struct wp_http_header text = HEADER("text/plain");
static const struct wp_http_header form = HEADER("multipart/form-data; boundary=x");

static const struct {
	struct wp_http_head head;
	bool is;
} heads[] = {
	{{.status = 200}, true},
	{{.status = 404}, true},
	{{.status = 0}, true}, /* there is no number */
	{{.status = 100}, false},
	{{.status = 101}, false},
	{{.is_request = true, .known_method = WP_HTTP_METHOD_PUT}, true},
	{{.is_request = true, .known_method = WP_HTTP_METHOD_POST}, true},
	{{.is_request = true, .known_method = WP_HTTP_METHOD_GET}, false},
	{{.is_request = true}, false},
	{{.is_request = true,
	  .known_method = WP_HTTP_METHOD_POST,
	  .headers = &text,
	  .n_headers = 1},
	 true},
	{{.is_request = true,
	  .known_method = WP_HTTP_METHOD_POST,
	  .headers = &form,
	  .n_headers = 1},
	 false},
};

START_TEST(test_which_bodies_are_files)
{
	ck_assert(file_is(&heads[_i].head) == heads[_i].is);
}
END_TEST

/** What is none ends the one before, and its bytes are nobody's. */
START_TEST(test_a_body_that_is_no_file)
{
	begin(200);
	take("abc");
	begin(100);
	take("abc");
	ck_assert_ptr_null(end(true));
}
END_TEST

START_TEST(test_sides_have_files_of_their_own)
{
	static const struct wp_http_head put = {.is_request = true,
						.known_method = WP_HTTP_METHOD_PUT};

	begin_head(&put);
	begin(200);
	take("abc");
	file_end(&detect, &flow, WP_CLIENT, true);
	ck_assert_ptr_null(file_known(&detect, &flow, WP_CLIENT));
	expect_abc(end(true));
}
END_TEST

/* What is asked for. */

static const struct {
	uint8_t of_rules, of_events;
	bool asks_files, is_followed;
} wishes[] = {
	{0, 0, false, false},
	{0, 0, true, true}, /* its size, for instance */
	{FILE_MD5, 0, false, true},
	{0, FILE_SHA1, false, true},
	{FILE_MD5, FILE_SHA256, true, true},
};

START_TEST(test_only_what_is_asked_for_is_made)
{
	uint8_t asked = wishes[_i].of_rules | wishes[_i].of_events;
	const struct file_facts *facts;

	open_with(wishes[_i].of_rules, wishes[_i].of_events, wishes[_i].asks_files);
	begin(200);
	take("abc");
	facts = end(true);
	ck_assert((facts != NULL) == wishes[_i].is_followed);
	if (facts == NULL) {
		ck_assert_ptr_null(flow_state_find(&flow, &core)); /* and nothing is kept */
		return;
	}
	ck_assert((facts->md5 != NULL) == ((asked & FILE_MD5) != 0));
	ck_assert((facts->sha1 != NULL) == ((asked & FILE_SHA1) != 0));
	ck_assert((facts->sha256 != NULL) == ((asked & FILE_SHA256) != 0));
}
END_TEST

/** The detector of another set asks for other digests while a file comes: it began with the old. */
START_TEST(test_a_file_goes_on_as_it_began)
{
	open_with(FILE_MD5, 0, false);
	begin(200);
	take("a");
	open_with(FILE_SHA256, 0, false);
	take("bc");
	expect(end(true)->md5, MD5_DIGEST_LENGTH, ABC_MD5);
	ck_assert_ptr_null(known()->sha256);
}
END_TEST

START_TEST(test_without_room_it_is_counted)
{
	struct wp_flow others[FILES_MAX] = {{.entry = &entry}, {.entry = &entry}};

	for (unsigned int i = 0; i < FILES_MAX; i++)
		ck_assert_ptr_nonnull(flow_state_entry(&others[i], 0, &core, TABLE_FILES));
	begin(200);
	ck_assert_uint_eq(counters[COUNT_NO_ROOM], 1);
	take("abc");
	ck_assert_ptr_null(end(true));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("file");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_state_of_another_layout_is_not_found);
	tcase_add_test(tcase, test_nothing_is_kept_of_a_flow_that_is_over);
	tcase_add_test(tcase, test_digests_are_made_bit_by_bit);
	tcase_add_test(tcase, test_a_file_that_is_over_stays_as_it_was);
	tcase_add_test(tcase, test_an_empty_file_is_none);
	tcase_add_test(tcase, test_a_file_with_a_gap_has_no_digests);
	tcase_add_test(tcase, test_a_gap_is_the_next_files_no_more);
	tcase_add_test(tcase, test_a_file_that_ends_early_has_no_digests);
	tcase_add_test(tcase, test_a_gap_alone_is_no_file);
	tcase_add_test(tcase, test_another_head_begins_anew);
	tcase_add_test(tcase, test_what_is_dropped_is_not_known);
	tcase_add_loop_test(tcase, test_which_bodies_are_files, 0, ROWS(heads));
	tcase_add_test(tcase, test_a_body_that_is_no_file);
	tcase_add_test(tcase, test_sides_have_files_of_their_own);
	tcase_add_loop_test(tcase, test_only_what_is_asked_for_is_made, 0, ROWS(wishes));
	tcase_add_test(tcase, test_a_file_goes_on_as_it_began);
	tcase_add_test(tcase, test_without_room_it_is_counted);
	return unit_main("ids file", tcase);
}
