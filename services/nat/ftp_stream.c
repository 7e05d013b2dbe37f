/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers are compared as TCP does (RFC 9293 3.4): by the sign of their difference. */

#include "ftp_stream.h"

#include <string.h>

enum { OLD = 1 << 30 }; /* bytes after which nobody asks for a text again */

static int32_t
distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static uint32_t
end_of(const struct ftp_edit *edit)
{
	return edit->at + edit->before;
}

/** @return what an edit adds to the numbers behind it. */
static uint32_t
gain(const struct ftp_edit *edit)
{
	return (uint32_t)edit->after - edit->before;
}

uint32_t
ftp_stream_far(const struct ftp_stream *stream, uint32_t near)
{
	uint32_t shift = stream->shift;

	for (unsigned int i = 0; i < stream->n_edits; i++) {
		if (distance(end_of(&stream->edits[i]), near) < 0)
			break;
		shift += gain(&stream->edits[i]);
	}
	return near + shift;
}

uint32_t
ftp_stream_near(const struct ftp_stream *stream, uint32_t far, bool up)
{
	uint32_t shift = stream->shift;

	for (unsigned int i = 0; i < stream->n_edits; i++) {
		const struct ftp_edit *edit = &stream->edits[i];
		int32_t into = distance(edit->at + shift, far);

		if (into <= 0)
			break;
		if (into < edit->after)
			return up ? end_of(edit) : edit->at;
		shift += gain(edit);
	}
	return far - shift;
}

void
ftp_stream_acked(struct ftp_stream *stream, uint32_t far)
{
	if (stream->has_acked && distance(stream->acked, far) < 0)
		return;
	stream->acked = far;
	stream->has_acked = true;
}

/** Forgets the first edit, if nobody will ask for it again: its text has arrived. */
static bool
forget_first(struct ftp_stream *stream)
{
	const struct ftp_edit *first = &stream->edits[0];
	uint32_t far_end = first->at + stream->shift + first->after;
	bool has_come = stream->has_acked && distance(far_end, stream->acked) >= 0;

	if (!has_come && distance(first->at, stream->seen) < OLD)
		return false;
	stream->shift += gain(first);
	stream->n_edits--;
	memmove(&stream->edits[0], &stream->edits[1], stream->n_edits * sizeof(*first));
	return true;
}

/** Forgets edits so long ago that their numbers will soon seem to come. */
static void
forget_old(struct ftp_stream *stream)
{
	while (stream->n_edits != 0 && distance(stream->edits[0].at, stream->seen) >= OLD)
		forget_first(stream);
}

/** @return whether there is room for another edit. */
static bool
make_room(struct ftp_stream *stream)
{
	return stream->n_edits < FTP_EDITS || forget_first(stream);
}

/** Replaces the endpoint in a line. @param near  number of the line's first byte */
static void
replace(struct ftp_stream *stream, uint32_t near, const struct ftp_line *line)
{
	struct ftp_edit *edit = &stream->edits[stream->n_edits++];

	*edit = (struct ftp_edit){.at = near + line->at, .before = line->size};
	edit->after = ftp_line_write(line->kind, line->address, line->port, edit->text);
}

/** Judges a whole line. @return false when that must wait */
static bool
judge_line(struct ftp_stream *stream, struct ftp_segment *segment, const uint8_t *bytes,
	   unsigned int size, ftp_expose_fn expose, void *arg)
{
	struct ftp_line line = ftp_line_read(bytes, size, stream->of_server);

	if (stream->phase == FTP_FRESH)
		stream->phase = stream->of_server || ftp_line_logs_in(bytes, size) ? FTP_SPEAKS
										   : FTP_FOREIGN;
	if (line.kind == FTP_OTHER || stream->phase == FTP_FOREIGN)
		return true;
	if (line.kind == FTP_RUBBISH) {
		segment->left++;
		return true;
	}
	if (!make_room(stream))
		return false;
	if (!expose(arg, &line)) {
		segment->left++;
		return true;
	}
	replace(stream, stream->seen, &line);
	segment->replaced++;
	return true;
}

/** Judges what has not come before, line by line, from byte @p at of a segment on. */
static void
look(struct ftp_stream *stream, struct ftp_segment *segment, unsigned int at, ftp_expose_fn expose,
     void *arg)
{
	unsigned int end;

	forget_old(stream);
	for (; at < segment->size; at = end) {
		const uint8_t *bytes = segment->data + at;
		const uint8_t *last = memchr(bytes, '\n', segment->size - at);

		end = last == NULL ? segment->size : (unsigned int)(last + 1 - segment->data);
		if (!stream->in_line && last != NULL &&
		    !judge_line(stream, segment, bytes, end - at, expose, arg))
			return;
		if (!stream->in_line && last == NULL) {
			/* The rest of the line comes too late to be judged. */
			if (stream->phase == FTP_FRESH)
				stream->phase = FTP_FOREIGN;
			segment->left += stream->phase == FTP_SPEAKS &&
					 ftp_line_may_be(bytes, end - at, stream->of_server);
		}
		stream->in_line = last == NULL;
		stream->seen += end - at;
	}
}

/** Copies data up to byte @p end as far as there is room. @return whether all of it was */
static bool
copy(struct ftp_segment *segment, unsigned int from, unsigned int end)
{
	unsigned int room = (unsigned int)segment->room - segment->out_size, n = end - from;
	bool fits = n <= room;

	if (!fits) {
		n = room;
		segment->is_cut = true;
	}
	if (n != 0)
		memcpy(segment->out + segment->out_size, segment->data + from, n);
	segment->out_size = (uint16_t)(segment->out_size + n);
	return fits;
}

/** Likewise the text of an edit, whole or not at all. */
static bool
copy_text(struct ftp_segment *segment, const struct ftp_edit *edit)
{
	if (segment->out_size + edit->after > segment->room) {
		segment->is_cut = true;
		return false;
	}
	memcpy(segment->out + segment->out_size, edit->text, edit->after);
	segment->out_size = (uint16_t)(segment->out_size + edit->after);
	return true;
}

/** Writes what is sent for the first @p size bytes of a segment. @return false: it begins within a
 * replaced text */
static bool
write_out(const struct ftp_stream *stream, struct ftp_segment *segment, unsigned int size)
{
	unsigned int done = 0;

	for (unsigned int i = 0; i < stream->n_edits; i++) {
		const struct ftp_edit *edit = &stream->edits[i];
		int32_t at = distance(segment->seq, edit->at), end = at + edit->before;

		if (end <= 0)
			continue;
		if (at < 0)
			return false;
		if (at >= (int32_t)size)
			break;
		if (!copy(segment, done, (unsigned int)at))
			return true;
		if (end > (int32_t)size) {
			segment->is_cut = true;
			return true;
		}
		if (!copy_text(segment, edit))
			return true;
		done = (unsigned int)end;
	}
	copy(segment, done, size);
	return true;
}

bool
ftp_stream_out(struct ftp_stream *stream, struct ftp_segment *segment, ftp_expose_fn expose,
	       void *arg)
{
	int32_t ahead = distance(stream->seen, segment->seq);
	unsigned int known;

	segment->out_size = 0;
	segment->is_cut = false;
	segment->replaced = segment->left = 0;
	if (segment->size == 0 && !segment->ends)
		return true;
	if (ahead > 0 && stream->phase == FTP_FRESH)
		stream->phase = FTP_FOREIGN; /* nobody knows how it began */
	if (ahead > 0 && stream->phase != FTP_FOREIGN)
		return false; /* what is in front of it may yet change its place */
	if (stream->phase == FTP_FOREIGN)
		return copy(segment, 0, segment->size);
	if (distance(stream->seen, segment->seq + segment->size) > 0)
		look(stream, segment, (unsigned int)-ahead, expose, arg);
	known = segment->size;
	if (distance(stream->seen, segment->seq + segment->size) > 0) {
		known = stream->seen - segment->seq;
		segment->is_cut = true;
	}
	if (!write_out(stream, segment, known))
		return false;
	return segment->out_size != 0 || (segment->ends && !segment->is_cut);
}

bool
ftp_stream_is_sound(const struct ftp_stream *stream)
{
	uint32_t at = stream->n_edits == 0 ? 0 : stream->edits[0].at;

	if (stream->n_edits > FTP_EDITS || stream->phase >= FTP_PHASES || stream->of_server > 1 ||
	    stream->has_acked > 1 || stream->in_line > 1 ||
	    (stream->phase != FTP_SPEAKS && (stream->n_edits != 0 || stream->shift != 0)))
		return false;
	for (unsigned int i = 0; i < stream->n_edits; i++) {
		const struct ftp_edit *edit = &stream->edits[i];

		if (distance(at, edit->at) < 0 || edit->before == 0 ||
		    edit->before > FTP_TEXT_MAX || edit->after > FTP_TEXT_MAX)
			return false;
		at = end_of(edit);
		/* All within one half of the numbers: else the last might lie before the first. */
		if (distance(edit->at, stream->seen) < 0 || distance(at, stream->seen) < 0)
			return false;
	}
	return true;
}
