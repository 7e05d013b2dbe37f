/* SPDX-License-Identifier: BSD-3-Clause */
/* What was read of a rule, as text: for tests to compare. */

#ifndef TESTS_RULE_TEXT_H
#define TESTS_RULE_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rule/rule.h"

struct rule_text {
	char text[4096];
	size_t used;
};

static inline void __attribute__((format(printf, 2, 3)))
rule_text_add(struct rule_text *to, const char *format, ...)
{
	size_t left = sizeof(to->text) - to->used;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(to->text + to->used, left, format, arguments);
	va_end(arguments);
	if (n > 0)
		to->used += (size_t)n < left ? (size_t)n : left - 1;
}

static inline void
rule_text_number(struct rule_text *to, const char *name, const struct rule_number *number)
{
	if (number->var >= 0)
		rule_text_add(to, " %s=v%d", name, number->var);
	else
		rule_text_add(to, " %s=%lld", name, (long long)number->value);
}

static inline void
rule_text_content(struct rule_text *to, const struct rule_content *content)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} flags[] = {
		{CONTENT_NOCASE, "nocase"},          {CONTENT_FAST_PATTERN, "fast"},
		{CONTENT_FAST_PATTERN_ONLY, "only"}, {CONTENT_STARTSWITH, "starts"},
		{CONTENT_ENDSWITH, "ends"},          {CONTENT_RAW, "raw"},
	};

	rule_text_add(to, "%s", (content->flags & CONTENT_NEGATED) != 0 ? "!'" : "'");
	for (unsigned int i = 0; i < content->size; i++)
		rule_text_add(
			to, content->bytes[i] >= ' ' && content->bytes[i] <= '~' ? "%c" : "<%02x>",
			content->bytes[i]);
	rule_text_add(to, "'");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((content->flags & flags[i].flag) != 0)
			rule_text_add(to, " %s", flags[i].name);
	if ((content->flags & CONTENT_OFFSET) != 0)
		rule_text_number(to, "offset", &content->offset);
	if ((content->flags & CONTENT_DEPTH) != 0)
		rule_text_number(to, "depth", &content->depth);
	if ((content->flags & CONTENT_DISTANCE) != 0)
		rule_text_number(to, "distance", &content->distance);
	if ((content->flags & CONTENT_WITHIN) != 0)
		rule_text_number(to, "within", &content->within);
	if ((content->flags & CONTENT_CHOP) != 0)
		rule_text_add(to, " chop=%u,%u", content->chop_offset, content->chop_size);
}

static inline void
rule_text_pcre(struct rule_text *to, const struct rule_pcre *pcre)
{
	rule_text_add(to, "%s/%s/%x", (pcre->flags & PCRE_NEGATED) != 0 ? "!" : "", pcre->text,
		      pcre->flags & ~(unsigned int)PCRE_NEGATED);
	for (unsigned int i = 0; i < pcre->n_captures; i++)
		rule_text_add(to, " %s:%s=%u", pcre->captures[i].of_flow ? "flow" : "pkt",
			      pcre->captures[i].name, pcre->captures[i].group);
}

static inline void
rule_text_bytes(struct rule_text *to, const char *name, const struct rule_bytes *bytes)
{
	rule_text_add(to, "%s flags=%x op=%u", name, bytes->flags, bytes->operator);
	rule_text_number(to, "n", &bytes->n_bytes);
	rule_text_number(to, "offset", &bytes->offset);
	rule_text_number(to, "value", &bytes->value);
	rule_text_number(to, "post", &bytes->post);
	rule_text_add(to, " mask=%x mul=%u base=%u align=%u result=%u", bytes->mask,
		      bytes->multiplier, bytes->base, bytes->align, bytes->result);
}

static inline void
rule_text_match(struct rule_text *to, const struct rule_match *match)
{
	switch (match->kind) {
	case MATCH_CONTENT:
		rule_text_content(to, &match->content);
		break;
	case MATCH_PCRE:
		rule_text_pcre(to, &match->pcre);
		break;
	case MATCH_BYTE_TEST:
		rule_text_bytes(to, "test", &match->bytes);
		break;
	case MATCH_BYTE_JUMP:
		rule_text_bytes(to, "jump", &match->bytes);
		break;
	case MATCH_BYTE_EXTRACT:
		rule_text_bytes(to, "extract", &match->bytes);
		break;
	case MATCH_BYTE_MATH:
		rule_text_bytes(to, "math", &match->bytes);
		break;
	case MATCH_ISDATAAT:
		rule_text_add(to, "%sdata", match->negated ? "!" : "");
		rule_text_number(to, "at", &match->is_data_at.at);
		rule_text_add(to, "%s", match->is_data_at.relative ? " relative" : "");
		break;
	case MATCH_BSIZE:
		rule_text_add(to, "size %d %llu", match->range.compare,
			      (unsigned long long)match->range.low);
		break;
	case MATCH_ABSENT:
		rule_text_add(to, "absent %d", match->absent.or_else);
		break;
	case MATCH_BASE64_DECODE:
		rule_text_add(to, "base64 %u %u %d", match->base64.n_bytes, match->base64.offset,
			      match->base64.relative);
		break;
	default:
		rule_text_add(to, "kind %u", match->kind);
	}
}

/** Writes the conditions on bytes: "http.uri[1]{'a' nocase; /b/0}". The number is of transforms. */
static inline void
rule_text_lists(struct rule_text *to, const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++) {
		const struct rule_list *list = &rule->lists[i];

		rule_text_add(to, "%s%s", i == 0 ? "" : " ", buffers[list->buffer].name);
		if (list->n_transforms != 0)
			rule_text_add(to, "[%u]", list->n_transforms);
		rule_text_add(to, "{");
		for (unsigned int m = 0; m < list->n; m++) {
			rule_text_add(to, "%s", m == 0 ? "" : "; ");
			rule_text_match(to, &list->matches[m]);
		}
		rule_text_add(to, "}");
	}
}

#endif
