/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a key store. */

#include <stdlib.h>
#include <string.h>

#include "pe/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[256] = "", *text = malloc(size + 1);
	struct keystore *store = NULL;

	memcpy(text, data, size);
	if (keystore_parse(text, size, &store, message, sizeof(message)) != 0 && message[0] == '\0')
		abort();
	for (size_t i = 0; i < size; i++)
		if (text[i] != 0)
			abort(); /* wiped, whatever came of it */
	keystore_close(store);
	free(text);
	return 0;
}
