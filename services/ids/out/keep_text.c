/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of SSH, SMTP and FTP. */

#include <string.h>

#include "out/keep.h"
#include "stream/l7/ftp.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"

enum {
	WORD_MAX = 512,   /* bytes of a name, an address */
	LISTS_MAX = 1536, /* of the lists of a KEXINIT */
};

static void
add_ssh(struct fields *fields, unsigned int side, uint8_t what, const struct wp_span *of,
	unsigned int n)
{
	struct wp_span parts[8] = {{&what, 1}};

	memcpy(&parts[1], of, n * sizeof(*of));
	field_add_parts(fields, side == WP_CLIENT ? FIELD_SSH_CLIENT : FIELD_SSH_SERVER, LISTS_MAX,
			parts, n + 1);
}

static void
add_hassh(struct fields *fields, unsigned int side, const struct wp_ssh_banner *ssh)
{
	struct wp_span semicolon = {(const uint8_t *)";", 1};
	struct wp_span lists[] = {ssh->kex,        semicolon, ssh->ciphers[side],     semicolon,
				  ssh->macs[side], semicolon, ssh->compressions[side]};

	add_ssh(fields, side, FIELD_SSH_HASSH, &ssh->hassh, 1);
	add_ssh(fields, side, FIELD_SSH_HASSH_TEXT, lists, 7);
}

void
keep_ssh(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_ssh_banner *ssh = event->ssh;
	enum field_kind kind = event->side == WP_CLIENT ? FIELD_SSH_CLIENT : FIELD_SSH_SERVER;
	struct wp_span all = {fields->bytes, (uint32_t)fields->used};

	if (event->detail == WP_SSH_LINE || field_find(all, kind).bytes == NULL) {
		add_ssh(fields, event->side, FIELD_SSH_PROTO, &ssh->proto, 1);
		if (ssh->software.data != NULL)
			add_ssh(fields, event->side, FIELD_SSH_SOFTWARE, &ssh->software, 1);
	}
	if (event->detail == WP_SSH_KEXINIT && ssh->hassh.data != NULL)
		add_hassh(fields, event->side, ssh);
}

/** Adds an address as it stands between its brackets, and these. */
static void
add_path(struct fields *fields, enum field_kind kind, struct wp_span path)
{
	struct wp_span parts[] = {{(const uint8_t *)"<", 1}, path, {(const uint8_t *)">", 1}};

	if (path.data != NULL)
		field_add_parts(fields, kind, WORD_MAX, parts, 3);
}

void
keep_smtp(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_text_line *line = event->line;

	switch (line->command) {
	case WP_SMTP_HELO:
	case WP_SMTP_EHLO:
	case WP_SMTP_LHLO:
		field_add(fields, FIELD_SMTP_HELO, WORD_MAX, line->argument);
		break;
	case WP_SMTP_MAIL:
		add_path(fields, FIELD_SMTP_FROM, line->path);
		break;
	case WP_SMTP_RCPT:
		add_path(fields, FIELD_SMTP_TO, line->path);
		break;
	default:
		break;
	}
}

static void
keep_ftp_command(struct fields *fields, const struct wp_text_line *line)
{
	struct wp_span parts[] = {line->verb, {(const uint8_t *)"", 1}, line->argument};

	if (line->verb.data != NULL)
		field_add_parts(fields, FIELD_FTP_COMMAND, FIELD_LINE_MAX, parts,
				line->argument.data != NULL ? 3 : 2);
	if (line->has_endpoint)
		field_add_struct(fields, FIELD_FTP_PORT, &line->endpoint.port,
				 sizeof(line->endpoint.port));
}

static void
keep_ftp_reply(struct fields *fields, const struct wp_text_line *line)
{
	struct field_ftp_reply reply = {.code = line->code,
					.port = line->has_endpoint ? line->endpoint.port : 0};
	struct wp_span parts[] = {{(const uint8_t *)&reply, sizeof(reply)}, line->text};

	field_add_parts(fields, FIELD_FTP_REPLY, FIELD_LINE_MAX, parts, 2);
}

void
keep_ftp(struct fields *fields, const struct wp_stream_event *event)
{
	if (event->type == WP_FTP_COMMAND)
		keep_ftp_command(fields, event->line);
	else
		keep_ftp_reply(fields, event->line);
}
