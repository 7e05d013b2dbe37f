/* SPDX-License-Identifier: BSD-3-Clause */
/* See report.h. What rules say is hostile, and does not reach a terminal as it is. */

#include "tool/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <jansson.h>

enum {
	WIDTH_USUAL = 100,
	WIDTH_MIN = 40,
	INDENT = 2,
	DOTS = 3, /* where a rule is cut */
};

static const char bold[] = "\033[1m", red[] = "\033[31m", plain[] = "\033[0m";

struct report_style
report_style(FILE *file)
{
	struct report_style style = {.width = WIDTH_USUAL};
	const char *dumb = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	if (isatty(fileno(file)) == 0)
		return style;
	style.colours =
		(dumb == NULL || dumb[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
		style.width = size.ws_col;
	return style;
}

/** Writes bytes, with '?' for what is not printable. */
static void
put_text(FILE *file, const char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i] != '\0'; i++) {
		unsigned char c = (unsigned char)text[i];

		fputc(c == '\t' ? ' ' : c >= ' ' && c <= '~' ? c : '?', file);
	}
}

static void
put_string(FILE *file, const char *text)
{
	put_text(file, text, strlen(text));
}

/** Which part of a long rule is shown. */
struct part {
	size_t start, size;
	bool is_cut_left, is_cut_right;
};

static struct part
choose_part(size_t size, size_t at, size_t room)
{
	struct part part = {0, size, false, false};

	if (size <= room)
		return part;
	room -= DOTS + DOTS;
	part.start = at < room / 2 ? 0 : at - room / 2;
	if (part.start > size - room)
		part.start = size - room;
	part.size = room;
	part.is_cut_left = part.start != 0;
	part.is_cut_right = part.start + part.size < size;
	return part;
}

/** Writes a rule, and a caret below its column. */
static void
put_rule(FILE *file, const struct report_style *style, const struct rule_fault *fault)
{
	size_t size = strcspn(fault->text, "\r\n");
	size_t at = fault->column == 0 ? 0 : fault->column - 1;
	struct part part;

	if (at > size)
		at = size;
	part = choose_part(size, at, style->width - INDENT);
	fprintf(file, "%*s%s", INDENT, "", part.is_cut_left ? "..." : "");
	put_text(file, fault->text + part.start, part.size);
	fprintf(file, "%s\n", part.is_cut_right ? "..." : "");
	if (fault->column == 0)
		return;
	fprintf(file, "%*s%s^%s\n", (int)(INDENT + (part.is_cut_left ? DOTS : 0) + at - part.start),
		"", style->colours ? red : "", style->colours ? plain : "");
}

void
report_fault(FILE *file, const struct report_style *style, const struct rule_fault *fault)
{
	fputs(style->colours ? bold : "", file);
	put_string(file, fault->file);
	if (fault->line != 0)
		fprintf(file, ":%u", fault->line);
	if (fault->line != 0 && fault->column != 0)
		fprintf(file, ":%u", fault->column);
	fprintf(file, ":%s ", style->colours ? plain : "");
	put_string(file, fault->why);
	if (fault->hint != NULL && fault->hint[0] != '\0') {
		fputs(", ", file);
		put_string(file, fault->hint);
	}
	fputc('\n', file);
	if (fault->text != NULL && fault->text[0] != '\0')
		put_rule(file, style, fault);
}

/** @return a text as JSON has it, whatever its bytes are. */
static json_t *
text_of(const char *text)
{
	json_t *json;
	char *clean;

	if (text == NULL)
		return json_string("");
	json = json_string(text);
	if (json != NULL)
		return json;
	clean = strdup(text);
	for (char *at = clean; at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at > '~')
			*at = '?';
	json = json_string(clean == NULL ? "" : clean);
	free(clean);
	return json;
}

void
report_fault_json(FILE *file, const struct rule_fault *fault)
{
	json_t *json = json_pack("{so si si sI so so so}", "file", text_of(fault->file), "line",
				 (int)fault->line, "column", (int)fault->column, "sid",
				 (json_int_t)fault->sid, "why", text_of(fault->why), "hint",
				 text_of(fault->hint), "rule", text_of(fault->text));

	if (json != NULL)
		json_dumpf(json, file, JSON_COMPACT);
	fputc('\n', file);
	json_decref(json);
}
