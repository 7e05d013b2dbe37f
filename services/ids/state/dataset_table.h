/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files dataset*.c share. */

#ifndef IDS_DATASET_TABLE_H
#define IDS_DATASET_TABLE_H

#include "state/dataset.h"

enum { DATASET_LOAD_MAX = 1 << 30 /* bytes of a file */ };

struct dataset_value {
	size_t at; /* in bytes */
	uint32_t size;
	uint16_t reputation;
};

/** Values of a file while it is read. Heap; the control thread's. */
struct dataset_load {
	const struct dataset_conf *conf;
	struct dataset_value *values;
	uint32_t n, max;
	uint8_t *bytes; /* of all of them, one behind the other */
	size_t n_bytes, max_bytes;
	char *why;
	size_t why_size;
};

/** @return -EINVAL, after a word why */
int dataset_load_fault(struct dataset_load *load, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Adds a value as bytes of the set's type. @return 0 or -ENOMEM */
int dataset_load_add(struct dataset_load *load, const uint8_t *data, size_t size,
		     uint16_t reputation);

/** Adds a value as text: a hash in hex, an address, or a string as it is. @return 0, -ENOMEM, or
 * -EINVAL without a word */
int dataset_load_text(struct dataset_load *load, const char *text, uint16_t reputation);

/** Reads the file that its configuration names. @return 0, -ENOMEM, or -EINVAL after a word why */
int dataset_load_file(struct dataset_load *load);

/** Gives back what was read. */
void dataset_load_close(struct dataset_load *load);

/** Reads the text of a file. @param[in,out] text  writable; ends with a zero besides
 * @return 0, -ENOMEM, or -EINVAL after a word why */
int dataset_load_lines(struct dataset_load *load, char *text, size_t size);
int dataset_load_json(struct dataset_load *load, char *text, size_t size);

#endif
