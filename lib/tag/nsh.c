/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Network Service Header over Ethernet (RFC 8300), for a PE that is service function and
 * forwarder in one: it counts the service index down for each service and the TTL once.
 */

#include "tag/nsh.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "parse/parse.h"

enum {
	ETHER_SIZE = 14,
	NSH_BASE = 8, /* base header and service path header */
	NSH_MD1 = 24, /* with the fixed context headers (RFC 8300 2.4) */
	WORD = 4,     /* the unit of NSH's length */
	TLV_HEADER = 4,
	MD_FIXED = 1,
	MD_VARIABLE = 2,
	NEXT_IPV4 = 1,
	NEXT_IPV6 = 2,
	NEXT_ETHERNET = 3,
	TTL_WRAP = 64, /* what a TTL of 0 counts as (RFC 8300 2.2) */
};

const char *const wp_tag_reasons[WP_N_TAG_REASONS + 1] = {
	[WP_TAG_OK] = "ok",
	[WP_TAG_UNTAGGED] = "untagged",
	[WP_TAG_TRUNCATED] = "tag-truncated",
	[WP_TAG_VERSION] = "nsh-version",
	[WP_TAG_OAM] = "nsh-oam",
	[WP_TAG_LENGTH] = "nsh-length",
	[WP_TAG_MD_TYPE] = "nsh-md-type",
	[WP_TAG_METADATA] = "nsh-metadata",
	[WP_TAG_NEXT] = "nsh-next-protocol",
	[WP_TAG_TTL] = "nsh-ttl",
	[WP_TAG_INDEX_ZERO] = "nsh-index-zero",
};

/** Walks the variable-length context headers (RFC 8300 2.5.1). @return whether they end where the
 * NSH does */
static bool
metadata_ends(const uint8_t *at, unsigned int size)
{
	while (size >= TLV_HEADER) {
		unsigned int value =
			(at[3] & 0x7fu) + WORD - 1; /* the top bit is unassigned: ignored */

		value -= value % WORD;
		if (value > size - TLV_HEADER)
			return false;
		at += TLV_HEADER + value;
		size -= TLV_HEADER + value;
	}
	return size == 0;
}

/** @return whether length and metadata fit the MD type. */
static enum wp_tag_reason
check_metadata(const uint8_t *nsh, unsigned int size)
{
	switch (nsh[2] & 0x0f) { /* the other four bits are unassigned: ignored */
	case MD_FIXED:
		return size == NSH_MD1 ? WP_TAG_OK : WP_TAG_LENGTH;
	case MD_VARIABLE:
		if (size < NSH_BASE)
			return WP_TAG_LENGTH;
		return metadata_ends(nsh + NSH_BASE, size - NSH_BASE) ? WP_TAG_OK : WP_TAG_METADATA;
	default:
		return WP_TAG_MD_TYPE;
	}
}

/** @return the TTL on the way out (RFC 8300 2.2): one less, and 63 for 0. */
static inline uint8_t
ttl_out(uint8_t ttl)
{
	return (uint8_t)((ttl == 0 ? TTL_WRAP : ttl) - 1);
}

/** Fills the view; the tag is known to be good. */
static inline void
accept(struct wp_packet *pkt, const uint8_t *nsh, unsigned int size)
{
	struct wp_tag *tag = &pkt->tag;
	uint32_t service = wp_get32(nsh + 4);

	tag->path = service >> 8;
	tag->index = (uint8_t)service;
	tag->ttl = (uint8_t)((wp_get16(nsh) >> 6) & 63);
	tag->next = nsh[3];
	tag->md_type = nsh[2] & 0x0f;
	tag->encap = pkt->start;
	tag->encap_size = (uint16_t)(ETHER_SIZE + size);
	tag->context = tag->md_type == MD_FIXED ? wp_get32(nsh + NSH_BASE) : 0;
	pkt->start = (uint16_t)(pkt->start + tag->encap_size);
	pkt->len = (uint16_t)(pkt->len - tag->encap_size);
	if (tag->next == NEXT_ETHERNET)
		pkt->flags |= WP_PKT_ETHERNET;
	else
		pkt->flags &= (uint16_t)~WP_PKT_ETHERNET;
}

static enum wp_tag_reason __attribute__((noinline)) decode_any(struct wp_packet *pkt)
{
	const uint8_t *at = wp_start(pkt), *nsh = at + ETHER_SIZE;
	enum wp_tag_reason reason;
	unsigned int size;

	if (pkt->len < ETHER_SIZE || wp_get16(at + 12) != WP_ETHERTYPE_NSH)
		return WP_TAG_UNTAGGED;
	if (pkt->len < ETHER_SIZE + NSH_BASE)
		return WP_TAG_TRUNCATED;
	if (nsh[0] >> 6 != 0)
		return WP_TAG_VERSION;
	if (nsh[0] & 0x20)
		return WP_TAG_OAM;
	size = (nsh[1] & 63u) * WORD;
	if (size > (unsigned int)pkt->len - ETHER_SIZE)
		return WP_TAG_TRUNCATED;
	reason = check_metadata(nsh, size);
	if (reason != WP_TAG_OK)
		return reason;
	if (nsh[3] < NEXT_IPV4 || nsh[3] > NEXT_ETHERNET)
		return WP_TAG_NEXT;
	if (ttl_out((uint8_t)((wp_get16(nsh) >> 6) & 63)) == 0)
		return WP_TAG_TTL;
	if (nsh[7] == 0)
		return WP_TAG_INDEX_ZERO;
	accept(pkt, nsh, size);
	return WP_TAG_OK;
}

/** The usual tag: MD type 1 around Ethernet, TTL neither 0 nor 1, an index. @return whether it was
 * one */
static inline bool
decode_usual(struct wp_packet *pkt)
{
	const uint8_t *at = wp_start(pkt), *nsh = at + ETHER_SIZE;
	uint32_t base;

	if (pkt->len < ETHER_SIZE + NSH_MD1 || wp_get16(at + 12) != WP_ETHERTYPE_NSH)
		return false;
	base = wp_get32(nsh);
	/* Version 0, O 0, length 6, MD type 1, next protocol Ethernet; unassigned bits are
	 * nobody's. */
	if ((base & 0xe03f0fff) != 0x00060103 || (base >> 22 & 63) < 2 || nsh[7] == 0)
		return false;
	accept(pkt, nsh, NSH_MD1);
	return true;
}

enum wp_tag_reason
nsh_decode(struct wp_packet *pkt)
{
	return decode_usual(pkt) ? WP_TAG_OK : decode_any(pkt);
}

unsigned int
nsh_decode_burst(struct wp_packet *const *pkts, unsigned int n, uint8_t *reasons)
{
	unsigned int unusual = 0, refused = 0;

	for (unsigned int i = 0; i < n; i++) {
		bool usual = decode_usual(pkts[i]);

		reasons[i] = usual ? WP_TAG_OK : UINT8_MAX;
		unusual += !usual;
	}
	if (__builtin_expect(unusual == 0, 1))
		return 0;
	for (unsigned int i = 0; i < n; i++) {
		if (reasons[i] == UINT8_MAX)
			reasons[i] = (uint8_t)decode_any(pkts[i]);
		refused += reasons[i] != WP_TAG_OK;
	}
	return refused;
}

/** Swaps the two addresses of an Ethernet header, in registers: through memory the loads would wait
 * for the stores. */
static inline void
swap_addresses(uint8_t *ether)
{
	const uint64_t mask = ((uint64_t)1 << 48) - 1;
	uint64_t first, dest, source;
	uint32_t last;

	memcpy(&first, ether, 8);
	memcpy(&last, ether + 8, 4);
	dest = first & mask;
	source = first >> 48 | (uint64_t)last << 16;
	first = source | dest << 48;
	last = (uint32_t)(dest >> 16);
	memcpy(ether, &first, 8);
	memcpy(ether + 8, &last, 4);
}

int
nsh_encode(struct wp_packet *pkt, uint32_t path, uint8_t index)
{
	struct wp_tag *tag = &pkt->tag;
	uint16_t to = (uint16_t)(pkt->start - tag->encap_size);
	uint8_t *at = pkt->buf + to, *nsh = at + ETHER_SIZE;
	uint16_t base;

	if (__builtin_expect(to != tag->encap, 0)) {
		if (pkt->start < tag->encap_size)
			return -ENOBUFS;
		memmove(at, pkt->buf + tag->encap, tag->encap_size);
		tag->encap = to;
	}
	swap_addresses(at);
	base = (uint16_t)((wp_get16(nsh) & ~(63u << 6)) | ttl_out(tag->ttl) << 6);
	nsh[0] = (uint8_t)(base >> 8);
	nsh[1] = (uint8_t)base;
	wp_put32(nsh + 4, path << 8 | index);
	if (tag->md_type == MD_FIXED)
		wp_put32(nsh + NSH_BASE, tag->context);
	if (tag->next != NEXT_ETHERNET && pkt->ip_version != 0) /* else it is as it came */
		nsh[3] = pkt->ip_version == 6 ? NEXT_IPV6 : NEXT_IPV4;
	pkt->start = to;
	pkt->len = (uint16_t)(pkt->len + tag->encap_size);
	return 0;
}

const struct wp_codec wp_nsh = {
	.name = "nsh",
	.decode = nsh_decode,
	.encode = nsh_encode,
};
