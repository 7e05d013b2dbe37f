/* SPDX-License-Identifier: BSD-3-Clause */
/* A tunnel as decrypt sees it: its SAs by SPI. Constant once open. */

#ifndef DECRYPT_H
#define DECRYPT_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

#define DECRYPT_SAS_MAX 65536

struct wp_aead;
struct wp_entry;

/** One security association. */
struct sa {
	uint32_t spi;    /* network order; 0: a free slot */
	uint32_t window; /* packets */
	bool esn;
	bool limited; /* has a lifetime */
	const struct wp_aead *aead;
	struct wp_entry *inbound;
	uint64_t max_packets, max_bytes;
};

struct tunnel {
	uint8_t endpoints[32]; /* outer source and destination, next to each other */
	uint8_t version;       /* 4 or 6 */
	struct wp_prefix from, to;
	uint32_t clamp; /* largest packet of a TCP connection; UINT32_MAX: not clamped */
	uint32_t mask;
	struct sa sas[]; /* open addressing, at most half full */
};

/** @return a tunnel with room for @p n SAs; free() it. NULL without memory. */
struct tunnel *tunnel_create(uint32_t n);

/** Adds an SA whose SPI is not there yet. */
void tunnel_add(struct tunnel *tunnel, const struct sa *sa);

/** @return the SA of an SPI (network order), or NULL. Worker. */
static inline const struct sa *
tunnel_find(const struct tunnel *tunnel, uint32_t spi)
{
	uint32_t at = spi * 0x9e3779b1 >> 8 & tunnel->mask;

	while (tunnel->sas[at].spi != spi) {
		if (tunnel->sas[at].spi == 0)
			return NULL;
		at = (at + 1) & tunnel->mask;
	}
	return spi == 0 ? NULL : &tunnel->sas[at];
}

#endif
