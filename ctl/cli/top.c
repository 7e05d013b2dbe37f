/* SPDX-License-Identifier: BSD-3-Clause */
/* See top.h. Rates are differences of two snapshots. */

#include "ctl/cli/top.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/cli/member.h"
#include "ctl/cli/print.h"

/** @return the sum of an object's numbers. */
static json_int_t
sum(json_t *object)
{
	json_int_t all = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) all += json_integer_value(value);
	return all;
}

/** @return what a path has dropped, all in all. */
static json_int_t
drops_of(const json_t *path)
{
	json_int_t all = sum(json_object_get(path, "drops"));
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(path, "steps"), i, step) all +=
		sum(json_object_get(step, "drops"));
	return all;
}

/** @return the member of a list that has a name; or NULL. */
static const json_t *
find(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) if (strcmp(json_string_value(json_object_get(one, "name")),
						    name) == 0) return one;
	return NULL;
}

/** @return a number a second. */
static json_t *
rate(json_int_t before, json_int_t now, double seconds)
{
	return json_integer(
		now < before || seconds <= 0 ? 0 : (json_int_t)((double)(now - before) / seconds));
}

static json_t *
path_rows(const json_t *before, const json_t *now, double seconds)
{
	json_t *rows = json_array();
	const json_t *path;
	size_t i;

	json_array_foreach(json_object_get(now, "paths"), i, path)
	{
		const char *name = json_string_value(json_object_get(path, "name"));
		const json_t *old = find(json_object_get(before, "paths"), name);
		json_t *row = json_pack("{ss}", "path", name);

		json_object_set(row, "tenant", json_object_get(path, "tenant"));
		json_object_set_new(
			row, "in/s",
			rate(member_number(old, "rx"), member_number(path, "rx"), seconds));
		json_object_set_new(
			row, "out/s",
			rate(member_number(old, "tx"), member_number(path, "tx"), seconds));
		json_object_set_new(row, "drops/s",
				    rate(old == NULL ? 0 : drops_of(old), drops_of(path), seconds));
		json_object_set_new(
			row, "p99 us",
			json_integer(member_number(json_object_get(path, "latency_ns"), "p99") /
				     1000));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *
worker_rows(const json_t *before, const json_t *now, double seconds)
{
	json_t *rows = json_array();
	const json_t *worker;
	size_t i;

	json_array_foreach(json_object_get(now, "workers"), i, worker)
	{
		const json_t *old = json_array_get(json_object_get(before, "workers"), i);

		json_array_append_new(
			rows,
			json_pack("{sI sI so sI}", "core", member_number(worker, "core"), "busy %",
				  member_number(worker, "busy_permille") / 10, "packets/s",
				  rate(member_number(old, "packets"),
				       member_number(worker, "packets"), seconds),
				  "held", member_number(worker, "held")));
	}
	return rows;
}

static void
show(const json_t *before, const json_t *now, bool json)
{
	double seconds =
		(double)(member_number(now, "time_ns") - member_number(before, "time_ns")) / 1e9;
	json_t *page = json_pack("{sI so so}", "epoch", member_number(now, "epoch"), "workers",
				 worker_rows(before, now, seconds), "paths",
				 path_rows(before, now, seconds));

	if (json) {
		json_dumpf(page, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		print_result(page);
	}
	fflush(stdout);
	json_decref(page);
}

int
top(struct client *client, unsigned int times, bool json, char *message, size_t message_size)
{
	json_t *before = NULL, *answer;

	for (unsigned int i = 0; times == 0 || i <= times; i++) {
		answer = client_call(client, "stats.get", NULL, message, message_size);
		if (answer == NULL)
			break;
		if (before != NULL)
			show(json_object_get(before, "result"), json_object_get(answer, "result"),
			     json);
		json_decref(before);
		before = answer;
		if (times == 0 || i < times)
			sleep(1);
	}
	json_decref(before);
	return times == 0 || answer == NULL;
}
