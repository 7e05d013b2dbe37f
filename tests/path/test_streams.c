/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows in the packet path: who is told what, on which worker, and what becomes of packets. */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "talk.h"

static const char two_listeners[] = DOCUMENT("", LISTENER("a") "," LISTENER("b"),
					     STEP("a") "," STEP("b"), STEP("b") "," STEP("a"));

START_TEST(test_all_services_of_a_path_hear_the_same)
{
	struct bed *bed = talk_open(two_listeners, _i);

	for (uint16_t port = 5000; port < 5040; port++) {
		handshake(bed, port);
		send_segment(bed, port, false, ACK, 1, 1, "GET /");
		send_segment(bed, port, true, ACK, 1, 6, "twohundred");
		send_segment(bed, port, false, ACK, 6, 11, "");
	}
	ck_assert_uint_eq(receive_all(bed), 40 * 6);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_uint_eq(count(bed, i, "start"), 40);
		ck_assert_uint_eq(count(bed, i, "setup"), 40);
		ck_assert_uint_eq(count(bed, i, "data"), 80);
		ck_assert_uint_eq(count(bed, i, "capital"), 40);
		ck_assert_uint_eq(count(bed, i, "with_flow"), 40 * 6);
		check_order(bed, i);
	}
	ck_assert_uint_eq(count(bed, 2, "flows"), 40);
	bed_close(bed);
}
END_TEST

START_TEST(test_bytes_wait_for_those_in_front)
{
	struct bed *bed = talk_open(two_listeners, _i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 6, 1, "second");
	ck_assert_uint_eq(count(bed, 0, "bytes"), 0);
	send_segment(bed, 5000, false, ACK, 1, 1, "first");
	ck_assert_uint_eq(count(bed, 0, "bytes"), 11);
	ck_assert_uint_eq(receive_all(bed), 5); /* packets themselves do not wait */
	check_order(bed, 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_flows_go_on_when_the_configuration_changes)
{
	struct bed *bed = talk_open(two_listeners, _i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 6, 1, "waits");
	ck_assert_int_eq(bed_reload(bed, talk_document(DOCUMENT("", LISTENER("b") "," LISTENER("c"),
								STEP("b") "," STEP("c"),
								STEP("c") "," STEP("b")),
						       _i)),
			 0);
	send_segment(bed, 5000, false, ACK, 1, 1, "first");
	ck_assert_uint_eq(count(bed, 0, "start"), 1);
	ck_assert_uint_eq(count(bed, 0, "bytes"), 10);
	ck_assert_uint_eq(count(bed, 1, "start"), 0);
	ck_assert_uint_eq(count(bed, 1, "bytes"), 10);
	check_order(bed, 0);
	check_order(bed, 1);
	ck_assert_uint_eq(receive_all(bed), 5);
	bed_close(bed);
}
END_TEST

START_TEST(test_first_verdict_counts_where_it_was_given)
{
	struct bed *bed = talk_open(
		DOCUMENT("",
			 LISTENER("a") ",{\"name\": \"b\", \"service\": \"listener\", \"config\": "
				       "{\"drops\": \"evil\"}}",
			 STEP("a") "," STEP("b"), STEP("b") "," STEP("a")),
		_i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "evil bytes");
	ck_assert_uint_eq(receive_all(bed), 3);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/1/drops/told-to"), 1);
	ck_assert_uint_eq(count(bed, 0, "with_flow"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_no_other_verdict_jumps_over_steps)
{
	struct bed *bed = talk_open(
		DOCUMENT("",
			 LISTENER("a") ",{\"name\": \"b\", \"service\": \"listener\", \"config\": "
				       "{\"drops\": \"evil\", \"holds\": true}}",
			 STEP("a") "," STEP("b"), STEP("b") "," STEP("a")),
		_i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "evil bytes");
	ck_assert_uint_eq(receive_all(bed), 3);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/bad-verdict"), 1);
	bed_close(bed);
}
END_TEST

/** What is not IP belongs to no flow, and passes. */
START_TEST(test_other_frames_pass)
{
	struct bed *bed = talk_open(two_listeners, _i);
	struct frame frame = talk_segment(5000, false, SYN, 0, 0, "");

	frame.bytes[14 + 24 + 13] = 0x06; /* ARP, as far as anybody can tell */
	send_segment(bed, 5000, false, ACK, 1, 1, "no connection yet"); /* leaves words behind */
	for (unsigned int i = 0; i < 8; i++)
		bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 9);
	bed_close(bed);
}
END_TEST

/** From then on nothing of it passes, either way; others do. */
START_TEST(test_blocked_flow_is_dropped_both_ways)
{
	struct bed *bed =
		talk_open(DOCUMENT("",
				   "{\"name\": \"b\", \"service\": \"listener\", \"config\": "
				   "{\"drops\": \"evil\", \"blocks\": true}}",
				   STEP("b"), STEP("b")),
			  _i);

	handshake(bed, 5000);
	handshake(bed, 5001);
	send_segment(bed, 5000, false, ACK, 1, 1, "evil bytes");
	send_segment(bed, 5000, false, ACK, 1, 1, "evil bytes");
	send_segment(bed, 5000, true, ACK, 1, 1, "an answer");
	send_segment(bed, 5001, false, ACK, 1, 1, "good");
	ck_assert_uint_eq(receive_all(bed), 7);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/flow-blocked"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/flow-blocked"), 1);
	bed_close(bed);
}
END_TEST

/** Both directions come in one burst, to paths with the same services the other way round. */
START_TEST(test_burst_does_not_overtake_itself)
{
	enum { FLOWS = 6 };
	static const struct {
		bool back;
		uint8_t flags;
		uint32_t seq, ack;
		const char *data;
	} dialog[] = {
		{false, SYN, 0, 0, ""},      {true, SYN | ACK, 0, 1, ""}, {false, ACK, 1, 1, "ask"},
		{true, ACK, 1, 4, "answer"}, {false, ACK, 4, 7, ""},
	};
	struct bed *bed = talk_open(DOCUMENT("", LISTENER("a") "," LISTENER("b"),
					     STEP("a") "," STEP("b"), STEP("b") "," STEP("a")),
				    _i);

	for (unsigned int i = 0; i < sizeof(dialog) / sizeof(dialog[0]); i++)
		for (uint16_t flow = 0; flow < FLOWS; flow++) {
			struct frame frame = talk_segment((uint16_t)(5000 + flow), dialog[i].back,
							  dialog[i].flags, dialog[i].seq,
							  dialog[i].ack, dialog[i].data);

			bed_send(bed, "p0", &frame);
		}
	bed_run(bed);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_uint_eq(count(bed, i, "setup"), FLOWS);
		ck_assert_uint_eq(count(bed, i, "anomaly") + count(bed, i, "gap"), 0);
		ck_assert_uint_eq(count(bed, i, "bytes"), FLOWS * 9);
		check_order(bed, i);
	}
	ck_assert_uint_eq(receive_all(bed), FLOWS * 5);
	bed_close(bed);
}
END_TEST

START_TEST(test_end_is_told_without_a_packet)
{
	struct bed *bed = talk_open(two_listeners, _i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, FIN | ACK, 1, 1, "bye");
	send_segment(bed, 5000, true, FIN | ACK, 1, 5, "");
	send_segment(bed, 5000, false, ACK, 5, 2, "");
	ck_assert_uint_eq(count(bed, 1, "end"), 0);
	for (unsigned int i = 0; i < 130; i++)
		bed_sleep(bed, 100); /* tcp_closed_s */
	ck_assert_uint_eq(count(bed, 0, "end"), 1);
	ck_assert_uint_eq(count(bed, 1, "end"), 1);
	check_order(bed, 1);
	ck_assert_uint_eq(receive_all(bed), 6);
	bed_close(bed);
}
END_TEST

#define NAT                                                                                        \
	"{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": [{\"name\": \"p\", "      \
	"\"addresses\": [\"203.0.113.1/32\"]}]}}"

START_TEST(test_flows_behind_a_translation_are_others)
{
	struct bed *bed = talk_open(DOCUMENT("", LISTENER("a") "," NAT "," LISTENER("b"),
					     STEP("a") "," STEP("n") "," STEP("b"),
					     STEP("b") "," STEP("n") "," STEP("a")),
				    _i);

	send_segment(bed, 5000, false, SYN, 0, 0, "");
	ck_assert_uint_eq(receive_all(bed), 1);
	ck_assert_uint_eq(count(bed, 0, "start"), 1);
	ck_assert_uint_eq(count(bed, 2, "start"), 1);
	ck_assert_uint_eq(count(bed, 3, "flows"), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_full_table_meets_the_fail_mode)
{
	struct bed *bed = talk_open(
		DOCUMENT(" \"tables\": [{\"service\": \"stream\", \"table\": \"flows\", "
			 "\"max_entries\": 8}],",
			 LISTENER("a") ",{\"name\": \"s\", \"service\": \"stream\", \"config\": "
				       "{\"pick_up\": false}}",
			 STEP("a"), STEP("a")),
		_i);

	for (uint16_t port = 5000; port < 5020; port++)
		handshake(bed, port);
	ck_assert_uint_le(count(bed, 0, "start"), 8);
	ck_assert_uint_ge(count(bed, 1, "no_room"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/fail-table-full") +
				  bed_number(bed, "paths/1/drops/fail-table-full") +
				  receive_all(bed),
			  60);
	bed_close(bed);
}
END_TEST

START_TEST(test_path_that_hears_nothing_pays_nothing)
{
	struct bed *bed = talk_open(DOCUMENT("", LISTENER("a") "," NAT, STEP("n"), STEP("n")), _i);

	send_segment(bed, 5000, false, SYN, 0, 0, "");
	ck_assert_uint_eq(receive_all(bed), 1);
	ck_assert_uint_eq(bed->pe->current->n_instances, 2);
	ck_assert_ptr_null(bed->pe->current->flow_plans);
	bed_close(bed);
}
END_TEST

START_TEST(test_flowlog_writes_lines)
{
	struct bed *bed = talk_open(
		DOCUMENT("",
			 "{\"name\": \"log\", \"service\": \"flowlog\", \"config\": {\"file\": "
			 "\"flows.json\"}}",
			 STEP("log"), STEP("log")),
		_i);
	char line[2048] = "";
	FILE *file;

	handshake(bed, 5000);
	send_segment(bed, 5000, true, RST, 1, 0, "");
	for (unsigned int i = 0; i < 130; i++)
		bed_sleep(bed, 100);
	receive_all(bed);
	bed_close(bed);
	file = fopen("flows.json", "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	unlink("flows.json");
	ck_assert_ptr_nonnull(strstr(line, "\"event_type\":\"flow\",\"src_ip\":\"10.0.0.1\","
					   "\"src_port\":5000,\"dest_ip\":\"198.51.100.1\","
					   "\"dest_port\":80,\"proto\":\"TCP\""));
	ck_assert_ptr_nonnull(strstr(line, "\"pkts_toserver\":2,\"pkts_toclient\":2"));
	ck_assert_ptr_nonnull(strstr(line, "\"state\":\"closed\",\"reason\":\"rst\""));
}
END_TEST

START_TEST(test_flows_end_with_the_process)
{
	struct bed *bed = talk_open(
		DOCUMENT("",
			 "{\"name\": \"log\", \"service\": \"flowlog\", \"config\": {\"file\": "
			 "\"flows.json\"}}",
			 STEP("log"), STEP("log")),
		_i);
	unsigned int lines = 0;
	char line[2048];
	FILE *file;

	for (uint16_t port = 5000; port < 5700; port++)
		handshake(bed, port);
	receive_all(bed);
	bed_close(bed);
	file = fopen("flows.json", "r");
	ck_assert_ptr_nonnull(file);
	for (; fgets(line, sizeof(line), file) != NULL; lines++)
		ck_assert_ptr_nonnull(
			strstr(line, "\"state\":\"established\",\"reason\":\"shutdown\""));
	fclose(file);
	unlink("flows.json");
	ck_assert_uint_eq(lines, 700);
}
END_TEST

/** @return a socket for datagrams on the loopback. @param[out] port  host order */
static int
open_collector(unsigned int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), big = 4 << 20;
	socklen_t size = sizeof(address);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/** @return records of IPv4 in a message, all of flows that were under way when the process ended:
 * see services/ipfix/ipfix.md. */
static unsigned int
count_forced(const uint8_t *message, size_t size)
{
	enum { HEADER = 16, SET = 4, TEMPLATE = 256, REASON = 31, FIXED = 81, FORCED = 4 };
	unsigned int n = 0;

	for (size_t at = HEADER; at < size; at += wp_get16(message + at + 2)) {
		size_t end = at + wp_get16(message + at + 2);

		if (wp_get16(message + at) != TEMPLATE)
			continue;
		for (size_t one = at + SET; one < end; one += FIXED + 1 + message[one + FIXED]) {
			ck_assert_uint_eq(message[one + REASON], FORCED);
			n++;
		}
	}
	return n;
}

START_TEST(test_flows_go_to_collectors)
{
	unsigned int port, n = 0;
	int fd = open_collector(&port);
	uint8_t message[2048];
	char format[4096];
	struct bed *bed;
	ssize_t size;

	snprintf(format, sizeof(format),
		 DOCUMENT("",
			  "{\"name\": \"flows\", \"service\": \"ipfix\", \"config\": "
			  "{\"collectors\": [{\"to\": \"ipfix-udp\", \"host\": \"127.0.0.1\", "
			  "\"port\": %u}]}}",
			  STEP("flows"), STEP("flows")),
		 "%s", port);
	bed = talk_open(format, _i);
	for (uint16_t client = 5000; client < 5700; client++)
		handshake(bed, client);
	receive_all(bed);
	bed_close(bed);
	while ((size = recv(fd, message, sizeof(message), MSG_DONTWAIT)) > 0)
		n += count_forced(message, (size_t)size);
	close(fd);
	ck_assert_uint_eq(n, 700);
}
END_TEST

START_TEST(test_altered_drops_what_was_sent_differently)
{
	struct bed *bed = talk_open(
		DOCUMENT("",
			 "{\"name\": \"x\", \"service\": \"altered\", \"config\": {\"action\": "
			 "\"drop\"}}",
			 STEP("x"), STEP("x")),
		_i);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "original");
	send_segment(bed, 5000, false, ACK, 1, 1, "original");
	send_segment(bed, 5000, false, ACK, 1, 1, "evidence");
	ck_assert_uint_eq(receive_all(bed), 5);
	ck_assert_uint_eq(count(bed, 0, "segments"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/altered"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_are_seen_whole)
{
	struct bed *bed = talk_open(two_listeners, _i);

	handshake(bed, 5000);
	send_fragments(bed, 5000, 1, "split in the middle", 0);
	ck_assert_uint_eq(count(bed, 1, "bytes"), 19);
	send_fragments(bed, 5000, 20, "the other way round", 1);
	ck_assert_uint_eq(count(bed, 1, "bytes"), 38);
	ck_assert_uint_eq(count(bed, 2, "reassembled"), 2);
	ck_assert_uint_eq(receive_all(bed), 7);
	check_order(bed, 1);
	bed_close(bed);
}
END_TEST

#define TRACKER(MORE)                                                                              \
	"{\"name\": \"t\", \"service\": \"stream\", \"config\": {\"memory\": 1" MORE "}}"
#define LITTLE_MEMORY(MORE) DOCUMENT("", LISTENER("a") "," TRACKER(MORE), STEP("a"), STEP("a"))

/* What nobody has seen whole does not go on where a limit says so. */
START_TEST(test_fragment_of_a_datagram_that_made_room)
{
	static const char *const documents[] = {LITTLE_MEMORY(""),
						LITTLE_MEMORY(", \"at_memory\": \"drop\"")};
	struct bed *bed = talk_open(documents[_i], 0);
	unsigned int drops;

	handshake(bed, 5000);
	send_fragment(bed, 5000, 1, "split in the middle", 0);
	for (uint32_t id = 2; id < 350; id++)
		send_fragment(bed, 5000, id, "split in the middle", 0);
	send_fragment(bed, 5000, 1, "split in the middle", 1);
	drops = (unsigned int)bed_number(bed, "paths/0/drops/stream-limit");
	ck_assert_uint_eq(drops, _i);
	ck_assert_uint_eq(count(bed, 1, "at_memory"), _i);
	ck_assert_uint_eq(count(bed, 0, "bytes"), 0);
	send_fragments(bed, 5000, 400, "room is made", 0);
	ck_assert_uint_eq(count(bed, 1, "reassembled"), 1);
	ck_assert_uint_eq(receive_all(bed), 3 + 1 + 348 + 1 + 2 - drops);
	bed_close(bed);
}
END_TEST

enum { HOSTS = 48, HOST_ROUNDS = 40 };

/** Lets a few buckets move to the other worker, whatever waits in them. */
static void
move_some(struct bed *bed)
{
	for (unsigned int i = 0; i < 8; i++) {
		uint8_t bucket = (uint8_t)bed_pick(256);

		pe_move_bucket(bed->pe, bucket, (uint16_t)(1 - bed->pe->owner[bucket]));
		for (unsigned int tick = 0; tick < 6; tick++) {
			bed->now_ns += 1000000;
			pe_tick(bed->pe);
			bed_run(bed);
		}
	}
}

START_TEST(test_flows_move_with_their_buckets)
{
	struct bed *bed = talk_open(two_listeners, 1);
	uint32_t next[HOSTS];

	bed_seed(1);
	for (unsigned int host = 0; host < HOSTS; host++) {
		talk_client = 0x0a000001 + host;
		handshake(bed, 5000);
		next[host] = 1;
	}
	for (unsigned int round = 0; round < HOST_ROUNDS; round++) {
		for (unsigned int host = 0; host < HOSTS; host++) {
			talk_client = 0x0a000001 + host;
			send_segment(bed, 5000, false, ACK, next[host] + 6, 1, "waits");
			if (round % 4 == 1)
				send_segment(bed, 5000, true, ACK, 1, next[host], "");
		}
		move_some(bed);
		for (unsigned int host = 0; host < HOSTS; host++) {
			talk_client = 0x0a000001 + host;
			send_segment(bed, 5000, false, ACK, next[host], 1, "filled");
			next[host] += 11;
		}
		receive_all(bed);
	}
	talk_client = 0x0a000001;
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 100);
	for (unsigned int i = 0; i < 2; i++) {
		check_order(bed, i);
		ck_assert_uint_eq(count(bed, i, "bytes"), 11 * HOSTS * HOST_ROUNDS);
		ck_assert_uint_eq(count(bed, i, "start"), HOSTS);
	}
	bed_close(bed);
}
END_TEST

/** Requests in two parts, with the flow at another worker between them. */
START_TEST(test_what_is_read_of_flows_moves_with_them)
{
	static const char first[] = "GET /a HTTP/1.1\r\nHo", second[] = "st: h\r\n\r\n";
	uint32_t next = 1;
	struct bed *bed = talk_open(two_listeners, 1);

	for (unsigned int host = 0; host < HOSTS; host++) {
		talk_client = 0x0a000001 + host;
		handshake(bed, 5000);
	}
	for (unsigned int round = 0; round < HOST_ROUNDS; round++) {
		for (unsigned int host = 0; host < HOSTS; host++) {
			talk_client = 0x0a000001 + host;
			send_segment(bed, 5000, false, ACK, next, 1, first);
		}
		move_some(bed);
		for (unsigned int host = 0; host < HOSTS; host++) {
			talk_client = 0x0a000001 + host;
			send_segment(bed, 5000, false, ACK, next + sizeof(first) - 1, 1, second);
		}
		next += sizeof(first) + sizeof(second) - 2;
		receive_all(bed);
	}
	talk_client = 0x0a000001;
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 100);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_uint_eq(count(bed, i, "l7"), HOSTS);
		ck_assert_uint_eq(count(bed, i, "http_head"), HOSTS * HOST_ROUNDS);
		ck_assert_uint_eq(count(bed, i, "http_end"), HOSTS * HOST_ROUNDS);
	}
	bed_close(bed);
}
END_TEST

static const struct {
	const char *document, *says;
} bad[] = {
	{DOCUMENT("", LISTENER("a") ",{\"name\": \"s\", \"service\": \"stream\"}",
		  STEP("a") "," STEP("s"), STEP("a")),
	 "/paths/0/steps/1/instance: instance: 's' is no step"},
	{DOCUMENT("",
		  LISTENER("a") ",{\"name\": \"s\", \"service\": \"stream\"},"
				"{\"name\": \"t\", \"service\": \"stream\"}",
		  STEP("a"), STEP("a")),
	 "there can be one"},
	{DOCUMENT("", LISTENER("stream"), STEP("stream"), STEP("stream")),
	 "'stream' is the tracker's"},
	{DOCUMENT("",
		  LISTENER("a") ",{\"name\": \"s\", \"service\": \"stream\", \"config\": "
				"{\"policy\": \"lunix\"}}",
		  STEP("a"), STEP("a")),
	 "policy"},
};

START_TEST(test_refusals)
{
	const char *said = bed_refusal(talk_document(bad[_i].document, 0));

	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said, bad[_i].says) != NULL, "'%s' does not say '%s'", said,
		      bad[_i].says);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("path streams");
	TCase *tcase = tcase_create("streams");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_all_services_of_a_path_hear_the_same, 0, 2);
	tcase_add_loop_test(tcase, test_bytes_wait_for_those_in_front, 0, 2);
	tcase_add_loop_test(tcase, test_flows_go_on_when_the_configuration_changes, 0, 2);
	tcase_add_loop_test(tcase, test_fragments_are_seen_whole, 0, 2);
	tcase_add_loop_test(tcase, test_fragment_of_a_datagram_that_made_room, 0, 2);
	tcase_add_loop_test(tcase, test_first_verdict_counts_where_it_was_given, 0, 2);
	tcase_add_loop_test(tcase, test_no_other_verdict_jumps_over_steps, 0, 2);
	tcase_add_loop_test(tcase, test_other_frames_pass, 0, 2);
	tcase_add_loop_test(tcase, test_blocked_flow_is_dropped_both_ways, 0, 2);
	tcase_add_loop_test(tcase, test_burst_does_not_overtake_itself, 0, 2);
	tcase_add_loop_test(tcase, test_end_is_told_without_a_packet, 0, 2);
	tcase_add_loop_test(tcase, test_flows_behind_a_translation_are_others, 0, 2);
	tcase_add_loop_test(tcase, test_full_table_meets_the_fail_mode, 0, 2);
	tcase_add_loop_test(tcase, test_path_that_hears_nothing_pays_nothing, 0, 2);
	tcase_add_loop_test(tcase, test_flowlog_writes_lines, 0, 2);
	tcase_add_loop_test(tcase, test_flows_end_with_the_process, 0, 2);
	tcase_add_loop_test(tcase, test_flows_go_to_collectors, 0, 2);
	tcase_add_loop_test(tcase, test_altered_drops_what_was_sent_differently, 0, 2);
	tcase_add_test(tcase, test_flows_move_with_their_buckets);
	tcase_add_test(tcase, test_what_is_read_of_flows_moves_with_them);
	tcase_add_loop_test(tcase, test_refusals, 0, sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
