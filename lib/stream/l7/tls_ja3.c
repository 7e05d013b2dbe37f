/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JA3 and JA3S: what a hello offers, as a text and its MD5. A client's: version, ciphers,
 * extensions, groups, point formats; a server's: version, cipher, extensions. Values are decimal,
 * in the order they stand; GREASE (RFC 8701) is left out.
 */

/* These work on a struct of the caller's; what has replaced them allocates. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "stream/l7/tls_view.h"

#include <openssl/md5.h>

#include "stream/l7/tls_text.h"

/** Bytes that are put together for MD5. */
enum { BLOCK = 256 };

/** A text that is both kept, as far as there is room, and hashed, as a whole. */
struct writer {
	struct tls_text text;
	MD5_CTX md5;
	char block[BLOCK];
	uint32_t size; /* of what stands in it */
};

static void
flush(struct writer *writer)
{
	MD5_Update(&writer->md5, writer->block, writer->size);
	tls_text_add(&writer->text, writer->block, writer->size);
	writer->size = 0;
}

static void
put(struct writer *writer, char byte)
{
	if (writer->size == BLOCK)
		flush(writer);
	writer->block[writer->size++] = byte;
}

static void
put_number(struct writer *writer, uint32_t number)
{
	char digits[10];
	uint32_t n = tls_decimal(number, digits);

	for (uint32_t i = 0; i < n; i++)
		put(writer, digits[i]);
}

/** Writes values with '-' between them. @param bytes  of each @param skips  GREASE is left out */
static void
put_list(struct writer *writer, struct wp_span list, uint32_t bytes, bool skips)
{
	struct wp_span value;
	bool is_first = true;

	while (tls_take(&list, bytes, &value)) {
		uint32_t number = tls_number(value);

		if (skips && tls_is_grease(number))
			continue;
		if (!is_first)
			put(writer, '-');
		put_number(writer, number);
		is_first = false;
	}
}

static void
put_extensions(struct writer *writer, struct wp_span left)
{
	struct wp_span type, body;
	bool is_first = true;

	while (tls_take(&left, 2, &type)) {
		uint32_t number = tls_number(type);

		tls_take_vector(&left, 2, &body);
		if (tls_is_grease(number))
			continue;
		if (!is_first)
			put(writer, '-');
		put_number(writer, number);
		is_first = false;
	}
}

static void
put_hello(struct writer *writer, const struct wp_tls_hello *hello)
{
	put_number(writer, hello->handshake_version);
	put(writer, ',');
	if (hello->is_client)
		put_list(writer, hello->ciphers, 2, true);
	else
		put_number(writer, hello->cipher);
	put(writer, ',');
	put_extensions(writer, hello->extensions);
	if (!hello->is_client)
		return;
	put(writer, ',');
	put_list(writer, hello->groups, 2, true);
	put(writer, ',');
	put_list(writer, hello->point_formats, 1, false);
}

void
tls_ja3(struct wp_tls_hello *hello, char *text)
{
	struct writer writer = {.text = {.bytes = text, .room = TLS_JA3_MAX}};
	uint8_t hash[MD5_DIGEST_LENGTH];

	MD5_Init(&writer.md5);
	put_hello(&writer, hello);
	flush(&writer);
	MD5_Final(hash, &writer.md5);
	tls_hex(hash, sizeof(hash), '\0', "0123456789abcdef", hello->ja3_hash);
	hello->ja3 = (struct wp_span){(const uint8_t *)text, writer.text.size};
}
