/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes gzip and deflate off a body (RFC 9110 section 8.4.1) with zlib, whose memory is the host's,
 * and tells what is in it. Where end hosts differ: what is called gzip and does not begin as gzip
 * does is taken as it is; deflate may come with zlib's header (RFC 1950) and without; of several
 * gzip members (RFC 1952 section 2.2) all are read.
 */

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "stream/l7/http_view.h"

enum {
	MODE_PLAIN, /* bytes are told as they come */
	MODE_FIRST, /* the format is not known yet */
	MODE_INFLATES,
	MODE_ENDED, /* a member has ended; another may follow */
	MODE_MUTE,  /* nothing more of this body is told */
};

enum {
	OUT_SIZE = 4096,
	/* What the bodies of a side may grow to: so many bytes, and so many for each that has come.
	 * Those are counted in steps, so that it does not matter how they come. */
	OUT_FREE = 128 << 10,
	OUT_RATIO = 100,
	IN_STEP = 1024,
};

struct http_inflate {
	z_stream z; /* zlib keeps its address */
	bool is_gzip;
};

static void
tell(struct l7_run *run, struct http_coding *coding, const uint8_t *data, uint32_t size)
{
	if (size == 0)
		return;
	l7_tell(run,
		(struct wp_stream_event){
			.type = WP_HTTP_BODY, .data = data, .size = size, .offset = coding->told});
	coding->told += size;
}

static void *
take(void *run, unsigned int n, unsigned int size)
{
	struct l7_run *to = run;

	return (uint64_t)n * size <= L7_TAKE_MAX ? to->host->take(to, (size_t)n * size) : NULL;
}

static void
give(void *run, void *memory)
{
	struct l7_run *to = run;

	to->host->give(to, memory);
}

void
http_coding_free(struct l7_run *run, struct http_coding *coding)
{
	struct http_inflate *inflater = coding->inflate;

	if (inflater == NULL)
		return;
	inflater->z.opaque = run;
	inflateEnd(&inflater->z);
	run->host->give(run, inflater);
	coding->inflate = NULL;
}

/** Nothing more is told of this body, because of an anomaly. */
static void
mute(struct l7_run *run, struct http_coding *coding, enum wp_http_anomaly anomaly)
{
	http_coding_free(run, coding);
	coding->mode = MODE_MUTE;
	http_tell_once(run, anomaly);
}

void
http_coding_begin(struct http_coding *coding, enum wp_http_coding kind)
{
	bool is_ours = kind == WP_HTTP_GZIP || kind == WP_HTTP_DEFLATE;

	*coding = (struct http_coding){.kind = kind,
				       .mode = is_ours ? MODE_FIRST : MODE_PLAIN,
				       .in = coding->in,
				       .out = coding->out};
}

/** Makes what inflates. @return false: there is no memory for it */
static bool
open_inflate(struct l7_run *run, struct http_coding *coding, int bits)
{
	struct http_inflate *inflater = run->host->take(run, sizeof(*inflater));

	if (inflater == NULL)
		return false;
	memset(inflater, 0, sizeof(*inflater));
	inflater->z.zalloc = take;
	inflater->z.zfree = give;
	inflater->z.opaque = run;
	inflater->is_gzip = bits > MAX_WBITS;
	if (inflateInit2(&inflater->z, bits) != Z_OK) {
		run->host->give(run, inflater);
		return false;
	}
	coding->inflate = inflater;
	coding->mode = MODE_INFLATES;
	return true;
}

/** @return zlib's number for the format that a body's first bytes are of; 0: none */
static int
format_of(const struct http_coding *coding)
{
	const uint8_t *first = coding->first;

	if (coding->kind == WP_HTTP_GZIP)
		return first[0] == 0x1f && first[1] == 0x8b ? 16 + MAX_WBITS : 0;
	/* RFC 1950 section 2.2 */
	if ((first[0] & 0xf) == 8 && first[0] >> 4 <= 7 && (first[0] << 8 | first[1]) % 31 == 0)
		return MAX_WBITS;
	return -MAX_WBITS;
}

static void inflate_bytes(struct l7_run *run, struct http_coding *coding, const uint8_t *data,
			  uint32_t size);

/** The first bytes are there, or all that there are. */
static void
begin(struct l7_run *run, struct http_coding *coding)
{
	int format = coding->n_first == 2 ? format_of(coding) : 0;

	coding->mode = MODE_PLAIN;
	if (format == 0) {
		http_tell_once(run, WP_HTTP_BROKEN_CODING);
	} else if (open_inflate(run, coding, format)) {
		inflate_bytes(run, coding, coding->first, 2);
		return;
	} else {
		l7_anomaly(run, WP_L7_NO_MEMORY);
	}
	tell(run, coding, coding->first, coding->n_first);
}

/** Tells what was inflated, as far as it may grow. @return whether it may go on */
static bool
tell_inflated(struct l7_run *run, struct http_coding *coding, const uint8_t *out, uint32_t size)
{
	uint64_t step = coding->in & ~(uint64_t)(IN_STEP - 1);
	uint64_t room = OUT_FREE + step * OUT_RATIO - coding->out;
	bool is_within = size <= room;

	if (!is_within)
		size = (uint32_t)room;
	coding->out += size;
	tell(run, coding, out, size);
	return is_within;
}

/** What zlib says when it cannot go on. */
static void
stop(struct l7_run *run, struct http_coding *coding, int error)
{
	struct http_inflate *inflater = coding->inflate;

	if (error == Z_STREAM_END) {
		coding->mode = MODE_ENDED;
	} else if (error == Z_MEM_ERROR) {
		/* For the window; what follows cannot be read without. */
		http_coding_free(run, coding);
		coding->mode = MODE_MUTE;
		l7_anomaly(run, WP_L7_NO_MEMORY);
	} else if (error != Z_OK && (error != Z_BUF_ERROR || inflater->z.avail_in != 0)) {
		mute(run, coding, WP_HTTP_BROKEN_CODING);
	}
}

/** Inflates once, and tells it. @return whether there may be more in what has come */
static bool
inflate_once(struct l7_run *run, struct http_coding *coding)
{
	struct http_inflate *inflater = coding->inflate;
	z_stream *z = &inflater->z;
	uint8_t out[OUT_SIZE];
	int error;

	z->next_out = out;
	z->avail_out = sizeof(out);
	error = inflate(z, Z_NO_FLUSH);
	if (!tell_inflated(run, coding, out, OUT_SIZE - z->avail_out)) {
		mute(run, coding, WP_HTTP_BOMB);
		return false;
	}
	stop(run, coding, error);
	return coding->mode == MODE_INFLATES && (z->avail_in != 0 || z->avail_out == 0);
}

/** Behind a member: another one, or bytes that are nobody's. @return whether it goes on */
static bool
begin_member(struct l7_run *run, struct http_coding *coding, uint8_t byte)
{
	struct http_inflate *inflater = coding->inflate;

	if (inflater->is_gzip && byte == 0x1f && inflateReset(&inflater->z) == Z_OK) {
		coding->mode = MODE_INFLATES;
		return true;
	}
	mute(run, coding, WP_HTTP_BROKEN_CODING);
	return false;
}

/** @param size  within one step of what is counted */
static void
inflate_step(struct l7_run *run, struct http_coding *coding, const uint8_t *data, uint32_t size)
{
	struct http_inflate *inflater = coding->inflate;
	z_stream *z = &inflater->z;

	z->opaque = run;
	z->next_in = data;
	z->avail_in = size;
	while (coding->mode == MODE_INFLATES || (coding->mode == MODE_ENDED && z->avail_in != 0)) {
		if (coding->mode == MODE_ENDED && !begin_member(run, coding, *z->next_in))
			return;
		if (!inflate_once(run, coding) && coding->mode != MODE_ENDED)
			break;
	}
	if (coding->inflate != NULL)
		coding->in += size;
}

static void
inflate_bytes(struct l7_run *run, struct http_coding *coding, const uint8_t *data, uint32_t size)
{
	while (size != 0 && (coding->mode == MODE_INFLATES || coding->mode == MODE_ENDED)) {
		uint32_t part = IN_STEP - (uint32_t)(coding->in % IN_STEP);

		if (part > size)
			part = size;
		inflate_step(run, coding, data, part);
		data += part;
		size -= part;
	}
}

void
http_coding_body(struct l7_run *run, struct http_coding *coding, const uint8_t *data, uint32_t size)
{
	while (coding->mode == MODE_FIRST && size != 0) {
		coding->first[coding->n_first++] = *data++;
		size--;
		if (coding->n_first == 2)
			begin(run, coding);
	}
	if (coding->mode == MODE_PLAIN)
		tell(run, coding, data, size);
	else
		inflate_bytes(run, coding, data, size);
}

void
http_coding_gap(struct l7_run *run, struct http_coding *coding, uint64_t size)
{
	if (coding->mode == MODE_PLAIN) {
		coding->told += size;
	} else if (coding->mode != MODE_MUTE) {
		http_coding_free(run, coding);
		coding->mode = MODE_MUTE;
		l7_anomaly(run, WP_L7_MISSED);
	}
}

void
http_coding_end(struct l7_run *run, struct http_coding *coding)
{
	if (coding->mode == MODE_FIRST && coding->n_first != 0)
		begin(run, coding);
	else if (coding->mode == MODE_INFLATES)
		http_tell_once(run, WP_HTTP_BROKEN_CODING);
	http_coding_free(run, coding);
	coding->mode = MODE_MUTE;
}
