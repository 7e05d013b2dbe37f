/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat between a client and a server of FTP, packet by packet. */

#include <stdio.h>
#include <string.h>

#include "ftp.h"
#include "nat44_bed.h"
#include "parse/checksum.h"

enum { IP = 20, TCP = 20, TCP_SUM = 16 };

static const struct end client = {0x0a000001, 50000}, data = {0x0a000001, 50001};
static const struct end server = {0xc6336401, 21}, server_data = {0xc6336401, 20};
static const struct end other_data = {0xc6336401, 4321}, stranger = {0xc6336402, 20};
/* Behind a forward, behind a static address, and who comes to them. */
static const struct end forwarded = {0x0a000008, 21}, forward = {0xcb007103, 21};
static const struct end whole = {0x0a000009, 21}, whole_outside = {0xcb007209, 21};
static const struct end visitor = {0xc6336405, 33333};

#define ALG                                                                                        \
	"\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}], \"ftp_alg\": true, " \
	"\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"inside_port\": 21, "       \
	"\"outside\": \"203.0.113.3\", \"protocol\": \"tcp\"}, "                                   \
	"{\"tenant\": \"red\", \"inside\": \"10.0.0.8\", \"inside_port\": 6000, "                  \
	"\"outside\": \"203.0.113.3\", \"outside_port\": 7000, \"protocol\": \"tcp\"}, "           \
	"{\"tenant\": \"red\", \"inside\": \"10.0.0.9\", \"outside\": \"203.0.114.9\"}]"

/** Makes a segment. @param options  12 bytes of them, or NULL */
static void
make_segment(struct end from, struct end to, uint8_t flags, uint32_t seq, uint32_t ack,
	     const char *text, const uint8_t *options)
{
	unsigned int n = options == NULL ? 0 : 12, size = TCP + n + (unsigned int)strlen(text);
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_TCP, (uint16_t)size);

	wp_put16(ip + 2, IP + size);
	set_ends(ip, from, to);
	wp_put32(ip + IP + 4, seq);
	wp_put32(ip + IP + 8, ack);
	ip[IP + 12] = (uint8_t)((TCP + n) << 2);
	ip[IP + 13] = flags;
	if (options != NULL)
		memcpy(ip + IP + TCP, options, n);
	memcpy(ip + IP + TCP + n, text, strlen(text));
	bed_finish(ip, TCP_SUM);
}

static const uint8_t *
ip(void)
{
	return wp_l3(&packet.view);
}

static uint32_t
seq(void)
{
	return wp_get32(ip() + IP + 4);
}

static uint32_t
ack(void)
{
	return wp_get32(ip() + IP + 8);
}

static const char *
text(void)
{
	static char copy[600];
	unsigned int size = (unsigned int)(packet.view.end - packet.view.payload);

	memcpy(copy, packet.bytes + packet.view.payload, size);
	copy[size] = '\0';
	return copy;
}

/** What has come through is what its headers say. */
static void
is_right(void)
{
	uint16_t sum;

	memcpy(&sum, ip() + 10, 2);
	ck_assert_uint_eq(wp_checksum_ipv4(ip(), IP), sum);
	svc_parse(&packet);
	ck_assert_uint_eq(packet.view.flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER), 0);
	ck_assert_uint_eq(packet.view.end, packet.view.start + packet.view.len);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
}

/** Sends from inside; it gets through. @return the text that does */
static const char *
say(struct end from, struct end to, uint8_t flags, uint32_t number, const char *said)
{
	make_segment(from, to, flags, number, 1, said, NULL);
	ck_assert_int_eq(out(), WP_NEXT);
	is_right();
	return text();
}

/** Sends from outside; it gets to @p host. */
static void
acknowledge(struct end from, struct end to, uint8_t flags, uint32_t acked, struct end host)
{
	make_segment(from, to, flags, 1, acked, "", NULL);
	ck_assert_int_eq(in(), WP_NEXT);
	is_right();
	ck_assert_uint_eq(wp_get32(ip() + 16), host.address);
	ck_assert_uint_eq(wp_get16(ip() + IP + 2), host.port);
}

static void
refused_in(struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make_segment(from, to, flags, 1, 1, "", NULL);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

/** Connects the client to the server; it has logged in. Its next byte is 1008. @return its outside
 * endpoint */
static struct end
log_in(uint8_t from_port)
{
	struct end from = {client.address, (uint16_t)(client.port - 100 * from_port)}, outside;

	say(from, server, SYN, 999, "");
	outside = source();
	acknowledge(server, outside, SYN | ACK, 1000, from);
	say(from, server, ACK, 1000, "");
	ck_assert_str_eq(say(from, server, ACK, 1000, "USER a\r\n"), "USER a\r\n");
	return outside;
}

/** Reads the endpoint of a PORT line, or of a reply. */
static struct end
named(const char *line)
{
	unsigned int n[6];

	line = strpbrk(line, "0123456789");
	if (strncmp(line, "227 ", 4) == 0)
		line = strchr(line, '(') + 1;
	ck_assert_int_eq(
		sscanf(line, "%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]), 6);
	return (struct end){n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3],
			    (uint16_t)(n[4] << 8 | n[5])};
}

static const struct mapping *
mapping_of(struct end inside)
{
	uint32_t address = __builtin_bswap32(inside.address);
	struct wp_core *core = svc_core(svc);
	uint8_t key[MAPPING_KEY_SIZE];
	struct wp_entry *entry;

	mapping_key(key, &address, __builtin_bswap16(inside.port), WP_PROTO_TCP);
	entry = wp_table_find(core, core->tables[NAT_MAPPINGS], 0, 4, false, key);
	return entry == NULL ? NULL : wp_value(entry);
}

static uint32_t
connections(void)
{
	struct wp_table_stats stats;

	wp_table_stats(svc_core(svc)->tables[NAT_FTP], &stats);
	return (uint32_t)stats.entries;
}

#define PORT_LINE "PORT 10,0,0,1,195,81\r\n" /* of 'data'; 22 bytes */

static const char *const filters[] = {"endpoint-independent", "address-dependent",
				      "address-and-port-dependent"};

static void
open_filtering(int filter)
{
	char config[1024];

	snprintf(config, sizeof(config), "{" ALG ", \"filtering\": \"%s\"}", filters[filter]);
	bed_open(config);
}

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

START_TEST(test_a_new_connection_of_the_same_ports)
{
	struct end outside;

	open_filtering(0);
	outside = log_in(0);
	say(client, server, ACK, 1008, PORT_LINE);
	say(client, server, ACK | FIN, 1030, "");
	acknowledge(server, outside, ACK | FIN, 1040, client);
	bed_sleep(100);
	say(client, server, SYN, 777776, "");
	acknowledge(server, outside, SYN | ACK, 777777, client);
	ck_assert_uint_eq(ack(), 777777);
	say(client, server, ACK, 777777, "USER a\r\n");
	ck_assert_uint_eq(seq(), 777777);
	/* The same SYN again changes nothing. */
	say(client, server, ACK, 777785, PORT_LINE);
	say(client, server, SYN, 777776, "");
	say(client, server, ACK, 777807, "");
	ck_assert_uint_ne(seq(), 777807);
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

START_TEST(test_full_tables_and_quotas_leave_lines)
{
	svc_max_entries[NAT_FTP] = 1;
	bed_open("{" ALG ", \"max_mappings\": 2}");
	log_in(1); /* has the one connection there is */
	log_in(0);
	ck_assert_uint_eq(connections(), 1);
	ck_assert_str_eq(say(client, server, ACK, 1008, PORT_LINE), PORT_LINE);
	/* That one may have no more mappings. */
	ck_assert_str_eq(
		say((struct end){client.address, client.port - 100}, server, ACK, 1008, PORT_LINE),
		PORT_LINE);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP), 0);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_FTP_LEFT), 1);
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

/* After a restart. */

struct kept {
	struct wp_record record;
	uint8_t key[16], key2[16];
	uint64_t value[64];
	unsigned int table;
};

static struct kept kept[32];
static unsigned int n_kept, table_now;

static int
keep(void *arg, const struct wp_record *record)
{
	struct kept *to = &kept[n_kept++];

	ck_assert_uint_le(n_kept, ROWS(kept));
	ck_assert_uint_le(record->value_size, sizeof(to->value));
	*to = (struct kept){.record = *record, .table = table_now};
	memcpy(to->key, record->key, record->key_size);
	if (record->key2 != NULL)
		memcpy(to->key2, record->key2, record->key2_size);
	memcpy(to->value, record->value, record->value_size);
	to->record.key = to->key;
	to->record.key2 = record->key2 == NULL ? NULL : to->key2;
	to->record.value = to->value;
	return 0;
}

static void
keep_all(void)
{
	static const enum nat_table order[] = {NAT_SUBSCRIBERS, NAT_BLOCKS, NAT_MAPPINGS, NAT_PEERS,
					       NAT_FTP};

	n_kept = 0;
	for (int i = 0; i < ROWS(order); i++) {
		table_now = order[i];
		wp_table_export(svc_core(svc)->tables[order[i]], -1, keep, NULL);
	}
}

/** @return why the connection of FTP is not taken back, or NULL: it is */
static const char *
take_back(void)
{
	const char *why = "there is none";
	struct wp_core *core = svc_core(svc);

	for (unsigned int i = 0; i < n_kept; i++) {
		const char *fault =
			wp_service.restore(svc_inst(svc), core, kept[i].table, &kept[i].record);

		if (kept[i].table == NAT_FTP)
			why = fault;
		else
			ck_assert_msg(fault == NULL, "%u: %s", kept[i].table, fault);
	}
	return why;
}

/** Of one burst: a server's connection begins anew, and ends. */
START_TEST(test_end_and_use_in_one_burst)
{
	static struct svc_packet packets[2];

	open_filtering(0);
	acknowledge(visitor, forward, SYN, 0, forwarded);
	say(forwarded, visitor, SYN | ACK, 999, "");
	say(forwarded, visitor, ACK, 1000, "220 hello\r\n");
	say(forwarded, visitor, ACK, 1011, "331 go on\r\n");
	ck_assert_uint_eq(connections(), 1);
	make_segment(forwarded, visitor, SYN, 2000, 0, "", NULL);
	packets[0] = packet;
	make_segment(forwarded, visitor, FIN | ACK, 2001, 1, "", NULL);
	packets[1] = packet;
	for (unsigned int i = 0; i < 2; i++) {
		packets[i].view.buf = packets[i].bytes;
		packets[i].view.args = step;
		packets[i].view.inside = WP_INSIDE_SOURCE;
	}
	svc_burst(svc, packets, 2);
	ck_assert_int_eq(packets[1].view.verdict, WP_NEXT);
	ck_assert_uint_eq(connections(), 0);
	/* Its memory is another's, whose time is his own. */
	bed_sleep(1);
	log_in(0);
	bed_sleep(1000);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/** What has no session begins no connection: nobody would end it. */
START_TEST(test_no_connection_without_a_session)
{
	open_filtering(0);
	say(client, (struct end){server.address, 80}, SYN, 999, "");
	say(client, server, SYN | ACK, 999, "");
	ck_assert_uint_eq(connections(), 0);
	log_in(0);
	ck_assert_uint_eq(connections(), 1);
}
END_TEST

/** A connection whose outside endpoint has become another host's, of another bucket or tenant. */
START_TEST(test_connection_of_an_earlier_host)
{
	struct wp_core *core;
	uint8_t key[FTP_KEY_SIZE] = {0}, key2[FTP_KEY_SIZE];
	struct wp_entry *entry;
	struct end outside;

	open_filtering(0);
	core = svc_core(svc);
	say(client, (struct end){server.address, 80}, SYN, 999, "");
	outside = source();
	wp_put32(key, client.address);
	wp_put16(key + 4, client.port);
	wp_put32(key2, outside.address);
	wp_put16(key2 + 4, outside.port);
	wp_put32(key2 + 6, server.address);
	wp_put16(key2 + 10, server.port);
	memcpy(key + 6, key2 + 6, 6);
	ck_assert_int_eq(wp_table_insert(core, core->tables[NAT_FTP], 0, 5, 4, key, key2, &entry),
			 0);
	refused_in(server, outside, SYN, NAT_DROP_FTP);
	ck_assert_uint_eq(connections(), 0);
	acknowledge(server, outside, SYN, 0, client);
	ck_assert_int_eq(wp_table_insert(core, core->tables[NAT_FTP], 1, 0, 4, key, key2, &entry),
			 0);
	((struct ftp *)wp_write(entry, core->now_ns))->stream.shift = 7;
	wp_written(entry);
	acknowledge(server, outside, ACK, 1000, client);
	ck_assert_uint_eq(ack(), 1000);
	/* Of the same host, whose mapping was another. */
	wp_table_remove(core, core->tables[NAT_FTP], entry);
	key2[5] ^= 1;
	ck_assert_int_eq(wp_table_insert(core, core->tables[NAT_FTP], 0, 0, 4, key, key2, &entry),
			 0);
	say(client, server, SYN, 999, "");
	ck_assert_uint_eq(connections(), 1);
	ck_assert_ptr_null(wp_table_find(core, core->tables[NAT_FTP], 0, 4, true, key2));
	key2[5] ^= 1;
	ck_assert_ptr_nonnull(wp_table_find(core, core->tables[NAT_FTP], 0, 4, true, key2));
}
END_TEST

START_TEST(test_restart)
{
	struct end outside, said;
	struct ftp *bad;
	uint32_t shift;

	open_filtering(NAT_ADDRESS_AND_PORT);
	outside = log_in(0);
	said = named(say(client, server, ACK, 1008, PORT_LINE));
	shift = (uint32_t)(strlen(text()) - strlen(PORT_LINE));
	keep_all();
	bed_close();
	open_filtering(NAT_ADDRESS_AND_PORT);
	ck_assert_ptr_null(take_back());
	ck_assert(named(say(client, server, ACK, 1008, PORT_LINE)).port == said.port);
	acknowledge(server, outside, ACK, 1030 + shift, client);
	ck_assert_uint_eq(ack(), 1030);
	acknowledge(other_data, said, SYN, 0, data);
	ck_assert_str_eq(say(client, server, ACK, 1030, "LIST\r\n"), "LIST\r\n");
	ck_assert_uint_eq(seq(), 1030 + shift);
	bed_close();
	/* Not where it is off, and not what makes no sense. */
	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"]}]}");
	ck_assert_str_eq(take_back(), "its ports are none of FTP's");
	bed_close();
	open_filtering(0);
	bad = (struct ftp *)kept[n_kept - 1].value;
	bad->stream.edits[0].after = 255;
	ck_assert_str_eq(take_back(), "makes no sense");
	bed_close();
	open_filtering(0);
	bad->stream.edits[0].after = 10;
	kept[n_kept - 1].key2[0]++;
	ck_assert_str_eq(take_back(), "its mapping is not there");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat ftp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_loop_test(tcase, test_active_client, 0, ROWS(filters));
	tcase_add_test(tcase, test_extended_port);
	tcase_add_loop_test(tcase, test_bounces_and_rubbish_are_left, 0, ROWS(left));
	tcase_add_test(tcase, test_selective_acknowledgements);
	tcase_add_test(tcase, test_wrong_sums_stay_wrong);
	tcase_add_test(tcase, test_gaps_are_dropped);
	tcase_add_test(tcase, test_a_new_connection_of_the_same_ports);
	tcase_add_test(tcase, test_off_and_on_other_ports);
	tcase_add_test(tcase, test_full_tables_and_quotas_leave_lines);
	tcase_add_test(tcase, test_server_behind_a_static_address);
	tcase_add_test(tcase, test_server_behind_a_forward);
	tcase_add_test(tcase, test_server_whose_mapping_has_another_address);
	tcase_add_test(tcase, test_client_with_a_static_address);
	tcase_add_test(tcase, test_end_and_use_in_one_burst);
	tcase_add_test(tcase, test_no_connection_without_a_session);
	tcase_add_test(tcase, test_connection_of_an_earlier_host);
	tcase_add_test(tcase, test_restart);
	return unit_main("nat ftp", tcase);
}
