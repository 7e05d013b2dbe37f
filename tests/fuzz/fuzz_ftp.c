/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what an inside end of FTP's control connection says, in any segments, in any order,
 * and as a stream that somebody else wrote. Each byte must have one fate, numbers must come back
 * to where they were, and nothing outside a segment may be read or written. */

#include <stdlib.h>
#include <string.h>

#include "ftp_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 5, STEP = 4, FAR_MAX = 1 << 16 };

static uint8_t far_bytes[FAR_MAX], far_known[FAR_MAX];

static void
require(bool good)
{
	if (!good)
		abort();
}

/** Exposes most endpoints; what as, the line says. */
static bool
expose(void *arg, struct ftp_line *line)
{
	require(line->size <= FTP_TEXT_MAX && line->kind > FTP_RUBBISH);
	line->address = line->address * 0x9e3779b1u ^ line->port;
	line->port = (uint16_t)(line->port * 40503u);
	return line->port % 8 != 0;
}

/** What goes out is what went out there before. @param begin  far number of the stream's first byte
 */
static void
compare(uint32_t far, const uint8_t *bytes, unsigned int n, uint32_t begin)
{
	for (unsigned int i = 0; i < n; i++) {
		uint32_t at = far + i - begin;

		if (at >= FAR_MAX)
			continue;
		require(!far_known[at] || far_bytes[at] == bytes[i]);
		far_known[at] = 1;
		far_bytes[at] = bytes[i];
	}
}

/** Sends one segment, in buffers that end where it ends. */
static void
send(struct ftp_stream *stream, uint32_t begin, const uint8_t *text, uint16_t at, uint16_t n,
     uint8_t choice)
{
	uint16_t room = (uint16_t)(n + (choice >> 1));
	uint8_t *copy = malloc(n), *out = malloc(room);
	struct ftp_segment segment = {.seq = begin + at,
				      .data = copy,
				      .size = n,
				      .ends = choice & 1,
				      .out = out,
				      .room = room};

	if (n != 0)
		memcpy(copy, text + at, n);
	if (ftp_stream_out(stream, &segment, expose, NULL)) {
		require(segment.out_size <= room);
		/* Of forgotten texts nobody asks any more. */
		if (!stream->has_acked)
			compare(ftp_stream_far(stream, segment.seq), out, segment.out_size, begin);
	}
	require(ftp_stream_is_sound(stream));
	free(copy);
	free(out);
}

static void
check_numbers(const struct ftp_stream *stream, uint32_t near)
{
	uint32_t far = ftp_stream_far(stream, near);
	uint32_t first = ftp_stream_near(stream, far, false);
	uint32_t last = ftp_stream_near(stream, far, true);

	/* Within a text there is no other number than its ends'. */
	require((int32_t)(near - first) <= FTP_TEXT_MAX && (int32_t)(last - first) >= 0 &&
		(int32_t)(last - first) <= FTP_TEXT_MAX);
}

/** A stream from a file: sound, it leads nowhere; else it is refused. */
static void
restored(const uint8_t *data, size_t size)
{
	struct ftp_stream stream;

	if (size < sizeof(stream))
		return;
	memcpy(&stream, data, sizeof(stream));
	if (!ftp_stream_is_sound(&stream) || stream.phase == FTP_FOREIGN)
		return;
	for (uint16_t n = 0; n < 64; n++) {
		uint8_t out[128];
		struct ftp_segment segment = {.seq = stream.seen - n,
					      .data = data,
					      .size = n,
					      .out = out,
					      .room = sizeof(out)};

		ftp_stream_out(&stream, &segment, expose, NULL);
		require(segment.out_size <= sizeof(out));
		ftp_stream_near(&stream, stream.seen + n, n & 1);
	}
}

/** Input: choices, then 4 bytes for each segment (where, how long, what else), a count of them
 * first; the rest is what is said. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ftp_stream stream = {0};
	unsigned int n_steps;
	const uint8_t *text;
	uint32_t begin;
	size_t n;

	restored(data, size);
	if (size < CHOICES || size < CHOICES + (size_t)data[4] * STEP)
		return 0;
	n_steps = data[4];
	memcpy(&begin, data, 4);
	stream.seen = begin;
	stream.of_server = n_steps & 1;
	text = data + CHOICES + n_steps * STEP;
	n = size - CHOICES - n_steps * STEP;
	memset(far_known, 0, sizeof(far_known));
	for (unsigned int i = 0; i < n_steps && n != 0 && stream.phase != FTP_FOREIGN; i++) {
		const uint8_t *step = data + CHOICES + i * STEP;
		/* Mostly what comes next, as a real one does. */
		uint32_t next = stream.seen - begin;
		size_t at =
			step[0] < 128 && next <= n ? next : (size_t)(step[0] << 8 | step[1]) % n;
		size_t left = n - at, length = step[2] < left ? step[2] : left;

		send(&stream, begin, text, (uint16_t)at, (uint16_t)length, step[3]);
		if (step[3] == 255)
			ftp_stream_acked(&stream, begin + step[1]);
		check_numbers(&stream, begin + (uint32_t)at);
	}
	return 0;
}
