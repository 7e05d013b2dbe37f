/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_smb_text.h. */

#include "l7_smb_text.h"

#include "stream/l7/smb.h"

static void
write_number(FILE *out, const char *name, uint64_t number)
{
	if (number != 0)
		fprintf(out, " %s=%llx", name, (unsigned long long)number);
}

static void
write_numbers(FILE *out, const struct wp_smb_message *message)
{
	write_number(out, "status", message->status);
	write_number(out, "flags", message->flags);
	write_number(out, "session", message->session);
	write_number(out, "id", message->id);
	write_number(out, "tree", message->tree);
	write_number(out, "function", message->function);
	write_number(out, "dialect", message->dialect);
	write_number(out, "index", message->index);
	write_number(out, "ntlmssp", message->ntlmssp);
}

void
l7_smb_text(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_smb_message *message = event->smb;

	fprintf(out, "smb%u %s %x %s @%llu+%u", message->version, message->name, message->command,
		message->is_response ? "reply" : "request", (unsigned long long)event->offset,
		event->size);
	write_numbers(out, message);
	l7_write_span(out, "dialects", message->dialects);
	l7_write_span(out, "share", message->share);
	l7_write_span(out, "file", message->file);
	l7_write_span(out, "fid", message->file_id);
	l7_write_span(out, "user", message->user);
	l7_write_span(out, "domain", message->domain);
	l7_write_span(out, "workstation", message->workstation);
	l7_write_span(out, "data", message->data);
	if (message->is_pipe)
		fputs(" pipe", out);
	if (message->is_cut)
		fprintf(out, " cut=%u", message->raw.size);
}

void
l7_smb_text_with_sum(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_span raw = event->smb->raw;
	uint32_t sum = raw.size;

	for (uint32_t i = 0; i < raw.size; i++)
		sum = sum * 31 + raw.data[i];
	l7_smb_text(out, event);
	write_number(out, "sum", sum);
}
