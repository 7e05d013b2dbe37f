/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "fileinfo". */

#include "out/line.h"
#include "out/record.h"

static void
put_hash(const struct line *line, const char *name, enum field_kind kind)
{
	struct field field = field_find(line->fields, kind);

	if (field.bytes != NULL)
		text_hex(line->text, name, (struct wp_span){field.bytes, field.size}, '\0');
}

/** Writes the members of a file's object. */
static void
put_file(const struct line *line, const struct field_file *file)
{
	struct text *text = line->text;

	line_bytes(line, "filename", FIELD_FILE_NAME);
	text_bool(text, "gaps", file->has_gaps);
	text_static(text, "state",
		    file->is_open    ? "UNKNOWN"
		    : file->is_whole ? "CLOSED"
				     : "TRUNCATED");
	put_hash(line, "md5", FIELD_MD5);
	put_hash(line, "sha1", FIELD_SHA1);
	put_hash(line, "sha256", FIELD_SHA256);
	text_bool(text, "stored", false); /* no file is */
	text_number(text, "size", file->size);
	text_number(text, "tx_id", line->head->tx < 0 ? 0 : (uint64_t)line->head->tx);
}

void
line_file(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_FILE);
	struct field_file file = {.size = 0};

	field_get(&field, &file, sizeof(file));
	line_message(line);
	line_app_proto(line);
	text_open(line->text, "fileinfo");
	put_file(line, &file);
	text_close(line->text);
}

void
line_files_of_alert(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_FILE);
	struct field_file file;

	if (!field_get(&field, &file, sizeof(file)))
		return;
	text_open_array(line->text, "files");
	text_open(line->text, NULL);
	put_file(line, &file);
	text_close(line->text);
	text_close_array(line->text);
}
