/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nat/ftp.c: which connections of FTP are followed, and from when to when. */

#include <string.h>

#include "ftp.h"
#include "nat_ftp_bed.h"

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
	TCase *tcase = tcase_create("nat ftp connections");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_a_new_connection_of_the_same_ports);
	tcase_add_test(tcase, test_full_tables_and_quotas_leave_lines);
	tcase_add_test(tcase, test_end_and_use_in_one_burst);
	tcase_add_test(tcase, test_no_connection_without_a_session);
	tcase_add_test(tcase, test_connection_of_an_earlier_host);
	tcase_add_test(tcase, test_restart);
	return unit_main("nat ftp connections", tcase);
}
