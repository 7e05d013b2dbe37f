/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragmentation of IPv4 packets (RFC 791 3.2). IPv6 packets are fragmented by nobody but their
 * sender (RFC 8200 4.5). */

#ifndef WP_FRAGMENT_H
#define WP_FRAGMENT_H

#include <errno.h>
#include <stdint.h>

#include "packet.h"
#include "service.h"

/** How a packet is cut. */
struct wp_fragments {
	uint8_t header[60];   /* of all fragments but the first: without options that are not copied
			       */
	uint16_t header_size; /* bytes of it */
	uint16_t first_header; /* bytes of the first fragment's header: the packet's own */
	uint16_t first;        /* bytes of data in the first fragment */
	uint16_t each;         /* bytes of data in each further one but the last */
	uint16_t size;         /* bytes of data in all of them */
	uint16_t n;            /* fragments before the last */
};

/**
 * Plans the cut of a parsed packet into fragments of at most @p mtu bytes. Worker.
 * @return 0; -EINVAL when it is not a whole, sound IPv4 packet; -EMSGSIZE when it may not be
 *         fragmented, it fits, or would be more than WP_BURST_MAX fragments
 */
WP_API int wp_fragment_plan(const struct wp_packet *pkt, uint32_t mtu, struct wp_fragments *plan);

/** @return bytes of fragment @p i, from 0, of those before the last. Worker. */
WP_API uint16_t wp_fragment_size(const struct wp_fragments *plan, unsigned int i);

/** Fills in fragment @p i of @p pkt, one before the last, in @p to: a packet that was made like it,
 * with wp_fragment_size() bytes. Worker. */
WP_API void wp_fragment_write(const struct wp_packet *pkt, const struct wp_fragments *plan,
			      unsigned int i, struct wp_packet *to);

/** Makes a packet the last of its fragments. Worker. */
WP_API void wp_fragment_last(struct wp_packet *pkt, const struct wp_fragments *plan);

/**
 * Cuts a packet into fragments of at most @p mtu bytes. It becomes the last one itself; those
 * before it are made by wp_create(), which sends them off before it. Worker, in burst() only.
 *
 * @param[out] before  the others, in order
 * @param room  how many fit there
 * @return how many they are; else -EINVAL and -EMSGSIZE of wp_fragment_plan(), or -ENOBUFS when
 *         there are too many or buffers are short: the packet is then untouched, and what was made
 * is absorbed
 */
static inline int
wp_fragment(struct wp_core *core, struct wp_packet *pkt, uint32_t mtu, struct wp_packet **before,
	    unsigned int room)
{
	struct wp_fragments plan;
	int err = wp_fragment_plan(pkt, mtu, &plan);
	unsigned int n = 0;

	if (err < 0)
		return err;
	if (plan.n > room)
		return -ENOBUFS;
	for (; n < plan.n; n++) {
		before[n] = wp_create(core, pkt, wp_fragment_size(&plan, n));
		if (before[n] == NULL)
			goto err_before;
		wp_fragment_write(pkt, &plan, n, before[n]);
	}
	wp_fragment_last(pkt, &plan);
	return (int)n;

err_before:
	while (n > 0)
		wp_absorb(before[--n]);
	return -ENOBUFS;
}

#endif
