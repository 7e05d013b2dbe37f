/* SPDX-License-Identifier: BSD-3-Clause */
/* One layer of a body's codings: what zlib is told of it. */

#ifndef WP_STREAM_L7_HTTP_INFLATE_H
#define WP_STREAM_L7_HTTP_INFLATE_H

#define ZLIB_CONST
#include <zlib.h>

#include "stream/l7/http_view.h"

enum {
	/* Bytes by which a format is known, as a rule; and at the latest. */
	HTTP_FIRST_SOME = 64,
	HTTP_FIRST_MAX = 256,
};

/** The first bytes of a body. */
struct http_first {
	uint16_t n;
	uint16_t skipped; /* of them, that stand in front of the format */
	uint8_t bytes[HTTP_FIRST_MAX];
};

struct http_inflate {
	z_stream z; /* zlib keeps its address */
	bool is_gzip;
	bool is_behind_header; /* of the format */
	struct http_first first;
};

enum http_fit { HTTP_FITS_NOT, HTTP_MAY_FIT, HTTP_FITS };

/** @return whether first bytes are of a format. @param z  that is open @param[out] bits  zlib's
 * number for the format, when they are or may be */
enum http_fit http_format_find(z_stream *z, struct http_first *first, int *bits);

/** Takes flags off gzip that have no meaning: zlib refuses them, others do not look. @return
 * whether there were some */
bool http_format_mend(struct http_first *first);

/** @return what is to inflate a layer; NULL: there is no memory for it. */
struct http_inflate *http_inflate_open(struct l7_run *run);

/** Begins with a format. */
void http_inflate_begin(struct http_inflate *inflater, int bits);

/** Begins with another member of gzip. @return false: it cannot be */
bool http_inflate_next(struct http_inflate *inflater);

/** Inflates once. @return what inflate() says */
int http_inflate_once(struct l7_run *run, struct http_inflate *inflater, uint8_t *out,
		      uint32_t size);

void http_inflate_close(struct l7_run *run, struct http_inflate *inflater);

#endif
