/* SPDX-License-Identifier: BSD-3-Clause */
/* What an IPv4 header and an IPv6 header have in common: read from the one, written as the other.
 */

#ifndef SIIT_HEADER_H
#define SIIT_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes that header_write() writes at the most: IPv6 with a fragment header. */
#define HEADER_SIZE_MAX 48

/** An IP header, with extension headers. Host order. */
struct header {
	uint16_t size;    /* bytes of it where it was read */
	uint32_t payload; /* bytes behind it, as it claims */
	uint32_t id;
	uint16_t offset;       /* of a fragment, in units of 8 bytes */
	uint8_t version;       /* where it was read: 4 or 6 */
	uint8_t protocol;      /* of what follows; ICMP of both families as that of IPv4 */
	uint8_t traffic_class; /* or TOS */
	uint8_t hops;
	bool dont_fragment;       /* IPv4 */
	bool has_fragment_header; /* IPv6 */
	bool more;                /* fragments follow */
};

/**
 * Reads an IP header of which there are @p room bytes with what follows.
 * @return 0; -EBADMSG, -EPROTONOSUPPORT or -EHOSTUNREACH as wp_siit_6to4()
 */
int header_read(const uint8_t *ip, unsigned int room, struct header *header);

/** @return whether it is a fragment of something larger. */
static inline bool
header_is_fragment(const struct header *header)
{
	return header->offset != 0 || header->more;
}

/** @return bytes that the other family's header will have. */
static inline unsigned int
header_other_size(const struct header *header)
{
	return header->version == 6 ? 20 : header_is_fragment(header) ? 48 : 40;
}

/** Writes it as one of the other family. @param id  IPv4 identification when it had none */
void header_write(const struct header *header, uint8_t *ip, const uint8_t *source,
		  const uint8_t *dest, uint16_t id);

#endif
