/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on messages of application protocols, other than on their bytes; and old words that
 * say a buffer and its content at once. */

#include "rule/keyword.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "rule/hashes.h"
#include "rule/keyword_condition.h"

/** A range of a protocol's messages. detail: kind and width, the protocol above */
enum { L7_SHIFT = 16 };

static int
read_l7_range(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	const struct keyword plain = {.name = keyword->name, .detail = keyword->detail & 0xffff};
	int err = reader_needs_l7(reader, (enum rule_l7)(keyword->detail >> L7_SHIFT));

	return err != 0 ? err : keyword_range_read(reader, &plain, value);
}

/** "tls.cert_chain_len:RANGE": asked when the certificates are there. */
static int
read_chain_length(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *any = reader_bytes_of(reader, BUFFER_TLS_CERTIFICATES, MATCH_BSIZE);

	if (any == NULL)
		return -EINVAL;
	any->range = (struct rule_range){.compare = RULE_GE, .low = 0};
	return read_l7_range(reader, keyword, value);
}

static int
read_ftp_bounce(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	int err = reader_needs_l7(reader, RULE_L7_FTP);

	if (err != 0)
		return err;
	return reader_packet(reader, MATCH_FTPBOUNCE) == NULL ? -EINVAL : 0;
}

/** Adds a content of a buffer. @param flags  enum content_flag */
static int
add_text(struct rule_reader *reader, enum buffer_id buffer, const char *text, unsigned int flags)
{
	struct rule_match *match;
	size_t size = strlen(text);

	if (size == 0 || size > UINT16_MAX)
		return reader_fault(reader, "there is no text, or too much of it");
	match = reader_bytes_of(reader, buffer, MATCH_CONTENT);
	if (match == NULL)
		return -EINVAL;
	match->negated = (flags & CONTENT_NEGATED) != 0;
	match->content.bytes = (const uint8_t *)text;
	match->content.size = (uint16_t)size;
	match->content.flags = (uint16_t)flags;
	return 0;
}

/** "tls.subject:"CN=..."": a part of it. detail: enum buffer_id */
static int
read_part(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	unsigned int flags = reader_negated(&value) ? CONTENT_NEGATED : 0;

	value = reader_quoted(reader, value);
	if (value == NULL)
		return -EINVAL;
	return add_text(reader, (enum buffer_id)keyword->detail, value, flags);
}

/** "tls.fingerprint:"4a:a3:..."": all of it */
static int
read_fingerprint(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum { FINGERPRINT = 59 /* characters: 20 bytes with colons between them */ };
	unsigned int flags = reader_negated(&value) ? CONTENT_NEGATED : 0;

	value = reader_quoted(reader, value);
	if (value == NULL)
		return -EINVAL;
	if (strlen(value) != FINGERPRINT)
		return reader_fault(reader, "it must be 20 bytes with colons between them");
	return add_text(reader, BUFFER_TLS_FINGERPRINT, value,
			flags | CONTENT_STARTSWITH | CONTENT_ENDSWITH);
}

/** "ssh.protoversion:2.0"; "2_compat" is 1.99, too */
static int
read_ssh_version(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;

	if (*value == '"')
		value = reader_quoted(reader, value);
	if (value == NULL)
		return -EINVAL;
	if (strcasecmp(value, "2_compat") != 0) {
		if (value[strspn(value, "0123456789.")] != '\0')
			return reader_fault(reader, "'%.30s' is no version of SSH", value);
		return add_text(reader, BUFFER_SSH_PROTOCOL, value,
				CONTENT_STARTSWITH | CONTENT_ENDSWITH);
	}
	match = reader_bytes_of(reader, BUFFER_SSH_PROTOCOL, MATCH_PCRE);
	if (match == NULL)
		return -EINVAL;
	match->pcre.text = "^(?:2|2\\.0|1\\.99)$";
	return 0;
}

static int
read_ssh_software(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	if (*value == '"')
		value = reader_quoted(reader, value);
	if (value == NULL)
		return -EINVAL;
	return add_text(reader, BUFFER_SSH_SOFTWARE, value, 0);
}

const struct keyword keywords_message[] = {
	{"app-layer-event", KEYWORD_VALUE, keyword_l7_event_read, 0},
	{"tls.version", KEYWORD_VALUE, keyword_tls_version_read, 0},
	{"ssl_version", KEYWORD_VALUE, keyword_ssl_version_read, 0},
	{"tls.cert_chain_len", KEYWORD_VALUE, read_chain_length,
	 MATCH_TLS_CERTS_COUNT | KEYWORD_32 | RULE_L7_TLS << L7_SHIFT},
	{"tls.subject", KEYWORD_VALUE, read_part, BUFFER_TLS_SUBJECT},
	{"tls.issuerdn", KEYWORD_VALUE, read_part, BUFFER_TLS_ISSUER},
	{"tls.fingerprint", KEYWORD_VALUE, read_fingerprint, 0},
	{"dns.opcode", KEYWORD_VALUE, read_l7_range,
	 MATCH_DNS_OPCODE | KEYWORD_8 | RULE_L7_DNS << L7_SHIFT},
	{"dns.rcode", KEYWORD_VALUE, read_l7_range,
	 MATCH_DNS_RCODE | KEYWORD_16 | RULE_L7_DNS << L7_SHIFT},
	{"dns.rrtype", KEYWORD_VALUE, read_l7_range,
	 MATCH_DNS_RRTYPE | KEYWORD_16 | RULE_L7_DNS << L7_SHIFT},
	{"ssh.protoversion", KEYWORD_VALUE, read_ssh_version, 0},
	{"ssh.softwareversion", KEYWORD_VALUE, read_ssh_software, 0},
	{"filename", KEYWORD_VALUE, keyword_file_name_read, 0},
	{"fileext", KEYWORD_VALUE, keyword_file_name_read, 1},
	{"filesize", KEYWORD_VALUE, keyword_file_size_read, MATCH_FILE_SIZE | KEYWORD_64},
	{"filemd5", KEYWORD_VALUE, keyword_file_hash_read, HASHES_MD5},
	{"filesha1", KEYWORD_VALUE, keyword_file_hash_read, HASHES_SHA1},
	{"filesha256", KEYWORD_VALUE, keyword_file_hash_read, HASHES_SHA256},
	{"filestore", KEYWORD_EITHER, keyword_filestore_read, 0},
	{"ftpbounce", KEYWORD_ALONE, read_ftp_bounce, 0},
	{"asn1", KEYWORD_VALUE, keyword_asn1_read, 0},
	{"dataset", KEYWORD_VALUE, keyword_dataset_read, 0},
	{"datarep", KEYWORD_VALUE, keyword_datarep_read, 0},
	{NULL, KEYWORD_ALONE, NULL, 0},
};
