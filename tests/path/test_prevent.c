/* SPDX-License-Identifier: BSD-3-Clause */
/* The service ids where it prevents: what a rule stops never arrives, however it was sent. */

#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum { IP = 14 + 24 + 14, L4 = IP + 20, URG = 0x20 };

static const char *folder;

static struct bed *
open_guarded(void)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"ids\"], "
		 "\"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", "
		 "\"type\": \"ring\"}], \"instances\": [{\"name\": \"guard\", \"service\": "
		 "\"ids\", \"config\": {\"rules\": [\"%s/a.rules\"], \"mode\": \"prevent\"}}], "
		 "\"paths\": [{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", "
		 "\"reverse\": \"back\", \"steps\": [{\"instance\": \"guard\"}]}, {\"name\": "
		 "\"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\", "
		 "\"steps\": [{\"instance\": \"guard\"}]}]}",
		 folder);
	return bed_open(text);
}

/** @return a frame's packet, parsed. */
static struct wp_packet
packet_of(struct frame *frame)
{
	struct wp_packet pkt = {.buf = frame->bytes,
				.room = FRAME_MAX,
				.start = IP - 14,
				.len = (uint16_t)(frame->len - (IP - 14)),
				.flags = WP_PKT_ETHERNET};

	wp_parse(&pkt);
	return pkt;
}

/** Sends a client's segment whose last byte is urgent. */
static void
send_urgent(struct bed *bed, uint32_t seq, const char *data)
{
	struct frame frame = talk_segment(5000, false, ACK | URG, seq, 1, data);
	struct wp_packet pkt = packet_of(&frame);

	wp_put16(frame.bytes + L4 + 16, 0);
	wp_put16(frame.bytes + L4 + 18, (unsigned int)strlen(data));
	wp_store16(frame.bytes + L4 + 16, wp_checksum_l4(&pkt));
	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

/** Programs get it apart from the others (RFC 6093 section 2), which are one word to them. */
START_TEST(test_urgent_byte_does_not_part_a_word)
{
	struct bed *bed = open_guarded();

	handshake(bed, 5000);
	send_urgent(bed, 1, "bax");
	ck_assert_uint_eq(receive_all(bed), 4);
	send_segment(bed, 5000, false, ACK, 4, 1, "d");
	ck_assert_uint_eq(receive_all(bed), 0);
	ck_assert_uint_eq(count(bed, 0, "alerts"), 1);
	bed_close(bed);
}
END_TEST

/** A server may give them to its program at once (RFC 7413): they come behind the handshake. */
START_TEST(test_bytes_of_a_syn_do_not_go_on)
{
	static const uint8_t flags[] = {SYN, SYN | ACK};
	struct bed *bed = open_guarded();

	for (unsigned int i = 0; i < 2; i++) {
		struct frame frame;
		struct wp_packet pkt;

		send_segment(bed, 5000, i == 1, flags[i], 0, i, "good");
		ck_assert(bed_receive_any(bed, &frame));
		pkt = packet_of(&frame);
		ck_assert_uint_eq(pkt.payload, pkt.end);
		ck_assert_uint_eq(frame.len, L4 + 20);
		ck_assert_uint_eq(wp_checksum_l4(&pkt), 0);
		ck_assert_uint_eq(wp_load16(frame.bytes + IP + 10),
				  wp_checksum_ipv4(frame.bytes + IP, 20));
	}
	send_segment(bed, 5000, false, ACK, 1, 1, "good");
	ck_assert_uint_eq(receive_all(bed), 1);
	send_segment(bed, 5000, false, ACK, 5, 1, "bad");
	ck_assert_uint_eq(receive_all(bed), 0);
	bed_close(bed);
}
END_TEST

/** Nobody sends a SYN in pieces; put together it would have bytes. */
START_TEST(test_syn_in_pieces_does_not_go_on)
{
	struct bed *bed = open_guarded();
	struct frame frame = talk_segment(5000, false, SYN, 0, 0, "good");

	frame.bytes[IP + 6] = 0x20;
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 0);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 1);
	bed_close(bed);
}
END_TEST

/** Sends one of two fragments of a datagram of 64 bytes, the second one behind 32. */
static void
send_part(struct bed *bed, uint16_t id, const char *text, unsigned int which)
{
	char payload[56] = "";
	struct frame frame;

	memcpy(payload + 20, text, strlen(text) + 1); /* 12 bytes of it are in the second */
	frame = frame_udp(&(struct frame_spec){.payload = payload, .payload_len = sizeof(payload)});
	if (which == 1)
		memmove(frame.bytes + L4, frame.bytes + L4 + 32, 32);
	frame.len = L4 + 32;
	wp_put16(frame.bytes + IP + 2, 20 + 32);
	wp_put16(frame.bytes + IP + 4, id);
	wp_put16(frame.bytes + IP + 6, which == 1 ? 32 / 8 : 0x2000);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

/** What is split between fragments is seen with the last of them, and once. */
START_TEST(test_datagram_in_fragments_is_looked_at_whole)
{
	struct bed *bed = open_guarded();

	send_part(bed, 1, "and all", (unsigned int)_i);
	send_part(bed, 1, "and all", !_i);
	ck_assert_uint_eq(receive_all(bed), 2);
	send_part(bed, 2, "a wicked datagram", (unsigned int)_i);
	send_part(bed, 2, "a wicked datagram", !_i);
	ck_assert_uint_eq(receive_all(bed), 1);
	ck_assert_uint_eq(count(bed, 0, "alerts"), 1);
	bed_close(bed);
}
END_TEST

/** Makes a datagram behind so many headers with options for its destination, of 8 bytes each.
 * @param word  of six letters */
static struct frame
hidden_datagram(unsigned int extensions, const char *word)
{
	uint8_t datagram[8 + 6] = {0, 1, 0, 2, 0, 14};
	struct frame_spec spec = {.spi = 291};
	struct frame frame = frame_udp(&spec);
	uint8_t *at = frame.bytes + IP;

	wp_put16(at - 2, WP_ETHERTYPE_IPV6);
	memset(at, 0, 40);
	at[0] = 0x60;
	wp_put16(at + 4, extensions * 8ul + sizeof(datagram));
	at[6] = WP_PROTO_DSTOPTS;
	at[23] = at[39] = 1;
	at += 40;
	for (unsigned int i = 1; i <= extensions; i++, at += 8) {
		static const uint8_t options[] = {WP_PROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0};

		memcpy(at, options, sizeof(options));
		if (i == extensions)
			at[0] = WP_PROTO_UDP;
	}
	memcpy(datagram + 8, word, 6);
	memcpy(at, datagram, sizeof(datagram));
	frame.len = (uint16_t)(at + sizeof(datagram) - frame.bytes);
	return frame;
}

/** Hosts take as many extension headers as there are. */
START_TEST(test_what_cannot_be_walked_does_not_go_on)
{
	struct bed *bed = open_guarded();

	for (unsigned int extensions = 8; extensions < 10; extensions++) {
		struct frame good = hidden_datagram(extensions, "wicked"); /* sid 3 wants that */
		struct frame bad = hidden_datagram(extensions, "hidden");

		bed_send(bed, "p0", &good);
		bed_send(bed, "p0", &bad);
		bed_run(bed);
		ck_assert_uint_eq(receive_all(bed), extensions == 8);
		ck_assert_uint_eq(count(bed, 0, "invalid"), (extensions - 8) * 2ul);
		ck_assert_uint_eq(count(bed, 0, "dropped"), 1);
	}
	bed_close(bed);
}
END_TEST

/** Of a connection that was there before too little is known to drop what does not fit: it is
 * looked at packet by packet, each of a burst. */
START_TEST(test_each_packet_that_fits_nowhere_is_looked_at)
{
	static const char *const texts[] = {"bad ", "good", "bad ", "good"};
	struct bed *bed = open_guarded();

	send_segment(bed, 5000, false, ACK, 1, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 1);
	for (unsigned int i = 0; i < 4; i++) { /* of one burst */
		struct frame frame =
			talk_segment(5000, false, ACK, (3u << 29) + 4 * i, 1, texts[i]);

		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 2);
	ck_assert_uint_eq(count(bed, 0, "alerts"), 2);
	bed_close(bed);
}
END_TEST

/** Who makes a packet meet many rules must not make it many answers. */
START_TEST(test_each_end_is_told_once_whatever_rules_say)
{
	struct bed *bed = open_guarded();

	handshake(bed, 5000);
	ck_assert_uint_eq(receive_all(bed), 3);
	send_segment(bed, 5000, false, ACK, 1, 1, "refuse both ends");
	ck_assert_uint_eq(receive_all(bed), 2);
	ck_assert_uint_eq(count(bed, 0, "alerts"), 2);
	ck_assert_uint_eq(count(bed, 0, "rejected"), 2);
	ck_assert_uint_eq(count(bed, 0, "dropped"), 1);
	bed_close(bed);
}
END_TEST

/** @return how many of so many segments of a rejected side are answered. */
static unsigned int
answers_to(struct bed *bed, unsigned int n)
{
	unsigned int answers = 0;

	for (unsigned int i = 0; i < n; i++) {
		send_segment(bed, 5000, false, ACK, 7, 1, "more");
		answers += receive_all(bed);
	}
	return answers;
}

/** Whoever floods, in another's name perhaps, does not have him flooded: 10,000 a second. */
START_TEST(test_rejected_side_is_not_answered_without_end)
{
	struct bed *bed = open_guarded();

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "refuse");
	ck_assert_uint_eq(receive_all(bed), 4);
	ck_assert_uint_eq(answers_to(bed, 1100), 1000);
	bed_sleep(bed, 1);
	ck_assert_uint_eq(answers_to(bed, 30), 10);
	bed_close(bed);
}
END_TEST

/** Expects one frame out, a RST with a number. @param by  port that it leaves by */
static void
expect_reset(struct bed *bed, const char *by, uint32_t seq)
{
	struct frame frame;

	ck_assert(bed_receive(bed, by, &frame));
	ck_assert_uint_eq(frame.bytes[L4 + 13] & RST, RST);
	ck_assert_uint_eq(wp_get32(frame.bytes + L4 + 4), seq);
	ck_assert_uint_eq(receive_all(bed), 0);
}

/** The RST of the beginning has the number that the client had acknowledged when it sent what is
 * bad; it has more by then, and does not believe it. What it sends further on is answered with the
 * right one, but not a RST. */
START_TEST(test_rejected_side_is_answered_until_it_ends)
{
	struct bed *bed = open_guarded();
	struct frame frame = talk_segment(5000, true, ACK, 1, 1, "");
	uint32_t isn = wp_get32(frame.bytes + L4 + 4) - 1;

	handshake(bed, 5000);
	send_segment(bed, 5000, true, ACK, 1, 1, "an answer");
	ck_assert_uint_eq(receive_all(bed), 4);
	send_segment(bed, 5000, false, ACK, 1, 1, "refuse");
	expect_reset(bed, "p0", isn + 1);
	send_segment(bed, 5000, false, ACK, 7, 10, "");
	expect_reset(bed, "p0", isn + 10);
	send_segment(bed, 5000, false, RST | ACK, 7, 10, "");
	send_segment(bed, 5000, true, ACK, 10, 1, "more"); /* of it nobody was to be told */
	ck_assert_uint_eq(receive_all(bed), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/flow-blocked"), 2);
	bed_close(bed);
}
END_TEST

/** Bytes that are sent again begin in front of what their receiver has: the RST does not. */
START_TEST(test_receiver_is_told_what_it_can_believe)
{
	struct bed *bed = open_guarded();
	struct frame frame = talk_segment(5000, false, ACK, 1, 1, "");
	uint32_t isn = wp_get32(frame.bytes + L4 + 4) - 1;

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "both ");
	send_segment(bed, 5000, true, ACK, 1, 6, "");
	ck_assert_uint_eq(receive_all(bed), 5);
	send_segment(bed, 5000, false, ACK, 1, 1, "both end");
	ck_assert(bed_receive(bed, "p0", &frame)); /* to the receiver */
	ck_assert_uint_eq(wp_get32(frame.bytes + L4 + 4), isn + 6);
	ck_assert_uint_eq(receive_all(bed), 1);
	send_segment(bed, 5000, true, ACK, 1, 3, ""); /* it has lost some in between */
	expect_reset(bed, "p1", isn + 3);
	bed_close(bed);
}
END_TEST

/** Its ports are free again as soon as its server does not know it any more. */
START_TEST(test_another_connection_begins_behind_a_rejected_one)
{
	const uint32_t isn = 1u << 30;
	struct bed *bed = open_guarded();

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "refuse");
	ck_assert_uint_eq(receive_all(bed), 4);
	send_segment(bed, 5000, false, SYN, isn, 0, "");
	send_segment(bed, 5000, true, SYN | ACK, 777, isn + 1, "");
	send_segment(bed, 5000, false, ACK, isn + 1, 778, "good");
	ck_assert_uint_eq(receive_all(bed), 3);
	send_segment(bed, 5000, false, ACK, isn + 5, 778, "bad");
	ck_assert_uint_eq(receive_all(bed), 0);
	bed_close(bed);
}
END_TEST

/** Which other packets came with it does not matter: rules about a packet itself are asked behind
 * the events of all its burst, which come in several goes. */
START_TEST(test_packet_is_passed_in_any_burst)
{
	static const char request[] = "GET /bad/ HTTP/1.1\r\nHost: of.some.length\r\n\r\n";
	struct bed *bed = open_guarded();

	for (uint16_t port = 5000; port < 5003; port++)
		handshake(bed, port);
	ck_assert_uint_eq(receive_all(bed), 9);
	for (uint16_t port = 5000; port < 5003; port++) {
		struct frame frame = talk_segment(port, false, ACK, 1, 1, request);

		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 3);
	ck_assert_uint_eq(count(bed, 0, "dropped"), 0);
	bed_close(bed);
}
END_TEST

/** What is passed is so for all that comes behind it, also at once. */
START_TEST(test_passed_flow_is_passed_in_its_burst)
{
	static const char *const requests[] = {"GET /trusty HTTP/1.1\r\n\r\n",
					       "GET /wicked HTTP/1.1\r\n\r\n"};
	struct bed *bed = open_guarded();

	handshake(bed, 5000);
	for (unsigned int i = 0; i < 2; i++) {
		struct frame frame = talk_segment(5000, false, ACK, 1 + 24 * i, 1, requests[i]);

		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 5);
	ck_assert_uint_eq(count(bed, 0, "dropped"), 0);
	bed_close(bed);
}
END_TEST

/** Makes a file of rules. No part of a datagram is 56 bytes, or has all of its words. */
static void
write_rules(void)
{
	FILE *rules = fopen("a.rules", "w");

	if (rules == NULL ||
	    fputs("pass tcp any any -> any any (dsize:44; sid:6;)\n"
		  "pass http any any -> any any (http.uri; content:\"trusty\"; sid:7;)\n"
		  "drop http any any -> any any (http.uri; content:\"wicked\"; sid:8;)\n"
		  "drop tcp any any -> any any (content:\"bad\"; sid:1;)\n"
		  "reject tcp any any -> any any (content:\"refuse\"; sid:4;)\n"
		  "rejectboth tcp any any -> any any (content:\"both end\"; sid:5;)\n"
		  "drop udp any any -> any any (content:\"wicked\"; dsize:56; sid:2;)\n"
		  "drop udp any any -> any any (content:!\"and all\"; content:!\"wicked\"; "
		  "dsize:>0; sid:3;)\n",
		  rules) < 0 ||
	    fclose(rules) != 0)
		exit(1);
}

int
main(void)
{
	Suite *suite = suite_create("prevent");
	TCase *tcase = tcase_create("prevent");

	folder = bed_folder();
	write_rules();
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_urgent_byte_does_not_part_a_word);
	tcase_add_test(tcase, test_bytes_of_a_syn_do_not_go_on);
	tcase_add_test(tcase, test_syn_in_pieces_does_not_go_on);
	tcase_add_loop_test(tcase, test_datagram_in_fragments_is_looked_at_whole, 0, 2);
	tcase_add_test(tcase, test_what_cannot_be_walked_does_not_go_on);
	tcase_add_test(tcase, test_each_packet_that_fits_nowhere_is_looked_at);
	tcase_add_test(tcase, test_each_end_is_told_once_whatever_rules_say);
	tcase_add_test(tcase, test_rejected_side_is_answered_until_it_ends);
	tcase_add_test(tcase, test_rejected_side_is_not_answered_without_end);
	tcase_add_test(tcase, test_receiver_is_told_what_it_can_believe);
	tcase_add_test(tcase, test_another_connection_begins_behind_a_rejected_one);
	tcase_add_test(tcase, test_packet_is_passed_in_any_burst);
	tcase_add_test(tcase, test_passed_flow_is_passed_in_its_burst);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
