/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_json.h. */

#include "l7_json.h"

#include <string.h>

#include "stream/l7/dns.h"
#include "stream/l7/ftp.h"
#include "stream/l7/http.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"

static const char *const names[] = {
	[WP_L7_START] = "start",          [WP_L7_ANOMALY] = "anomaly",
	[WP_HTTP_HEAD] = "http_head",     [WP_HTTP_BODY] = "http_body",
	[WP_HTTP_END] = "http_end",       [WP_DNS_MESSAGE] = "dns",
	[WP_TLS_HELLO] = "tls_hello",     [WP_TLS_CERTIFICATES] = "tls_certificates",
	[WP_SSH_BANNER] = "ssh",          [WP_SMTP_COMMAND] = "smtp_command",
	[WP_SMTP_REPLY] = "smtp_reply",   [WP_SMTP_DATA] = "smtp_data",
	[WP_FTP_COMMAND] = "ftp_command", [WP_FTP_REPLY] = "ftp_reply",
	[WP_SMB_MESSAGE] = "smb",         [WP_MIME_PART] = "mime_part",
	[WP_MIME_DATA] = "mime_data",     [WP_MIME_END] = "mime_end",
	[WP_HTTP_LINE] = "http_line",
};

const char *
l7_json_name(const struct wp_stream_event *event)
{
	return event->type >= WP_L7_START && event->type < WP_FLOW_EVENTS ? names[event->type]
									  : NULL;
}

static void
put_bytes(FILE *out, const char *name, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	fprintf(out, ", \"%s\": \"", name);
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '"' || bytes[i] == '\\')
			fprintf(out, "\\u%04x", bytes[i]);
		else
			fputc(bytes[i], out);
	}
	fputc('"', out);
}

static void
put_span(FILE *out, const char *name, struct wp_span span)
{
	if (span.data != NULL)
		put_bytes(out, name, span.data, span.size);
}

static void
put_number(FILE *out, const char *name, unsigned int value)
{
	fprintf(out, ", \"%s\": %u", name, value);
}

static void
put_http(FILE *out, const struct wp_http_head *head)
{
	static const char *const shown[] = {"host", "user-agent", "content-type", "referer"};

	put_span(out, "method", head->method);
	put_span(out, "target", head->target);
	if (!head->is_request)
		put_number(out, "status", head->status);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct wp_http_header *header = wp_http_header(head, shown[i]);

		if (header != NULL)
			put_span(out, shown[i], header->value);
	}
	put_number(out, "coding", head->coding);
}

static void
put_dns(FILE *out, const struct wp_dns_message *message)
{
	put_number(out, "id", message->id);
	put_number(out, "response", message->is_response);
	put_number(out, "rcode", message->rcode);
	fputs(", \"questions\": [", out);
	for (unsigned int i = 0; i < message->n_questions_told; i++) {
		fprintf(out, "%s{\"type\": %u", i == 0 ? "" : ", ", message->questions[i].type);
		put_span(out, "name", message->questions[i].name.text);
		fputc('}', out);
	}
	fputs("], \"records\": [", out);
	for (unsigned int i = 0; i < message->n_records_told; i++) {
		const struct wp_dns_record *record = &message->records[i];

		fprintf(out, "%s{\"section\": %u, \"type\": %u, \"ttl\": %u", i == 0 ? "" : ", ",
			record->section, record->type, record->ttl);
		put_span(out, "name", record->name.text);
		put_span(out, "text", record->text);
		fputc('}', out);
	}
	fputc(']', out);
}

static void
put_hello(FILE *out, const struct wp_tls_hello *hello)
{
	put_span(out, "server_name", hello->server_name);
	put_span(out, "ja3", hello->ja3);
	put_bytes(out, "ja3_hash", hello->ja3_hash, strlen(hello->ja3_hash));
	put_number(out, "version", hello->version);
	put_number(out, "handshake_version", hello->handshake_version);
}

static void
put_certificates(FILE *out, const struct wp_tls_certificates *certificates)
{
	const struct wp_tls_certificate *first = certificates->first;

	put_number(out, "n", certificates->n);
	if (first == NULL)
		return;
	put_bytes(out, "subject", first->subject, strlen(first->subject));
	put_bytes(out, "issuer", first->issuer, strlen(first->issuer));
	put_bytes(out, "serial", first->serial, strlen(first->serial));
	put_bytes(out, "fingerprint", first->fingerprint, strlen(first->fingerprint));
	fprintf(out, ", \"not_before\": %lld, \"not_after\": %lld", (long long)first->not_before,
		(long long)first->not_after);
}

static void
put_ssh(FILE *out, const struct wp_ssh_banner *banner)
{
	put_span(out, "proto", banner->proto);
	put_span(out, "software", banner->software);
	put_span(out, "hassh", banner->hassh);
}

static void
put_line(FILE *out, const struct wp_text_line *line)
{
	put_span(out, "line", line->line);
	put_span(out, "verb", line->verb);
	put_span(out, "argument", line->argument);
	put_span(out, "path", line->path);
	put_number(out, "code", line->code);
	put_number(out, "command", line->command);
}

static void
put_smb(FILE *out, const struct wp_smb_message *message)
{
	put_bytes(out, "name", message->name, strlen(message->name));
	put_number(out, "smb_version", message->version);
	put_number(out, "response", message->is_response);
	put_span(out, "share", message->share);
	put_span(out, "file", message->file);
	put_span(out, "user", message->user);
	put_span(out, "domain", message->domain);
	put_span(out, "workstation", message->workstation);
}

void
l7_json_write(FILE *out, const struct wp_stream_event *event)
{
	switch (event->type) {
	case WP_L7_ANOMALY:
		put_number(out, "anomaly", event->detail);
		break;
	case WP_HTTP_HEAD:
		put_http(out, event->http);
		break;
	case WP_HTTP_BODY:
	case WP_SMTP_DATA:
	case WP_MIME_DATA:
		fprintf(out, ", \"offset\": %llu", (unsigned long long)event->offset);
		put_bytes(out, "data", event->data, event->size);
		break;
	case WP_DNS_MESSAGE:
		put_dns(out, event->dns);
		break;
	case WP_TLS_HELLO:
		put_hello(out, event->tls);
		break;
	case WP_TLS_CERTIFICATES:
		put_certificates(out, event->certificates);
		break;
	case WP_SSH_BANNER:
		put_ssh(out, event->ssh);
		break;
	case WP_SMTP_COMMAND:
	case WP_SMTP_REPLY:
	case WP_FTP_COMMAND:
	case WP_FTP_REPLY:
		put_line(out, event->line);
		break;
	case WP_SMB_MESSAGE:
		put_smb(out, event->smb);
		break;
	default:
		break;
	}
}
