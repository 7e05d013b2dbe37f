/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Translates packets for siit.py: each line of the input is a packet without Ethernet in hex, the
 * new source and destination, those of a quoted packet, and the IPv4 identification; each line of
 * the output the new packet, or a negative errno.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "parse/parse.h"
#include "siit/siit.h"

enum { ROOM = 8192, START = 128, HEX_MAX = 8000 };

static unsigned int
read_hex(const char *text, uint8_t *to)
{
	unsigned int n = 0, byte;

	for (; sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
		to[n] = (uint8_t)byte;
	return n;
}

static void
read_address(const char *text, uint8_t *to)
{
	inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, to);
}

int
main(void)
{
	static char hex[HEX_MAX + 1], texts[4][64];
	static uint8_t bytes[ROOM];
	unsigned int id;

	while (scanf("%8000s %63s %63s %63s %63s %u", hex, texts[0], texts[1], texts[2], texts[3],
		     &id) == 6) {
		struct wp_packet pkt = {.buf = bytes, .room = ROOM, .start = START};
		struct wp_siit how = {.id = (uint16_t)id};
		int err;

		pkt.len = (uint16_t)read_hex(hex, bytes + START);
		read_address(texts[0], how.packet.source);
		read_address(texts[1], how.packet.dest);
		read_address(texts[2], how.quoted.source);
		read_address(texts[3], how.quoted.dest);
		wp_parse(&pkt);
		err = pkt.ip_version == 4 ? wp_siit_4to6(&pkt, &how) : wp_siit_6to4(&pkt, &how);
		if (err != 0)
			printf("%d", err);
		for (unsigned int i = 0; err == 0 && i < pkt.len; i++)
			printf("%02x", wp_start(&pkt)[i]);
		printf("\n");
	}
	return 0;
}
