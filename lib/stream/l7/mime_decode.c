/* SPDX-License-Identifier: BSD-3-Clause */
/* Codings of parts: RFC 2045 sections 6.7 and 6.8. What they have no use for is passed over, as
 * readers of mail do. */

#include "stream/l7/mime_view.h"

#include "hex.h"

enum { OUT = 768 };

static void
tell(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	if (size == 0)
		return;
	l7_tell(run,
		(struct wp_stream_event){
			.type = WP_MIME_DATA, .data = data, .size = size, .offset = mime->offset});
	mime->offset += size;
}

/* Base64. */

/** Puts out the bytes of characters that make no whole three. @return how many */
static uint32_t
put_rest(struct mime_decoder *decoder, uint8_t out[2])
{
	uint32_t n = decoder->n < 2 ? 0 : decoder->n - 1u;

	decoder->bits <<= 6 * (4 - decoder->n);
	out[0] = (uint8_t)(decoder->bits >> 16);
	out[1] = (uint8_t)(decoder->bits >> 8);
	*decoder = (struct mime_decoder){0};
	return n;
}

static void
decode_base64(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	struct mime_decoder *decoder = &mime->decoder;
	uint8_t out[OUT + 3];
	uint32_t n = 0;

	for (uint32_t i = 0; i < size; i++) {
		int value = wp_base64_digit(data[i]);

		if (data[i] == '=')
			n += put_rest(decoder, out + n);
		if (value >= 0) {
			decoder->bits = decoder->bits << 6 | (uint32_t)value;
			decoder->n++;
		}
		if (decoder->n == 4) {
			out[n++] = (uint8_t)(decoder->bits >> 16);
			out[n++] = (uint8_t)(decoder->bits >> 8);
			out[n++] = (uint8_t)decoder->bits;
			*decoder = (struct mime_decoder){0};
		}
		if (n >= OUT) {
			tell(run, mime, out, n);
			n = 0;
		}
	}
	tell(run, mime, out, n);
}

/* Quoted-printable. */

/** Puts out what was taken for the beginning of a byte, and is none. @return how many */
static uint32_t
put_quoted(struct mime_decoder *decoder, uint8_t out[2])
{
	uint32_t n = decoder->n;

	out[0] = '=';
	out[1] = decoder->digit;
	*decoder = (struct mime_decoder){0};
	return n;
}

/** Takes a character. @return how many bytes come of it, at most 3 */
static uint32_t
take_quoted(struct mime_decoder *decoder, uint8_t byte, uint8_t out[3])
{
	bool is_digit = wp_hex_digit(byte) >= 0;
	uint32_t n = 0;

	if (decoder->n == 2 && is_digit) {
		out[0] = (uint8_t)wp_hex_byte(decoder->digit, byte);
		*decoder = (struct mime_decoder){0};
		return 1;
	}
	if (decoder->n == 1 && is_digit) {
		decoder->digit = byte;
		decoder->n = 2;
		return 0;
	}
	n = put_quoted(decoder, out);
	if (byte == '=')
		decoder->n = 1;
	else
		out[n++] = byte;
	return n;
}

static void
decode_quoted(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	uint8_t out[OUT + 3];
	uint32_t n = 0;

	for (uint32_t i = 0; i < size; i++) {
		n += take_quoted(&mime->decoder, data[i], out + n);
		if (n >= OUT) {
			tell(run, mime, out, n);
			n = 0;
		}
	}
	tell(run, mime, out, n);
}

/* Any. */

void
mime_decode(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	switch ((enum mime_coding)mime->said.coding) {
	case MIME_BASE64:
		decode_base64(run, mime, data, size);
		break;
	case MIME_QUOTED:
		decode_quoted(run, mime, data, size);
		break;
	default:
		tell(run, mime, data, size);
	}
}

void
mime_decode_rest(struct l7_run *run, struct mime *mime)
{
	uint8_t out[3];
	uint32_t n = 0;

	if (mime->said.coding == MIME_BASE64)
		n = put_rest(&mime->decoder, out);
	else if (mime->said.coding == MIME_QUOTED)
		n = put_quoted(&mime->decoder, out);
	tell(run, mime, out, n);
}

void
mime_decode_eol(struct l7_run *run, struct mime *mime, unsigned int eol)
{
	static const uint8_t crlf[] = "\r\n";
	bool is_soft = mime->said.coding == MIME_QUOTED && mime->decoder.n == 1;

	if (mime->said.coding == MIME_BASE64 || eol == MIME_NO_EOL)
		return;
	if (is_soft && eol != MIME_CR) {
		mime->decoder = (struct mime_decoder){0};
		return;
	}
	if (mime->said.coding == MIME_QUOTED)
		mime_decode_rest(run, mime);
	tell(run, mime, crlf + (eol == MIME_LF), eol == MIME_CRLF ? 2 : 1);
}
