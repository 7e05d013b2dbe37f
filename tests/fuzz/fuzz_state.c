/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a file of exported state; and any chunks under sums that are right, which no chance
 * would make. The first byte chooses. */

#include <stdlib.h>

#include "pe/state_layout.h"
#include "pe/state_print.h"

enum { FILE_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
append(uint8_t *file, size_t *fill, const void *bytes, size_t n)
{
	memcpy(file + *fill, bytes, n);
	*fill += n;
}

/** Makes chunks of the input: a byte of type, two of size, so many of content. An end follows, with
 * the right number of records when the first byte said so. */
static size_t
build(const uint8_t *data, size_t size, uint64_t records, uint8_t *file)
{
	struct state_header header = {.magic = "WPSTATE\n", .version = STATE_FILE_VERSION};
	const struct state_end end = {records};
	struct state_chunk chunk;
	size_t fill = 0;

	header.sum = chunk.sum = state_header_sum(&header);
	append(file, &fill, &header, sizeof(header));
	while (size >= 3 && fill < FILE_MAX / 2) {
		uint16_t wanted = (uint16_t)(data[1] << 8 | data[2]);

		chunk.type = data[0] % 6;
		chunk.size = wanted < size - 3 ? wanted : (uint32_t)(size - 3);
		data += 3;
		chunk.sum = state_chunk_sum(chunk.sum, &chunk, data);
		append(file, &fill, &chunk, sizeof(chunk));
		append(file, &fill, data, chunk.size);
		size -= 3 + chunk.size;
		data += chunk.size;
	}
	chunk.type = CHUNK_END;
	chunk.size = sizeof(end);
	chunk.sum = state_chunk_sum(chunk.sum, &chunk, &end);
	append(file, &fill, &chunk, sizeof(chunk));
	append(file, &fill, &end, sizeof(end));
	return fill;
}

static void
print(uint8_t *file, size_t size)
{
	FILE *in = fmemopen(file, size, "r"), *out = fopen("/dev/null", "w");
	const struct state_filter filter = {.address = {{4, {10}}, 8}, .bucket = -1};
	char message[256] = "";

	if (state_print_file(in, &state_filter_all, out, message, sizeof(message)) != 0 &&
	    message[0] == '\0')
		abort();
	state_print_file(in, &filter, out, message, sizeof(message));
	fclose(in);
	fclose(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[FILE_MAX + 4096];

	if (size < 2 || size > FILE_MAX / 4)
		return 0;
	if (data[0] % 4 != 0) {
		print(file, build(data + 2, size - 2, data[1], file));
		return 0;
	}
	memcpy(file, data + 1, size - 1);
	print(file, size - 1);
	return 0;
}
