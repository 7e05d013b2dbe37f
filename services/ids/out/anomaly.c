/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "anomaly". Names are those that readers of EVE know, where one means the same. */

#include "out/anomaly.h"

#include "out/line.h"
#include "out/record.h"
#include "stream/flow.h"
#include "stream/l7/dns.h"
#include "stream/l7/ftp.h"
#include "stream/l7/http.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"

/** A name for each side; of one side only where the other has none of its own. */
struct names {
	const char *client, *server;
};

static const char *const of_stream[WP_N_ANOMALIES] = {
	[WP_ANOMALY_CHECKSUM] = "stream.pkt_invalid_checksum",
	[WP_ANOMALY_MALFORMED] = "decoder.tcp.hlen_too_small",
	[WP_ANOMALY_OUT_OF_WINDOW] = "stream.est_packet_out_of_window",
	[WP_ANOMALY_OLD_TIMESTAMP] = "stream.pkt_invalid_timestamp",
	[WP_ANOMALY_BAD_ACK] = "stream.pkt_invalid_ack",
	[WP_ANOMALY_SYN] = "stream.est_syn_resend",
	[WP_ANOMALY_RST] = "stream.rst_invalid_ack",
	[WP_ANOMALY_BEHIND_FIN] = "stream.closewait_pkt_before_last_ack",
	[WP_ANOMALY_NO_CONNECTION] = "stream.fin_but_no_session",
};

static const char *const of_any[] = {
	[WP_L7_MALFORMED] = "MALFORMED_DATA",
	[WP_L7_TOO_LONG] = "RECORD_TOO_LONG",
	[WP_L7_NO_MEMORY] = "NO_MEMORY",
	[WP_L7_MISSED] = "REASSEMBLY_GAP",
	[WP_L7_OTHER_SIDE] = "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS",
};

#define BOTH(NAME)                                                                                 \
	{                                                                                          \
		NAME, NAME                                                                         \
	}
#define OWN(ANOMALY) ((ANOMALY)-WP_L7_OWN)

static const struct names of_http[] = {
	[OWN(WP_HTTP_BARE_LF)] = BOTH("LINE_BARE_LF"),
	[OWN(WP_HTTP_BARE_CR)] = BOTH("LINE_BARE_CR"),
	[OWN(WP_HTTP_FOLD)] = {"INVALID_REQUEST_FIELD_FOLDING", "INVALID_RESPONSE_FIELD_FOLDING"},
	[OWN(WP_HTTP_SPACING)] = {"METHOD_DELIM_NON_COMPLIANT", "RESPONSE_INVALID_PROTOCOL"},
	[OWN(WP_HTTP_BAD_METHOD)] = BOTH("REQUEST_LINE_INVALID_METHOD"),
	[OWN(WP_HTTP_UNKNOWN_METHOD)] = BOTH("REQUEST_METHOD_UNKNOWN"),
	[OWN(WP_HTTP_BAD_TARGET)] = BOTH("URI_DELIM_NON_COMPLIANT"),
	[OWN(WP_HTTP_NO_VERSION)] = BOTH("REQUEST_LINE_INCOMPLETE"),
	[OWN(WP_HTTP_BAD_VERSION)] = {"REQUEST_INVALID_PROTOCOL", "RESPONSE_INVALID_PROTOCOL"},
	[OWN(WP_HTTP_BAD_STATUS)] = BOTH("RESPONSE_INVALID_STATUS"),
	[OWN(WP_HTTP_NO_STATUS_LINE)] = BOTH("RESPONSE_INVALID_PROTOCOL"),
	[OWN(WP_HTTP_SPACE_BEFORE_COLON)] = {"REQUEST_HEADER_INVALID", "RESPONSE_HEADER_INVALID"},
	[OWN(WP_HTTP_NO_COLON)] = {"REQUEST_FIELD_MISSING_COLON", "RESPONSE_FIELD_MISSING_COLON"},
	[OWN(WP_HTTP_NO_NAME)] = {"REQUEST_HEADER_INVALID", "RESPONSE_HEADER_INVALID"},
	[OWN(WP_HTTP_BAD_NAME)] = {"REQUEST_HEADER_INVALID", "RESPONSE_HEADER_INVALID"},
	[OWN(WP_HTTP_BAD_VALUE)] = {"REQUEST_HEADER_INVALID", "RESPONSE_HEADER_INVALID"},
	[OWN(WP_HTTP_MANY_HEADERS)] = {"REQUEST_TOO_MANY_HEADERS", "RESPONSE_TOO_MANY_HEADERS"},
	[OWN(WP_HTTP_NO_HOST)] = BOTH("MISSING_HOST_HEADER"),
	[OWN(WP_HTTP_MANY_HOSTS)] = BOTH("HOST_HEADER_AMBIGUOUS"),
	[OWN(WP_HTTP_BAD_LENGTH)] = {"INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST",
				     "INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE"},
	[OWN(WP_HTTP_LENGTH_TWICE)] = {"DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST",
				       "DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE"},
	[OWN(WP_HTTP_LENGTHS_DIFFER)] = {"DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST",
					 "DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE"},
	[OWN(WP_HTTP_BAD_CODING)] = {"INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST",
				     "INVALID_TRANSFER_ENCODING_VALUE_IN_RESPONSE"},
	[OWN(WP_HTTP_CODING_AND_LENGTH)] = {"INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST",
					    "RESPONSE_ABNORMAL_TRANSFER_ENCODING"},
	[OWN(WP_HTTP_BEHIND_CLOSE)] = BOTH("DATA_BEHIND_LAST_MESSAGE"),
	[OWN(WP_HTTP_MANY_REQUESTS)] = BOTH("UNABLE_TO_MATCH_RESPONSE_TO_REQUEST"),
	[OWN(WP_HTTP_UNASKED_SWITCH)] = BOTH("UNABLE_TO_MATCH_RESPONSE_TO_REQUEST"),
	[OWN(WP_HTTP_MANY_CODINGS)] = BOTH("TOO_MANY_ENCODING_LAYERS"),
	[OWN(WP_HTTP_BAD_CHUNK)] = {"INVALID_REQUEST_CHUNK_LEN", "INVALID_RESPONSE_CHUNK_LEN"},
	[OWN(WP_HTTP_CHUNK_LINE)] = {"INVALID_REQUEST_CHUNK_LEN", "INVALID_RESPONSE_CHUNK_LEN"},
	[OWN(WP_HTTP_BAD_TRAILER)] = {"REQUEST_HEADER_INVALID", "RESPONSE_HEADER_INVALID"},
	[OWN(WP_HTTP_BROKEN_CODING)] = BOTH("GZIP_DECOMPRESSION_FAILED"),
	[OWN(WP_HTTP_BOMB)] = BOTH("COMPRESSION_BOMB"),
	[OWN(WP_HTTP_TRUNCATED)] = {"REQUEST_TRUNCATED", "RESPONSE_TRUNCATED"},
};

static const struct names of_tls[] = {
	[OWN(WP_TLS_BAD_RECORD)] = BOTH("INVALID_TLS_RECORD"),
	[OWN(WP_TLS_BAD_HANDSHAKE)] = BOTH("INVALID_HANDSHAKE_MESSAGE"),
	[OWN(WP_TLS_BAD_EXTENSION)] = BOTH("HANDSHAKE_INVALID_EXTENSION"),
	[OWN(WP_TLS_BAD_CERTIFICATE)] = BOTH("INVALID_CERTIFICATE"),
	[OWN(WP_TLS_HEARTBLEED)] = BOTH("OVERFLOW_HEARTBEAT_MESSAGE"),
	[OWN(WP_TLS_MANY_CERTIFICATES)] = BOTH("TOO_MANY_CERTIFICATES"),
};

static const struct names of_dns[] = {
	[OWN(WP_DNS_BAD_HEADER)] = BOTH("malformed_data"),
	[OWN(WP_DNS_BAD_NAME)] = BOTH("malformed_data"),
	[OWN(WP_DNS_TRUNCATED)] = BOTH("malformed_data"),
	[OWN(WP_DNS_BAD_RDATA)] = BOTH("malformed_data"),
	[OWN(WP_DNS_BAD_OPT)] = BOTH("malformed_data"),
	[OWN(WP_DNS_TRAILING)] = BOTH("malformed_data"),
	[OWN(WP_DNS_TOO_MUCH)] = BOTH("name_too_long"),
};

static const struct names of_ssh[] = {
	[OWN(WP_SSH_BAD_BANNER)] = BOTH("invalid_banner"),
	[OWN(WP_SSH_LONG_BANNER)] = BOTH("long_banner"),
	[OWN(WP_SSH_TOO_MANY_LINES)] = BOTH("invalid_banner"),
	[OWN(WP_SSH_EARLY_PACKET)] = BOTH("invalid_record"),
	[OWN(WP_SSH_BAD_KEXINIT)] = BOTH("invalid_record"),
};

static const struct names of_text[] = {
	[OWN(WP_TEXT_BARE_LF)] = BOTH("LINE_BARE_LF"),
	[OWN(WP_TEXT_BARE_CR)] = BOTH("LINE_BARE_CR"),
	[OWN(WP_TEXT_NOT_ENDED)] = BOTH("TRUNCATED_MESSAGE"),
	[OWN(WP_TEXT_BAD_REPLY)] = BOTH("INVALID_REPLY"),
};

static const struct names of_smtp[] = {
	[OWN(WP_SMTP_SMUGGLING)] = BOTH("DATA_SMUGGLING"),
	[OWN(WP_SMTP_EARLY_DATA)] = BOTH("INVALID_PIPELINED_SEQUENCE"),
	[OWN(WP_SMTP_EARLY_TLS)] = BOTH("INVALID_PIPELINED_SEQUENCE"),
	[OWN(WP_SMTP_EARLY_AUTH)] = BOTH("INVALID_PIPELINED_SEQUENCE"),
	[OWN(WP_SMTP_BAD_CHUNK)] = BOTH("BDAT_CHUNK_LEN_EXCEEDED"),
	[OWN(WP_SMTP_TOO_MANY)] = BOTH("TOO_MANY_COMMANDS"),
};

static const struct names of_ftp[] = {
	[OWN(WP_FTP_TELNET)] = BOTH("TELNET_COMMAND"),
	[OWN(WP_FTP_EARLY_TLS)] = BOTH("INVALID_PIPELINED_SEQUENCE"),
	[OWN(WP_FTP_BAD_ENDPOINT)] = BOTH("INVALID_ENDPOINT"),
};

static const struct names of_smb[] = {
	[OWN(WP_SMB_BAD_HEADER)] = BOTH("malformed_data"),
	[OWN(WP_SMB_BAD_OFFSETS)] = BOTH("malformed_data"),
	[OWN(WP_SMB_BAD_CHAIN)] = BOTH("malformed_data"),
	[OWN(WP_SMB_BAD_NTLMSSP)] = {"malformed_ntlmssp_request", "malformed_ntlmssp_response"},
	[OWN(WP_SMB_BAD_DIRECTION)] = {"response_to_server", "request_to_client"},
	[OWN(WP_SMB_INCOMPLETE)] = BOTH("incomplete_message"),
};

#define TABLE(NAMES)                                                                               \
	{                                                                                          \
		NAMES, sizeof(NAMES) / sizeof((NAMES)[0])                                          \
	}

static const struct {
	const struct names *names;
	unsigned int n;
} tables[WP_L7_PROTOCOLS] = {
	[WP_L7_HTTP] = TABLE(of_http), [WP_L7_TLS] = TABLE(of_tls),   [WP_L7_DNS] = TABLE(of_dns),
	[WP_L7_SSH] = TABLE(of_ssh),   [WP_L7_SMTP] = TABLE(of_smtp), [WP_L7_FTP] = TABLE(of_ftp),
	[WP_L7_SMB] = TABLE(of_smb),
};

static const char *
find(const struct names *names, unsigned int n, unsigned int i, unsigned int side)
{
	if (i >= n)
		return NULL;
	return side == WP_CLIENT ? names[i].client : names[i].server;
}

static const char *
l7_name(const struct wp_stream_event *event)
{
	unsigned int l7 = event->flow != NULL ? event->flow->l7 : WP_L7_UNKNOWN;
	unsigned int own = (unsigned int)event->detail - WP_L7_OWN;
	const char *name = NULL;

	if (event->detail < sizeof(of_any) / sizeof(of_any[0]))
		return of_any[event->detail];
	if (l7 < WP_L7_PROTOCOLS)
		name = find(tables[l7].names, tables[l7].n, own, event->side);
	if (name == NULL && (l7 == WP_L7_SMTP || l7 == WP_L7_FTP))
		name = find(of_text, sizeof(of_text) / sizeof(of_text[0]), own, event->side);
	return name != NULL ? name : "UNKNOWN_ERROR";
}

const char *
anomaly_name(const struct wp_stream_event *event)
{
	switch (event->type) {
	case WP_FLOW_ANOMALY:
		return event->detail < WP_N_ANOMALIES ? of_stream[event->detail] : NULL;
	case WP_FLOW_GAP:
		return "stream.reassembly_seq_gap";
	case WP_FLOW_CONFLICT:
		return "stream.reassembly_overlap_different_data";
	case WP_FLOW_RETRANSMISSION:
		return "stream.pkt_retransmission";
	case WP_L7_ANOMALY:
		return l7_name(event);
	default:
		return NULL;
	}
}

void
line_anomaly(const struct line *line)
{
	static const char *const types[] = {
		[RECORD_DECODE] = "decode", [RECORD_STREAM] = "stream", [RECORD_L7] = "applayer"};
	struct field field = field_find(line->fields, FIELD_ANOMALY);

	if (field.bytes == NULL || field.size == 0 || field.bytes[0] > RECORD_L7)
		return;
	if (field.bytes[0] == RECORD_L7)
		line_tx(line);
	text_open(line->text, "anomaly");
	if (field.bytes[0] == RECORD_L7)
		line_app_proto(line);
	text_static(line->text, "type", types[field.bytes[0]]);
	text_bytes(line->text, "event", (struct wp_span){field.bytes + 1, field.size - 1u});
	if (field.bytes[0] == RECORD_L7)
		text_static(line->text, "layer", "proto_parser");
	text_close(line->text);
}
