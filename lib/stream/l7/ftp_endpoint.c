/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a data connection shall go to: PORT and 227 (RFC 959 section 4.1.2), EPRT and 229
 * (RFC 2428). Read as widely as servers and clients do: behind a number anything may stand.
 */

#include "stream/l7/ftp_view.h"

#include <arpa/inet.h>
#include <string.h>

#include "stream/l7/text_words.h"

enum { ADDRESS_TEXT = 45 }; /* bytes of the longest IPv6 address as text */

static bool
read_port(struct text_reader *reader, struct wp_text_line *line)
{
	uint64_t port;

	if (!text_read_number(reader, UINT16_MAX, &port))
		return false;
	line->endpoint.port = (uint16_t)port;
	return true;
}

/** h1,h2,h3,h4,p1,p2 */
static bool
read_tuple(struct text_reader *reader, struct wp_text_line *line)
{
	uint8_t bytes[6];

	for (unsigned int i = 0; i < sizeof(bytes); i++) {
		uint64_t number;

		if (i != 0 && !text_read_byte(reader, ','))
			return false;
		text_read_blanks(reader);
		if (!text_read_number(reader, UINT8_MAX, &number))
			return false;
		bytes[i] = (uint8_t)number;
	}
	memcpy(line->endpoint.address, bytes, 4);
	line->endpoint.port = (uint16_t)(bytes[4] << 8 | bytes[5]);
	line->version = 4;
	return true;
}

/** Reads an address as text, up to the delimiter. */
static bool
read_address(struct text_reader *reader, uint8_t delimiter, unsigned int version,
	     struct wp_text_line *line)
{
	char text[ADDRESS_TEXT + 1];
	unsigned int n = 0;

	for (; reader->at < reader->end && *reader->at != delimiter; reader->at++) {
		if (n == ADDRESS_TEXT)
			return false;
		text[n++] = (char)*reader->at;
	}
	text[n] = '\0';
	line->version = (uint8_t)version;
	return inet_pton(version == 6 ? AF_INET6 : AF_INET, text, line->endpoint.address) == 1;
}

/** @return the delimiter that an extended endpoint begins with (RFC 2428 section 2: any
 * printable character); 0: none. */
static uint8_t
read_delimiter(struct text_reader *reader)
{
	if (reader->at == reader->end || *reader->at < 33 || *reader->at > 126)
		return 0;
	return *reader->at++;
}

/** |1|132.235.1.2|6275| */
static bool
read_extended(struct text_reader *reader, struct wp_text_line *line)
{
	uint8_t delimiter = read_delimiter(reader);
	uint64_t family;

	if (delimiter == 0 || !text_read_number(reader, 2, &family) || family == 0 ||
	    !text_read_byte(reader, delimiter))
		return false;
	return read_address(reader, delimiter, family == 2 ? 6 : 4, line) &&
	       text_read_byte(reader, delimiter) && read_port(reader, line);
}

/** RFC 1123 section 4.1.2.6: it begins at the first digit of the text. */
static bool
read_passive(struct text_reader *reader, struct wp_text_line *line)
{
	while (reader->at < reader->end && (*reader->at < '0' || *reader->at > '9'))
		reader->at++;
	return read_tuple(reader, line);
}

/** (|||6446|) */
static bool
read_extended_passive(struct text_reader *reader, struct wp_text_line *line)
{
	uint8_t delimiter;

	while (reader->at < reader->end && *reader->at != '(')
		reader->at++;
	if (!text_read_byte(reader, '('))
		return false;
	delimiter = read_delimiter(reader);
	return delimiter != 0 && text_read_byte(reader, delimiter) &&
	       text_read_byte(reader, delimiter) && read_port(reader, line);
}

bool
ftp_endpoint_read(struct wp_text_line *line)
{
	struct text_reader argument = text_reader(line->argument), text = text_reader(line->text);

	if (line->command == WP_FTP_PORT)
		line->has_endpoint = read_tuple(&argument, line);
	else if (line->command == WP_FTP_EPRT)
		line->has_endpoint = read_extended(&argument, line);
	else if (line->code == 227 && line->is_last)
		line->has_endpoint = read_passive(&text, line);
	else if (line->code == 229 && line->is_last)
		line->has_endpoint = read_extended_passive(&text, line);
	else
		return true;
	return line->has_endpoint;
}
