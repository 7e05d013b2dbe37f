/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP's view: what a flow is known by, its commands and its replies. */

#include "stream/l7/ftp_view.h"

#include <string.h>

#include "stream/l7/text_words.h"

static void
tell_line(struct l7_run *run, unsigned int type, struct wp_text_line *line, uint64_t offset)
{
	if (!ftp_endpoint_read(line))
		l7_anomaly_at(run, WP_FTP_BAD_ENDPOINT, offset);
	text_tell(run, type, line, offset);
}

static void
read_command(struct l7_run *run, struct ftp *ftp, struct wp_span span)
{
	struct wp_text_line line = {.line = span};
	void *memory;

	ftp_telnet_strip(run, &line.line, ftp->client.start, &memory);
	ftp_command_read(&line);
	tell_line(run, WP_FTP_COMMAND, &line, ftp->client.start);
	if (ftp_command_is_tls(&line)) {
		ftp->tls_is_asked = true;
		ftp->tls_waits = true;
	}
	run->host->give(run, memory);
}

/** Bytes behind AUTH TLS that do not wait for its reply. */
static void
check_early(struct l7_run *run, struct ftp *ftp, const struct text_in *in)
{
	if (ftp->tls_waits && text_replies_are_heard(run, &ftp->server))
		l7_anomaly_at(run, WP_FTP_EARLY_TLS, in->offset);
	ftp->tls_waits = false;
}

static void
read_client(struct l7_run *run, struct text_in *in)
{
	struct ftp *ftp = run->state;
	struct wp_span span;

	while (in->size != 0) {
		check_early(run, ftp, in);
		if (text_guess_tls(run, &ftp->client, in, ftp->is_lost))
			return;
		if (!text_lines_next(run, &ftp->client, in, &span))
			continue;
		read_command(run, ftp, span);
		text_lines_reset(run, &ftp->client);
	}
}

static struct wp_text_line
read_reply(struct l7_run *run, struct ftp *ftp, struct wp_span span)
{
	struct wp_text_line line = {.line = span};

	text_replies_read(run, &ftp->server, TEXT_ANY, &line);
	tell_line(run, WP_FTP_REPLY, &line, ftp->server.lines.start);
	return line;
}

/** RFC 4217 section 4: the handshake begins behind 234. When that is to nothing that is known of,
 * the client's next byte tells. */
static void
begin_tls(struct l7_run *run, struct ftp *ftp)
{
	if (ftp->tls_is_asked)
		run->then = L7_BEGINS_ANEW;
	ftp->is_lost = true;
	if (ftp->client.skips)
		text_lines_reset(run, &ftp->client);
}

static void
read_server(struct l7_run *run, struct text_in *in)
{
	struct ftp *ftp = run->state;
	struct wp_span span;

	while (in->size != 0 && run->then == L7_GOES_ON) {
		struct wp_text_line line;

		if (!text_lines_next(run, &ftp->server.lines, in, &span))
			continue;
		line = read_reply(run, ftp, span);
		text_lines_reset(run, &ftp->server.lines);
		if (!line.is_last)
			continue;
		ftp->tls_waits = false;
		if (line.code == 234)
			begin_tls(run, ftp);
	}
}

static uint32_t
ftp_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct text_in in = {data, size, run->offset};

	if (run->side == WP_CLIENT)
		read_client(run, &in);
	else
		read_server(run, &in);
	return run->then == L7_BEGINS_ANEW ? size - in.size : size;
}

static void
ftp_gap(struct l7_run *run, uint64_t size)
{
	struct ftp *ftp = run->state;

	ftp->is_lost = true;
	ftp->tls_waits = false;
	if (run->side == WP_CLIENT)
		text_lines_gap(run, &ftp->client);
	else
		text_replies_gap(run, &ftp->server);
}

static void
ftp_finish(struct l7_run *run)
{
	struct ftp *ftp = run->state;
	struct text_lines *lines = run->side == WP_CLIENT ? &ftp->client : &ftp->server.lines;
	struct wp_span span;

	if (!text_lines_rest(run, lines, &span))
		return;
	if (run->side == WP_CLIENT)
		read_command(run, ftp, span);
	else
		read_reply(run, ftp, span);
	text_lines_reset(run, lines);
}

static void
ftp_close(struct l7_run *run)
{
	struct ftp *ftp = run->state;

	text_lines_reset(run, &ftp->client);
	text_lines_reset(run, &ftp->server.lines);
}

/** Ports of protocols that begin likewise, with USER or with 220. */
static bool
is_another(uint16_t port)
{
	static const uint16_t ports[] = {25, 110, 119, 465, 587, 2525, 6667};

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static enum l7_match
match_greeting(const struct l7_hint *hint)
{
	enum l7_match match = text_match_greeting(hint);

	if (match != L7_YES || hint->server_port == 21)
		return match;
	if (is_another(hint->server_port))
		return L7_NO;
	if (!text_is_whole(hint))
		return L7_MAYBE;
	if (text_has(hint->data, text_line_size(hint), "SMTP"))
		return L7_NO;
	if (text_has(hint->data, text_line_size(hint), "FTP"))
		return text_has(hint->data, text_line_size(hint), "MAIL") ? L7_MAYBE : L7_YES;
	return text_has(hint->data, text_line_size(hint), "MAIL") ? L7_NO : L7_MAYBE;
}

/** IRC's USER has four arguments, and a colon before the last (RFC 2812 section 3.1.3). */
static enum l7_match
match_user(const struct l7_hint *hint)
{
	if (hint->server_port == 21)
		return L7_YES;
	if (text_has(hint->data, text_line_size(hint), " :"))
		return L7_NO;
	return text_is_whole(hint) ? L7_YES : L7_MAYBE;
}

static enum l7_match
match_command(const struct l7_hint *hint)
{
	static const char *const words[] = {"AUTH TLS", "AUTH SSL", "FEAT\r", "FEAT\n",
					    "SYST\r",   "SYST\n",   "USER "};

	if (is_another(hint->server_port))
		return L7_NO;
	if (text_begins(hint->data, hint->size, "USER "))
		return match_user(hint);
	return text_match_any(hint, words, sizeof(words) / sizeof(words[0]));
}

static enum l7_match
ftp_match(const struct l7_hint *hint)
{
	return hint->side == WP_SERVER ? match_greeting(hint) : match_command(hint);
}

const struct l7_view l7_ftp_view = {
	.name = "ftp",
	.protocol = WP_L7_FTP,
	.proto = 6,
	.events = WP_EVENT_BIT(WP_FTP_COMMAND) | WP_EVENT_BIT(WP_FTP_REPLY),
	.leads_to = 1u << WP_L7_TLS,
	.state_size = sizeof(struct ftp),
	.match = ftp_match,
	.data = ftp_data,
	.gap = ftp_gap,
	.finish = ftp_finish,
	.close = ftp_close,
};
