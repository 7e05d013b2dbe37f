/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl/agent/ahead.c: one document at a time is opened ahead of its change, and nothing of it is
 * left that nobody takes. What opens it is stood for. */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctl/agent/ahead.h"
#include "pe/aside.h"
#include "unit.h"

/* In the place of pe/aside.c. */

struct aside {
	int fd;
	struct document *document;
};

static struct pe *const pe = (struct pe *)0x1; /* nobody looks at it */
static struct aside opening;
static int begin_says, end_says;
static bool has_no_fd, gave_up;
static unsigned int n_begun, n_ended, n_closed;

int
aside_begin(struct pe *of, struct document *document, struct aside **aside,
	    struct document_error *error)
{
	ck_assert_ptr_eq(of, pe);
	opening.document = document;
	if (begin_says != 0)
		return begin_says;
	n_begun++;
	opening.fd = has_no_fd ? 1 << 20 : eventfd(0, EFD_CLOEXEC);
	*aside = &opening;
	return 0;
}

int
aside_fd(const struct aside *aside)
{
	return aside->fd;
}

void
aside_give_up(struct aside *aside)
{
	ck_assert_ptr_eq(aside, &opening);
	gave_up = true;
}

int
aside_end(struct aside *aside, struct document_error *error)
{
	n_ended++;
	close(aside->fd);
	if (gave_up)
		return document_refuse(error, -ECANCELED, "", "given up");
	return end_says == 0 ? 0 : document_refuse(error, end_says, "/instances/0", "bad rules");
}

void
aside_close(struct document *document)
{
	ck_assert_ptr_eq(document, opening.document);
	n_closed++;
}

/* The bed. */

static struct event_base *base;
static struct ahead *ahead;
static json_t *first, *second, *none;
static json_t *asked_for; /* in ready(); NULL: nothing */
static int take_said;
static struct document *taken;
static struct document_error error;
static unsigned int n_ready;

static void
set_up(void)
{
	base = event_base_new();
	ahead = ahead_create(base, pe, "/somewhere/document.json");
	ck_assert(base != NULL && ahead != NULL);
	first = json_pack("{si s[]}", "version", 1, "instances");
	second = json_pack("{si s[]}", "version", 1, "paths");
	none = json_pack("{ss}", "version", "no number");
}

static void
tear_down(void)
{
	ahead_destroy(ahead);
	event_base_free(base);
	document_destroy(taken);
	json_decref(first);
	json_decref(second);
	json_decref(none);
}

/** As ahead_fn. */
static void
on_ready(void *arg)
{
	ck_assert_ptr_eq(arg, &n_ready);
	n_ready++;
	ck_assert(!ahead_is_busy(ahead) && ahead_is_ready(ahead) != gave_up);
	if (!gave_up) /* this one is not done with yet */
		ck_assert(!ahead_begin(ahead, second, on_ready, arg));
	if (asked_for != NULL)
		take_said = ahead_take(ahead, asked_for, &taken, &error);
}

static bool
begin(json_t *document)
{
	return ahead_begin(ahead, document, on_ready, &n_ready);
}

/** All is open now, or cannot be. */
static void
finish(void)
{
	ck_assert_int_eq(eventfd_write(opening.fd, 1), 0);
	event_base_loop(base, EVLOOP_ONCE);
}

START_TEST(test_what_is_open_is_taken)
{
	ck_assert(begin(first));
	ck_assert(ahead_is_busy(ahead) && !ahead_is_ready(ahead));
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(n_ready, 0);
	ck_assert_int_eq(ahead_take(ahead, first, &taken, &error), -ENOENT); /* not yet */
	asked_for = json_deep_copy(first);                                   /* the same says */
	finish();
	json_decref(asked_for);
	ck_assert_uint_eq(n_ready, 1);
	ck_assert_int_eq(take_said, 0);
	ck_assert_ptr_eq(taken, opening.document);
	ck_assert_str_eq(taken->folder, "/somewhere");
	ck_assert(!ahead_is_busy(ahead) && !ahead_is_ready(ahead));
	ck_assert_int_eq(ahead_take(ahead, first, &taken, &error), -ENOENT); /* not any more */
	ck_assert_uint_eq(n_closed, 0);
}
END_TEST

START_TEST(test_what_nobody_takes_is_closed)
{
	ck_assert(begin(first));
	finish();
	ck_assert_uint_eq(n_ready, 1);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

/** What was opened is not what the change is about by now. */
START_TEST(test_another_document_is_not_there)
{
	ck_assert(begin(first));
	asked_for = second;
	finish();
	ck_assert_int_eq(take_said, -ENOENT);
	ck_assert_ptr_null(taken);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

START_TEST(test_what_cannot_be_opened_says_why)
{
	ck_assert(begin(first));
	end_says = -EINVAL;
	asked_for = first;
	finish();
	ck_assert_int_eq(take_said, -EINVAL);
	ck_assert_str_eq(error.path, "/instances/0");
	ck_assert_str_eq(error.message, "bad rules");
	ck_assert_ptr_null(taken);
}
END_TEST

/** One that comes meanwhile finds it busy, and changes nothing of it; the next can. */
START_TEST(test_one_at_a_time)
{
	ck_assert(begin(first));
	ck_assert(!begin(second) && !begin(first));
	ck_assert_uint_eq(n_begun, 1);
	asked_for = first;
	finish();
	ck_assert_int_eq(take_said, 0);
	document_destroy(taken);
	taken = NULL;
	ck_assert(begin(second));
	asked_for = second;
	finish();
	ck_assert_int_eq(take_said, 0);
	ck_assert_uint_eq(n_begun, 2);
	ck_assert_uint_eq(n_ended, 2);
	ck_assert_uint_eq(n_ready, 2);
	ck_assert_uint_eq(n_closed, 0);
}
END_TEST

static const int refusals[] = {-ENOENT, -EINVAL, -EAGAIN};

/** Nothing takes long, or it cannot be opened: the change itself will show. */
START_TEST(test_what_cannot_be_begun_is_tried_at_once)
{
	begin_says = refusals[_i];
	ck_assert(!begin(first));
	ck_assert(!ahead_is_busy(ahead));
	begin_says = 0;
	ck_assert(begin(first));
	finish();
	ck_assert_uint_eq(n_ready, 1);
}
END_TEST

START_TEST(test_what_is_no_document_is_not_begun)
{
	ck_assert(!begin(none));
	ck_assert(!ahead_is_busy(ahead));
	ck_assert_uint_eq(n_begun, 0);
}
END_TEST

static void
say_nothing(int severity, const char *text)
{
}

/** Then nobody would hear when it is open. */
START_TEST(test_without_an_event_it_is_ended)
{
	event_set_log_callback(say_nothing);
	has_no_fd = true;
	ck_assert(!begin(first));
	ck_assert(!ahead_is_busy(ahead));
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_uint_eq(n_closed, 1);
	ck_assert_uint_eq(n_ready, 0);
}
END_TEST

START_TEST(test_the_end_gives_up)
{
	ck_assert(begin(first));
	asked_for = first;
	ahead_destroy(ahead);
	ahead = NULL;
	ck_assert(gave_up);
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_uint_eq(n_ready, 1);
	ck_assert_int_eq(take_said, -ENOENT);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

START_TEST(test_the_end_of_nothing)
{
	ahead_destroy(ahead);
	ahead = NULL;
	ck_assert(!gave_up);
	ck_assert_uint_eq(n_ready, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ahead");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_what_is_open_is_taken);
	tcase_add_test(tcase, test_what_nobody_takes_is_closed);
	tcase_add_test(tcase, test_another_document_is_not_there);
	tcase_add_test(tcase, test_what_cannot_be_opened_says_why);
	tcase_add_test(tcase, test_one_at_a_time);
	tcase_add_loop_test(tcase, test_what_cannot_be_begun_is_tried_at_once, 0, ROWS(refusals));
	tcase_add_test(tcase, test_what_is_no_document_is_not_begun);
	tcase_add_test(tcase, test_without_an_event_it_is_ended);
	tcase_add_test(tcase, test_the_end_gives_up);
	tcase_add_test(tcase, test_the_end_of_nothing);
	return unit_main("ahead", tcase);
}
