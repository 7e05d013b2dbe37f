/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which format the first bytes of a body are of that is said to be coded: gzip (RFC 1952), zlib's
 * (RFC 1950), deflate alone (RFC 1951), or none. What the coding is called does not count, as end
 * hosts look at the bytes, too: they are read as each format that they may be of, as far as they
 * are there.
 */

#include <string.h>

#include "stream/l7/http_inflate.h"

enum {
	ROOM = 4096,
	FLAGS_AT = 3, /* of gzip (RFC 1952 section 2.3) */
	/* Plain bytes may look like a short deflate stream with some more behind, or like one that
	 * breaks: bytes that come out of those, at the most. */
	OUT_SHORT = 16,
	OUT_BROKEN = 64,
};

/** @return how many line ends stand in front of gzip: lax hosts take them to be the head's. */
static uint32_t
count_line_ends(const struct http_first *first)
{
	uint32_t n = 0;

	while (n < first->n && (first->bytes[n] == '\r' || first->bytes[n] == '\n'))
		n++;
	return n;
}

/** @return whether the bytes from there on begin as gzip does, as far as they are there. */
static bool
is_gzip(const struct http_first *first, uint32_t at)
{
	static const uint8_t magic[] = {0x1f, 0x8b};
	uint32_t n = first->n - at < sizeof(magic) ? first->n - at : sizeof(magic);

	return memcmp(first->bytes + at, magic, n) == 0;
}

/** RFC 1950 section 2.2 */
static bool
is_zlib(const uint8_t *bytes)
{
	return (bytes[0] & 0xf) == 8 && bytes[0] >> 4 <= 7 && (bytes[0] << 8 | bytes[1]) % 31 == 0;
}

/** @return what inflate() says of the first bytes. @param[out] n_out  bytes that they grow to, up
 * to ROOM */
static int
inflate_first(z_stream *z, const struct http_first *first, int bits, uint32_t *n_out)
{
	uint8_t out[ROOM];
	int error;

	inflateReset2(z, bits);
	inflateValidate(z, 0);
	z->next_in = first->bytes + first->skipped;
	z->avail_in = first->n - first->skipped;
	z->next_out = out;
	z->avail_out = sizeof(out);
	error = inflate(z, Z_NO_FLUSH);
	*n_out = ROOM - z->avail_out;
	return error;
}

/** @return whether the first bytes are of a format. */
static enum http_fit
fits(z_stream *z, const struct http_first *first, int bits)
{
	uint32_t n_out;
	int error = inflate_first(z, first, bits, &n_out);

	if (error == Z_STREAM_END)
		return bits > 0 || z->avail_in == 0 || n_out >= OUT_SHORT ? HTTP_FITS
									  : HTTP_FITS_NOT;
	if (error == Z_MEM_ERROR)
		return HTTP_FITS;
	if (error != Z_OK && error != Z_BUF_ERROR)
		return n_out > (bits > 0 ? 0 : OUT_BROKEN) ? HTTP_FITS : HTTP_FITS_NOT;
	return n_out != 0 ? HTTP_FITS : HTTP_MAY_FIT;
}

bool
http_format_mend(struct http_first *first)
{
	uint8_t *flags;
	bool is_odd;

	if (first->n <= first->skipped + FLAGS_AT) /* they are not among the first bytes */
		return false;
	flags = &first->bytes[first->skipped + FLAGS_AT];
	is_odd = (*flags & 0xe0) != 0;
	*flags &= 0x1f;
	return is_odd;
}

static enum http_fit
try_gzip(z_stream *z, struct http_first *first)
{
	uint8_t flags;
	enum http_fit fit;

	if (first->n <= first->skipped + FLAGS_AT)
		return HTTP_MAY_FIT;
	flags = first->bytes[first->skipped + FLAGS_AT];
	http_format_mend(first);
	fit = fits(z, first, 16 + MAX_WBITS);
	first->bytes[first->skipped + FLAGS_AT] = flags;
	return fit;
}

enum http_fit
http_format_find(z_stream *z, struct http_first *first, int *bits)
{
	enum http_fit fit = HTTP_FITS_NOT;

	first->skipped = count_line_ends(first);
	if (is_gzip(first, first->skipped)) {
		*bits = 16 + MAX_WBITS;
		fit = try_gzip(z, first);
		first->skipped = fit == HTTP_FITS_NOT ? 0 : first->skipped;
		return fit;
	}
	first->skipped = 0;
	if (first->n >= 2 && is_zlib(first->bytes)) {
		*bits = MAX_WBITS;
		fit = fits(z, first, MAX_WBITS);
	}
	if (fit == HTTP_FITS_NOT) {
		*bits = -MAX_WBITS;
		fit = fits(z, first, -MAX_WBITS);
	}
	return fit;
}
