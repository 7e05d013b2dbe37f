/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's line says. RFC 5321 section 4.1. */

#include "stream/l7/smtp_view.h"

#include "stream/l7/text_words.h"

static const struct text_word words[] = {
	{"HELO", WP_SMTP_HELO},         {"EHLO", WP_SMTP_EHLO},
	{"LHLO", WP_SMTP_LHLO},         {"MAIL", WP_SMTP_MAIL},
	{"RCPT", WP_SMTP_RCPT},         {"DATA", WP_SMTP_DATA_BEGINS},
	{"BDAT", WP_SMTP_BDAT},         {"RSET", WP_SMTP_RSET},
	{"VRFY", WP_SMTP_VRFY},         {"EXPN", WP_SMTP_EXPN},
	{"HELP", WP_SMTP_HELP},         {"NOOP", WP_SMTP_NOOP},
	{"QUIT", WP_SMTP_QUIT},         {"AUTH", WP_SMTP_AUTH},
	{"ETRN", WP_SMTP_ETRN},         {"STARTTLS", WP_SMTP_STARTTLS},
	{"TURN", WP_SMTP_TURN},         {"SEND", WP_SMTP_SEND},
	{"SOML", WP_SMTP_SOML},         {"SAML", WP_SMTP_SAML},
	{"BURL", WP_SMTP_BURL},         {"XCLIENT", WP_SMTP_XCLIENT},
	{"XFORWARD", WP_SMTP_XFORWARD},
};

/** @return behind a path that begins behind '<': at its '>', which may stand within quotes, or
 * be quoted, before that (RFC 5321 section 4.1.2); or the reader's end. */
static const uint8_t *
path_end(struct text_reader reader)
{
	bool is_quoted = false;

	for (; reader.at < reader.end; reader.at++) {
		if (*reader.at == '\\' && reader.at + 1 < reader.end)
			reader.at++;
		else if (*reader.at == '"')
			is_quoted = !is_quoted;
		else if (*reader.at == '>' && !is_quoted)
			break;
	}
	return reader.at;
}

/** A path without brackets, as lax servers take it. */
static const uint8_t *
word_end(struct text_reader reader)
{
	while (reader.at < reader.end && *reader.at != ' ' && *reader.at != '\t')
		reader.at++;
	return reader.at;
}

/** @param keyword  FROM or TO */
static void
read_path(struct wp_text_line *line, const char *keyword)
{
	struct text_reader reader = text_reader(line->argument);
	const uint8_t *end;

	if (!text_begins(reader.at, (uint32_t)(reader.end - reader.at), keyword))
		return;
	while (*keyword++ != '\0')
		reader.at++;
	text_read_blanks(&reader);
	if (!text_read_byte(&reader, ':'))
		return;
	text_read_blanks(&reader);
	end = text_read_byte(&reader, '<') ? path_end(reader) : word_end(reader);
	line->path = (struct wp_span){reader.at, (uint32_t)(end - reader.at)};
}

void
smtp_command_read(struct wp_text_line *line)
{
	text_split(line);
	line->command = text_find(words, sizeof(words) / sizeof(words[0]), line->verb);
	if (line->command == WP_SMTP_MAIL ||
	    (line->command >= WP_SMTP_SEND && line->command <= WP_SMTP_SAML))
		read_path(line, "FROM");
	else if (line->command == WP_SMTP_RCPT)
		read_path(line, "TO");
}

bool
smtp_command_chunk(const struct wp_text_line *line, uint64_t *size, bool *is_last)
{
	struct text_reader reader = text_reader(line->argument);

	if (!text_read_number(&reader, INT64_MAX, size))
		return false;
	text_read_blanks(&reader);
	*is_last = text_begins(reader.at, (uint32_t)(reader.end - reader.at), "LAST");
	return true;
}
