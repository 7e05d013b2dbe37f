/* SPDX-License-Identifier: BSD-3-Clause */
/* See state_print.h. Names that get here need no escapes. */

#include "pe/state_print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

enum { VALUE_SHOWN_MAX = 256 }; /* bytes; longer values are told by their size */

static void
print_hex(FILE *out, const uint8_t *bytes, uint32_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < size; i++) {
		putc(digits[bytes[i] >> 4], out);
		putc(digits[bytes[i] & 15], out);
	}
}

static void
print_part(FILE *out, uint8_t part, uint8_t version, const uint8_t *at)
{
	char text[INET6_ADDRSTRLEN];
	uint32_t u32;
	uint64_t u64;

	switch ((enum wp_key_part)part) {
	case WP_KEY_ADDR4:
		version = 4;
		/* fallthrough */
	case WP_KEY_ADDR:
		fprintf(out, "\"%s\"",
			inet_ntop(version == 6 ? AF_INET6 : AF_INET, at, text, sizeof(text)));
		return;
	case WP_KEY_PORT:
		fprintf(out, "%u", (unsigned int)(at[0] << 8 | at[1]));
		return;
	case WP_KEY_U8:
		fprintf(out, "%u", at[0]);
		return;
	case WP_KEY_U32:
		memcpy(&u32, at, sizeof(u32));
		fprintf(out, "%u", u32);
		return;
	case WP_KEY_U64:
		memcpy(&u64, at, sizeof(u64));
		fprintf(out, "%lu", u64);
		return;
	default:
		putc('"', out);
		print_hex(out, at, 16);
		putc('"', out);
	}
}

static void
print_key(FILE *out, const uint8_t *parts, uint8_t version, const uint8_t *at)
{
	for (unsigned int i = 0; i < WP_KEY_PARTS_MAX && parts[i] != WP_KEY_END; i++) {
		if (i != 0)
			putc(',', out);
		print_part(out, parts[i], version, at);
		at += wp_key_parts_size((const uint8_t[WP_KEY_PARTS_MAX]){parts[i]}, version);
	}
}

void
state_print(FILE *out, const struct state_schema *schema, const struct state_record *record)
{
	const struct wp_record *entry = &record->entry;
	uint32_t size = schema->value_size - schema->local;

	fprintf(out, "{\"service\":\"%s\",\"table\":\"%s\"", schema->service, schema->table);
	if (record->instance != NULL)
		fprintf(out, ",\"instance\":\"%s\"", record->instance);
	if (record->tenant != NULL)
		fprintf(out, ",\"tenant\":\"%s\"", record->tenant);
	fputs(",\"key\":[", out);
	print_key(out, schema->key, entry->key_version, entry->key);
	if (schema->key2[0] != WP_KEY_END) {
		fputs("],\"key2\":[", out);
		print_key(out, schema->key2, entry->key_version, entry->key2);
	}
	fprintf(out, "],\"age_ms\":%u", record->age_ms);
	if (record->left_ms != STATE_FOREVER)
		fprintf(out, ",\"left_ms\":%u", record->left_ms);
	if (size <= VALUE_SHOWN_MAX) {
		fputs(",\"value\":\"", out);
		print_hex(out, (const uint8_t *)entry->value + schema->local, size);
		fputs("\"}\n", out);
	} else {
		fprintf(out, ",\"value_size\":%u}\n", size);
	}
}

/** Printing a file. */
struct printing {
	const struct state_filter *filter;
	FILE *out;
	struct state_schema *schemas; /* STATE_TABLES_MAX */
};

static int
take_table(void *arg, unsigned int index, const struct state_schema *schema)
{
	struct printing *printing = arg;

	printing->schemas[index] = *schema;
	return 0;
}

static int
take_record(void *arg, const struct state_record *record)
{
	struct printing *printing = arg;
	const struct state_schema *schema = &printing->schemas[record->table];

	if (state_filter_has_table(printing->filter, schema->service, schema->table) &&
	    state_filter_has(printing->filter, schema->key, schema->key2, record->tenant,
			     &record->entry))
		state_print(printing->out, schema, record);
	return ferror(printing->out) ? -EIO : 0;
}

int
state_print_file(FILE *in, const struct state_filter *filter, FILE *out, char *message,
		 size_t message_size)
{
	struct printing printing = {.filter = filter, .out = out};
	const struct state_reader reader = {
		.arg = &printing, .table = take_table, .record = take_record};
	int err;

	if (filter->bucket >= 0)
		return wp_say(message, message_size, -EINVAL,
			      "a file knows of no buckets; they are another process's");
	printing.schemas = calloc(STATE_TABLES_MAX, sizeof(*printing.schemas));
	if (printing.schemas == NULL)
		return wp_say(message, message_size, -ENOMEM, "no memory");
	err = state_read(in, &reader, NULL, message, message_size);
	if (err == 0 && fflush(out) != 0)
		err = wp_say(message, message_size, -errno, "%s", strerror(errno));
	free(printing.schemas);
	return err;
}
