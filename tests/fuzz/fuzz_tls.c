/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as both sides of TLS, with gaps, however they are cut. */

#include "l7_tls_text.h"

#include "l7_bed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	l7_fuzz(&l7_tls_view, l7_tls_write, 443, data, size);
	return 0;
}
