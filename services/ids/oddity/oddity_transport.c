/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of TCP, UDP, SCTP and ESP. */

#include "bytes.h"
#include "oddity/oddity_walk.h"

/* TCP. */

enum {
	TCP_SIZE = 20,
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_OK = 4,
	OPTION_SACK = 5,
	OPTION_TIME = 8,
	OPTION_MD5 = 19,       /* RFC 2385 */
	OPTION_AO = 29,        /* RFC 5925 */
	OPTION_FAST_OPEN = 34, /* RFC 7413 */
	OPTION_EXPERIMENT = 253,
	OPTION_EXPERIMENT_2 = 254,
};

/** @return whether an option of a known kind has a size that it may have. */
static bool
is_right_size(uint8_t kind, uint8_t size)
{
	switch (kind) {
	case OPTION_MSS:
		return size == 4;
	case OPTION_SCALE:
		return size == 3;
	case OPTION_SACK_OK:
		return size == 2;
	case OPTION_SACK: /* up to four pairs */
		return size <= 34 && (size - 2) % 8 == 0;
	case OPTION_TIME:
		return size == 10;
	case OPTION_MD5:
		return size == 18;
	case OPTION_AO:
		return size >= 4;
	case OPTION_FAST_OPEN:
		return size <= 18 && size % 2 == 0;
	case OPTION_EXPERIMENT:
	case OPTION_EXPERIMENT_2:
		return size == 4 || size == 12;
	default:
		return true;
	}
}

/** Kinds that may be there once; their bits. */
static uint32_t
bit_of(uint8_t kind)
{
	switch (kind) {
	case OPTION_MSS:
	case OPTION_SCALE:
	case OPTION_SACK_OK:
	case OPTION_SACK:
	case OPTION_TIME:
		return 1u << kind;
	case OPTION_FAST_OPEN:
		return 1u << 31;
	default:
		return 0;
	}
}

static void
look_at_tcp_options(struct walk *walk, struct stretch from)
{
	uint32_t seen = 0;

	while (from.size != 0 && from.at[0] != OPTION_END) {
		uint8_t kind = from.at[0], size = 1;

		if (kind != OPTION_NOP) {
			if (from.size < 2)
				return;
			size = from.at[1];
			if (size < 2 || size > from.size) {
				walk_add(walk, EVENT_DECODE_TCP_OPT_INVALID_LEN);
				return;
			}
			if (!is_right_size(kind, size))
				walk_add(walk, EVENT_DECODE_TCP_OPT_INVALID_LEN);
			else if ((seen & bit_of(kind)) != 0)
				walk_add(walk, EVENT_DECODE_TCP_OPT_DUPLICATE);
			else
				seen |= bit_of(kind);
		}
		from = stretch_behind(from, size);
	}
}

void
walk_tcp(struct walk *walk, struct stretch from)
{
	uint32_t header;

	if (from.size < TCP_SIZE) {
		walk_add(walk, EVENT_DECODE_TCP_PKT_TOO_SMALL);
		return;
	}
	header = (from.at[12] >> 4) * 4u;
	if (from.size < header)
		walk_add(walk, EVENT_DECODE_TCP_HLEN_TOO_SMALL);
	else if (header < TCP_SIZE)
		walk_add(walk, EVENT_DECODE_TCP_INVALID_OPTLEN);
	else
		look_at_tcp_options(walk, (struct stretch){from.at + TCP_SIZE, header - TCP_SIZE});
}

/* UDP. */

enum { UDP_SIZE = 8, ETHER_SIZE = 14, ARP = 0x0806 };

/** @return whether a datagram goes to a port, or comes from it. */
static bool
is_of_port(const uint8_t *udp, uint16_t port)
{
	return wp_get16(udp) == port || wp_get16(udp + 2) == port;
}

/** RFC 7348: frames within. */
static void
look_at_vxlan(struct walk *walk, struct stretch from)
{
	enum { HAS_NUMBER = 0x08, TYPE_AT = 20 };
	static const uint16_t known[] = {0x0800, 0x86dd, ARP, 0x8100, 0x88a8, 0x9100};

	if (from.size < UDP_SIZE + ETHER_SIZE || (from.at[0] & HAS_NUMBER) == 0 || from.at[7] != 0)
		return;
	if (!is_among(wp_get16(from.at + TYPE_AT), known, sizeof(known) / sizeof(known[0])))
		walk_add(walk, EVENT_DECODE_VXLAN_UNKNOWN_PAYLOAD_TYPE);
}

/** @return whether options of Geneve fill their room. */
static bool
are_geneve_options(struct stretch from)
{
	enum { OPTION_SIZE = 4, LENGTH = 0x1f };

	while (from.size >= OPTION_SIZE) {
		uint32_t size = OPTION_SIZE + (from.at[3] & LENGTH) * 4u;

		if (size > from.size)
			return false;
		from = stretch_behind(from, size);
	}
	return true;
}

/** RFC 8926. */
static void
look_at_geneve(struct walk *walk, struct stretch from)
{
	enum { HEADER_SIZE = 8 };
	static const uint16_t known[] = {0x0800, 0x86dd, ARP, 0x6558};
	uint32_t options;

	if (from.size < HEADER_SIZE || from.at[0] >> 6 != 0 || (from.at[1] & 0x3f) != 0 ||
	    from.at[7] != 0)
		return;
	options = (from.at[0] & 0x3fu) * 4;
	if (HEADER_SIZE + options > from.size ||
	    !are_geneve_options((struct stretch){from.at + HEADER_SIZE, options}))
		return;
	if (!is_among(wp_get16(from.at + 2), known, sizeof(known) / sizeof(known[0])))
		walk_add(walk, EVENT_DECODE_GENEVE_UNKNOWN_PAYLOAD_TYPE);
}

void
walk_udp(struct walk *walk, struct stretch from)
{
	enum { PORT_VXLAN = 4789, PORT_GENEVE = 6081 };
	uint32_t size;

	if (from.size < UDP_SIZE) {
		walk_add(walk, EVENT_DECODE_UDP_HLEN_TOO_SMALL);
		return;
	}
	size = wp_get16(from.at + 4);
	if (size < UDP_SIZE) {
		walk_add(walk, EVENT_DECODE_UDP_LEN_INVALID);
		return;
	}
	if (from.size < size) {
		walk_add(walk, EVENT_DECODE_UDP_PKT_TOO_SMALL);
		return;
	}
	if (is_of_port(from.at, PORT_GENEVE))
		look_at_geneve(walk, stretch_behind(from, UDP_SIZE));
	else if (is_of_port(from.at, PORT_VXLAN))
		look_at_vxlan(walk, stretch_behind(from, UDP_SIZE));
}

/* Others. */

void
walk_sctp(struct walk *walk, struct stretch from)
{
	if (from.size < 12)
		walk_add(walk, EVENT_DECODE_SCTP_PKT_TOO_SMALL);
}

void
walk_esp(struct walk *walk, struct stretch from)
{
	if (walk_deeper(walk) && from.size < 8)
		walk_add(walk, EVENT_DECODE_ESP_PKT_TOO_SMALL);
}
