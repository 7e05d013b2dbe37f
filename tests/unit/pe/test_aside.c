/* SPDX-License-Identifier: BSD-3-Clause */
/* pe/aside.c: instances that open on a thread of their own, what goes wrong there, and what is left
 * when they are given up. */

#include "pe/aside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pe/env.h"
#include "pe/opened.h"
#include "pe/tables.h"
#include "unit.h"

enum { INSTANCES = 4 };

/* What stands around it. */

static struct pe pe;
static char said[512]; /* to the log */
static int bind_refuses, thread_refuses;

void
pe_log(const struct pe *of, const char *format, ...)
{
	size_t used = strlen(said);
	va_list args;

	va_start(args, format);
	vsnprintf(said + used, sizeof(said) - used, format, args);
	va_end(args);
	strcat(said, ";");
}

/** A linker's: what calls pthread_create() calls this. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *arg);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		      void *arg)
{
	return thread_refuses != 0 ? thread_refuses
				   : __real_pthread_create(thread, attributes, run, arg);
}

/* A service that opens aside. What it is told to do stands in its configuration. */

enum { GOOD, REFUSES, FAILS, TAKES_KEY, WAITS, DEAF };

static const char *const ways[] = {[GOOD] = "good",
				   [REFUSES] = "refuses",
				   [FAILS] = "fails",
				   [TAKES_KEY] = "takes-key",
				   [WAITS] = "waits",
				   [DEAF] = "deaf",
				   NULL};
static const struct wp_field fields[] = {
	{.name = "way",
	 .type = WP_ENUM,
	 .choices = ways,
	 .dflt = "\"good\"",
	 .help = "what it does"},
	{.name = NULL},
};

static pthread_t control;
static int nice_there;
static sem_t begun, go_on;
static unsigned int n_opened, n_closed;
static uint32_t numbers[INSTANCES]; /* of what was opened, in order */
static bool is_current;

static int
take_key(struct wp_env *env)
{
	const struct wp_aead *aead;
	uint8_t fingerprint[16];
	struct wp_entry *entry;

	ck_assert_int_eq(wp_env_entry(env, 0, 4, fingerprint, &entry), -EINVAL);
	return wp_env_key(env, "way", "hq@1", WP_KEY_OPENS, &aead, fingerprint);
}

static int
on_open(struct wp_env *env, const void *config, void **inst)
{
	const uint32_t *way = config;
	uint32_t number;

	ck_assert(!pthread_equal(pthread_self(), control));
	nice_there = getpriority(PRIO_PROCESS, 0);
	wp_log(env, "opens");
	sem_post(&begun);
	if (*way == REFUSES)
		return wp_error(env, -EPERM, "way", "way: %s", "I will not");
	if (*way == FAILS)
		return -EIO;
	if (*way == TAKES_KEY)
		return take_key(env);
	while (*way == WAITS && !wp_env_is_over(env))
		usleep(1000);
	if (*way == WAITS)
		return -ECANCELED;
	if (*way == DEAF)
		sem_wait(&go_on);
	wp_env_instance(env, &number);
	numbers[n_opened++] = number;
	*inst = &n_opened;
	return 0;
}

static void
on_close(void *inst)
{
	ck_assert_ptr_eq(inst, &n_opened);
	n_closed++;
}

static bool
on_is_current(const void *inst)
{
	return is_current;
}

static const struct wp_service slow = {.name = "slow",
				       .flags = WP_OPENS_ASIDE,
				       .fields = fields,
				       .config_size = sizeof(uint32_t),
				       .open = on_open,
				       .close = on_close,
				       .is_current = on_is_current};
static const struct wp_service quick = {.name = "quick", .open = on_open, .close = on_close};
static const struct wp_service shut = {.name = "shut", .flags = WP_OPENS_ASIDE};

static const struct wp_service *
find(void *arg, const char *name)
{
	if (strcmp(name, "slow") == 0)
		return &slow;
	return strcmp(name, "quick") == 0 ? &quick : &shut;
}

int
pe_bind(struct pe *of, struct document *document, struct document_error *error)
{
	if (bind_refuses != 0)
		return document_refuse(error, bind_refuses, "/modules", "no module");
	return document_bind(document, find, NULL, error);
}

/* The bed. */

static struct wp_epoch epoch; /* in force */
static struct document *document;
static struct aside *aside;
static struct document_error error;

#define INSTANCE(NAME, SERVICE) "{\"name\": \"" NAME "\", \"service\": \"" SERVICE "\"}"
#define SLOW(NAME, WAY)                                                                            \
	"{\"name\": \"" NAME "\", \"service\": \"slow\", \"config\": {\"way\": \"" WAY "\"}}"
#define DOC(INSTANCES) "{\"version\": 1, \"instances\": [" INSTANCES "]}"

static struct document *
parse(const char *text)
{
	struct document *parsed;

	ck_assert_msg(document_parse(text, strlen(text), &parsed, &error) == 0, "%s",
		      error.message);
	return parsed;
}

static void
set_up(void)
{
	static const struct wp_hash_key key = {1, 2};

	control = pthread_self();
	ck_assert_int_eq(tables_create(&key, 1, &pe.tables), 0);
	epoch.document = parse(DOC(""));
	pe.current = &epoch;
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
}

static void
tear_down(void)
{
	document_destroy(document);
	document_destroy(epoch.document);
	tables_destroy(pe.tables);
}

/** @return as aside_begin() */
static int
begin(const char *text)
{
	document = parse(text);
	memset(&error, 0, sizeof(error));
	return aside_begin(&pe, document, &aside, &error);
}

/** @return whether the descriptor says that all is opened, within some time. */
static bool
is_done(int ms)
{
	struct pollfd done = {.fd = aside_fd(aside), .events = POLLIN};

	return poll(&done, 1, ms) == 1;
}

/* What is opened. */

START_TEST(test_it_opens_beside_control)
{
	ck_assert_int_eq(
		begin(DOC(SLOW("a", "good") "," INSTANCE("b", "quick") "," SLOW("c", "good"))), 0);
	ck_assert(is_done(60000));
	ck_assert_str_eq(said, ""); /* the log is control's */
	ck_assert_int_eq(aside_end(aside, &error), 0);
	ck_assert_str_eq(said, "a: opens;c: opens;");
	ck_assert_int_ge(nice_there, 10);
	ck_assert(document->instances[0].is_opened && !document->instances[1].is_opened);
	ck_assert(document->instances[2].is_opened);
	ck_assert_ptr_eq(document->instances[2].opened, &n_opened);
	ck_assert_uint_eq(numbers[0], tables_instance(pe.tables, "slow", "a"));
	ck_assert_uint_eq(numbers[1], tables_instance(pe.tables, "slow", "c"));
	ck_assert_uint_eq(n_closed, 0);
	aside_close(document);
	aside_close(document);
	ck_assert_uint_eq(n_closed, 2);
}
END_TEST

static const char *const quick_ones[] = {
	DOC(""), DOC(INSTANCE("b", "quick")),
	DOC(INSTANCE("b", "shut")), /* it says that it takes long, and has nothing to open */
};

START_TEST(test_what_does_not_take_long_is_left_to_control)
{
	ck_assert_int_eq(begin(quick_ones[_i]), -ENOENT);
	ck_assert_str_eq(error.message, "");
	ck_assert_uint_eq(n_opened, 0);
}
END_TEST

/** Puts a document in force, with its only instance open. */
static void
put_in_force(const char *text, struct instance *instance, struct opened *opened)
{
	document_destroy(epoch.document);
	epoch.document = parse(text);
	ck_assert_int_eq(pe_bind(&pe, epoch.document, &error), 0);
	*opened = (struct opened){.service = &slow, .document = epoch.document, .users = 1};
	*instance = (struct instance){.name = "a", .opened = opened};
	epoch.instances = instance;
	epoch.n_instances = 1;
}

START_TEST(test_what_is_open_and_current_is_not_opened)
{
	struct instance instance;
	struct opened opened;

	put_in_force(DOC(SLOW("a", "good")), &instance, &opened);
	is_current = true;
	ck_assert_int_eq(begin(DOC(SLOW("a", "good"))), -ENOENT);
	document_destroy(document);
	is_current = false; /* a file has changed */
	ck_assert_int_eq(begin(DOC(SLOW("a", "good"))), 0);
	ck_assert_int_eq(aside_end(aside, &error), 0);
	ck_assert_uint_eq(n_opened, 1);
	aside_close(document);
}
END_TEST

/* What goes wrong. */

START_TEST(test_a_refusal_closes_what_was_opened)
{
	ck_assert_int_eq(
		begin(DOC(SLOW("a", "good") "," SLOW("b", "refuses") "," SLOW("c", "good"))), 0);
	ck_assert(is_done(60000));
	ck_assert_int_eq(aside_end(aside, &error), -EPERM);
	ck_assert_str_eq(error.path, "/instances/1/config/way");
	ck_assert_str_eq(error.message, "way: I will not");
	ck_assert_str_eq(said, "a: opens;b: opens;"); /* c is not begun */
	ck_assert_uint_eq(n_opened, 1);
	ck_assert_uint_eq(n_closed, 1);
	ck_assert(!document->instances[0].is_opened);
	/* Its name is forgotten, and its number is nobody's. */
	ck_assert_uint_ne(tables_instance(pe.tables, "slow", "a"), numbers[0]);
}
END_TEST

START_TEST(test_a_failure_without_words_gets_some)
{
	ck_assert_int_eq(begin(DOC(SLOW("a", "fails"))), 0);
	ck_assert_int_eq(aside_end(aside, &error), -EIO);
	ck_assert_str_eq(error.path, "/instances/0/config");
	ck_assert_str_eq(error.message, "service 'slow' refuses to open: Input/output error");
}
END_TEST

START_TEST(test_there_are_neither_keys_nor_entries)
{
	ck_assert_int_eq(begin(DOC(SLOW("a", "takes-key"))), 0);
	ck_assert_int_eq(aside_end(aside, &error), -EINVAL);
	ck_assert_str_eq(error.path, "/instances/0/config/way");
	ck_assert_ptr_nonnull(strstr(error.message, "neither keys nor entries"));
}
END_TEST

START_TEST(test_without_a_thread_nothing_is_begun)
{
	thread_refuses = EAGAIN;
	ck_assert_int_eq(begin(DOC(SLOW("a", "good"))), -EAGAIN);
	ck_assert_str_eq(error.message, "no thread to open it: Resource temporarily unavailable");
	ck_assert_uint_eq(n_opened, 0);
	thread_refuses = 0;
	ck_assert_int_eq(aside_begin(&pe, document, &aside, &error), 0); /* it can be tried again */
	ck_assert_int_eq(aside_end(aside, &error), 0);
	aside_close(document);
}
END_TEST

START_TEST(test_what_cannot_be_bound_is_not_opened)
{
	bind_refuses = -ENOENT - 1;
	ck_assert_int_eq(begin(DOC(SLOW("a", "good"))), -ENOENT - 1);
	ck_assert_str_eq(error.path, "/modules");
	ck_assert_str_eq(error.message, "no module");
	ck_assert_uint_eq(n_opened, 0);
}
END_TEST

/* What is given up. */

START_TEST(test_a_service_that_asks_gives_up)
{
	ck_assert_int_eq(begin(DOC(SLOW("a", "waits") "," SLOW("b", "good"))), 0);
	sem_wait(&begun);
	ck_assert(!is_done(20));
	aside_give_up(aside);
	ck_assert_int_eq(aside_end(aside, &error), -ECANCELED);
	ck_assert_str_eq(said, "a: opens;");
	ck_assert_uint_eq(n_opened, 0);
}
END_TEST

/** It is waited for, and what it has made is closed. */
START_TEST(test_a_service_that_does_not_ask_is_the_last)
{
	ck_assert_int_eq(begin(DOC(SLOW("a", "deaf") "," SLOW("b", "good"))), 0);
	sem_wait(&begun);
	aside_give_up(aside);
	ck_assert(!is_done(20));
	sem_post(&go_on);
	ck_assert_int_eq(aside_end(aside, &error), -ECANCELED);
	ck_assert_str_eq(error.message, "given up");
	ck_assert_str_eq(said, "a: opens;");
	ck_assert_uint_eq(n_opened, 1);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

START_TEST(test_what_is_open_already_is_given_up_too)
{
	ck_assert_int_eq(begin(DOC(SLOW("a", "good"))), 0);
	ck_assert(is_done(60000));
	aside_give_up(aside);
	ck_assert_int_eq(aside_end(aside, &error), -ECANCELED);
	ck_assert_uint_eq(n_opened, 1);
	ck_assert_uint_eq(n_closed, 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("aside");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_it_opens_beside_control);
	tcase_add_loop_test(tcase, test_what_does_not_take_long_is_left_to_control, 0,
			    ROWS(quick_ones));
	tcase_add_test(tcase, test_what_is_open_and_current_is_not_opened);
	tcase_add_test(tcase, test_a_refusal_closes_what_was_opened);
	tcase_add_test(tcase, test_a_failure_without_words_gets_some);
	tcase_add_test(tcase, test_there_are_neither_keys_nor_entries);
	tcase_add_test(tcase, test_without_a_thread_nothing_is_begun);
	tcase_add_test(tcase, test_what_cannot_be_bound_is_not_opened);
	tcase_add_test(tcase, test_a_service_that_asks_gives_up);
	tcase_add_test(tcase, test_a_service_that_does_not_ask_is_the_last);
	tcase_add_test(tcase, test_what_is_open_already_is_given_up_too);
	return unit_main("aside", tcase);
}
