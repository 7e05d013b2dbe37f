/* SPDX-License-Identifier: BSD-3-Clause */
/* SAs by SPI. SPIs are the operator's: nobody on the wire can fill the map. */

#include "decrypt.h"

#include <stdlib.h>

struct tunnel *
tunnel_create(uint32_t n)
{
	uint32_t slots = 2;
	struct tunnel *tunnel;

	while (slots < 2 * n)
		slots *= 2;
	tunnel = calloc(1, sizeof(*tunnel) + slots * sizeof(tunnel->sas[0]));
	if (tunnel != NULL)
		tunnel->mask = slots - 1;
	return tunnel;
}

void
tunnel_add(struct tunnel *tunnel, const struct sa *sa)
{
	uint32_t at = sa->spi * 0x9e3779b1 >> 8 & tunnel->mask;

	while (tunnel->sas[at].spi != 0)
		at = (at + 1) & tunnel->mask;
	tunnel->sas[at] = *sa;
}
