/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of DNS: over UDP when the first byte is odd, else over TCP. */

#include "l7_bed.h"
#include "l7_dns_text.h"
#include "stream/l7/dns_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TCP = 6, UDP = 17 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct l7_view view = l7_dns_view;

	if (size == 0)
		return 0;
	view.proto = (data[0] & 1) != 0 ? UDP : TCP;
	l7_fuzz(&view, l7_dns_text, (data[0] & 2) != 0 ? 53 : 4000, data + 1, size - 1);
	return 0;
}
