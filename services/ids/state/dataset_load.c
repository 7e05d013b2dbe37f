/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the files of sets: lines of values, with or without a reputation. Control. */

#include "state/dataset_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"
#include "match/base64.h"
#include "plain_file.h"

enum dataset_type
dataset_type_of(const char *name)
{
	static const struct {
		const char *name;
		enum dataset_type type;
	} types[] = {
		{"string", DATASET_STRING}, {"md5", DATASET_MD5},   {"sha256", DATASET_SHA256},
		{"ipv4", DATASET_IPV4},     {"ipv6", DATASET_IPV6}, {"ip", DATASET_IP},
	};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return DATASET_UNTYPED;
}

int
dataset_load_fault(struct dataset_load *load, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(load->why, load->why_size, format, args);
	va_end(args);
	return -EINVAL;
}

/** @return @p memory with room for @p n more than @p used, or NULL with that left as it is. */
static void *
grow(void *memory, size_t used, size_t *max, size_t n, size_t each)
{
	size_t new = *max != 0 ? *max : 64;
	void *grown;

	if (n <= *max - used)
		return memory;
	while (new - used < n)
		new *= 2;
	grown = realloc(memory, new *each);
	if (grown != NULL)
		*max = new;
	return grown;
}

int
dataset_load_add(struct dataset_load *load, const uint8_t *data, size_t size, uint16_t reputation)
{
	size_t max = load->max;
	void *values, *bytes;

	if (load->n >= DATASET_MAX - load->conf->max || size > DATASET_LOAD_MAX - load->n_bytes)
		return -ENOMEM;
	values = grow(load->values, load->n, &max, 1, sizeof(*load->values));
	if (values == NULL)
		return -ENOMEM;
	load->values = values;
	load->max = (uint32_t)max;
	bytes = grow(load->bytes, load->n_bytes, &load->max_bytes, size, 1);
	if (bytes == NULL)
		return -ENOMEM;
	load->bytes = bytes;
	load->values[load->n++] = (struct dataset_value){
		.at = load->n_bytes, .size = (uint32_t)size, .reputation = reputation};
	if (size != 0)
		memcpy(load->bytes + load->n_bytes, data, size);
	load->n_bytes += size;
	return 0;
}

static int
add_hash(struct dataset_load *load, const char *text, size_t size, uint16_t reputation)
{
	uint8_t hash[32];

	if (strlen(text) != size * 2 || !wp_hex_read(text, size, hash))
		return -EINVAL;
	return dataset_load_add(load, hash, size, reputation);
}

static int
add_address(struct dataset_load *load, const char *text, uint16_t reputation)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return dataset_load_add(load, bytes, 4, reputation);
	if (load->conf->type == DATASET_IPV6 && inet_pton(AF_INET6, text, bytes) == 1)
		return dataset_load_add(load, bytes, 16, reputation);
	return -EINVAL;
}

int
dataset_load_text(struct dataset_load *load, const char *text, uint16_t reputation)
{
	switch (load->conf->type) {
	case DATASET_MD5:
		return add_hash(load, text, 16, reputation);
	case DATASET_SHA256:
		return add_hash(load, text, 32, reputation);
	case DATASET_IPV4:
	case DATASET_IPV6:
		return add_address(load, text, reputation);
	default:
		if (text[0] == '\0')
			return -EINVAL;
		return dataset_load_add(load, (const uint8_t *)text, strlen(text), reputation);
	}
}

/** Strings stand in base64. Decodes in place. */
static int
add_base64(struct dataset_load *load, char *text, uint16_t reputation)
{
	uint8_t *bytes = (uint8_t *)text;
	size_t size = strlen(text);

	size = base64_decode(BASE64_STRICT, bytes, size, bytes, size);
	return size != 0 ? dataset_load_add(load, bytes, size, reputation) : -EINVAL;
}

static bool
read_reputation(const char *text, uint16_t *reputation)
{
	unsigned int value = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9' && value <= UINT16_MAX; text++)
		value = value * 10 + (unsigned int)(*text - '0');
	*reputation = (uint16_t)value;
	return *text == '\0' && value <= UINT16_MAX;
}

/** @return 0, -ENOMEM, or -EINVAL without a word */
static int
add_line(struct dataset_load *load, char *line)
{
	char *comma = strchr(line, ',');
	uint16_t reputation = 0;

	if (comma != NULL) {
		*comma = '\0';
		if (!read_reputation(comma + 1, &reputation))
			return -EINVAL;
	}
	if (load->conf->type == DATASET_STRING)
		return add_base64(load, line, reputation);
	return dataset_load_text(load, line, reputation);
}

int
dataset_load_lines(struct dataset_load *load, char *text, size_t size)
{
	char *end = text + size;

	for (uint32_t number = 1; text < end; number++) {
		char *next = memchr(text, '\n', (size_t)(end - text)), *line = text;
		size_t length;
		int error;

		if (next == NULL)
			next = end;
		text = next + 1;
		*next = '\0';
		length = (size_t)(next - line);
		if (length > 0 && line[length - 1] == '\r')
			line[--length] = '\0';
		if (length == 0)
			continue;
		error = strlen(line) == length ? add_line(load, line) : -EINVAL;
		if (error == -EINVAL)
			return dataset_load_fault(load, "%s:%u: this is not a value of its type",
						  load->conf->load, number);
		if (error != 0)
			return error;
	}
	return 0;
}

/** @return the bytes of a file and a zero, to be freed; NULL after errno is set */
static char *
read_file(const char *file, size_t *size)
{
	struct stat is;
	int fd = wp_open_plain(file, O_RDONLY, 0, &is);
	char *text = NULL;
	ssize_t n = 1;

	*size = 0;
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	if (is.st_size > DATASET_LOAD_MAX)
		errno = EFBIG;
	else
		text = malloc((size_t)is.st_size + 1);
	while (text != NULL && n > 0 && *size < (size_t)is.st_size) {
		n = read(fd, text + *size, (size_t)is.st_size - *size);
		if (n > 0)
			*size += (size_t)n;
	}
	if (n < 0) {
		free(text);
		text = NULL;
	}
	close(fd);
	if (text != NULL)
		text[*size] = '\0';
	return text;
}

int
dataset_load_file(struct dataset_load *load)
{
	size_t size;
	char *text = read_file(load->conf->load, &size);
	int error;

	if (text == NULL)
		return dataset_load_fault(load, "%s: %s", load->conf->load, strerror(errno));
	if (load->conf->format == DATASET_LINES)
		error = dataset_load_lines(load, text, size);
	else
		error = dataset_load_json(load, text, size);
	free(text);
	return error;
}

void
dataset_load_close(struct dataset_load *load)
{
	free(load->values);
	free(load->bytes);
}

int
dataset_path(const char *rule_file, const char *folder, const char *load, char *path, size_t size)
{
	const char *slash = rule_file != NULL ? strrchr(rule_file, '/') : NULL;
	int length = slash != NULL ? (int)(slash - rule_file) : 0;

	if (load[0] != '/' && slash != NULL &&
	    snprintf(path, size, "%.*s/%s", length, rule_file, load) < (int)size &&
	    access(path, F_OK) == 0)
		return 0;
	if (load[0] != '/' && folder != NULL &&
	    snprintf(path, size, "%s/%s", folder, load) < (int)size && access(path, F_OK) == 0)
		return 0;
	return snprintf(path, size, "%s", load) < (int)size ? 0 : -ENAMETOOLONG;
}
