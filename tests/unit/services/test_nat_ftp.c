/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat between a client and a server of FTP, packet by packet. */

#include <stdio.h>
#include <string.h>

#include "nat_ftp_bed.h"
#include "parse/checksum.h"

/* Clients inside. */

START_TEST(test_active_client)
{
	struct end outside, said;
	int32_t shift;

	open_filtering(_i);
	outside = log_in(0);
	said = named(say(client, server, ACK, 1008, PORT_LINE));
	shift = (int32_t)strlen(text()) - (int32_t)strlen(PORT_LINE);
	ck_assert_uint_eq(said.address, outside.address);
	ck_assert_uint_eq(said.address, source().address);
	ck_assert_uint_ge(said.port, 1024);
	ck_assert_uint_eq(seq(), 1008);
	ck_assert_int_ne(shift, 0);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP), 1);
	/* Numbers, both ways. */
	acknowledge(server, outside, ACK, 1008, client);
	ck_assert_uint_eq(ack(), 1008);
	acknowledge(server, outside, ACK, (uint32_t)(1030 + shift), client);
	ck_assert_uint_eq(ack(), 1030);
	ck_assert_str_eq(say(client, server, ACK, 1030, "LIST\r\n"), "LIST\r\n");
	ck_assert_uint_eq(seq(), (uint32_t)(1030 + shift));
	/* Out of order, and again. */
	acknowledge(server, outside, ACK, 1008, client);
	ck_assert_uint_eq(ack(), 1008);
	acknowledge(server, outside, ACK, 1015, client); /* within the text */
	ck_assert_uint_eq(ack(), 1013);
	ck_assert(named(say(client, server, ACK, 1008, PORT_LINE)).port == said.port);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP), 1);
	/* The data connection, from whatever port, once. */
	acknowledge(other_data, said, SYN, 0, data);
	if (_i != NAT_ANYBODY)
		refused_in(stranger, said, SYN, NAT_DROP_FILTERED);
	if (_i == NAT_ADDRESS_AND_PORT)
		refused_in(server_data, said, SYN, NAT_DROP_FILTERED);
	say(data, other_data, SYN | ACK, 500, "");
	ck_assert_uint_eq(source().port, said.port);
	ck_assert_uint_eq(mapping_of(data)->state, TCP_ESTABLISHED);
	/* What the gateway looks at is never what the fast path takes. */
	ck_assert(!mapping_of(client)->has_peer);
	ck_assert_uint_ne(mapping_of(client)->state, TCP_ESTABLISHED);
	/* It lives as long as its connection. */
	bed_sleep(7000);
	ck_assert_str_eq(say(client, server, ACK, 1036, "NOOP\r\n"), "NOOP\r\n");
	ck_assert_uint_eq(seq(), (uint32_t)(1036 + shift));
	bed_sleep(7430);
	acknowledge(server, outside, ACK, (uint32_t)(1042 + shift), client);
	ck_assert_uint_eq(ack(), 1042);
	ck_assert_uint_eq(connections(), 1);
	bed_sleep(7450);
	ck_assert_uint_eq(connections(), 0);
	ck_assert_ptr_null(mapping_of(client));
}
END_TEST

START_TEST(test_extended_port)
{
	struct end outside;
	unsigned int port;
	char address[20];
	int n = 0;

	open_filtering(0);
	outside = log_in(0);
	ck_assert_int_eq(sscanf(say(client, server, ACK, 1008, "EPRT |1|10.0.0.1|50001|\r\n"),
				"EPRT |1|%19[0-9.]|%u|\r\n%n", address, &port, &n),
			 2);
	ck_assert_int_eq((int)strlen(text()), n);
	ck_assert_uint_eq(port, __builtin_bswap16(mapping_of(data)->outside_port));
	ck_assert_uint_eq(strncmp(address, "203.0.113.", 10), 0);
	acknowledge(server_data, (struct end){outside.address, (uint16_t)port}, SYN, 0, data);
}
END_TEST

/** Lines that make nobody reachable. */
static const char *const left[] = {
	"PORT 10,0,0,2,195,81\r\n",     /* another's address */
	"PORT 198,51,100,1,195,81\r\n", /* the server's: a bounce */
	"PORT 10,0,0,1,3,255\r\n",      /* a service */
	"PORT 10,0,0,1,195\r\n",        /* rubbish */
	"EPRT |1|10.0.0.2|50001|\r\n",  "EPRT |1|10.0.0.1|1023|\r\n",
};

START_TEST(test_bounces_and_rubbish_are_left)
{
	open_filtering(0);
	log_in(0);
	ck_assert_str_eq(say(client, server, ACK, 1008, left[_i]), left[_i]);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP), 0);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP_LEFT), 1);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
}
END_TEST

START_TEST(test_client_with_a_static_address)
{
	const struct end from = {whole.address, 40000}, outside = {whole_outside.address, 40000};

	open_filtering(0);
	say(from, server, SYN, 999, "");
	acknowledge(server, outside, SYN | ACK, 1000, from);
	say(from, server, ACK, 1000, "USER a\r\n");
	ck_assert_str_eq(say(from, server, ACK, 1008, "PORT 10,0,0,9,195,81\r\n"),
			 "PORT 203,0,114,9,195,81\r\n");
	acknowledge(server, outside, ACK, 1033, from);
	ck_assert_uint_eq(ack(), 1030);
}
END_TEST

START_TEST(test_selective_acknowledgements)
{
	uint8_t options[12] = {1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct end outside;
	uint32_t shift;

	open_filtering(0);
	outside = log_in(0);
	say(client, server, ACK, 1008, PORT_LINE);
	shift = (uint32_t)(strlen(text()) - strlen(PORT_LINE));
	say(client, server, ACK, 1030, "LIST\r\n");
	wp_put32(options + 3, 1030 + shift);
	wp_put32(options + 7, 1036 + shift);
	make_segment(server, outside, ACK, 1, 1008, "", options);
	ck_assert_int_eq(in(), WP_NEXT);
	is_right();
	ck_assert_uint_eq(ack(), 1008);
	ck_assert_uint_eq(wp_get32(ip() + IP + TCP + 3), 1030);
	ck_assert_uint_eq(wp_get32(ip() + IP + TCP + 7), 1036);
	/* Half a text has not come; options that contradict themselves are left. */
	wp_put32(options + 3, 1014);
	wp_put32(options + 7, 1016);
	make_segment(server, outside, ACK, 1, 1008, "", options);
	ck_assert_int_eq(in(), WP_NEXT);
	is_right();
	ck_assert_uint_eq(wp_get32(ip() + IP + TCP + 3), wp_get32(ip() + IP + TCP + 7));
	options[2] = 60;
	make_segment(server, outside, ACK, 1, 1008, "", options);
	ck_assert_int_eq(in(), WP_NEXT);
	is_right();
	ck_assert_int_eq(memcmp(ip() + IP + TCP, options, 12), 0);
}
END_TEST

START_TEST(test_wrong_sums_stay_wrong)
{
	open_filtering(0);
	log_in(0);
	make_segment(client, server, ACK, 1008, 1, PORT_LINE, NULL);
	packet.bytes[packet.view.l4 + 16] ^= 0x40;
	ck_assert_int_eq(out(), WP_NEXT);
	svc_parse(&packet);
	ck_assert_uint_ne(wp_checksum_l4(&packet.view), 0);
}
END_TEST

START_TEST(test_gaps_are_dropped)
{
	open_filtering(0);
	log_in(0);
	make_segment(client, server, ACK, 1030, 1, "LIST\r\n", NULL);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_FTP);
	say(client, server, ACK, 1030, "");
	say(client, server, ACK, 1008, PORT_LINE);
	ck_assert_str_eq(say(client, server, ACK, 1030, "LIST\r\n"), "LIST\r\n");
	/* What is cut has no end yet. */
	make_segment(client, server, ACK | FIN, 1008, 1, "PORT 10,0", NULL);
	ck_assert_int_eq(out(), WP_NEXT);
	is_right();
	ck_assert_str_eq(text(), "PORT ");
	ck_assert_uint_eq(ip()[IP + 13], ACK);
}
END_TEST

START_TEST(test_off_and_on_other_ports)
{
	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}]}");
	log_in(0);
	ck_assert_str_eq(say(client, server, ACK, 1008, PORT_LINE), PORT_LINE);
	ck_assert_uint_eq(mapping_of(client)->state, TCP_ESTABLISHED);
	bed_close();
	bed_open("{" ALG ", \"ftp_ports\": [2121, 22]}");
	log_in(0);
	ck_assert_str_eq(say(client, server, ACK, 1008, PORT_LINE), PORT_LINE);
	ck_assert_uint_eq(mapping_of(client)->state, TCP_ESTABLISHED);
	ck_assert_uint_eq(connections(), 0);
	ck_assert_ptr_nonnull(strstr(
		svc_refusal("{" ALG ", \"ftp_ports\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}"), "at most"));
	ck_assert_ptr_nonnull(strstr(svc_refusal("{" ALG ", \"ftp_ports\": []}"), "needs a port"));
}
END_TEST

/* Servers inside. */

/** A visitor comes to a server, which greets. The server's next byte is 2009. */
static void
visit(struct end host, struct end outside)
{
	acknowledge(visitor, outside, SYN, 0, host);
	say(host, visitor, SYN | ACK, 1999, "");
	ck_assert_uint_eq(connections(), 0); /* anybody can have it say so */
	acknowledge(visitor, outside, ACK, 2000, host);
	ck_assert_str_eq(say(host, visitor, ACK, 2000, "220 Hi!\r\n"), "220 Hi!\r\n");
	ck_assert_uint_eq(connections(), 1);
}

START_TEST(test_server_behind_a_static_address)
{
	const char *reply = "227 Entering Passive Mode (10,0,0,9,195,80).\r\n";

	open_filtering(0);
	visit(whole, whole_outside);
	ck_assert_str_eq(say(whole, visitor, ACK, 2009, reply),
			 "227 Entering Passive Mode (203,0,114,9,195,80).\r\n");
	acknowledge(visitor, whole_outside, ACK, 2009 + 49, whole);
	ck_assert_uint_eq(ack(), 2009 + 46);
	acknowledge(visitor, (struct end){whole_outside.address, 50000}, SYN, 0,
		    (struct end){whole.address, 50000});
	ck_assert_str_eq(say(whole, visitor, ACK, 2055, "229 Ok (|||6000|)\r\n"),
			 "229 Ok (|||6000|)\r\n");
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
	/* Not others' addresses. */
	ck_assert_str_eq(say(whole, visitor, ACK, 2074, "227 (10,0,0,8,195,80)\r\n"),
			 "227 (10,0,0,8,195,80)\r\n");
	/* The next connection has its own numbers. */
	say(whole, visitor, SYN | ACK, 5999, "");
	ck_assert_uint_eq(connections(), 0);
	acknowledge(visitor, whole_outside, ACK, 6000, whole);
	ck_assert_uint_eq(ack(), 6000);
}
END_TEST

START_TEST(test_server_behind_a_forward)
{
	struct end said;

	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.3\"]}], "
		 "\"filtering\": \"address-and-port-dependent\", "
		 "\"ftp_alg\": true, \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", "
		 "\"inside_port\": 21, \"outside\": \"203.0.113.3\", \"protocol\": \"tcp\"}, "
		 "{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"inside_port\": 6000, "
		 "\"outside\": \"203.0.113.3\", \"outside_port\": 7000, \"protocol\": \"tcp\"}]}");
	visit(forwarded, forward);
	/* A port that is forwarded, to another number. */
	ck_assert_str_eq(say(forwarded, visitor, ACK, 2009, "229 Ok (|||6000|)\r\n"),
			 "229 Ok (|||7000|)\r\n");
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
	/* One that is not: it gets a mapping, for this client. */
	said = named(say(forwarded, visitor, ACK, 2028, "227 x (10,0,0,8,200,1)\r\n"));
	ck_assert_uint_eq(said.address, forward.address);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
	refused_in((struct end){visitor.address + 1, 4444}, said, SYN, NAT_DROP_FILTERED);
	acknowledge((struct end){visitor.address, 4444}, said, SYN, 0,
		    (struct end){forwarded.address, 200 << 8 | 1});
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP), 2);
}
END_TEST

START_TEST(test_server_whose_mapping_has_another_address)
{
	const struct end passive = {forwarded.address, 200 << 8 | 1};
	unsigned int n_left = 0;

	/* The pool has four addresses, the server's is one of them. */
	for (unsigned int i = 0; i < 20; i++) {
		const char *said;

		open_filtering(NAT_ADDRESS_AND_PORT);
		svc_core(svc)->random = i * 0x1234567;
		visit(forwarded, forward);
		said = say(forwarded, visitor, ACK, 2009, "227 x (10,0,0,8,200,1)\r\n");
		if (strcmp(said, "227 x (10,0,0,8,200,1)\r\n") == 0) {
			ck_assert(!mapping_of(passive)->has_peer); /* nobody may come in */
			n_left++;
		} else {
			ck_assert(mapping_of(passive)->has_peer);
			ck_assert_uint_eq(named(said).address, forward.address);
		}
		bed_close();
	}
	ck_assert_uint_gt(n_left, 0);
	ck_assert_uint_lt(n_left, 20);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat ftp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_loop_test(tcase, test_active_client, 0, NAT_ADDRESS_AND_PORT + 1);
	tcase_add_test(tcase, test_extended_port);
	tcase_add_loop_test(tcase, test_bounces_and_rubbish_are_left, 0, ROWS(left));
	tcase_add_test(tcase, test_selective_acknowledgements);
	tcase_add_test(tcase, test_wrong_sums_stay_wrong);
	tcase_add_test(tcase, test_gaps_are_dropped);
	tcase_add_test(tcase, test_off_and_on_other_ports);
	tcase_add_test(tcase, test_server_behind_a_static_address);
	tcase_add_test(tcase, test_server_behind_a_forward);
	tcase_add_test(tcase, test_server_whose_mapping_has_another_address);
	tcase_add_test(tcase, test_client_with_a_static_address);
	return unit_main("nat ftp", tcase);
}
