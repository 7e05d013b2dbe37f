/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads files of state, which may be anything; see state_file.h. One chunk is in memory at a time.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pe/state_layout.h"
#include "say.h"

struct names {
	char (*names)[STATE_NAME_SIZE];
	unsigned int n, max;
};

struct reading {
	FILE *in;
	const struct state_reader *reader;
	char *message;
	size_t message_size;
	uint64_t at, sum, records; /* bytes read */
	struct names names[2];     /* index: enum state_name */
	struct state_schema *schemas;
	unsigned int n_schemas;
	uint32_t tick; /* of the header */
	struct state_chunk chunk;
	uint8_t *payload; /* of the chunk; STATE_CHUNK_MAX bytes */
	uint64_t *value;  /* of one record; STATE_VALUE_MAX bytes */
};

static int __attribute__((format(printf, 2, 3)))
refuse(struct reading *reading, const char *format, ...)
{
	va_list args;
	int n = snprintf(reading->message, reading->message_size, "at byte %lu: ", reading->at);

	va_start(args, format);
	if (n >= 0 && (size_t)n < reading->message_size)
		vsnprintf(reading->message + n, reading->message_size - (size_t)n, format, args);
	va_end(args);
	return -EBADMSG;
}

static int
take(struct reading *reading, void *data, size_t size)
{
	if (fread(data, 1, size, reading->in) != size)
		return ferror(reading->in) ? refuse(reading, "it cannot be read")
					   : refuse(reading, "it ends too early");
	return 0;
}

static int
read_header(struct reading *reading, uint64_t *time_ns)
{
	struct state_header header;
	int err = take(reading, &header, sizeof(header));

	if (err != 0)
		return err;
	if (memcmp(header.magic, STATE_MAGIC, sizeof(header.magic)) != 0)
		return refuse(reading, "it is no file of exported state");
	if (header.version != STATE_FILE_VERSION)
		return refuse(reading, "it is of format %u; this build reads format %u",
			      header.version, STATE_FILE_VERSION);
	if (header.sum != state_header_sum(&header))
		return refuse(reading, "it is damaged (header)");
	reading->sum = header.sum;
	reading->tick = header.tick;
	*time_ns = header.time_ns;
	reading->at += sizeof(header);
	return 0;
}

/** Reads a chunk into the buffer. */
static int
read_chunk(struct reading *reading)
{
	struct state_chunk *chunk = &reading->chunk;
	int err = take(reading, chunk, sizeof(*chunk));

	if (err != 0)
		return err;
	if (chunk->size > STATE_CHUNK_MAX)
		return refuse(reading, "it is damaged (a chunk of %u bytes)", chunk->size);
	err = take(reading, reading->payload, chunk->size);
	if (err != 0)
		return err;
	if (chunk->sum != state_chunk_sum(reading->sum, chunk, reading->payload))
		return refuse(reading, "it is damaged (the sum differs)");
	reading->sum = chunk->sum;
	return 0;
}

/** @return whether text has nothing but printable characters that need no escapes. */
static bool
is_name(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	return size != 0 && size < STATE_NAME_SIZE;
}

static int
read_name(struct reading *reading, enum state_name kind)
{
	struct names *names = &reading->names[kind];
	const char *text = (const char *)reading->payload;
	char *name;

	if (names->n == names->max || !is_name(text, reading->chunk.size))
		return refuse(reading, "a name cannot be");
	name = names->names[names->n];
	memcpy(name, text, reading->chunk.size);
	name[reading->chunk.size] = '\0';
	if (reading->reader->name != NULL)
		return reading->reader->name(reading->reader->arg, kind, names->n++, name);
	names->n++;
	return 0;
}

static bool
schema_is_good(const struct state_schema *schema)
{
	uint16_t key = wp_key_parts_size(schema->key, 6), key2 = wp_key_parts_size(schema->key2, 6);

	return is_name(schema->service, strnlen(schema->service, STATE_NAME_SIZE)) &&
	       is_name(schema->table, strnlen(schema->table, STATE_NAME_SIZE)) && key != 0 &&
	       key != UINT16_MAX && key2 != UINT16_MAX && schema->class <= WP_ATOMIC &&
	       schema->global <= 1 && schema->zero == 0 && schema->value_size <= STATE_VALUE_MAX &&
	       schema->local <= schema->value_size;
}

static int
read_table(struct reading *reading)
{
	struct state_schema *schema = &reading->schemas[reading->n_schemas];

	if (reading->chunk.size != sizeof(*schema) || reading->n_schemas == STATE_TABLES_MAX)
		return refuse(reading, "a table cannot be");
	memcpy(schema, reading->payload, sizeof(*schema));
	if (!schema_is_good(schema))
		return refuse(reading, "a table cannot be");
	if (reading->reader->table != NULL)
		return reading->reader->table(reading->reader->arg, reading->n_schemas++, schema);
	reading->n_schemas++;
	return 0;
}

/** Finds whose a record is. @return false when that cannot be */
static bool
find_names(const struct reading *reading, const struct state_schema *schema,
	   struct state_record *record)
{
	const struct names *instances = &reading->names[STATE_INSTANCE],
			   *tenants = &reading->names[STATE_TENANT];

	if (record->instance_index < instances->n)
		record->instance = instances->names[record->instance_index];
	else if (record->instance_index != STATE_NO_NAME)
		return false;
	if (record->tenant_index < tenants->n)
		record->tenant = tenants->names[record->tenant_index];
	else if (record->tenant_index != STATE_NO_NAME)
		return false;
	if (schema->global)
		return record->instance == NULL && record->tenant == NULL;
	return record->instance != NULL;
}

/** Reads one record of a run. */
static int
read_record(struct reading *reading, const struct state_run *run, const uint8_t *bytes)
{
	const struct state_schema *schema = &reading->schemas[run->table];
	struct state_record record = {.table = run->table, .tick = reading->tick};
	struct wp_record *entry = &record.entry;
	struct state_times times;

	memcpy(&times, bytes, sizeof(times));
	bytes += sizeof(times);
	record.instance_index = times.instance;
	record.tenant_index = times.tenant;
	if (!find_names(reading, schema, &record))
		return refuse(reading, "a record belongs to nobody");
	record.age_ms = times.age_ms;
	record.left_ms = times.left_ms;
	entry->table = schema->table;
	entry->layout = schema->version;
	entry->key_version = run->key_version;
	entry->key_size = wp_key_parts_size(schema->key, run->key_version);
	entry->key2_size = wp_key_parts_size(schema->key2, run->key_version);
	entry->key = bytes;
	entry->key2 = entry->key2_size == 0 ? NULL : bytes + entry->key_size;
	memset(reading->value, 0, schema->local);
	memcpy((uint8_t *)reading->value + schema->local,
	       bytes + entry->key_size + entry->key2_size, schema->value_size - schema->local);
	entry->value = reading->value;
	entry->value_size = schema->value_size;
	return reading->reader->record(reading->reader->arg, &record);
}

static int
read_run(struct reading *reading)
{
	const uint8_t *bytes = reading->payload + sizeof(struct state_run);
	struct state_run run;
	uint32_t size;
	int err = 0;

	if (reading->chunk.size < sizeof(run))
		return refuse(reading, "records cannot be");
	memcpy(&run, reading->payload, sizeof(run));
	if (run.table >= reading->n_schemas || (run.key_version != 4 && run.key_version != 6) ||
	    run.zero != 0 || run.n == 0)
		return refuse(reading, "records cannot be");
	size = state_record_size(&reading->schemas[run.table], run.key_version);
	if ((uint64_t)run.n * size != reading->chunk.size - sizeof(run))
		return refuse(reading, "records are not as long as their table says");
	reading->records += run.n;
	if (reading->reader->record == NULL)
		return 0;
	for (uint32_t i = 0; err == 0 && i < run.n; i++)
		err = read_record(reading, &run, bytes + (size_t)i * size);
	return err;
}

static int
read_end(struct reading *reading)
{
	struct state_end end;
	char more;

	if (reading->chunk.size != sizeof(end))
		return refuse(reading, "its end cannot be");
	memcpy(&end, reading->payload, sizeof(end));
	if (end.records != reading->records)
		return refuse(reading, "it has %lu records instead of %lu", reading->records,
			      end.records);
	if (fread(&more, 1, 1, reading->in) != 0)
		return refuse(reading, "something stands behind its end");
	return 0;
}

/** @return 1 at the end, 0, or a negative errno */
static int
read_next(struct reading *reading)
{
	int err = read_chunk(reading);

	if (err != 0)
		return err;
	switch ((enum state_chunk_type)reading->chunk.type) {
	case CHUNK_INSTANCE:
		err = read_name(reading, STATE_INSTANCE);
		break;
	case CHUNK_TENANT:
		err = read_name(reading, STATE_TENANT);
		break;
	case CHUNK_TABLE:
		err = read_table(reading);
		break;
	case CHUNK_RECORDS:
		err = read_run(reading);
		break;
	case CHUNK_END:
		err = read_end(reading);
		return err != 0 ? err : 1;
	default:
		err = refuse(reading, "it is damaged (a chunk of type %u)", reading->chunk.type);
	}
	reading->at += sizeof(reading->chunk) + reading->chunk.size;
	return err;
}

static bool
prepare(struct reading *reading)
{
	struct names *instances = &reading->names[STATE_INSTANCE],
		     *tenants = &reading->names[STATE_TENANT];

	instances->max = STATE_INSTANCES_MAX;
	tenants->max = STATE_TENANTS_MAX;
	instances->names = calloc(STATE_INSTANCES_MAX, STATE_NAME_SIZE);
	tenants->names = calloc(STATE_TENANTS_MAX, STATE_NAME_SIZE);
	reading->schemas = calloc(STATE_TABLES_MAX, sizeof(*reading->schemas));
	reading->payload = malloc(STATE_CHUNK_MAX);
	reading->value = malloc(STATE_VALUE_MAX);
	return instances->names != NULL && tenants->names != NULL && reading->schemas != NULL &&
	       reading->payload != NULL && reading->value != NULL;
}

int
state_read(FILE *in, const struct state_reader *reader, struct state_summary *summary,
	   char *message, size_t message_size)
{
	struct reading reading = {
		.in = in, .reader = reader, .message = message, .message_size = message_size};
	uint64_t time_ns = 0;
	int err;

	message[0] = '\0';
	rewind(in);
	err = prepare(&reading) ? read_header(&reading, &time_ns) : -ENOMEM;
	while (err == 0)
		err = read_next(&reading);
	free(reading.names[STATE_INSTANCE].names);
	free(reading.names[STATE_TENANT].names);
	free(reading.schemas);
	free(reading.payload);
	free(reading.value);
	if (err < 0 && message[0] == '\0')
		wp_say_why(message, message_size, "%s", strerror(-err));
	if (err == 1 && summary != NULL)
		*summary = (struct state_summary){.time_ns = time_ns, .records = reading.records};
	return err == 1 ? 0 : err;
}

int
state_file_open(const char *file, FILE **in, char *message, size_t message_size)
{
	/* O_NONBLOCK: a pipe would make us wait for a writer; it has no effect on a file. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = -EPERM;
	struct stat st;

	if (fd < 0)
		return wp_say(message, message_size, -errno, "%s", strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		wp_say_why(message, message_size, "it is no regular file");
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		wp_say_why(message, message_size, "it belongs to user %u; run: chown %u %s",
			   st.st_uid, geteuid(), file);
	else if ((st.st_mode & 022) != 0)
		wp_say_why(message, message_size, "others may write it; run: chmod 600 %s", file);
	else
		err = 0;
	*in = err == 0 ? fdopen(fd, "r") : NULL;
	if (err == 0 && *in == NULL)
		err = wp_say(message, message_size, -errno, "%s", strerror(errno));
	if (err != 0)
		close(fd);
	return err;
}
