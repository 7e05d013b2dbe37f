/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes files of state; see state_file.h. Records gather in one buffer until their chunk is full.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "pe/state_layout.h"

enum {
	RUN_SIZE = 64 << 10, /* bytes of a chunk of records, unless one alone is larger */
	BUFFER_SIZE = 1 << 20,
	/* Bytes that are sent on their way to the disk at a time, so that little is left to wait
	   for in the end. */
	SYNC_SIZE = 8 << 20,
};

struct state_writer {
	FILE *out;
	bool ours; /* out is a file of our own */
	char file[PATH_MAX], part[PATH_MAX];
	uint64_t sum, records;
	uint64_t size, synced; /* bytes written; sent on their way */
	struct state_schema schema;
	unsigned int n_tables;
	struct state_run run;
	uint8_t *chunk; /* run and records; STATE_CHUNK_MAX bytes */
	uint32_t fill;  /* bytes of them */
};

static int
put(struct state_writer *writer, const void *data, size_t size)
{
	errno = 0;
	if (fwrite(data, 1, size, writer->out) != size)
		return errno != 0 ? -errno : -EIO;
	writer->size += size;
	return 0;
}

static int
put_chunk(struct state_writer *writer, enum state_chunk_type type, const void *payload,
	  uint32_t size)
{
	struct state_chunk chunk = {.type = type, .size = size};
	int err;

	writer->sum = chunk.sum = state_chunk_sum(writer->sum, &chunk, payload);
	err = put(writer, &chunk, sizeof(chunk));
	if (err == 0)
		err = put(writer, payload, size);
	if (err != 0 || !writer->ours || writer->size - writer->synced < SYNC_SIZE)
		return err;
	if (fflush(writer->out) != 0)
		return -errno;
	/* A wish: what counts is the fsync() in the end. */
	sync_file_range(fileno(writer->out), (off_t)writer->synced,
			(off_t)(writer->size - writer->synced), SYNC_FILE_RANGE_WRITE);
	writer->synced = writer->size;
	return 0;
}

static int
begin(struct state_writer *writer, uint64_t time_ns, uint32_t tick)
{
	struct state_header header = {
		.version = STATE_FILE_VERSION, .time_ns = time_ns, .tick = tick};

	memcpy(header.magic, STATE_MAGIC, sizeof(header.magic));
	writer->sum = header.sum = state_header_sum(&header);
	return put(writer, &header, sizeof(header));
}

static void
destroy(struct state_writer *writer)
{
	if (writer->ours && writer->out != NULL)
		fclose(writer->out);
	free(writer->chunk);
	free(writer);
}

static struct state_writer *
create(void)
{
	struct state_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->chunk = malloc(STATE_CHUNK_MAX);
	if (writer->chunk != NULL)
		return writer;
	free(writer);
	return NULL;
}

int
state_writer_to(FILE *out, uint64_t time_ns, uint32_t tick, struct state_writer **writer)
{
	struct state_writer *new = create();
	int err;

	if (new == NULL)
		return -ENOMEM;
	new->out = out;
	err = begin(new, time_ns, tick);
	if (err != 0)
		destroy(new);
	else
		*writer = new;
	return err;
}

/** Makes the file beside the one it will be. What has its name, such as a link, goes. */
static int
open_part(struct state_writer *writer, const char *file)
{
	int fd, err;

	if ((size_t)snprintf(writer->file, PATH_MAX, "%s", file) >= PATH_MAX ||
	    (size_t)snprintf(writer->part, PATH_MAX, "%s.part", file) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (unlink(writer->part) != 0 && errno != ENOENT)
		return -errno;
	fd = open(writer->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	writer->out = fdopen(fd, "w");
	if (writer->out == NULL) {
		err = -errno;
		close(fd);
		unlink(writer->part);
		return err;
	}
	writer->ours = true;
	setvbuf(writer->out, NULL, _IOFBF, BUFFER_SIZE);
	return 0;
}

int
state_writer_open(const char *file, uint64_t time_ns, uint32_t tick, struct state_writer **writer)
{
	struct state_writer *new = create();
	int err;

	if (new == NULL)
		return -ENOMEM;
	err = open_part(new, file);
	if (err != 0) {
		destroy(new);
		return err;
	}
	err = begin(new, time_ns, tick);
	if (err != 0)
		state_writer_abort(new);
	else
		*writer = new;
	return err;
}

int
state_writer_name(struct state_writer *writer, enum state_name kind, const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size >= STATE_NAME_SIZE)
		return -EINVAL;
	return put_chunk(writer, kind == STATE_INSTANCE ? CHUNK_INSTANCE : CHUNK_TENANT, name,
			 (uint32_t)size);
}

/** Ends the chunk of records that was begun, if any. */
static int
flush_run(struct state_writer *writer)
{
	if (writer->run.n == 0)
		return 0;
	memcpy(writer->chunk, &writer->run, sizeof(writer->run));
	writer->run.n = 0;
	return put_chunk(writer, CHUNK_RECORDS, writer->chunk, writer->fill);
}

int
state_writer_table(struct state_writer *writer, const struct state_schema *schema)
{
	int err = flush_run(writer);

	if (writer->n_tables == STATE_TABLES_MAX)
		return -ENOSPC;
	writer->schema = *schema;
	writer->n_tables++;
	return err != 0 ? err : put_chunk(writer, CHUNK_TABLE, schema, sizeof(*schema));
}

static void
append(struct state_writer *writer, const void *data, uint32_t size)
{
	if (size != 0)
		memcpy(writer->chunk + writer->fill, data, size);
	writer->fill += size;
}

int
state_writer_record(struct state_writer *writer, const struct state_record *record)
{
	const struct wp_record *entry = &record->entry;
	const struct state_schema *schema = &writer->schema;
	const struct state_times times = {.instance = record->instance_index,
					  .tenant = record->tenant_index,
					  .age_ms = record->age_ms,
					  .left_ms = record->left_ms};
	uint32_t size = state_record_size(schema, entry->key_version);
	int err = 0;

	if (writer->run.n != 0 &&
	    (writer->run.key_version != entry->key_version || writer->fill + size > RUN_SIZE))
		err = flush_run(writer);
	if (writer->run.n == 0) {
		writer->run.table = (uint16_t)(writer->n_tables - 1);
		writer->run.key_version = entry->key_version;
		writer->fill = sizeof(writer->run);
	}
	writer->run.n++;
	writer->records++;
	append(writer, &times, sizeof(times));
	append(writer, entry->key, wp_key_parts_size(schema->key, entry->key_version));
	append(writer, entry->key2, wp_key_parts_size(schema->key2, entry->key_version));
	append(writer, (const uint8_t *)entry->value + schema->local,
	       schema->value_size - schema->local);
	return err;
}

/** Makes sure that a new name in a folder is on disk. */
static int
sync_folder(const char *file)
{
	char copy[PATH_MAX];
	int fd, err = 0;

	snprintf(copy, sizeof(copy), "%s", file);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		err = -errno;
	close(fd);
	return err;
}

/** Closes the file and gives it its name. */
static int
settle(struct state_writer *writer)
{
	FILE *out = writer->out;
	int err = 0;

	if (fsync(fileno(out)) != 0)
		err = -errno;
	writer->out = NULL;
	if (fclose(out) != 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(writer->part, writer->file) != 0)
		err = -errno;
	if (err != 0)
		unlink(writer->part);
	return err != 0 ? err : sync_folder(writer->file);
}

int
state_writer_commit(struct state_writer *writer)
{
	struct state_end end = {.records = writer->records};
	int err = flush_run(writer);

	if (err == 0)
		err = put_chunk(writer, CHUNK_END, &end, sizeof(end));
	if (err == 0 && fflush(writer->out) != 0)
		err = -errno;
	if (err != 0) {
		state_writer_abort(writer);
		return err;
	}
	if (writer->ours)
		err = settle(writer);
	destroy(writer);
	return err;
}

void
state_writer_abort(struct state_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->ours)
		unlink(writer->part);
	destroy(writer);
}
