/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text for a file that others may rotate: it is only appended to, line by whole line, and
 * opened anew when its name stands for another file. Nobody waits for it: what the disk does not
 * take gathers, and what does not fit then is lost. A line that the disk took a part of goes whole
 * into the next file. Log thread, but for opening.
 */

#ifndef WP_LINES_H
#define WP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

struct wp_lines;

/** Opens a plain file. Control. @return 0, or a negative errno: -ELOOP for a symbolic link, -EINVAL
 * for no plain file */
WP_API int wp_lines_open(const char *path, struct wp_lines **lines);

/** @return its name. */
WP_API const char *wp_lines_path(const struct wp_lines *lines);

/** Takes lines, '\n' included. @param[in,out] written  lines that got into the file are added
 * @return whether there was room */
WP_API bool wp_lines_put(struct wp_lines *lines, const char *text, size_t size, uint64_t *written);

/** Writes what has gathered; looks now and then whether the file is still the one of its name.
 * @return whether it was opened anew */
WP_API bool wp_lines_tick(struct wp_lines *lines, uint64_t now_ns, uint64_t *written);

/** Writes what it can, and closes. @return lines that are lost */
WP_API uint64_t wp_lines_close(struct wp_lines *lines, uint64_t *written);

#endif
