/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets from words. The checksum goes byte by byte with the carry put back at each step. */

#include <string.h>

#include "forge.h"

static void
put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

static unsigned int
get(const uint8_t *at)
{
	return at[0] * 256U + at[1];
}

static unsigned int
add(unsigned int sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
		if (sum >= 65536)
			sum -= 65535;
	}
	return sum;
}

static size_t
put_tcp(uint8_t *l4, const struct forge *forge)
{
	size_t head = forge->mss != 0 ? 24 : 20;

	put(l4, forge->sport, 2);
	put(l4 + 2, forge->dport, 2);
	put(l4 + 4, 0x01020304, 4);
	put(l4 + 8, (forge->flags & FORGE_ACK) != 0 ? 0x05060708 : 0, 4);
	l4[12] = (uint8_t)(head / 4 << 4);
	l4[13] = forge->flags;
	put(l4 + 14, 0x7210, 2);
	if (forge->mss != 0) {
		put(l4 + 20, 0x0204, 2);
		put(l4 + 22, forge->mss, 2);
	}
	return head;
}

static size_t
put_udp(uint8_t *l4, const struct forge *forge)
{
	put(l4, forge->sport, 2);
	put(l4 + 2, forge->dport, 2);
	put(l4 + 4, 8U + forge->payload, 2);
	put(l4 + 6, 0xffff, 2);
	return 8;
}

static size_t
put_icmp(uint8_t *l4, const struct forge *forge)
{
	l4[0] = forge->type;
	l4[1] = forge->code;
	if (forge->inner != NULL) {
		memcpy(l4 + 8, forge->inner, forge->inner_size);
		return 8 + forge->inner_size;
	}
	put(l4 + 4, forge->sport, 2);
	put(l4 + 6, forge->sequence, 2);
	return 8;
}

static size_t
put_l4(uint8_t *l4, const struct forge *forge)
{
	switch (forge->proto) {
	case 1:
		return put_icmp(l4, forge);
	case 6:
		return put_tcp(l4, forge);
	case 17:
		return put_udp(l4, forge);
	default:
		return 0;
	}
}

size_t
forge_packet(uint8_t *bytes, const struct forge *forge)
{
	size_t head = 20 + 4U * forge->ip_options, size;

	memset(bytes, 0, FORGE_MAX);
	bytes[0] = (uint8_t)(0x40 + head / 4);
	put(bytes + 4, forge->id, 2);
	put(bytes + 6, 0x4000, 2);
	bytes[8] = forge->ttl == 0 ? 64 : forge->ttl;
	bytes[9] = forge->proto;
	put(bytes + 12, forge->src, 4);
	put(bytes + 16, forge->dst, 4);
	memset(bytes + 20, 1, 4U * forge->ip_options);
	size = head + put_l4(bytes + head, forge);
	for (uint16_t i = 0; i < forge->payload; i++)
		bytes[size + i] = (uint8_t)(i * 7 + 3);
	size += forge->payload;
	put(bytes + 2, (uint32_t)size, 2);
	forge_checksums(bytes);
	return size;
}

static unsigned int
pseudo(const uint8_t *bytes, size_t size)
{
	uint8_t tail[4] = {0, bytes[9], (uint8_t)(size >> 8), (uint8_t)size};

	return add(add(0, bytes + 12, 8), tail, 4);
}

/* The checksum's place of a protocol, in the L4 header; 0: none. */
static size_t
place(uint8_t proto)
{
	return proto == 6 ? 16 : proto == 17 ? 6 : proto == 1 ? 2 : 0;
}

/* What the sum of all comes to, 0xffff when the checksum is right. */
static unsigned int
l4_sum(const uint8_t *bytes)
{
	size_t head = (bytes[0] & 15) * 4U, size = get(bytes + 2) - head;

	if (bytes[9] == 17)
		size = get(bytes + head + 4);
	return add(bytes[9] == 1 ? 0 : pseudo(bytes, size), bytes + head, size);
}

void
forge_checksums(uint8_t *bytes)
{
	size_t head = (bytes[0] & 15) * 4U, at = place(bytes[9]);

	put(bytes + 10, 0, 2);
	put(bytes + 10, 65535 - add(0, bytes, head), 2);
	if (at == 0 || (bytes[9] == 17 && get(bytes + head + at) == 0))
		return;
	put(bytes + head + at, 0, 2);
	put(bytes + head + at, 65535 - l4_sum(bytes), 2);
	if (bytes[9] == 17 && get(bytes + head + at) == 0)
		put(bytes + head + at, 0xffff, 2);
}

void
forge_spoil(uint8_t *bytes, uint16_t off)
{
	size_t at = (bytes[0] & 15) * 4U + place(bytes[9]);

	if (place(bytes[9]) != 0)
		put(bytes + at, (get(bytes + at) + off) & 0xffff, 2);
}

int
forge_is_right(const uint8_t *bytes)
{
	size_t head = (bytes[0] & 15) * 4U, at = place(bytes[9]);

	if (add(0, bytes, head) != 65535)
		return 0;
	if (at == 0 || (bytes[9] == 17 && get(bytes + head + at) == 0))
		return 1;
	return l4_sum(bytes) == 65535;
}
