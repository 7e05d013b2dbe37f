/* SPDX-License-Identifier: BSD-3-Clause */
/* See ids_laps.h. */

#include "ids_laps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "bytes.h"
#include "parse/parse.h"
#include "tool/layer.h"
#include "tool/tunnel.h"

enum {
	DEPTH_MAX = 16, /* packets in packets */
	ICMP_HEADER = 8,
	SOURCE_V4 = 12, /* bytes in front of addresses */
	SOURCE_V6 = 8,
	HEADER_V4 = 20,
	HEADER_V6 = 40,
};

/** Between the last packet of a lap and the first of the next. */
static const uint64_t pause_ns = 600000000000;

struct frame {
	uint64_t at; /* byte in the laps' bytes */
	uint64_t time_ns;
	uint32_t size, wire_size;
};

struct laps {
	struct frame *frames;
	uint8_t *bytes;
	uint64_t *
		places; /* four bytes of an address each, which tell laps apart; bytes in 'bytes' */
	uint32_t n_frames, room;
	uint32_t n_places, places_room;
	uint64_t n_bytes, bytes_room;
	uint64_t span_ns; /* of a lap, and the pause behind it */
	uint32_t lap;
	int link;
};

static void
end(const char *file, const char *why)
{
	fprintf(stderr, "ids_bench: %s: %s\n", file, why);
	exit(EXIT_FAILURE);
}

/** Makes room for @p more items. */
static void *
grow(void *items, size_t size, uint64_t n, uint64_t more, uint64_t *room)
{
	if (n + more <= *room)
		return items;
	*room = 2 * (n + more);
	items = reallocarray(items, *room, size);
	if (items == NULL)
		end("laps", "no memory");
	return items;
}

/* Addresses. */

static void
add_place(struct laps *laps, uint64_t at)
{
	uint64_t room = laps->places_room;

	laps->places = grow(laps->places, sizeof(*laps->places), laps->n_places, 1, &room);
	laps->places_room = (uint32_t)room;
	laps->places[laps->n_places++] = at;
}

/** Notes the addresses of a header. Of IPv6 the second four bytes tell laps apart: what an address
 * is for stands in front of them. */
static void
add_header(struct laps *laps, const uint8_t *frame, uint32_t l3, uint32_t size)
{
	uint64_t at = (uint64_t)(frame - laps->bytes) + l3;
	uint8_t version = l3 < size ? frame[l3] >> 4 : 0;

	if (version == 4 && l3 + HEADER_V4 <= size) {
		add_place(laps, at + SOURCE_V4);
		add_place(laps, at + SOURCE_V4 + 4);
	} else if (version == 6 && l3 + HEADER_V6 <= size) {
		add_place(laps, at + SOURCE_V6 + 4);
		add_place(laps, at + SOURCE_V6 + 16 + 4);
	}
}

/** @return whether a packet brings the header of another one that could not be delivered. */
static bool
is_icmp_error(const struct wp_packet *pkt)
{
	uint8_t type;

	if (pkt->l4 == 0 || (pkt->flags & WP_PKT_FRAGMENT) != 0 || pkt->l4 >= pkt->end)
		return false;
	type = wp_l4(pkt)[0];
	if (pkt->l4_proto == WP_PROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return pkt->l4_proto == WP_PROTO_ICMPV6 && type >= 1 && type <= 4;
}

/** Notes all addresses of a frame: those of packets within packets, too. */
static void
add_headers(struct laps *laps, const struct frame *frame)
{
	uint8_t *bytes = laps->bytes + frame->at;
	uint32_t size = frame->size < UINT16_MAX ? frame->size : UINT16_MAX;
	struct layer layer = layer_of_link(laps->link, bytes, size);
	struct wp_packet pkt = {.buf = bytes, .room = UINT16_MAX}, inner;

	if (layer.kind == LAYER_UNKNOWN || layer.at > size)
		return;
	layer_view(&pkt, layer, size);
	for (unsigned int depth = 0; depth < DEPTH_MAX && pkt.l3 != 0; depth++, pkt = inner) {
		add_header(laps, bytes, pkt.l3, size);
		if (is_icmp_error(&pkt))
			add_header(laps, bytes, pkt.l4 + ICMP_HEADER, size);
		if (tunnel_inner(&tunnel_usual, &pkt, &inner) == TUNNEL_NONE)
			return;
	}
}

/** @return what an address of a lap differs by: its first and its last byte stay. */
static uint32_t
mark_of(uint32_t lap)
{
	return (lap & 0xff) << 16 | (lap >> 8 & 0xff) << 8;
}

void
laps_turn(struct laps *laps, uint32_t lap)
{
	uint32_t change = mark_of(lap) ^ mark_of(laps->lap);

	for (uint32_t i = 0; i < laps->n_places; i++) {
		uint8_t *at = laps->bytes + laps->places[i];

		wp_put32(at, wp_get32(at) ^ change);
	}
	laps->lap = lap;
}

/* Packets. */

static void
add_frame(struct laps *laps, const struct capture_packet *packet)
{
	uint64_t room = laps->room;

	laps->frames = grow(laps->frames, sizeof(*laps->frames), laps->n_frames, 1, &room);
	laps->room = (uint32_t)room;
	laps->bytes = grow(laps->bytes, 1, laps->n_bytes, packet->size, &laps->bytes_room);
	laps->frames[laps->n_frames++] =
		(struct frame){laps->n_bytes, packet->time_ns, packet->size, packet->wire_size};
	memcpy(laps->bytes + laps->n_bytes, packet->bytes, packet->size);
	laps->n_bytes += packet->size;
}

struct laps *
laps_read(const char *file)
{
	struct laps *laps = calloc(1, sizeof(*laps));
	struct capture_packet packet;
	struct capture *capture;
	char why[256];
	int more;

	if (laps == NULL || capture_open(file, NULL, &capture, why, sizeof(why)) != 0)
		end(file, laps == NULL ? "no memory" : why);
	laps->link = capture_link(capture);
	while ((more = capture_next(capture, &packet)) == 1)
		add_frame(laps, &packet);
	if (more < 0)
		end(file, capture_fault(capture));
	if (laps->n_frames == 0)
		end(file, "there are no packets");
	capture_close(capture);
	for (uint32_t i = 0; i < laps->n_frames; i++)
		add_headers(laps, &laps->frames[i]);
	laps->span_ns =
		laps->frames[laps->n_frames - 1].time_ns - laps->frames[0].time_ns + pause_ns;
	return laps;
}

void
laps_free(struct laps *laps)
{
	free(laps->frames);
	free(laps->bytes);
	free(laps->places);
	free(laps);
}

uint32_t
laps_packets(const struct laps *laps)
{
	return laps->n_frames;
}

int
laps_link(const struct laps *laps)
{
	return laps->link;
}

struct capture_packet
laps_packet(const struct laps *laps, uint32_t index)
{
	const struct frame *frame = &laps->frames[index];

	return (struct capture_packet){
		.bytes = laps->bytes + frame->at,
		.size = frame->size,
		.wire_size = frame->wire_size,
		.time_ns = frame->time_ns + laps->lap * laps->span_ns,
		.number = (uint64_t)laps->lap * laps->n_frames + index + 1,
		.link = laps->link,
	};
}

/* Writing. */

static void
write_lap(const struct laps *laps, pcap_dumper_t *to)
{
	for (uint32_t i = 0; i < laps->n_frames; i++) {
		struct capture_packet packet = laps_packet(laps, i);
		struct pcap_pkthdr header = {
			.ts = {.tv_sec = (time_t)(packet.time_ns / 1000000000),
			       .tv_usec = (suseconds_t)(packet.time_ns % 1000000000 / 1000)},
			.caplen = packet.size,
			.len = packet.wire_size,
		};

		pcap_dump((u_char *)to, &header, packet.bytes);
	}
}

void
laps_write(struct laps *laps, uint32_t n, const char *file)
{
	pcap_t *pcap = pcap_open_dead(laps->link, 262144);
	pcap_dumper_t *to = pcap == NULL ? NULL : pcap_dump_open(pcap, file);

	if (to == NULL)
		end(file, pcap == NULL ? "no memory" : pcap_geterr(pcap));
	for (uint32_t lap = 0; lap < n; lap++) {
		laps_turn(laps, lap);
		write_lap(laps, to);
	}
	if (pcap_dump_flush(to) != 0)
		end(file, "it cannot be written");
	pcap_dump_close(to);
	pcap_close(pcap);
}
