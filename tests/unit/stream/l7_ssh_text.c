/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_ssh_text.h. */

#include "l7_ssh_text.h"

#include "stream/l7/ssh.h"

void
l7_ssh_text(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_ssh_banner *ssh = event->ssh;

	fprintf(out, "%s %u@%llu", event->detail == WP_SSH_LINE ? "line" : "kexinit", event->size,
		(unsigned long long)event->offset);
	l7_write_span(out, "line", ssh->line);
	l7_write_span(out, "proto", ssh->proto);
	l7_write_span(out, "software", ssh->software);
	l7_write_span(out, "comment", ssh->comment);
	l7_write_span(out, "kex", ssh->kex);
	l7_write_span(out, "host_keys", ssh->host_keys);
	l7_write_span(out, "ciphers_c", ssh->ciphers[WP_CLIENT]);
	l7_write_span(out, "ciphers_s", ssh->ciphers[WP_SERVER]);
	l7_write_span(out, "macs_c", ssh->macs[WP_CLIENT]);
	l7_write_span(out, "macs_s", ssh->macs[WP_SERVER]);
	l7_write_span(out, "compressions_c", ssh->compressions[WP_CLIENT]);
	l7_write_span(out, "compressions_s", ssh->compressions[WP_SERVER]);
	l7_write_span(out, "languages_c", ssh->languages[WP_CLIENT]);
	l7_write_span(out, "languages_s", ssh->languages[WP_SERVER]);
	l7_write_span(out, "hassh", ssh->hassh);
	if (ssh->first_kex_follows)
		fputs(" guess", out);
}
