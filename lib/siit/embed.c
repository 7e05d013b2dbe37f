/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 6052 2.2: the IPv4 address follows the prefix, but for bits 64 to 71, which it leaves out. */

#include "siit/embed.h"

enum { GAP_AT = 8 }; /* byte that stays 0 */

const char *
wp_embed_fault(const struct wp_prefix *prefix)
{
	unsigned int bits = prefix->bits;

	if (prefix->addr.version != 6)
		return "is no IPv6 prefix, such as 64:ff9b::/96";
	if (bits != 96 && (bits < 32 || bits > 64 || bits % 8 != 0))
		return "has another length than 32, 40, 48, 56, 64 or 96";
	return prefix->addr.bytes[GAP_AT] != 0 ? "has bits 64 to 71 that are not 0" : NULL;
}

/** @return where byte @p i of the IPv4 address stands. */
static unsigned int
place(const struct wp_prefix *prefix, unsigned int i)
{
	unsigned int at = prefix->bits / 8u + i;

	return prefix->bits < 96 && at >= GAP_AT ? at + 1 : at;
}

void
wp_embed(const struct wp_prefix *prefix, const uint8_t ipv4[4], uint8_t ipv6[16])
{
	memcpy(ipv6, prefix->addr.bytes, 16);
	for (unsigned int i = 0; i < 4; i++)
		ipv6[place(prefix, i)] = ipv4[i];
}

bool
wp_embed_extract(const struct wp_prefix *prefix, const uint8_t ipv6[16], uint8_t ipv4[4])
{
	uint8_t found[4], again[16];

	if (!wp_prefix_has(prefix, 6, ipv6))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		found[i] = ipv6[place(prefix, i)];
	wp_embed(prefix, found, again);
	if (memcmp(ipv6, again, 16) != 0)
		return false;
	memcpy(ipv4, found, 4);
	return true;
}

bool
wp_embed_is_well_known(const struct wp_prefix *prefix)
{
	static const uint8_t well_known[16] = {0, 0x64, 0xff, 0x9b};

	return prefix->bits == 96 && memcmp(prefix->addr.bytes, well_known, 16) == 0;
}

bool
wp_embed_is_global(const uint8_t ipv4[4])
{
	/* RFC 6890 2.2.2, and 240.0.0.0/4 */
	static const struct {
		uint8_t bytes[3], bits;
	} others[] = {
		{{0}, 8},
		{{10}, 8},
		{{100, 64}, 10},
		{{127}, 8},
		{{169, 254}, 16},
		{{172, 16}, 12},
		{{192, 0, 0}, 24},
		{{192, 0, 2}, 24},
		{{192, 88, 99}, 24},
		{{192, 168}, 16},
		{{198, 18}, 15},
		{{198, 51, 100}, 24},
		{{203, 0, 113}, 24},
		{{224}, 3},
	};
	uint32_t address = (uint32_t)ipv4[0] << 16 | (uint32_t)ipv4[1] << 8 | ipv4[2];

	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const uint8_t *at = others[i].bytes;
		uint32_t prefix = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];

		if ((address ^ prefix) >> (24 - others[i].bits) == 0)
			return false;
	}
	return true;
}
