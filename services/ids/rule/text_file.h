/* SPDX-License-Identifier: BSD-3-Clause */
/* A plain file as a whole in memory. */

#ifndef IDS_TEXT_FILE_H
#define IDS_TEXT_FILE_H

#include <stddef.h>

enum { TEXT_FILE_MAX = 256 << 20 };

/**
 * Reads a file.
 *
 * @param[out] text  its bytes, and a 0 behind them; free() them
 * @param[out] size  how many there are
 * @return 0, or a negative errno: -EFBIG above TEXT_FILE_MAX, -EINVAL for no plain file
 */
int text_file_read(const char *file, char **text, size_t *size);

/** @return in words what is wrong with a file, after text_file_read(). */
const char *text_file_why(int err);

#endif
