/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of RFC 7915, and its arithmetic of MTUs. */

#include "siit/icmp.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"

enum {
	ECHO_REPLY4 = 0,
	UNREACHABLE4 = 3,
	ECHO4 = 8,
	TIME_EXCEEDED4 = 11,
	PARAMETER4 = 12,
	UNREACHABLE6 = 1,
	TOO_BIG6 = 2,
	TIME_EXCEEDED6 = 3,
	PARAMETER6 = 4,
	ECHO6 = 128,
	ECHO_REPLY6 = 129,
	PROTOCOL_UNREACHABLE4 = 2, /* code */
	TOO_BIG4 = 4,              /* code */
	UNKNOWN_NEXT_HEADER6 = 1,  /* code */
	NEXT_HEADER_AT = 6,        /* byte of an IPv6 header */
	MIN_MTU4 = 68,
	MIN_MTU6 = 1280,
	NONE = 0xff,
};

/** A message without its checksum. Host order. */
struct message {
	uint8_t type, code;
	uint32_t word;
};

static uint32_t
min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool
icmp_quotes(uint8_t version, uint8_t type)
{
	if (version == 6)
		return type >= UNREACHABLE6 && type <= PARAMETER6;
	return type == UNREACHABLE4 || type == TIME_EXCEEDED4 || type == PARAMETER4;
}

unsigned int
icmp_quoted_length(uint8_t version, const uint8_t *icmp)
{
	if (version == 4)
		return icmp[5] * 4u;
	return icmp[0] == UNREACHABLE6 || icmp[0] == TIME_EXCEEDED6 ? icmp[4] * 8u : 0;
}

/* IPv4 to IPv6. */

/** @return the MTU that an old router means that says none: the next lower of RFC 1191 7. */
static uint32_t
plateau(uint32_t size)
{
	static const uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352,
					    2002,  1492,  1006,  508,  296};

	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (plateaus[i] < size)
			return plateaus[i];
	return MIN_MTU4;
}

static uint32_t
mtu_4to6(uint32_t mtu, const struct header *quoted, const struct wp_siit *how)
{
	if (mtu == 0)
		mtu = plateau(quoted->size + quoted->payload);
	if (how->mtu4 != 0)
		mtu = min32(mtu, how->mtu4);
	mtu += WP_SIIT_GROWTH;
	if (how->mtu6 != 0)
		mtu = min32(mtu, how->mtu6);
	return mtu < MIN_MTU6 ? MIN_MTU6 : mtu;
}

static bool
unreachable_4to6(struct message *message, const struct header *quoted, const struct wp_siit *how)
{
	/* index: code of IPv4 */
	static const uint8_t codes[] = {0, 0, NONE, 4, NONE, 0, 0, 0, 0, 1, 1, 0, 0, 1, NONE, 1};
	uint8_t code = message->code;

	if (code == PROTOCOL_UNREACHABLE4) {
		*message = (struct message){PARAMETER6, UNKNOWN_NEXT_HEADER6, NEXT_HEADER_AT};
		return true;
	}
	if (code == TOO_BIG4) {
		*message = (struct message){TOO_BIG6, 0,
					    mtu_4to6(message->word & 0xffff, quoted, how)};
		return true;
	}
	if (code >= sizeof(codes) || codes[code] == NONE)
		return false;
	*message = (struct message){UNREACHABLE6, codes[code], 0};
	return true;
}

static bool
parameter_4to6(struct message *message)
{
	/* index: byte of an IPv4 header */
	static const uint8_t places[] = {0,    1,    4, 4, NONE, NONE, NONE, NONE, 7,  6,
					 NONE, NONE, 8, 8, 8,    8,    24,   24,   24, 24};
	uint32_t at = message->word >> 24;

	if ((message->code != 0 && message->code != 2) || at >= sizeof(places) ||
	    places[at] == NONE)
		return false;
	*message = (struct message){PARAMETER6, 0, places[at]};
	return true;
}

static bool
turn_4to6(struct message *message, const struct header *quoted, const struct wp_siit *how)
{
	switch (message->type) {
	case ECHO4:
		message->type = ECHO6;
		return true;
	case ECHO_REPLY4:
		message->type = ECHO_REPLY6;
		return true;
	case UNREACHABLE4:
		return quoted != NULL && unreachable_4to6(message, quoted, how);
	case TIME_EXCEEDED4:
		*message = (struct message){TIME_EXCEEDED6, message->code, 0};
		return quoted != NULL;
	case PARAMETER4:
		return quoted != NULL && parameter_4to6(message);
	default:
		return false;
	}
}

/* IPv6 to IPv4. */

static uint32_t
mtu_6to4(uint32_t mtu, const struct header *quoted, const struct wp_siit *how)
{
	uint32_t growth = quoted->has_fragment_header ? WP_SIIT_GROWTH_FRAGMENT : WP_SIIT_GROWTH;

	if (how->mtu6 != 0)
		mtu = min32(mtu, how->mtu6);
	mtu = mtu < MIN_MTU4 + growth ? MIN_MTU4 : mtu - growth;
	if (how->mtu4 != 0)
		mtu = min32(mtu, how->mtu4);
	return min32(mtu, UINT16_MAX);
}

static bool
unreachable_6to4(struct message *message)
{
	/* index: code of IPv6 */
	static const uint8_t codes[] = {1, 10, 1, 1, 3};

	if (message->code >= sizeof(codes))
		return false;
	*message = (struct message){UNREACHABLE4, codes[message->code], 0};
	return true;
}

/** @return the byte of an IPv4 header that says what a byte of an IPv6 header does, or NONE. */
static uint8_t
place_6to4(uint32_t at)
{
	static const uint8_t places[] = {0, 1, NONE, NONE, 2, 2, 9, 8};

	if (at < sizeof(places))
		return places[at];
	return at < 24 ? 12 : at < 40 ? 16 : NONE;
}

static bool
parameter_6to4(struct message *message)
{
	uint8_t at = place_6to4(message->word);

	if (message->code == UNKNOWN_NEXT_HEADER6) {
		*message = (struct message){UNREACHABLE4, PROTOCOL_UNREACHABLE4, 0};
		return true;
	}
	if (message->code != 0 || at == NONE)
		return false;
	*message = (struct message){PARAMETER4, 0, (uint32_t)at << 24};
	return true;
}

static bool
turn_6to4(struct message *message, const struct header *quoted, const struct wp_siit *how)
{
	switch (message->type) {
	case ECHO6:
		message->type = ECHO4;
		return true;
	case ECHO_REPLY6:
		message->type = ECHO_REPLY4;
		return true;
	case UNREACHABLE6:
		return quoted != NULL && unreachable_6to4(message);
	case TOO_BIG6:
		if (quoted != NULL)
			*message = (struct message){UNREACHABLE4, TOO_BIG4,
						    mtu_6to4(message->word, quoted, how)};
		return quoted != NULL;
	case TIME_EXCEEDED6:
		*message = (struct message){TIME_EXCEEDED4, message->code, 0};
		return quoted != NULL;
	case PARAMETER6:
		return quoted != NULL && parameter_6to4(message);
	default:
		return false;
	}
}

int
icmp_turn(uint8_t version, uint8_t *icmp, const struct header *quoted, const struct wp_siit *how)
{
	struct message message = {icmp[0], icmp[1], wp_get32(icmp + 4)};
	uint32_t word;

	if (!(version == 4 ? turn_4to6(&message, quoted, how) : turn_6to4(&message, quoted, how)))
		return -EPROTONOSUPPORT;
	word = __builtin_bswap32(message.word);
	icmp[0] = message.type;
	icmp[1] = message.code;
	memcpy(icmp + 4, &word, sizeof(word));
	return 0;
}
