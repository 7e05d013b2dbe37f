/* SPDX-License-Identifier: BSD-3-Clause */
/* See trace.h. */

#include "ctl/cli/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ctl/cli/member.h"

enum { FILE_MAX = 3 << 20 };

/** Prints the numbers of an object: "; allowed 1, denied 2". */
static void
print_numbers(const json_t *object)
{
	const char *name, *before = "; ";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		printf("%s%s %lld", before, name, (long long)json_integer_value(value));
		before = ", ";
	}
}

static void
print_step(const json_t *step)
{
	const char *reason = member_text(step, "reason");

	printf("    %s (%s): %s%s%s", member_text(step, "instance"), member_text(step, "service"),
	       member_text(step, "decision"), reason[0] != '\0' ? ", " : "", reason);
	print_numbers(json_object_get(step, "counters"));
	putchar('\n');
}

static void
print_path(const json_t *path)
{
	static const struct {
		const char *member, *words;
	} ends[] = {{"turned_in", "came from the reverse path"},
		    {"turned_out", "goes on along the reverse path"},
		    {"replied", "turned into an answer"},
		    {"created", "packets made by services"},
		    {"absorbed", "kept by a service"},
		    {"holds", "held by a service"},
		    {"to_peer", "sent to the peer"}};
	const json_t *step;
	const char *reason;
	json_t *n;
	size_t i;

	printf("  path %s, tenant %s\n", member_text(path, "path"), member_text(path, "tenant"));
	json_array_foreach(json_object_get(path, "steps"), i, step) print_step(step);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (json_object_get(path, ends[i].member) != NULL)
			printf("    %s: %lld\n", ends[i].words,
			       member_number(path, ends[i].member));
	json_object_foreach(json_object_get(path, "dropped"), reason, n)
		printf("    dropped by the runtime: %s\n", reason);
}

static void
print_frame(const char *before, const json_t *frame)
{
	const json_t *tag = json_object_get(frame, "tag");

	printf("%s%lld bytes", before, member_number(frame, "bytes"));
	if (json_is_object(tag))
		printf(", spi %lld, si %lld", member_number(tag, "spi"), member_number(tag, "si"));
	putchar('\n');
}

void
trace_print(const json_t *result)
{
	const json_t *packet, *item;
	char before[32];
	size_t i, j;

	json_array_foreach(json_object_get(result, "packets"), i, packet)
	{
		snprintf(before, sizeof(before), "packet %zu: ", i + 1);
		print_frame(before, packet);
		if (json_is_string(json_object_get(packet, "refused")))
			printf("  on no path: %s\n", member_text(packet, "refused"));
		json_array_foreach(json_object_get(packet, "paths"), j, item) print_path(item);
		json_array_foreach(json_object_get(packet, "sent"), j, item)
			print_frame("  sent: ", item);
		if (json_is_true(json_object_get(packet, "held")))
			puts("  still inside after 0.3 seconds");
	}
	if (member_text(result, "remark")[0] != '\0')
		fprintf(stderr, "wpctl: %s\n", member_text(result, "remark"));
}

json_t *
trace_read(const char *file)
{
	FILE *in = fopen(file, "rb");
	unsigned char *bytes = malloc(FILE_MAX + 1), *text = malloc(FILE_MAX / 3 * 4 + 8);
	json_t *json = NULL;
	size_t n = 0;

	if (in != NULL && bytes != NULL)
		n = fread(bytes, 1, FILE_MAX + 1, in);
	if (in == NULL || bytes == NULL || text == NULL)
		fprintf(stderr, "wpctl: %s: %s\n", file, strerror(errno));
	else if (n == 0 || n > FILE_MAX)
		fprintf(stderr, "wpctl: %s: is empty, or longer than %d bytes\n", file, FILE_MAX);
	else
		json = json_stringn((const char *)text,
				    (size_t)EVP_EncodeBlock(text, bytes, (int)n));
	if (in != NULL)
		fclose(in);
	free(bytes);
	free(text);
	return json;
}
