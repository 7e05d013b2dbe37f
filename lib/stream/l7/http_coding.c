/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes gzip and deflate off a body (RFC 9110 section 8.4.1), in layers, and tells what is in it.
 * Where end hosts differ: a layer that is none is passed over; what breaks is taken as it is from
 * there on; of several gzip members (RFC 1952 section 2.2) all are read.
 */

#include <string.h>

#include "stream/l7/http_inflate.h"

enum {
	MODE_PLAIN, /* bytes are told as they come */
	MODE_FIRST, /* the format is not known yet */
	MODE_INFLATES,
	MODE_ENDED, /* a member has ended; another may follow */
	MODE_MUTE,  /* nothing more of this body is told */
};

enum {
	OUT_SIZE = 4096,
	/* What each layer of a side's bodies may grow to: so many bytes, and so many for each that
	 * has come. Those are counted in steps, so that it does not matter how they come. But each
	 * body may grow to some: a head in front of it has come, too. */
	OUT_FREE = 128 << 10,
	OUT_RATIO = 100,
	OUT_LEAST = 8 << 10,
	IN_STEP = 1024,
};

static void put(struct l7_run *run, struct http_coding *coding, unsigned int i, const uint8_t *data,
		uint32_t size);

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

static void
close_layer(struct l7_run *run, struct http_layer *layer)
{
	http_inflate_close(run, layer->inflate);
	layer->inflate = NULL;
}

void
http_coding_free(struct l7_run *run, struct http_coding *coding)
{
	for (unsigned int i = 0; i < WP_HTTP_LAYERS_MAX; i++)
		close_layer(run, &coding->layers[i]);
}

void
http_coding_begin(struct http_coding *coding, uint32_t n)
{
	coding->told = 0;
	coding->n = n < WP_HTTP_LAYERS_MAX ? (uint8_t)n : WP_HTTP_LAYERS_MAX;
	for (unsigned int i = 0; i < coding->n; i++) {
		coding->layers[i].mode = MODE_FIRST;
		coding->layers[i].before = coding->layers[i].out;
	}
}

/** Nothing more comes out of a layer. */
static void
mute(struct l7_run *run, struct http_layer *layer)
{
	close_layer(run, layer);
	layer->mode = MODE_MUTE;
}

/** Puts on what a layer has inflated, as far as it may grow. @return whether it may go on */
static bool
put_inflated(struct l7_run *run, struct http_coding *coding, unsigned int i, const uint8_t *out,
	     uint32_t size)
{
	struct http_layer *layer = &coding->layers[i];
	uint64_t step = coding->in & ~(uint64_t)(IN_STEP - 1);
	uint64_t most = OUT_FREE + step * OUT_RATIO, least = layer->before + OUT_LEAST;
	uint64_t room = (most > least ? most : least) - layer->out;
	bool is_within = size <= room;

	if (!is_within)
		size = (uint32_t)room;
	layer->out += size;
	put(run, coding, i + 1, out, size);
	return is_within;
}

/** A layer is none, or none any more: what is left of the bytes is taken as it is. */
static void
break_off(struct l7_run *run, struct http_coding *coding, unsigned int i)
{
	struct http_layer *layer = &coding->layers[i];
	const uint8_t *left = layer->inflate->z.next_in;
	uint32_t size = layer->inflate->z.avail_in;

	http_tell_once(run, WP_HTTP_BROKEN_CODING);
	layer->mode = MODE_PLAIN;
	/* They may be in the memory that is given back. */
	put(run, coding, i + 1, left, size);
	close_layer(run, layer);
}

/** What zlib says when it cannot go on. */
static void
stop(struct l7_run *run, struct http_coding *coding, unsigned int i, int error)
{
	struct http_layer *layer = &coding->layers[i];

	if (error == Z_STREAM_END) {
		layer->mode = MODE_ENDED;
	} else if (error == Z_MEM_ERROR) {
		/* For the window; what follows cannot be read without. */
		mute(run, layer);
		l7_anomaly(run, WP_L7_NO_MEMORY);
	} else if (error != Z_OK && (error != Z_BUF_ERROR || layer->inflate->z.avail_in != 0)) {
		break_off(run, coding, i);
	}
}

/** Inflates once, and puts it on. @return whether there may be more in what has come */
static bool
inflate_once(struct l7_run *run, struct http_coding *coding, unsigned int i)
{
	struct http_layer *layer = &coding->layers[i];
	z_stream *z = &layer->inflate->z;
	uint8_t out[OUT_SIZE];
	int error = http_inflate_once(run, layer->inflate, out, sizeof(out));

	if (!put_inflated(run, coding, i, out, OUT_SIZE - z->avail_out)) {
		mute(run, layer);
		http_tell_once(run, WP_HTTP_BOMB);
		return false;
	}
	stop(run, coding, i, error);
	return layer->mode == MODE_INFLATES && (z->avail_in != 0 || z->avail_out == 0);
}

/** Behind a member: another one, or bytes that are nobody's. @return whether it goes on */
static bool
begin_member(struct l7_run *run, struct http_coding *coding, unsigned int i)
{
	struct http_layer *layer = &coding->layers[i];

	if (*layer->inflate->z.next_in == 0x1f && http_inflate_next(layer->inflate)) {
		layer->mode = MODE_INFLATES;
		return true;
	}
	break_off(run, coding, i);
	return false;
}

static void
inflate_bytes(struct l7_run *run, struct http_coding *coding, unsigned int i, const uint8_t *data,
	      uint32_t size)
{
	struct http_layer *layer = &coding->layers[i];
	z_stream *z = &layer->inflate->z;

	z->next_in = data;
	z->avail_in = size;
	while (layer->mode == MODE_INFLATES || (layer->mode == MODE_ENDED && z->avail_in != 0)) {
		if (layer->mode == MODE_ENDED && !begin_member(run, coding, i))
			return;
		if (!inflate_once(run, coding, i) && layer->mode != MODE_ENDED)
			return;
	}
}

/** Makes up what a layer's first bytes are. @param bits  zlib's number for what they fit */
static void
settle(struct l7_run *run, struct http_coding *coding, unsigned int i, enum http_fit fit, int bits)
{
	struct http_layer *layer = &coding->layers[i];
	struct http_first *first = &layer->inflate->first;

	if (fit == HTTP_FITS) {
		if (bits > MAX_WBITS && http_format_mend(first))
			http_tell_once(run, WP_HTTP_BROKEN_CODING);
		http_inflate_begin(layer->inflate, bits);
		layer->mode = MODE_INFLATES;
		inflate_bytes(run, coding, i, first->bytes + first->skipped,
			      first->n - first->skipped);
		return;
	}
	layer->inflate->z.next_in = first->bytes;
	layer->inflate->z.avail_in = first->n;
	break_off(run, coding, i);
}

/** No more comes of first bytes, if a layer is there. @param is_end  of the body */
static void
settle_last(struct l7_run *run, struct http_coding *coding, unsigned int i, bool is_end)
{
	struct http_layer *layer = &coding->layers[i];
	enum http_fit fit;
	int bits;

	if (layer->mode != MODE_FIRST || layer->inflate == NULL)
		return;
	layer->inflate->z.opaque = run;
	fit = http_format_find(&layer->inflate->z, &layer->inflate->first, &bits);
	if (fit != HTTP_MAY_FIT || is_end)
		settle(run, coding, i, fit, bits);
}

/** Takes first bytes, as many as are wanted. @return bytes taken */
static uint32_t
take_first(struct http_first *first, const uint8_t *data, uint32_t size)
{
	uint32_t goal = first->n < HTTP_FIRST_SOME ? HTTP_FIRST_SOME : HTTP_FIRST_MAX;
	uint32_t n = goal - first->n < size ? goal - first->n : size;

	memcpy(first->bytes + first->n, data, n);
	first->n += (uint16_t)n;
	return n;
}

/** Looks at a layer's first bytes. @return bytes of these that were taken */
static uint32_t
look(struct l7_run *run, struct http_coding *coding, unsigned int i, const uint8_t *data,
     uint32_t size)
{
	struct http_layer *layer = &coding->layers[i];
	struct http_first *first;
	enum http_fit fit;
	uint32_t n;
	int bits;

	if (layer->inflate == NULL)
		layer->inflate = http_inflate_open(run);
	if (layer->inflate == NULL) {
		l7_anomaly(run, WP_L7_NO_MEMORY);
		layer->mode = MODE_PLAIN;
		return 0;
	}
	first = &layer->inflate->first;
	n = take_first(first, data, size);
	if (first->n != HTTP_FIRST_SOME && first->n != HTTP_FIRST_MAX)
		return n;
	layer->inflate->z.opaque = run;
	fit = http_format_find(&layer->inflate->z, first, &bits);
	if (fit == HTTP_MAY_FIT && first->n == HTTP_FIRST_MAX)
		fit = HTTP_FITS;
	if (fit != HTTP_MAY_FIT)
		settle(run, coding, i, fit, bits);
	return n;
}

/** Puts bytes into a layer, or what is in the last one out. */
static void
put(struct l7_run *run, struct http_coding *coding, unsigned int i, const uint8_t *data,
    uint32_t size)
{
	struct http_layer *layer = &coding->layers[i];

	if (i == coding->n) {
		tell(run, coding, data, size);
		return;
	}
	while (layer->mode == MODE_FIRST && size != 0) {
		uint32_t n = look(run, coding, i, data, size);

		data += n;
		size -= n;
	}
	if (size == 0)
		return;
	if (layer->mode == MODE_PLAIN)
		put(run, coding, i + 1, data, size);
	else if (layer->mode != MODE_MUTE)
		inflate_bytes(run, coding, i, data, size);
}

void
http_coding_body(struct l7_run *run, struct http_coding *coding, const uint8_t *data, uint32_t size)
{
	while (size != 0 && coding->n != 0) {
		uint32_t part = IN_STEP - (uint32_t)(coding->in % IN_STEP);

		if (part > size)
			part = size;
		put(run, coding, 0, data, part);
		coding->in += part;
		data += part;
		size -= part;
	}
	tell(run, coding, data, size);
}

void
http_coding_gap(struct l7_run *run, struct http_coding *coding, uint64_t size)
{
	for (unsigned int i = 0; i < coding->n; i++) {
		struct http_layer *layer = &coding->layers[i];

		settle_last(run, coding, i, false);
		if (layer->mode == MODE_PLAIN)
			continue;
		if (layer->mode != MODE_MUTE)
			l7_anomaly(run, WP_L7_MISSED);
		mute(run, layer);
		return;
	}
	coding->told += size;
}

void
http_coding_flush(struct l7_run *run, struct http_coding *coding, bool is_end)
{
	for (unsigned int i = 0; i < coding->n; i++)
		settle_last(run, coding, i, is_end);
}

void
http_coding_end(struct l7_run *run, struct http_coding *coding)
{
	http_coding_flush(run, coding, true);
	for (unsigned int i = 0; i < coding->n; i++) {
		if (coding->layers[i].mode == MODE_INFLATES)
			http_tell_once(run, WP_HTTP_BROKEN_CODING);
		mute(run, &coding->layers[i]);
	}
}
