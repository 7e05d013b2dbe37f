/* SPDX-License-Identifier: BSD-3-Clause */
/* The events "ssh", "smtp" and "ftp". */

#include <stdio.h>
#include <string.h>

#include "out/line.h"

/** Finds what is told of a side of SSH. @return no data: it is not there */
static struct wp_span
find_ssh(struct wp_span rest, enum field_kind side, enum field_ssh what)
{
	struct field field;

	while (field_next(&rest, &field))
		if (field.kind == side && field.size != 0 && field.bytes[0] == what)
			return (struct wp_span){field.bytes + 1, field.size - 1u};
	return (struct wp_span){.data = NULL};
}

static void
put_ssh_side(const struct line *line, const char *name, enum field_kind side)
{
	struct wp_span proto = find_ssh(line->fields, side, FIELD_SSH_PROTO);
	struct wp_span software = find_ssh(line->fields, side, FIELD_SSH_SOFTWARE);
	struct wp_span hash = find_ssh(line->fields, side, FIELD_SSH_HASSH);
	struct wp_span lists = find_ssh(line->fields, side, FIELD_SSH_HASSH_TEXT);

	if (proto.data == NULL)
		return;
	text_open(line->text, name);
	text_bytes(line->text, "proto_version", proto);
	if (software.data != NULL)
		text_bytes(line->text, "software_version", software);
	if (hash.data != NULL && lists.data != NULL) {
		text_open(line->text, "hassh");
		text_bytes(line->text, "hash", hash);
		text_bytes(line->text, "string", lists);
		text_close(line->text);
	}
	text_close(line->text);
}

void
line_ssh_object(const struct line *line)
{
	text_open(line->text, "ssh");
	put_ssh_side(line, "client", FIELD_SSH_CLIENT);
	put_ssh_side(line, "server", FIELD_SSH_SERVER);
	text_close(line->text);
}

void
line_ssh(const struct line *line)
{
	line_tx(line);
	line_ssh_object(line);
}

void
line_smtp_object(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct field field;
	bool any = false;

	text_open(line->text, "smtp");
	if (line_has(line, FIELD_SMTP_HELO, FIELD_SMTP_HELO))
		line_bytes(line, "helo", FIELD_SMTP_HELO);
	else
		text_static(line->text, "helo", "");
	line_bytes(line, "mail_from", FIELD_SMTP_FROM);
	while (field_next(&rest, &field)) {
		if (field.kind != FIELD_SMTP_TO)
			continue;
		if (!any)
			text_open_array(line->text, "rcpt_to");
		any = true;
		text_bytes(line->text, NULL, (struct wp_span){field.bytes, field.size});
	}
	if (any)
		text_close_array(line->text);
	text_close(line->text);
}

void
line_smtp(const struct line *line)
{
	line_tx(line);
	line_smtp_object(line);
}

/** @return whether a line of FTP was longer than what is kept. */
static bool
is_cut(const struct line *line, enum field_kind kind)
{
	struct wp_span rest = line->fields;
	struct field field;

	while (field_next(&rest, &field))
		if (field.kind == kind && field.size >= FIELD_LINE_MAX)
			return true;
	return false;
}

static void
put_ftp_command(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_FTP_COMMAND);
	const uint8_t *nul;
	uint32_t size;

	if (field.bytes == NULL)
		return;
	nul = memchr(field.bytes, '\0', field.size);
	size = nul == NULL ? field.size : (uint32_t)(nul - field.bytes);
	text_bytes(line->text, "command", (struct wp_span){field.bytes, size});
	if (size + 1 >= field.size)
		return;
	text_bytes(line->text, "command_data",
		   (struct wp_span){field.bytes + size + 1, field.size - size - 1});
	text_bool(line->text, "command_truncated", is_cut(line, FIELD_FTP_COMMAND));
}

/** Finds the next line of a reply. @param[out] behind  what stands behind its code */
static bool
next_reply(struct wp_span *rest, struct field_ftp_reply *reply, struct wp_span *behind)
{
	struct field field;

	while (field_next(rest, &field)) {
		if (field.kind != FIELD_FTP_REPLY || field.size < sizeof(*reply))
			continue;
		memcpy(reply, field.bytes, sizeof(*reply));
		*behind = (struct wp_span){field.bytes + sizeof(*reply),
					   field.size - (uint32_t)sizeof(*reply)};
		return true;
	}
	return false;
}

static void
put_codes(const struct line *line)
{
	struct wp_span rest = line->fields, behind;
	struct field_ftp_reply reply;
	char code[8];

	text_open_array(line->text, "completion_code");
	while (next_reply(&rest, &reply, &behind)) {
		if (reply.code == 0)
			continue;
		snprintf(code, sizeof(code), "%03u", reply.code);
		text_static(line->text, NULL, code);
	}
	text_close_array(line->text);
}

/** Writes the lines of a reply. @return the port that one announces; 0: none does */
static uint16_t
put_lines(const struct line *line)
{
	struct wp_span rest = line->fields, behind;
	struct field_ftp_reply reply;
	uint16_t port = 0;

	text_open_array(line->text, "reply");
	while (next_reply(&rest, &reply, &behind)) {
		text_bytes(line->text, NULL, behind);
		port = reply.port != 0 ? reply.port : port;
	}
	text_close_array(line->text);
	return port;
}

/** Writes where data goes to. @param port  that a reply announces; 0: the client has named one */
static void
put_data_port(const struct line *line, uint16_t port)
{
	struct field field = field_find(line->fields, FIELD_FTP_PORT);
	bool is_active = port == 0 && field_get(&field, &port, sizeof(port));

	if (port != 0)
		text_number(line->text, "dynamic_port", port);
	if (is_active)
		text_static(line->text, "mode", "active");
}

void
line_ftp_object(const struct line *line)
{
	bool replied = field_find(line->fields, FIELD_FTP_REPLY).bytes != NULL;

	text_open(line->text, "ftp");
	put_ftp_command(line);
	if (replied) {
		put_codes(line);
		put_data_port(line, put_lines(line));
	}
	text_static(line->text, "reply_received", replied ? "yes" : "no");
	text_bool(line->text, "reply_truncated", is_cut(line, FIELD_FTP_REPLY));
	text_close(line->text);
}

void
line_ftp(const struct line *line)
{
	line_tx(line);
	line_ftp_object(line);
}
