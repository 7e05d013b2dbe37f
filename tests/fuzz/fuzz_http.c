/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as the two streams of an HTTP/1 connection. What is told may not depend on how they are
 * cut, and nothing may stay behind. */

#include "l7_http_text.h"
#include "stream/l7/http_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	l7_fuzz(&l7_http_view, l7_http_write, 80, data, size);
	return 0;
}
