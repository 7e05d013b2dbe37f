/* SPDX-License-Identifier: BSD-3-Clause */
/* See classification.h. Names are looked up one by one: there are some forty of them. */

#include "rule/classification.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rule/blanks.h"
#include "rule/class_table.h"
#include "rule/text_file.h"

enum { CLASSES_MAX = 1024 };

struct classification {
	struct wp_arena *arena;
	struct class *classes;
	struct class_reference *references;
	uint32_t n, n_references;
};

/** A reader of lines: it says what is wrong with one, or NULL; "" when there is no memory. */
typedef const char *(*line_reader)(struct classification *classes, char *text);

/** @return what stands behind "config WORD:", or NULL. */
static char *
behind_config(char *line, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(line, "config", 6) != 0)
		return NULL;
	line = blanks_trim(line + 6);
	if (strncmp(line, word, size) != 0)
		return NULL;
	line = blanks_trim(line + size);
	return *line == ':' ? blanks_trim(line + 1) : NULL;
}

static const char *
lower_copy(struct wp_arena *arena, const char *text)
{
	char *copy = wp_arena_string(arena, text);

	for (char *at = copy; at != NULL && *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

static const char *
add_class(struct classification *classes, const char *name, const char *text, uint8_t priority)
{
	struct class *class;

	if (classification_find(classes, name) != NULL)
		return NULL; /* the first one counts */
	if (classes->n == CLASSES_MAX)
		return "there are too many classes";
	class = &classes->classes[classes->n];
	class->name = lower_copy(classes->arena, name);
	class->text = wp_arena_string(classes->arena, text);
	class->priority = priority;
	if (class->name == NULL || class->text == NULL)
		return "";
	classes->n++;
	return NULL;
}

static bool
is_name(const char *text)
{
	if (!isalpha((unsigned char)*text))
		return false;
	while (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
		text++;
	return *text == '\0';
}

static const char *
read_class(struct classification *classes, char *line)
{
	static const char form[] = "it must be 'config classification: name,text,priority'";
	char *name = behind_config(line, "classification");
	char *text = name == NULL ? NULL : strchr(name, ',');
	char *priority = text == NULL ? NULL : strrchr(text + 1, ',');
	char *end;
	unsigned long number;

	if (priority == NULL)
		return form;
	*text++ = '\0';
	*priority++ = '\0';
	name = blanks_trim(name);
	text = blanks_trim(text);
	priority = blanks_trim(priority);
	number = strtoul(priority, &end, 10);
	if (!is_name(name) || *text == '\0' || !isdigit((unsigned char)*priority) || *end != '\0')
		return form;
	if (number < 1 || number > 255)
		return "a priority is within 1 and 255";
	return add_class(classes, name, text, (uint8_t)number);
}

static const char *
add_reference(struct classification *classes, const char *name, const char *prefix)
{
	struct class_reference *reference;

	if (classification_reference(classes, name) != NULL)
		return NULL;
	if (classes->n_references == CLASSES_MAX)
		return "there are too many references";
	reference = &classes->references[classes->n_references];
	reference->name = lower_copy(classes->arena, name);
	reference->prefix = wp_arena_string(classes->arena, prefix);
	if (reference->name == NULL || reference->prefix == NULL)
		return "";
	classes->n_references++;
	return NULL;
}

static const char *
read_reference(struct classification *classes, char *line)
{
	static const char form[] = "it must be 'config reference: name prefix'";
	char *name = behind_config(line, "reference");
	char *prefix = name;

	if (name == NULL)
		return form;
	while (*prefix != '\0' && !isspace((unsigned char)*prefix))
		prefix++;
	if (*prefix == '\0')
		return form;
	*prefix++ = '\0';
	prefix = blanks_trim(prefix);
	return !is_name(name) || *prefix == '\0' ? form : add_reference(classes, name, prefix);
}

/** Reads the lines of a file. */
static int
read_lines(struct classification *classes, const char *file, line_reader reader, char *why,
	   size_t size)
{
	char *text, *next;
	size_t n;
	unsigned int line = 0;
	int err = text_file_read(file, &text, &n);

	if (err != 0)
		return err;
	for (char *at = text; err == 0 && at != NULL; at = next) {
		const char *wrong;

		next = strchr(at, '\n');
		if (next != NULL)
			*next++ = '\0';
		line++;
		at = blanks_trim(at);
		if (*at == '\0' || *at == '#')
			continue;
		wrong = reader(classes, at);
		if (wrong != NULL && *wrong == '\0')
			err = -ENOMEM;
		else if (wrong != NULL)
			snprintf(why, size, "line %u: %s", line, wrong);
	}
	free(text);
	return err;
}

static int
add_built_in(struct classification *classes)
{
	for (const struct class *class = class_table; class->name != NULL; class ++)
		if (add_class(classes, class->name, class->text, class->priority) != NULL)
			return -ENOMEM;
	return 0;
}

int
classification_create(struct wp_arena *arena, const char *file, struct classification **classes,
		      char *why, size_t size)
{
	struct classification *made = wp_arena_alloc(arena, sizeof(*made));
	int err;

	if (size > 0)
		why[0] = '\0';
	if (made == NULL)
		return -ENOMEM;
	made->arena = arena;
	made->classes = wp_arena_alloc(arena, CLASSES_MAX * sizeof(*made->classes));
	made->references = wp_arena_alloc(arena, CLASSES_MAX * sizeof(*made->references));
	if (made->classes == NULL || made->references == NULL)
		return -ENOMEM;
	err = file == NULL ? add_built_in(made) : read_lines(made, file, read_class, why, size);
	if (err == 0)
		*classes = made;
	return err;
}

int
classification_add_references(struct classification *classes, const char *file, char *why,
			      size_t size)
{
	if (size > 0)
		why[0] = '\0';
	if (file != NULL)
		return read_lines(classes, file, read_reference, why, size);
	for (const struct class_reference *of = class_references; of->name != NULL; of++)
		if (add_reference(classes, of->name, of->prefix) != NULL)
			return -ENOMEM;
	return 0;
}

const struct class *
classification_find(const struct classification *classes, const char *name)
{
	for (uint32_t i = 0; i < classes->n; i++)
		if (strcasecmp(classes->classes[i].name, name) == 0)
			return &classes->classes[i];
	return NULL;
}

const char *
classification_reference(const struct classification *classes, const char *name)
{
	for (uint32_t i = 0; i < classes->n_references; i++)
		if (strcasecmp(classes->references[i].name, name) == 0)
			return classes->references[i].prefix;
	return NULL;
}
