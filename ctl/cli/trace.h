/* SPDX-License-Identifier: BSD-3-Clause */
/* What has become of packets, for people: the result of "explain". */

#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include <jansson.h>

/** Prints a result, packet by packet, step by step. */
void trace_print(const json_t *result);

/** Reads a capture file. @return its bytes in base64, as a text; NULL with a line on stderr */
json_t *trace_read(const char *file);

#endif
