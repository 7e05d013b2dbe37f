/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a message: headers, boundaries (RFC 2046 section 5.1.1), and what is neither. */

#include <string.h>

#include "stream/l7/mime_view.h"

/* Parts. */

static void
begin_head(struct mime *mime)
{
	mime->phase = MIME_HEAD;
	mime->n_field = 0;
	mime->eol = MIME_NO_EOL;
	memset(&mime->said, 0, offsetof(struct mime_said, boundary));
}

static void
tell_part(struct l7_run *run, struct mime *mime)
{
	const struct mime_said *said = &mime->said;
	struct wp_mime_part part = {.number = ++mime->number};

	if (said->has_name)
		part.name = (struct wp_span){said->name, said->n_name};
	if (said->has_type)
		part.type = (struct wp_span){said->type, said->n_type};
	mime->is_told = true;
	mime->offset = 0;
	mime->decoder = (struct mime_decoder){0};
	l7_tell(run, (struct wp_stream_event){.type = WP_MIME_PART, .mime = &part});
}

static void
end_part(struct l7_run *run, struct mime *mime, enum wp_mime_end how)
{
	if (!mime->is_told)
		return;
	mime_decode_rest(run, mime);
	mime->is_told = false;
	l7_tell(run, (struct wp_stream_event){
			     .type = WP_MIME_END, .detail = (uint8_t)how, .offset = mime->offset});
}

/** Takes the boundary that a type has, if parts follow that one begins. @return whether they do */
static bool
take_boundary(struct mime *mime)
{
	struct mime_boundary *boundary = &mime->boundaries[mime->depth];

	if (!mime->said.is_multipart || mime->said.n_boundary == 0 || mime->depth == MIME_DEPTH_MAX)
		return false;
	boundary->size = (uint8_t)mime->said.n_boundary;
	boundary->has_other = false;
	memcpy(boundary->bytes, mime->said.boundary, boundary->size);
	mime->depth++;
	return true;
}

static void
end_head(struct l7_run *run, struct mime *mime)
{
	if (take_boundary(mime)) {
		mime->phase = MIME_PASSED;
		return;
	}
	if (mime->said.is_message && mime->said.coding == MIME_PLAIN) {
		begin_head(mime);
		return;
	}
	mime->phase = MIME_PART;
	tell_part(run, mime);
}

/* Lines. */

static void
end_field(struct mime *mime)
{
	if (mime_field_is_type(mime->field, mime->n_field) && take_boundary(mime))
		mime->boundaries[mime->depth - 1].has_other = true;
	if (mime->n_field != 0)
		mime_field_read(&mime->said, mime->field, mime->n_field);
	mime->n_field = 0;
}

/** Takes a line of headers. */
static void
read_header(struct l7_run *run, struct mime *mime, struct wp_span line)
{
	uint32_t room;

	if (line.size == 0) {
		end_field(mime);
		end_head(run, mime);
		return;
	}
	if (*line.data != ' ' && *line.data != '\t')
		end_field(mime);
	room = MIME_FIELD_MAX - mime->n_field;
	if (line.size > room)
		line.size = room;
	memcpy(mime->field + mime->n_field, line.data, line.size);
	mime->n_field = (uint16_t)(mime->n_field + line.size);
}

static bool
ends_with_dashes(struct wp_span line)
{
	return line.data[line.size - 1] == '-' && line.data[line.size - 2] == '-';
}

/** @return whether a line has a boundary, and nothing behind it but two dashes and blanks; or, of a
 * longer one, what is compared of it. */
static bool
is_boundary(const struct mime_boundary *boundary, struct wp_span line, bool *is_last)
{
	uint32_t at = 2 + boundary->size;

	if (line.size < at || memcmp(line.data + 2, boundary->bytes, boundary->size) != 0)
		return false;
	if (boundary->size == MIME_BOUNDARY_MAX) {
		*is_last = ends_with_dashes(line);
		return true;
	}
	*is_last = line.size - at >= 2 && line.data[at] == '-' && line.data[at + 1] == '-';
	for (at += *is_last ? 2 : 0; at < line.size; at++)
		if (line.data[at] != ' ' && line.data[at] != '\t')
			return false;
	return true;
}

/** @return how many boundaries are left behind one that was met. Of a part that has two nobody
 * knows which one its reader takes: both are, until one around it is met. */
static uint8_t
depth_behind(const struct mime *mime, unsigned int i, bool is_last)
{
	bool has_other =
		mime->boundaries[i].has_other || (i != 0 && mime->boundaries[i - 1].has_other);

	while (i + 1 < mime->depth && mime->boundaries[i].has_other)
		i++;
	return (uint8_t)(is_last && !has_other ? i : i + 1);
}

/** Acts on a line that begins with two dashes, if it is a boundary. The innermost comes first.
 * @return whether it is */
static bool
meet_boundary(struct l7_run *run, struct mime *mime, struct wp_span line)
{
	bool is_last = false;

	for (unsigned int i = mime->depth; i-- != 0;) {
		if (!is_boundary(&mime->boundaries[i], line, &is_last))
			continue;
		end_part(run, mime, WP_MIME_WHOLE);
		mime->depth = depth_behind(mime, i, is_last);
		begin_head(mime);
		if (is_last)
			mime->phase = MIME_PASSED;
		return true;
	}
	return false;
}

/** Tells bytes that are of the part, and the end of the line in front of them. */
static void
read_part(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	if (mime->phase != MIME_PART)
		return;
	mime_decode_eol(run, mime, mime->eol);
	mime->eol = MIME_NO_EOL;
	mime_decode(run, mime, data, size);
}

/** The end of a line is the part's if no boundary follows. */
static void
note_eol(struct mime *mime, enum mime_eol eol)
{
	if (mime->phase == MIME_PART)
		mime->eol = (uint8_t)eol;
}

/** Takes a line that was kept. @param eol  enum mime_eol: how it ends; MIME_NO_EOL: it goes on */
static void
read_line(struct l7_run *run, struct mime *mime, unsigned int eol)
{
	struct wp_span line = {mime->line, mime->n_line};
	bool has_dashes = line.size >= 2 && line.data[0] == '-' && line.data[1] == '-';

	mime->n_line = 0;
	mime->is_within = eol == MIME_NO_EOL;
	if (has_dashes && eol != MIME_NO_EOL && meet_boundary(run, mime, line))
		return;
	if (mime->phase == MIME_HEAD) {
		read_header(run, mime, line);
		return;
	}
	read_part(run, mime, line.data, line.size);
	note_eol(mime, (enum mime_eol)eol);
}

/** @return whether the line at hand has to be kept, as far as it is known. */
static bool
is_kept(const struct mime *mime, const uint8_t *data, uint32_t size)
{
	uint8_t known[2] = {'-', '-'};

	if (mime->phase == MIME_HEAD)
		return true;
	if (mime->depth == 0)
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		if (i < mime->n_line)
			known[i] = mime->line[i];
		else if (i - mime->n_line < size)
			known[i] = data[i - mime->n_line];
	}
	return known[0] == '-' && known[1] == '-';
}

/** Reads from the beginning of a line. @return how many bytes were read */
static uint32_t
read_begin(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	uint32_t room = MIME_LINE_MAX - mime->n_line, n = size < room ? size : room;
	const uint8_t *end = memchr(data, '\n', n);

	if (!is_kept(mime, data, size)) {
		read_line(run, mime, MIME_NO_EOL);
		return 0;
	}
	if (end != NULL)
		n = (uint32_t)(end - data) + 1;
	memcpy(mime->line + mime->n_line, data, n);
	mime->n_line = (uint16_t)(mime->n_line + n);
	if (end == NULL) {
		if (mime->n_line == MIME_LINE_MAX)
			read_line(run, mime, MIME_NO_EOL);
		return n;
	}
	mime->n_line--;
	if (mime->n_line != 0 && mime->line[mime->n_line - 1] == '\r') {
		mime->n_line--;
		read_line(run, mime, MIME_CRLF);
	} else {
		read_line(run, mime, MIME_LF);
	}
	return n;
}

/** Reads a CR that ended the last bytes: it is half of the line's end, or one of its bytes. */
static uint32_t
read_behind_cr(struct l7_run *run, struct mime *mime, uint8_t byte)
{
	if (byte != '\n') {
		read_part(run, mime, NULL, 0);
		return 0;
	}
	mime->eol = MIME_CRLF;
	mime->is_within = false;
	return 1;
}

/** Reads on within a line. @return how many bytes were read */
static uint32_t
read_within(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	const uint8_t *end;
	uint32_t n, eol = 0;

	if (mime->eol == MIME_CR)
		return read_behind_cr(run, mime, *data);
	end = memchr(data, '\n', size);
	n = end == NULL ? size : (uint32_t)(end - data);
	eol = n != 0 && data[n - 1] == '\r';
	if (n != eol)
		read_part(run, mime, data, n - eol);
	mime->is_within = end == NULL;
	if (end != NULL)
		note_eol(mime, eol != 0 ? MIME_CRLF : MIME_LF);
	else if (eol != 0)
		note_eol(mime, MIME_CR);
	return n + (end != NULL);
}

void
mime_read(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size)
{
	while (size != 0) {
		uint32_t n = mime->is_within ? read_within(run, mime, data, size)
					     : read_begin(run, mime, data, size);

		data += n;
		size -= n;
	}
}

void
mime_end(struct l7_run *run, struct mime *mime, enum wp_mime_end how)
{
	if (mime->n_line != 0)
		read_line(run, mime, MIME_NO_EOL);
	if (mime->phase == MIME_PART && how == WP_MIME_WHOLE)
		read_part(run, mime, NULL, 0);
	end_part(run, mime, how);
	mime->phase = MIME_PASSED;
	mime->eol = MIME_NO_EOL;
	mime->is_within = true;
}
