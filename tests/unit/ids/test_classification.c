/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/rule/classification.c: classes and references, built in and of files. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "rule/classification.h"
#include "unit.h"

static struct wp_arena *arena;
static char why[128];

/** Writes a file. @return its name, good until the next call */
static const char *
write_file(const char *text)
{
	static char name[] = "/tmp/test_classification.XXXXXX";
	int fd;

	strcpy(name + sizeof(name) - 7, "XXXXXX");
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return name;
}

static struct classification *
read_classes(const char *text)
{
	const char *file = text == NULL ? NULL : write_file(text);
	struct classification *classes;

	arena = wp_arena_create();
	ck_assert_ptr_nonnull(arena);
	ck_assert_int_eq(classification_create(arena, file, &classes, why, sizeof(why)), 0);
	if (file != NULL)
		unlink(file);
	return classes;
}

START_TEST(test_built_in_classes)
{
	struct classification *classes = read_classes(NULL);
	const struct class *class = classification_find(classes, "Trojan-Activity");

	ck_assert_ptr_nonnull(class);
	ck_assert_str_eq(class->name, "trojan-activity");
	ck_assert_str_eq(class->text, "A Network Trojan was detected");
	ck_assert_uint_eq(class->priority, 1);
	ck_assert_uint_eq(classification_find(classes, "tcp-connection")->priority, 4);
	ck_assert_ptr_null(classification_find(classes, "trojan"));
	ck_assert_ptr_null(classification_reference(classes, "url"));
	wp_arena_destroy(arena);
}
END_TEST

/** Lines of a class "a", what it is then, and what is said of the lines. */
static const struct {
	const char *text, *class_text;
	unsigned int priority;
	const char *why;
} rows[] = {
	{"config classification: a,Some text,2\n", "Some text", 2, ""},
	{" config  classification :  A , With, comma , 255 \r\n", "With, comma", 255, ""},
	{"# config classification: a,x,1\n\nconfig classification: a,y,2", "y", 2, ""},
	{"config classification: a,x,1\nconfig classification: a,y,2", "x", 1, ""},
	{"config classification: a,x,0\n", NULL, 0, "line 1: a priority is within 1 and 255"},
	{"config classification: a,x,256\n", NULL, 0, "line 1: a priority is within 1 and 255"},
	{"\nconfig classification: a,x\n", NULL, 0, "line 2: it must be"},
	{"config classification: a b,x,1\n", NULL, 0, "line 1: it must be"},
	{"config classification: a,,1\n", NULL, 0, "line 1: it must be"},
	{"config classification: a,x,1x\n", NULL, 0, "line 1: it must be"},
	{"config reference: a x\n", NULL, 0, "line 1: it must be"},
	{"config", NULL, 0, "line 1: it must be"},
};

START_TEST(test_lines_of_classes)
{
	struct classification *classes = read_classes(rows[_i].text);
	const struct class *class = classification_find(classes, "a");

	ck_assert_int_eq(strncmp(why, rows[_i].why, strlen(rows[_i].why)), 0);
	ck_assert_int_eq(why[0] == '\0', rows[_i].why[0] == '\0');
	ck_assert_int_eq(class == NULL, rows[_i].class_text == NULL);
	if (class != NULL) {
		ck_assert_str_eq(class->text, rows[_i].class_text);
		ck_assert_uint_eq(class->priority, rows[_i].priority);
	}
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_references)
{
	struct classification *classes = read_classes(NULL);
	const char *file = write_file("config reference: My  http://my/\nconfig reference: x\n");

	ck_assert_int_eq(classification_add_references(classes, file, why, sizeof(why)), 0);
	unlink(file);
	ck_assert_int_eq(strncmp(why, "line 2: ", 8), 0);
	ck_assert_str_eq(classification_reference(classes, "mY"), "http://my/");
	ck_assert_ptr_null(classification_reference(classes, "url"));
	ck_assert_int_eq(classification_add_references(classes, NULL, why, sizeof(why)), 0);
	ck_assert_str_eq(classification_reference(classes, "URL"), "http://");
	wp_arena_destroy(arena);
}
END_TEST

START_TEST(test_file_that_is_not_there)
{
	struct classification *classes;

	arena = wp_arena_create();
	ck_assert_int_eq(classification_create(arena, "/nowhere", &classes, why, sizeof(why)),
			 -ENOENT);
	wp_arena_destroy(arena);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("classification");

	tcase_add_test(tcase, test_built_in_classes);
	tcase_add_loop_test(tcase, test_lines_of_classes, 0, ROWS(rows));
	tcase_add_test(tcase, test_references);
	tcase_add_test(tcase, test_file_that_is_not_there);
	return unit_main("ids classification", tcase);
}
