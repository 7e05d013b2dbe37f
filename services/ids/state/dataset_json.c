/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads sets from JSON: objects that have a value somewhere. Control. */

#include "state/dataset_table.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { KEY_SIZE = 256 };

/** Steps down "a.b.c". @return NULL: there is none */
static json_t *
walk(json_t *object, const char *names)
{
	char path[KEY_SIZE], *save = NULL;

	strcpy(path, names);
	for (char *name = strtok_r(path, ".", &save); name != NULL;
	     name = strtok_r(NULL, ".", &save))
		object = json_object_get(object, name);
	return object;
}

/** @return 0, -ENOMEM, or -EINVAL without a word */
static int
add_object(struct dataset_load *load, json_t *object)
{
	const char *text = json_string_value(walk(object, load->conf->value_key));

	return text != NULL ? dataset_load_text(load, text, 0) : -EINVAL;
}

/** @param where  its number in the file, from 1 */
static int
add(struct dataset_load *load, json_t *object, size_t where)
{
	int error = json_is_object(object) ? add_object(load, object) : -EINVAL;

	if (error == -EINVAL)
		return dataset_load_fault(load, "%s: object %zu has no value of its type at '%s'",
					  load->conf->load, where, load->conf->value_key);
	return error;
}

static int
add_array(struct dataset_load *load, json_t *whole)
{
	json_t *array = whole, *object;
	size_t i;
	int error = 0;

	if (load->conf->array_key != NULL)
		array = walk(whole, load->conf->array_key);
	if (!json_is_array(array))
		return dataset_load_fault(load, "%s: there is no array", load->conf->load);
	json_array_foreach(array, i, object) if (error == 0) error = add(load, object, i + 1);
	return error;
}

static int
fault(struct dataset_load *load, const json_error_t *error, size_t line)
{
	return dataset_load_fault(load, "%s:%zu: %s", load->conf->load, line, error->text);
}

static int
add_lines(struct dataset_load *load, const char *text, size_t size)
{
	const char *end = text + size;
	int error = 0;

	for (size_t line = 1; text < end && error == 0; line++) {
		const char *next = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((next != NULL ? next : end) - text);
		json_error_t what;
		json_t *object;

		if (strspn(text, " \t\r") < length) {
			object = json_loadb(text, length, 0, &what);
			error = object != NULL ? add(load, object, line) : fault(load, &what, line);
			json_decref(object);
		}
		text += length + 1;
	}
	return error;
}

int
dataset_load_json(struct dataset_load *load, char *text, size_t size)
{
	const struct dataset_conf *conf = load->conf;
	json_error_t what;
	json_t *whole;
	int error;

	if (conf->value_key == NULL || strlen(conf->value_key) >= KEY_SIZE ||
	    (conf->array_key != NULL && strlen(conf->array_key) >= KEY_SIZE))
		return dataset_load_fault(load,
					  "dataset '%s' needs a value_key, of less than %d "
					  "bytes",
					  conf->name, KEY_SIZE);
	if (conf->format == DATASET_NDJSON)
		return add_lines(load, text, size);
	whole = json_loadb(text, size, 0, &what);
	if (whole == NULL)
		return fault(load, &what, what.line > 0 ? (size_t)what.line : 1);
	error = add_array(load, whole);
	json_decref(whole);
	return error;
}
