/* SPDX-License-Identifier: BSD-3-Clause */
/* What a new document changes. */

#include <stdlib.h>
#include <string.h>

#include "ctl/agent/diff.h"
#include "unit.h"

static const struct {
	const char *from, *to, *changes;
} pairs[] = {
	{"{}", "{}", "[]"},
	{"{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", "[]"},
	{"{\"a\": 1}", "{\"a\": 2}", "[{\"path\":\"/a\",\"from\":1,\"to\":2}]"},
	{"{\"a\": 1}", "{}", "[{\"path\":\"/a\",\"from\":1}]"},
	{"{}", "{\"a\": []}", "[{\"path\":\"/a\",\"to\":[]}]"},
	{"{\"a\": [1, 2]}", "{\"a\": [1, 3, 4]}",
	 "[{\"path\":\"/a/1\",\"from\":2,\"to\":3},{\"path\":\"/a/2\",\"to\":4}]"},
	{"{\"a\": [1, 2]}", "{\"a\": [1]}", "[{\"path\":\"/a/1\",\"from\":2}]"},
	/* Named ones are matched by their names, wherever they stand. */
	{"{\"p\": [{\"name\": \"x\", \"v\": 1}, {\"name\": \"y\", \"v\": 2}]}",
	 "{\"p\": [{\"name\": \"y\", \"v\": 3}, {\"name\": \"x\", \"v\": 1}]}",
	 "[{\"path\":\"/p/[y]/v\",\"from\":2,\"to\":3}]"},
	{"{\"p\": [{\"name\": \"x\"}]}", "{\"p\": [{\"name\": \"z\"}]}",
	 "[{\"path\":\"/p/[x]\",\"from\":{\"name\":\"x\"}},{\"path\":\"/p/[z]\",\"to\":{\"name\":"
	 "\"z\"}}]"},
	/* In a service's list the order may decide, and names may be there twice. */
	{"{\"i\": {\"r\": [{\"name\": \"x\"}, {\"name\": \"y\"}, {\"name\": \"g\"}]}}",
	 "{\"i\": {\"r\": [{\"name\": \"y\"}, {\"name\": \"x\"}]}}",
	 "[{\"path\":\"/i/r/[g]\",\"from\":{\"name\":\"g\"}},{\"path\":\"/i/r/"
	 "[order]\",\"from\":[\"x\",\"y\"],\"to\":[\"y\",\"x\"]}]"},
	{"{\"i\": {\"r\": [{\"name\": \"x\"}, {\"name\": \"x\", \"v\": 1}]}}",
	 "{\"i\": {\"r\": [{\"name\": \"x\", \"v\": 1}, {\"name\": \"x\", \"v\": 1}]}}",
	 "[{\"path\":\"/i/r/0/v\",\"to\":1}]"},
	{"{\"a\": {\"b\": 1}}", "{\"a\": 5}", "[{\"path\":\"/a\",\"from\":{\"b\":1},\"to\":5}]"},
};

START_TEST(test_changes)
{
	json_t *from = json_loads(pairs[_i].from, 0, NULL), *to = json_loads(pairs[_i].to, 0, NULL);
	json_t *changes = diff(from, to);
	char *text = json_dumps(changes, JSON_COMPACT);

	ck_assert_str_eq(text, pairs[_i].changes);
	free(text);
	json_decref(changes);
	json_decref(from);
	json_decref(to);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("diff");

	tcase_add_loop_test(tcase, test_changes, 0, ROWS(pairs));
	return unit_main("diff", tcase);
}
