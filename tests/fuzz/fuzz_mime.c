/* SPDX-License-Identifier: BSD-3-Clause */
/* Any mail: what is told of its parts does not depend on how bytes are cut. */

#include "l7_mime_text.h"
#include "stream/l7/smtp_view.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The head of the first step that l7_fuzz() reads: of the client, so many bytes. */
static const uint8_t begins[] = {0, 6, 'D', 'A', 'T', 'A', '\r', '\n'};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *input = malloc(sizeof(begins) + size);

	if (input == NULL)
		abort();
	memcpy(input, begins, sizeof(begins));
	if (size != 0)
		memcpy(input + sizeof(begins), data, size);
	l7_fuzz_wants = MIME_EVENTS;
	l7_fuzz(&l7_smtp_view, l7_mime_write, 25, input, sizeof(begins) + size);
	free(input);
	return 0;
}
