/* SPDX-License-Identifier: BSD-3-Clause */
/* YAML to settings, event by event: nothing of the tree is kept but where we stand in it. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

#include "say.h"
#include "tool/settings.h"
#include "tool/settings_own.h"

enum {
	DEPTH_MAX = 32,          /* of maps and lists in each other */
	INCLUDE_DEPTH_MAX = 8,   /* of files in each other */
	INCLUDES_MAX = 64,       /* files, all together */
	FILE_SIZE_MAX = 4 << 20, /* bytes */
	PATH_SIZE = 4096,
};

/** A map or a list that we are in. */
struct level {
	size_t name_size; /* bytes of the name of what is in it, before its own part */
	uint32_t index;   /* of the next item of a list */
	bool is_list;
	bool has_key;    /* of a map: its next scalar is a value */
	bool is_include; /* the next value is a file to include, or all items are */
};

/** A file while it is read. */
struct reading {
	struct settings *settings;
	const char *file;
	yaml_parser_t parser;
	yaml_mark_t mark;
	unsigned int include_depth;
	size_t under;       /* bytes of the name that all is below */
	unsigned int depth; /* levels in use */
	struct level levels[DEPTH_MAX];
	char name[SETTINGS_NAME_SIZE];
	char *why;
	size_t why_size;
};

/** Where a text comes from. */
struct source {
	const char *file;
	const char *under; /* name that its settings go below; "": none */
	unsigned int include_depth;
};

static int read_file(struct settings *settings, const struct source *source, char *why,
		     size_t size);

static int
refuse(const struct reading *reading, int err, const char *reason)
{
	return wp_say(reading->why, reading->why_size, err, "%s:%zu:%zu: %s", reading->file,
		      reading->mark.line + 1, reading->mark.column + 1, reason);
}

static struct level *
top(struct reading *reading)
{
	return reading->depth == 0 ? NULL : &reading->levels[reading->depth - 1];
}

/** Puts the last part of a name behind what the level begins with. */
static int
name_part(struct reading *reading, const struct level *level, const char *part)
{
	size_t room = sizeof(reading->name) - level->name_size;
	int size = snprintf(reading->name + level->name_size, room, "%s%s",
			    level->name_size == 0 ? "" : ".", part);

	return (size_t)size < room ? 0 : refuse(reading, -EINVAL, "the name is too long");
}

/** Works out the name of an item of a list. */
static int
name_item(struct reading *reading, struct level *level)
{
	char part[16];

	if (!level->is_list)
		return 0; /* its key has done it */
	snprintf(part, sizeof(part), "%u", level->index);
	return name_part(reading, level, part);
}

/** Goes on behind a value. */
static void
value_done(struct reading *reading)
{
	struct level *level = top(reading);

	if (level == NULL)
		return;
	level->index++;
	level->has_key = false;
	if (!level->is_list)
		level->is_include = false;
}

/** Writes the path of a file that another one names. */
static int
path_beside(const struct reading *reading, const char *file, char path[PATH_SIZE])
{
	const char *slash = strrchr(reading->file, '/');
	int folder = file[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - reading->file);

	if (snprintf(path, PATH_SIZE, "%.*s%s", folder, reading->file, file) >= PATH_SIZE)
		return refuse(reading, -EINVAL, "the name of the included file is too long");
	return 0;
}

/** Reads another file at this place. @param under  bytes of the name that it goes below */
static int
include(struct reading *reading, const char *file, size_t under)
{
	char path[PATH_SIZE], name[SETTINGS_NAME_SIZE];
	struct source source = {path, name, reading->include_depth + 1};
	int err = path_beside(reading, file, path);

	if (err != 0)
		return err;
	if (source.include_depth > INCLUDE_DEPTH_MAX)
		return refuse(reading, -EINVAL, "files include each other too deep");
	if (reading->settings->n_include++ == INCLUDES_MAX)
		return refuse(reading, -EINVAL, "too many files are included");
	memcpy(name, reading->name, under);
	name[under] = '\0';
	err = read_file(reading->settings, &source, reading->why, reading->why_size);
	if (err != -ENOENT)
		return err;
	return json_array_append_new(reading->settings->missing, json_string(path)) == 0
		       ? 0
		       : refuse(reading, -EINVAL, "the name of the included file is no UTF-8");
}

static int
take_key(struct reading *reading, struct level *level, const char *key)
{
	level->has_key = true;
	level->is_include = strcmp(key, "include") == 0;
	return name_part(reading, level, key);
}

static int
take_text(struct reading *reading, const char *text)
{
	int err = settings_set(reading->settings, reading->name, text);

	if (err == -E2BIG)
		return refuse(reading, err, "there are too many settings");
	return err == 0 ? 0 : refuse(reading, err, "no setting can be like that");
}

static bool
is_include_tag(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;

	return tag != NULL && strcmp(tag, "!include") == 0;
}

static int
take_scalar(struct reading *reading, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct level *level = top(reading);
	int err;

	if (strlen(text) != event->data.scalar.length)
		return refuse(reading, -EINVAL, "a NUL is in it");
	if (level == NULL)
		return refuse(reading, -EINVAL, "names and values are expected, \"name: value\"");
	if (!level->is_list && !level->has_key)
		return take_key(reading, level, text);
	err = name_item(reading, level);
	if (err != 0)
		return err;
	if (is_include_tag(event))
		err = include(reading, text, strlen(reading->name));
	else if (level->is_include)
		err = include(reading, text,
			      level->is_list ? level[-1].name_size : level->name_size);
	else
		err = take_text(reading, text);
	value_done(reading);
	return err;
}

static int
enter(struct reading *reading, bool is_list)
{
	struct level *level = top(reading);
	bool is_include = level != NULL && level->is_include;
	int err = 0;

	if (level != NULL && !level->is_list && !level->has_key)
		return refuse(reading, -EINVAL, "a name must be a word");
	if (reading->depth == DEPTH_MAX)
		return refuse(reading, -EINVAL, "it is nested too deep");
	if (level != NULL && level->is_list && is_include)
		return refuse(reading, -EINVAL, "names of files are expected");
	if (level != NULL)
		err = name_item(reading, level);
	else
		reading->name[reading->under] = '\0'; /* another document may have been read */
	if (err != 0)
		return err;
	reading->levels[reading->depth++] = (struct level){.name_size = strlen(reading->name),
							   .is_list = is_list,
							   .is_include = is_list && is_include};
	return 0;
}

static void
leave(struct reading *reading)
{
	reading->depth--;
	value_done(reading);
}

static int
take_event(struct reading *reading, const yaml_event_t *event)
{
	reading->mark = event->start_mark;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(reading, event);
	case YAML_MAPPING_START_EVENT:
		return enter(reading, false);
	case YAML_SEQUENCE_START_EVENT:
		return enter(reading, true);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		leave(reading);
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(reading, -EINVAL, "aliases are not taken");
	default:
		return 0;
	}
}

static int
refuse_syntax(struct reading *reading)
{
	const yaml_parser_t *parser = &reading->parser;
	const char *problem = parser->problem;

	reading->mark = parser->problem_mark;
	if (parser->error == YAML_MEMORY_ERROR)
		return refuse(reading, -ENOMEM, "no memory");
	return refuse(reading, -EINVAL, problem == NULL ? "is no YAML" : problem);
}

/** Takes all events of a parser. */
static int
take_all(struct reading *reading)
{
	bool more = true;
	int err = 0;

	while (more && err == 0) {
		yaml_event_t event;

		if (yaml_parser_parse(&reading->parser, &event) == 0)
			return refuse_syntax(reading);
		more = event.type != YAML_STREAM_END_EVENT;
		err = take_event(reading, &event);
		yaml_event_delete(&event);
	}
	return err;
}

static int
read_text(struct settings *settings, const struct source *source, const char *text, size_t length,
	  char *why, size_t size)
{
	struct reading reading = {.settings = settings,
				  .file = source->file,
				  .include_depth = source->include_depth,
				  .under = strlen(source->under),
				  .why = why,
				  .why_size = size};
	int err;

	if (yaml_parser_initialize(&reading.parser) == 0)
		return wp_say(why, size, -ENOMEM, "%s: no memory", source->file);
	yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text, length);
	snprintf(reading.name, sizeof(reading.name), "%s", source->under);
	err = take_all(&reading);
	yaml_parser_delete(&reading.parser);
	return err;
}

int
settings_read_text(struct settings *settings, const char *name, const char *text, size_t length,
		   char *why, size_t size)
{
	const struct source source = {.file = name, .under = ""};

	return read_text(settings, &source, text, length, why, size);
}

/** Reads what a descriptor has. @param[out] text  to be freed */
static int
slurp(int fd, char **text, size_t *length)
{
	char *room = malloc(FILE_SIZE_MAX + 1);
	size_t used = 0;
	ssize_t n = 1;

	if (room == NULL)
		return -ENOMEM;
	while (used <= FILE_SIZE_MAX && n > 0) {
		n = read(fd, room + used, FILE_SIZE_MAX + 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (n < 0 || used > FILE_SIZE_MAX) {
		int err = n < 0 ? -errno : -EFBIG;

		free(room);
		return err;
	}
	*text = room;
	*length = used;
	return 0;
}

static int
read_file(struct settings *settings, const struct source *source, char *why, size_t size)
{
	int fd = open(source->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;
	char *text = NULL;
	size_t length = 0;

	err = fd < 0 ? -errno : slurp(fd, &text, &length);
	if (fd >= 0)
		close(fd);
	if (err != 0)
		return wp_say(why, size, err, "%s: %s", source->file, strerror(-err));
	err = read_text(settings, source, text, length, why, size);
	free(text);
	return err == -ENOENT ? -EINVAL : err;
}

int
settings_read(struct settings *settings, const char *file, char *why, size_t size)
{
	const struct source source = {.file = file, .under = ""};

	return read_file(settings, &source, why, size);
}
