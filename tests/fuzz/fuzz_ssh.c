/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of SSH. */

#include "l7_bed.h"
#include "l7_ssh_text.h"
#include "stream/l7/ssh_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	l7_fuzz(&l7_ssh_view, l7_ssh_text, 22, data, size);
	return 0;
}
