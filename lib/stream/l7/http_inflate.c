/* SPDX-License-Identifier: BSD-3-Clause */
/* zlib for one layer of a body's codings; its memory is the host's. */

#include <string.h>

#include "stream/l7/http_inflate.h"

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

struct http_inflate *
http_inflate_open(struct l7_run *run)
{
	struct http_inflate *inflater = run->host->take(run, sizeof(*inflater));

	if (inflater == NULL)
		return NULL;
	memset(inflater, 0, sizeof(*inflater));
	inflater->z.zalloc = take;
	inflater->z.zfree = give;
	inflater->z.opaque = run;
	if (inflateInit2(&inflater->z, MAX_WBITS) == Z_OK)
		return inflater;
	run->host->give(run, inflater);
	return NULL;
}

void
http_inflate_begin(struct http_inflate *inflater, int bits)
{
	inflateReset2(&inflater->z, bits);
	inflater->is_gzip = bits > MAX_WBITS;
	inflater->is_behind_header = bits < 0;
	inflateValidate(&inflater->z, 0);
}

bool
http_inflate_next(struct http_inflate *inflater)
{
	if (!inflater->is_gzip || inflateReset(&inflater->z) != Z_OK)
		return false;
	inflater->is_behind_header = false;
	inflateValidate(&inflater->z, 0);
	return true;
}

/** Check values of headers do not count; those behind the data say what others may refuse. */
int
http_inflate_once(struct l7_run *run, struct http_inflate *inflater, uint8_t *out, uint32_t size)
{
	z_stream *z = &inflater->z;
	int error;

	z->opaque = run;
	z->next_out = out;
	z->avail_out = size;
	error = inflate(z, inflater->is_behind_header ? Z_NO_FLUSH : Z_BLOCK);
	/* zlib says so where a block begins. */
	if (!inflater->is_behind_header && (z->data_type & 128) != 0) {
		inflater->is_behind_header = true;
		inflateValidate(z, 1);
	}
	return error;
}

void
http_inflate_close(struct l7_run *run, struct http_inflate *inflater)
{
	if (inflater == NULL)
		return;
	inflater->z.opaque = run;
	inflateEnd(&inflater->z);
	run->host->give(run, inflater);
}
