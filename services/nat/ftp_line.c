/* SPDX-License-Identifier: BSD-3-Clause */
/* Strict on purpose: what is read here makes somebody reachable from outside. */

#include "ftp_line.h"

#include <string.h>

#include "ascii.h"

/** What is left to read of a line. */
struct reader {
	const uint8_t *at, *end;
};

/** Reads a decimal number of at most @p digits digits. @return it, or -1 */
static int32_t
read_number(struct reader *reader, unsigned int digits, uint32_t max)
{
	uint32_t number = 0;
	unsigned int n = 0;

	for (; reader->at < reader->end && wp_is_digit(*reader->at); reader->at++, n++) {
		if (n == digits)
			return -1;
		number = number * 10 + (*reader->at - '0');
	}
	return n == 0 || number > max ? -1 : (int32_t)number;
}

static bool
read_byte(struct reader *reader, uint8_t byte)
{
	if (reader->at == reader->end || *reader->at != byte)
		return false;
	reader->at++;
	return true;
}

/** Reads @p n bytes as numbers with something between them. */
static bool
read_bytes(struct reader *reader, uint8_t between, unsigned int n, uint8_t *bytes)
{
	for (unsigned int i = 0; i < n; i++) {
		int32_t number = -1;

		if (i == 0 || read_byte(reader, between))
			number = read_number(reader, 3, UINT8_MAX);
		if (number < 0)
			return false;
		bytes[i] = (uint8_t)number;
	}
	return true;
}

/** h1,h2,h3,h4,p1,p2 */
static bool
read_tuple(struct reader *reader, struct ftp_line *line)
{
	uint8_t bytes[6];

	if (!read_bytes(reader, ',', 6, bytes))
		return false;
	memcpy(&line->address, bytes, 4);
	line->port = (uint16_t)(bytes[4] << 8 | bytes[5]);
	return true;
}

/** a.b.c.d|port */
static bool
read_extended(struct reader *reader, struct ftp_line *line)
{
	uint8_t bytes[4] = {0};
	int32_t port = -1;

	if (read_bytes(reader, '.', 4, bytes) && read_byte(reader, '|'))
		port = read_number(reader, 5, UINT16_MAX);
	memcpy(&line->address, bytes, 4);
	line->port = (uint16_t)port;
	return port >= 0;
}

static bool
read_port(struct reader *reader, struct ftp_line *line)
{
	int32_t port = read_number(reader, 5, UINT16_MAX);

	line->port = (uint16_t)port;
	return port >= 0;
}

/** @return whether bytes begin with a word, in capitals or not. */
static bool
begins(const uint8_t *bytes, unsigned int size, const char *word)
{
	for (; *word != '\0'; bytes++, word++, size--) {
		uint8_t byte = size == 0 ? 0 : *bytes;

		if (byte >= 'a' && byte <= 'z')
			byte = (uint8_t)(byte - 'a' + 'A');
		if (byte != (uint8_t)*word)
			return false;
	}
	return true;
}

/** Leaves the end of a line away. */
static unsigned int
without_end(const uint8_t *line, unsigned int size)
{
	if (size != 0 && line[size - 1] == '\n')
		size--;
	if (size != 0 && line[size - 1] == '\r')
		size--;
	return size;
}

/** Notes where the endpoint stands that has just been read. */
static struct ftp_line
found(struct ftp_line *line, enum ftp_kind kind, const uint8_t *first, const struct reader *reader,
      const uint8_t *from)
{
	line->kind = kind;
	line->at = (uint16_t)(from - first);
	line->size = (uint8_t)(reader->at - from);
	return *line;
}

static struct ftp_line
read_command(const uint8_t *first, unsigned int size)
{
	struct ftp_line line = {0};
	struct reader reader = {first, first + size};

	if (begins(first, size, "PORT ")) {
		reader.at = first + 5;
		if (read_tuple(&reader, &line) && reader.at == reader.end)
			return found(&line, FTP_PORT, first, &reader, first + 5);
	} else if (begins(first, size, "EPRT |1|")) {
		reader.at = first + 8;
		if (read_extended(&reader, &line) && reader.end - reader.at == 1 &&
		    *reader.at == '|')
			return found(&line, FTP_EPRT, first, &reader, first + 8);
	} else if (!begins(first, size, "EPRT |1")) {
		return (struct ftp_line){.kind = FTP_OTHER};
	}
	return (struct ftp_line){.kind = FTP_RUBBISH};
}

/** RFC 1123 4.1.2.6: the endpoint begins at the first digit of the text. */
static struct ftp_line
read_reply(const uint8_t *first, unsigned int size)
{
	struct ftp_line line = {0};
	struct reader reader = {first, first + size};
	bool extended = begins(first, size, "229 ");
	const uint8_t *from;

	if (!extended && !begins(first, size, "227 "))
		return (struct ftp_line){.kind = FTP_OTHER};
	reader.at = first + 4;
	while (reader.at < reader.end && !wp_is_digit(*reader.at))
		reader.at++;
	from = reader.at;
	if (!extended && read_tuple(&reader, &line))
		return found(&line, FTP_227, first, &reader, from);
	if (extended && from - first >= 8 && memcmp(from - 4, "(|||", 4) == 0 &&
	    read_port(&reader, &line) && read_byte(&reader, '|') && read_byte(&reader, ')')) {
		reader.at -= 2;
		return found(&line, FTP_229, first, &reader, from);
	}
	return (struct ftp_line){.kind = FTP_RUBBISH};
}

struct ftp_line
ftp_line_read(const uint8_t *line, unsigned int size, bool of_server)
{
	size = without_end(line, size);
	if (size > UINT8_MAX)
		return (struct ftp_line){.kind = FTP_OTHER};
	return of_server ? read_reply(line, size) : read_command(line, size);
}

/** Writes a decimal number. @return behind it */
static uint8_t *
put_number(uint8_t *at, unsigned int number)
{
	uint8_t digits[5], n = 0;

	do {
		digits[n++] = (uint8_t)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	while (n != 0)
		*at++ = digits[--n];
	return at;
}

uint8_t
ftp_line_write(enum ftp_kind kind, uint32_t address, uint16_t port, uint8_t *text)
{
	uint8_t bytes[6] = {0, 0, 0, 0, (uint8_t)(port >> 8), (uint8_t)port}, *at = text;
	bool tuple = kind == FTP_PORT || kind == FTP_227;

	memcpy(bytes, &address, 4);
	for (unsigned int i = 0; kind != FTP_229 && i < (tuple ? 6 : 4); i++) {
		if (i != 0)
			*at++ = tuple ? ',' : '.';
		at = put_number(at, bytes[i]);
	}
	if (kind == FTP_EPRT)
		*at++ = '|';
	if (!tuple)
		at = put_number(at, port);
	return (uint8_t)(at - text);
}

bool
ftp_line_may_be(const uint8_t *line, unsigned int size, bool of_server)
{
	static const char *const words[2][2] = {{"PORT ", "EPRT |1"}, {"227 ", "229 "}};
	char begun[8] = {0};

	for (unsigned int i = 0; i < 2; i++) {
		size_t n = strlen(words[of_server][i]);

		memcpy(begun, words[of_server][i], n + 1);
		if (size < n)
			begun[size] = '\0';
		if (begins(line, size, begun))
			return true;
	}
	return false;
}

bool
ftp_line_logs_in(const uint8_t *line, unsigned int size)
{
	/* RFC 959, 2228, 2389, 2640, 7151 */
	static const char *const words[] = {"USER ", "AUTH ", "HOST ", "FEAT\r", "SYST\r",
					    "OPTS ", "LANG",  "CLNT ", "NOOP\r", "HELP"};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(line, size, words[i]))
			return true;
	return false;
}

bool
ftp_line_greets(const uint8_t *line, unsigned int size)
{
	return begins(line, size, "220 ") || begins(line, size, "220-");
}
