/* SPDX-License-Identifier: BSD-3-Clause */
/* See pcapng.h. Section numbers are those of draft-ietf-opsawg-pcapng. */

#include "ctl/agent/pcapng.h"

#include <string.h>

enum {
	SECTION_HEADER = 0x0a0d0d0a, /* 4.1 */
	INTERFACE = 1,               /* 4.2 */
	ENHANCED_PACKET = 6,         /* 4.3 */
	BYTE_ORDER = 0x1a2b3c4d,
	OPT_COMMENT = 1, /* 3.5 */
	IF_NAME = 2,
	IF_TSRESOL = 9,
	LINK_ETHERNET = 1,
	ETHERNET = 14, /* bytes of a header */
	BLOCK_MAX = CAPTURE_SNAP_MAX + 1024,
};

/** A block that is being put together. */
struct block {
	size_t n;
	uint8_t bytes[BLOCK_MAX];
};

static void
add(struct block *block, const void *bytes, size_t n)
{
	static const uint8_t padding[4] = {0};
	size_t more = (4 - n % 4) % 4;

	if (block->n + n + more > BLOCK_MAX - 8)
		return;
	memcpy(block->bytes + block->n, bytes, n);
	memcpy(block->bytes + block->n + n, padding, more);
	block->n += n + more;
}

static void
add_word(struct block *block, uint32_t word)
{
	add(block, &word, sizeof(word));
}

static void
add_option(struct block *block, uint16_t code, const void *value, size_t n)
{
	add_word(block, (uint32_t)n << 16 | code);
	add(block, value, n);
}

static void
begin(struct block *block, uint32_t type)
{
	block->n = 0;
	add_word(block, type);
	add_word(block, 0); /* its length */
}

/** Ends a block's options and the block, and writes it. */
static size_t
end(struct block *block, FILE *file)
{
	uint32_t length;

	add_word(block, 0); /* opt_endofopt */
	length = (uint32_t)block->n + 4;
	memcpy(block->bytes + 4, &length, sizeof(length));
	memcpy(block->bytes + block->n, &length, sizeof(length));
	return fwrite(block->bytes, 1, length, file) == length ? length : 0;
}

size_t
pcapng_begin(FILE *file, const char *name, uint32_t snap)
{
	const uint64_t unknown = UINT64_MAX;
	const uint8_t nanoseconds = 9;
	struct block block;
	size_t n[2];

	begin(&block, SECTION_HEADER);
	add_word(&block, BYTE_ORDER);
	add_word(&block, 1); /* version 1.0 */
	add(&block, &unknown, sizeof(unknown));
	n[0] = end(&block, file);
	begin(&block, INTERFACE);
	add_word(&block, LINK_ETHERNET);
	add_word(&block, snap + ETHERNET);
	add_option(&block, IF_NAME, name, strlen(name));
	add_option(&block, IF_TSRESOL, &nanoseconds, 1);
	n[1] = end(&block, file);
	return n[0] != 0 && n[1] != 0 ? n[0] + n[1] : 0;
}

/** Writes the last two bytes of an Ethernet header that is made up for an IP packet. */
static void
put_ethertype(uint8_t header[ETHERNET], const struct captured *packet)
{
	bool is_ipv6 = packet->n != 0 && packet->bytes[0] >> 4 == 6;

	header[12] = is_ipv6 ? 0x86 : 0x08;
	header[13] = is_ipv6 ? 0xdd : 0x00;
}

size_t
pcapng_add(FILE *file, const struct captured *packet, uint64_t time_ns)
{
	uint8_t bytes[ETHERNET + CAPTURE_SNAP_MAX] = {0};
	uint32_t front = packet->is_ethernet ? 0 : ETHERNET;
	struct block block;

	if (front != 0) /* many readers want one kind of packet in a file */
		put_ethertype(bytes, packet);
	memcpy(bytes + front, packet->bytes, packet->n);
	begin(&block, ENHANCED_PACKET);
	add_word(&block, 0); /* interface */
	add_word(&block, (uint32_t)(time_ns >> 32));
	add_word(&block, (uint32_t)time_ns);
	add_word(&block, packet->n + front);
	add_word(&block, packet->size + front);
	add(&block, bytes, packet->n + front);
	add_option(&block, OPT_COMMENT, packet->comment, strlen(packet->comment));
	return end(&block, file);
}
