/* SPDX-License-Identifier: BSD-3-Clause */
/* See talk.h. */

#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum { OUT = 291, BACK = 292, IP = 14 + 24 + 14, TCP = IP + 20 };
enum { CLIENT_ISN = 1000, SERVER_ISN = 9000 };

uint32_t talk_client = 0x0a000001;

static const uint32_t server = 0xc6336401;

/* Index: what tests give as their number of workers. */
static const char *const cores[] = {"[0]", "[0, 1]"};

const char *
talk_document(const char *format, int workers)
{
	static char text[8192];

	ck_assert_uint_lt((unsigned int)snprintf(text, sizeof(text), format, cores[workers]),
			  sizeof(text));
	return text;
}

struct bed *
talk_open(const char *format, int workers)
{
	return bed_open(talk_document(format, workers));
}

struct frame
talk_segment(uint16_t port, bool back, uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	uint8_t payload[1400] = {0};
	struct frame_spec spec = {.spi = back ? BACK : OUT,
				  .source = back ? server : talk_client,
				  .dest = back ? talk_client : server,
				  .sport = back ? 80 : port,
				  .dport = back ? port : 80,
				  .payload = payload,
				  .payload_len = (uint16_t)(20 - 8 + strlen(data))};
	struct frame frame = frame_udp(&spec);
	uint8_t *tcp = frame.bytes + TCP;
	struct wp_packet pkt = {.buf = frame.bytes,
				.room = FRAME_MAX,
				.start = IP - 14,
				.len = (uint16_t)(frame.len - (IP - 14)),
				.flags = WP_PKT_ETHERNET};

	frame.bytes[IP + 9] = 6;
	wp_store16(frame.bytes + IP + 10, wp_checksum_ipv4(frame.bytes + IP, 20));
	wp_put32(tcp + 4, (back ? SERVER_ISN : CLIENT_ISN) + seq);
	wp_put32(tcp + 8, (flags & ACK) != 0 ? (back ? CLIENT_ISN : SERVER_ISN) + ack : 0);
	memcpy(tcp + 12, "\x50\0\xff\xff\0\0\0\0", 8);
	tcp[13] = flags;
	memcpy(tcp + 20, data, strlen(data));
	wp_parse(&pkt);
	wp_store16(tcp + 16, wp_checksum_l4(&pkt));
	return frame;
}

void
send_segment(struct bed *bed, uint16_t port, bool back, uint8_t flags, uint32_t seq, uint32_t ack,
	     const char *data)
{
	struct frame frame = talk_segment(port, back, flags, seq, ack, data);

	bed_send(bed, back ? "p1" : "p0", &frame);
	bed_run(bed);
}

void
send_fragment(struct bed *bed, uint16_t port, uint32_t seq, const char *data, unsigned int which)
{
	struct frame whole = talk_segment(port, false, ACK, seq, 1, data), part = whole;
	unsigned int from = which * 24, to = from == 0 ? 24 : whole.len - TCP;

	memcpy(part.bytes + TCP, whole.bytes + TCP + from, to - from);
	part.len = (uint16_t)(TCP + to - from);
	wp_put16(part.bytes + IP + 2, 20 + to - from);
	wp_put16(part.bytes + IP + 4, seq);
	wp_put16(part.bytes + IP + 6, (from == 0 ? 0x2000u : 0) | from / 8);
	wp_store16(part.bytes + IP + 10, wp_checksum_ipv4(part.bytes + IP, 20));
	bed_send(bed, "p0", &part);
	bed_run(bed);
}

void
send_fragments(struct bed *bed, uint16_t port, uint32_t seq, const char *data, unsigned int first)
{
	send_fragment(bed, port, seq, data, first);
	send_fragment(bed, port, seq, data, !first);
}

unsigned int
receive_all(struct bed *bed)
{
	return bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1");
}

void
handshake(struct bed *bed, uint16_t port)
{
	send_segment(bed, port, false, SYN, 0, 0, "");
	send_segment(bed, port, true, SYN | ACK, 0, 1, "");
	send_segment(bed, port, false, ACK, 1, 1, "");
}

uint64_t
count(struct bed *bed, unsigned int i, const char *counter)
{
	char where[128];

	snprintf(where, sizeof(where), "instances/%u/counters/%s", i, counter);
	return bed_number(bed, where);
}

void
check_order(struct bed *bed, unsigned int i)
{
	ck_assert_uint_eq(count(bed, i, "misplaced"), 0);
	ck_assert_uint_eq(count(bed, i, "foreign"), 0);
}
