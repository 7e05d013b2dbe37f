/* SPDX-License-Identifier: BSD-3-Clause */
/* The SMB view. */

#include "l7_smb_text.h"

#include "stream/l7/smb_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	l7_fuzz(&l7_smb_view, l7_smb_text_with_sum, 445, data, size);
	return 0;
}
