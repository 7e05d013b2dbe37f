/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on files: their names, sizes and hashes. */

#include "rule/keyword_condition.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "rule/hashes.h"
#include "rule/keyword_content.h"
#include "rule/pair.h"
#include "rule/set.h"
#include "state/dataset.h"

/** What is put in front of an extension, so that it is the end of a name. */
static char *
with_dot(struct rule_reader *reader, const char *extension)
{
	size_t size = strlen(extension) + 2;
	char *text = wp_arena_alloc(reader->arena, size);

	if (text != NULL)
		snprintf(text, size, ".%s", extension);
	return text;
}

/** "filename:NAME", "fileext:EXTENSION" (detail 1): a part of a file's name, in any case. */
int
keyword_file_name_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool negated = reader_negated(&value), is_extension = keyword->detail != 0;
	struct rule_match *match;
	uint16_t size = 0;

	if (*value == '"')
		value = reader_quoted(reader, value);
	if (value == NULL)
		return -EINVAL;
	if (is_extension)
		value = with_dot(reader, value);
	if (value == NULL)
		return -ENOMEM;
	if (keyword_content_decode(reader, value, &size) != 0)
		return -EINVAL;
	for (unsigned int i = 0; i < size; i++)
		value[i] = (char)tolower((unsigned char)value[i]);
	match = reader_bytes_of(reader, BUFFER_FILE_NAME, MATCH_CONTENT);
	if (match == NULL)
		return -EINVAL;
	match->negated = negated;
	match->content.bytes = (const uint8_t *)value;
	match->content.size = size;
	match->content.flags = (uint16_t)(CONTENT_NOCASE | (negated ? CONTENT_NEGATED : 0) |
					  (is_extension ? CONTENT_ENDSWITH : 0));
	return 0;
}

/** "filemd5:[!]FILE". detail: enum hashes_kind */
int
keyword_file_hash_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool negated = reader_negated(&value);
	const struct hashes *hashes = NULL;
	struct rule_match *match;
	char path[PATH_MAX], why[160];
	int err = dataset_path(reader->rule->file, reader->set->conf.folder, value, path,
			       sizeof(path));

	if (reader->rule->is_pair)
		return reader_fault(reader, "it does not say of which direction");
	if (err != 0)
		return reader_fault(reader, "the name of the file is too long");
	err = hashes_read(reader->arena, path, (enum hashes_kind)keyword->detail, &hashes, why,
			  sizeof(why));
	if (err == -ENOMEM)
		return err;
	if (err != 0)
		return reader_fault(reader, "%s", why);
	match = reader_packet(reader, MATCH_FILE_HASH);
	if (match == NULL)
		return -EINVAL;
	match->negated = negated;
	match->hashes = hashes;
	return 0;
}

/** "filesize:[SIDE,]RANGE": the side is said by pairs only. */
int
keyword_file_size_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[2] = {NULL, NULL};
	uint8_t side = 0;
	int err = 0;

	if (reader_split(value, parts, 2) > 1)
		err = pair_read_side(reader, parts[0], &side);
	else if (reader->rule->is_pair)
		err = reader_fault(reader, "it does not say of which direction: 'to_client,>5'");
	if (err == 0 && reader->rule->file_side != 0 && reader->rule->file_side != side)
		err = reader_fault(reader, "another condition on a file is of the other direction");
	reader->rule->file_side = side;
	return err != 0 ? err
			: keyword_range_read(reader, keyword, side == 0 ? parts[0] : parts[1]);
}

/** "filestore:DIRECTION,SCOPE" */
int
keyword_filestore_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match = reader_after(reader, MATCH_FILESTORE);

	if (match == NULL)
		return -EINVAL;
	match->text = value == NULL ? "" : value;
	return 0;
}
