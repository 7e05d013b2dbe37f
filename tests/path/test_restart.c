/* SPDX-License-Identifier: BSD-3-Clause */
/* State of a PE that ends, in another one: other hash keys, another number of workers. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse/checksum.h"
#include "pe/state_export.h"
#include "pe/state_filter.h"
#include "pe/state_import.h"
#include "pe/state_print.h"

enum { HOSTS = 1000, AT_ONCE = 125, OUT = 10, IN = 11, IP = 14 + 24 + 14, L4 = IP + 20 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

#define DOCUMENT(CORES, POOL_ADDRESSES, MORE) DOCUMENT_OF(TWO, CORES, POOL_ADDRESSES, MORE)
#define TWO "{\"name\": \"blue\"}, {\"name\": \"red\"}"
#define SWAPPED "{\"name\": \"red\"}, {\"name\": \"blue\"}" /* so their numbers are, too */
#define DOCUMENT_OF(TENANTS, CORES, POOL_ADDRESSES, MORE)                                          \
	"{\"version\": 1, \"workers\": {\"cores\": [" CORES "], \"buffers\": 8192},"               \
	" \"modules\": [\"nat\", \"firewall\"],"                                                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 10000},"   \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 10000},"                  \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 10000},"            \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 10000},"                 \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [" TENANTS "],"                                                             \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"  [{\"name\": \"p\", \"addresses\": [\"" POOL_ADDRESSES "\"]" MORE "}},"                  \
	"  {\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": "                 \
	"   [{\"action\": \"drop\", \"to_port\": 666}, {\"action\": \"allow\"}]}}],"               \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"   \"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"fw\"}, "                 \
	"   {\"instance\": \"n\"}]},"                                                              \
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","      \
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}]}]}"
#define POOL "203.0.113.0/28"
#define BEFORE DOCUMENT("0, 1", POOL, "}]")

static const uint32_t remote = 0xc6336401;
static char file[64], other_file[64];

struct endpoint {
	uint32_t address;
	uint16_t port;
};

/** What a packet was when it came out. */
struct seen {
	uint32_t source, dest;
	uint16_t sport, dport;
	uint8_t proto;
};

/** One host's UDP and TCP flow. */
struct host {
	struct endpoint udp, tcp;
};

static struct host hosts[HOSTS];

static uint32_t
address_of(unsigned int host)
{
	return 0x0a000000 + host;
}

static uint32_t
get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint16_t
get16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static void
send_udp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	 uint16_t dport)
{
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi,
							    .source = source,
							    .sport = sport,
							    .dest = dest,
							    .dport = dport,
							    .payload = "payload",
							    .payload_len = 7});

	bed_send(bed, "p0", &frame);
}

static void
send_tcp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	 uint16_t dport, uint8_t flags)
{
	static const uint8_t rest[12];
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi,
							    .source = source,
							    .sport = sport,
							    .dest = dest,
							    .dport = dport,
							    .payload = rest,
							    .payload_len = 12});
	uint8_t *ip = frame.bytes + IP, *tcp = frame.bytes + L4;
	uint16_t sum;

	ip[9] = PROTO_TCP;
	memset(ip + 10, 0, 2);
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	memset(tcp + 4, 0, 16);
	tcp[12] = 0x50;
	tcp[13] = flags;
	bed_send(bed, "p0", &frame);
}

static bool
receive(struct bed *bed, struct seen *seen)
{
	struct frame frame;

	if (!bed_receive(bed, "p0", &frame))
		return false;
	seen->source = get32(frame.bytes + IP + 12);
	seen->dest = get32(frame.bytes + IP + 16);
	seen->proto = frame.bytes[IP + 9];
	seen->sport = get16(frame.bytes + L4);
	seen->dport = get16(frame.bytes + L4 + 2);
	return true;
}

/** A host's TCP segment to its remote endpoint, or back. */
static void
tcp_of(struct bed *bed, unsigned int host, bool out, uint8_t flags)
{
	if (out)
		send_tcp(bed, OUT, address_of(host), 5000, remote, (uint16_t)(20000 + host), flags);
	else
		send_tcp(bed, IN, remote, (uint16_t)(20000 + host), hosts[host].tcp.address,
			 hosts[host].tcp.port, flags);
}

static void
udp_of(struct bed *bed, unsigned int host, bool out)
{
	if (out)
		send_udp(bed, OUT, address_of(host), 4000, remote, (uint16_t)(10000 + host));
	else
		send_udp(bed, IN, remote, (uint16_t)(10000 + host), hosts[host].udp.address,
			 hosts[host].udp.port);
}

/** Notes, or compares, where outbound packets of hosts come from outside. @return how many */
static unsigned int
take_outbound(struct bed *bed, bool compare)
{
	struct seen seen;
	unsigned int n = 0;

	for (; receive(bed, &seen); n++) {
		bool tcp = seen.proto == PROTO_TCP;
		unsigned int host = seen.dport - (tcp ? 20000u : 10000u);
		struct endpoint *endpoint;

		ck_assert_uint_lt(host, HOSTS);
		endpoint = tcp ? &hosts[host].tcp : &hosts[host].udp;
		if (compare) {
			ck_assert_uint_eq(endpoint->address, seen.source);
			ck_assert_uint_eq(endpoint->port, seen.sport);
		}
		*endpoint = (struct endpoint){seen.source, seen.sport};
	}
	return n;
}

/** Checks that inbound packets have come to their hosts. @return how many */
static unsigned int
take_inbound(struct bed *bed)
{
	struct seen seen;
	unsigned int n = 0;

	for (; receive(bed, &seen); n++) {
		bool tcp = seen.proto == PROTO_TCP;
		unsigned int host = seen.sport - (tcp ? 20000u : 10000u);

		ck_assert_uint_lt(host, HOSTS);
		ck_assert_uint_eq(seen.dest, address_of(host));
		ck_assert_uint_eq(seen.dport, tcp ? 5000 : 4000);
	}
	return n;
}

/** Segments that bring a connection into each state; by host % 8. */
static const struct {
	bool out;
	uint8_t flags;
} stories[8][4] = {
	{{true, SYN}},
	{{true, SYN}, {false, SYN | ACK}, {true, ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {false, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, FIN | ACK}, {false, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, RST | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, ACK}}, /* and a second one, see below */
	{{true, SYN}},                                  /* likewise, from outside */
};

/** Opens flows of some hosts. */
static void
open_hosts(struct bed *bed, unsigned int first, unsigned int end)
{
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, true);
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, false), end - first);
	for (unsigned int turn = 0; turn < 4; turn++) {
		for (unsigned int host = first; host < end; host++)
			if (stories[host % 8][turn].flags != 0)
				tcp_of(bed, host, stories[host % 8][turn].out,
				       stories[host % 8][turn].flags);
		bed_run(bed);
		if (turn == 0)
			ck_assert_uint_eq(take_outbound(bed, false), end - first);
		else
			bed_receive_all(bed, "p0");
	}
	for (unsigned int host = first; host < end; host++) {
		if (host % 8 == 6)
			send_tcp(bed, OUT, address_of(host), 5000, remote + 1, 443, SYN);
		if (host % 8 == 7)
			send_tcp(bed, IN, remote + 2, 999, hosts[host].tcp.address,
				 hosts[host].tcp.port, SYN);
	}
	bed_run(bed);
	bed_receive_all(bed, "p0");
}

static void
open_all(struct bed *bed)
{
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE)
		open_hosts(bed, host, host + AT_ONCE);
}

/** Sends packets of all flows of some hosts in both directions, and checks where they go. */
static void
check_hosts(struct bed *bed, unsigned int first, unsigned int end)
{
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, false);
	for (unsigned int host = first; host < end; host++)
		tcp_of(bed, host, false, ACK);
	bed_run(bed);
	ck_assert_uint_eq(take_inbound(bed), 2 * (end - first));
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, true);
	for (unsigned int host = first; host < end; host++)
		tcp_of(bed, host, true, ACK);
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, true), 2 * (end - first));
}

static void
check_all(struct bed *bed)
{
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE)
		check_hosts(bed, host, host + AT_ONCE);
}

static void
export_to(struct bed *bed, const char *name, const char *filter)
{
	struct state_exported exported;
	struct state_filter parsed;
	char message[256];

	ck_assert_int_eq(state_filter_parse(filter, &parsed, message, sizeof(message)), 0);
	ck_assert_int_eq(pe_state_export(bed->pe, name, &parsed, &exported), 0);
}

static int
try_import(struct bed *bed, const struct import_options *options, struct import_report *report,
	   char message[256])
{
	return pe_state_import(bed->pe, file, options, report, message, 256);
}

/** @return the report's part on a table of nat. */
static const struct import_table *
part_of(const struct import_report *report, const char *table)
{
	for (unsigned int i = 0; i < report->n_tables; i++)
		if (strcmp(report->tables[i].schema.table, table) == 0)
			return &report->tables[i];
	ck_abort_msg("no table '%s'", table);
	return NULL;
}

static void
import(struct bed *bed, bool through_workers, struct import_report *report)
{
	const struct import_options options = {.through_workers = through_workers};
	char message[256];

	ck_assert_msg(try_import(bed, &options, report, message) == 0, "%s", message);
}

static void
check_report(const struct import_report *report, const char *table, uint64_t restored,
	     uint64_t skipped)
{
	const struct import_table *part = part_of(report, table);

	ck_assert_msg(part->restored == restored && part->skipped == skipped,
		      "%s: %lu restored, %lu skipped: %s", table, part->restored, part->skipped,
		      part->n_reasons == 0 ? "" : part->reasons[0].why);
}

/** Lets time pass, and timers keep up with it. */
static void
pass(struct bed *bed, unsigned int seconds)
{
	while (seconds-- != 0)
		bed_sleep(bed, 1000);
	for (unsigned int i = 0; i < 30; i++)
		bed_run(bed); /* a poll does some of the timers only */
}

/** Ends a PE, and with it all that is not in the file. */
static struct bed *
restart(struct bed *bed, const char *document)
{
	bed_close(bed);
	return bed_open(document);
}

/* What a PE has, as text. */

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/** @return the entries of a table in a file, sorted, free() it. Of a value, the first @p shown
 * bytes. */
static char *
describe(const char *name, const char *filter, size_t shown)
{
	struct state_filter parsed;
	char message[256], *text, *line, *save = NULL, *sorted, **lines;
	size_t size, n = 0, fill = 0;
	FILE *in, *out = open_memstream(&text, &size);

	ck_assert_int_eq(state_filter_parse(filter, &parsed, message, sizeof(message)), 0);
	ck_assert_int_eq(state_file_open(name, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_print_file(in, &parsed, out, message, sizeof(message)), 0);
	fclose(in);
	fclose(out);
	lines = calloc(size / 64 + 2, sizeof(char *));
	sorted = calloc(1, size + 1);
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *value = strstr(line, "\"value\":\"");

		ck_assert_ptr_nonnull(value);
		value += 9;
		if (strlen(value) > 2 * shown)
			value[2 * shown] = '\0';
		lines[n++] = line;
	}
	qsort(lines, n, sizeof(char *), compare_lines);
	for (size_t i = 0; i < n; i++)
		fill += (size_t)sprintf(sorted + fill, "%s\n", lines[i]);
	free(lines);
	free(text);
	return sorted;
}

static unsigned int
n_lines(const char *text)
{
	unsigned int n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		n++;
		text++;
	}
	return n;
}

/** Checks that two texts are the same; says where they are not. */
static void
check_text(const char *before, const char *after)
{
	size_t at = 0;

	while (before[at] != '\0' && before[at] == after[at])
		at++;
	while (at != 0 && before[at - 1] != '\n')
		at--;
	ck_assert_msg(strcmp(before, after) == 0, "before: %.200s after: %.200s", before + at,
		      after + at);
}

/** Checks that two files have the same of a table. */
static void
check_same(const char *table, size_t shown, unsigned int n)
{
	char *before = describe(file, table, shown), *after = describe(other_file, table, shown);

	ck_assert_uint_eq(n_lines(before), n);
	check_text(before, after);
	free(before);
	free(after);
}

enum { MAPPING_SHOWN = 20, PEER_SHOWN = 5 }; /* bytes of values that are the same for good */

/** Checks that a mapping is in the bucket of its host's packets. */
static int
check_bucket(void *arg, const struct wp_record *record)
{
	const struct instance *nat = arg;

	ck_assert_uint_eq(record->bucket,
			  wp_bucket_of_host(&nat->cores[0].core, record->tenant, 4, record->key));
	return 0;
}

static void
check_buckets(struct bed *bed)
{
	struct instance *nat = &bed->pe->current->instances[0];

	for (unsigned int table = 0; table < 3; table++) /* mappings, peers, hosts */
		ck_assert_int_eq(wp_table_export(nat->tables[table], -1, check_bucket, nat), 0);
}

/** Checks that nat has no entries left. */
static void
check_empty(struct bed *bed)
{
	char *left;

	export_to(bed, other_file, "");
	left = describe(other_file, "nat", 0);
	ck_assert_str_eq(left, "");
	free(left);
}

/* Cases. */

static const char *const afterwards[] = {
	BEFORE,
	DOCUMENT_OF(SWAPPED, "0", POOL, "}]"),
};

/** @param _i  bit 0: another number of workers; bit 1: through the workers */
START_TEST(test_every_flow_goes_on)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	check_buckets(bed); /* as packets have made them */
	pass(bed, 100);
	export_to(bed, file, "");
	bed = restart(bed, afterwards[_i & 1]);
	import(bed, (_i & 2) != 0, &report);
	check_buckets(bed);
	check_report(&report, "mappings", 2 * HOSTS, 0);
	check_report(&report, "subscribers", HOSTS, 0);
	check_report(&report, "blocks", HOSTS, 0);
	check_report(&report, "peers", HOSTS / 4, 0);
	import_report_free(&report);
	export_to(bed, other_file, "");
	check_same("nat/mappings", MAPPING_SHOWN, 2 * HOSTS);
	check_same("nat/peers", PEER_SHOWN, HOSTS / 4);
	check_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), 2 * HOSTS);
	bed_close(bed);
}
END_TEST

#define FILTERED(WHOM) DOCUMENT("0, 1", POOL, "}], \"filtering\": \"" WHOM "\"")

static const char *const filtered[] = {FILTERED("address-dependent"),
				       FILTERED("address-and-port-dependent")};

/** Sends to a host's mappings from somewhere else. @return how many packets got through */
static unsigned int
send_from(struct bed *bed, uint32_t from, uint16_t port, unsigned int host)
{
	send_udp(bed, IN, from, port, hosts[host].udp.address, hosts[host].udp.port);
	send_tcp(bed, IN, from, port, hosts[host].tcp.address, hosts[host].tcp.port, ACK);
	bed_run(bed);
	return bed_receive_all(bed, "p0");
}

/* All begin from outside: nobody inside has to send first. */
START_TEST(test_who_may_come_in_still_may)
{
	struct bed *bed = bed_open(filtered[_i]);
	struct import_report report;

	open_all(bed);
	export_to(bed, file, "");
	bed = restart(bed, filtered[_i]);
	import(bed, false, &report);
	check_report(&report, "mappings", 2 * HOSTS, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from(bed, remote + 1, 443, 6), 1); /* its second connection */
	ck_assert_uint_eq(send_from(bed, remote + 1, 444, 6), _i == 0);
	ck_assert_uint_eq(send_from(bed, remote + 1, 443, 1), 0);
	check_all(bed);
	pass(bed, 8000);
	check_empty(bed);
	bed_close(bed);
}
END_TEST

/** Under a filter that is new, an address that came in without being asked does not hold the door.
 */
START_TEST(test_a_new_filter_asks_who_was_sent_to)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed); /* hosts 7, 15, ...: a connection from remote + 2 */
	export_to(bed, file, "");
	bed = restart(bed, filtered[0]);
	import(bed, false, &report);
	check_report(&report, "peers", HOSTS / 4, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from(bed, remote + 2, 999, 7), 0);
	ck_assert_uint_eq(send_from(bed, remote + 2, 1000, 7), 0);
	ck_assert_uint_eq(send_from(bed, remote + 1, 444, 6), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_nothing_is_left_when_all_has_ended)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	export_to(bed, file, "");
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	import_report_free(&report);
	pass(bed, 8000);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 2 * HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-given-back"), HOSTS);
	check_empty(bed);
	bed_close(bed);
}
END_TEST

static bool
is_taken(const struct seen *seen, unsigned int *host)
{
	for (*host = 0; *host < HOSTS; ++*host)
		if (hosts[*host].udp.address == seen->source &&
		    hosts[*host].udp.port / 64 == seen->sport / 64)
			return true;
	return false;
}

START_TEST(test_ports_in_use_are_nobody_elses)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	unsigned int n = 0, host;
	struct seen seen;

	open_all(bed);
	export_to(bed, file, "");
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	import_report_free(&report);
	for (unsigned int i = 0; i < 4000; i++) {
		send_udp(bed, OUT, 0x0b000000 + i, 7, remote, 9);
		if (i % AT_ONCE != AT_ONCE - 1)
			continue;
		bed_run(bed);
		for (; receive(bed, &seen); n++)
			ck_assert_msg(!is_taken(&seen, &host), "the block of host %u", host);
	}
	ck_assert_uint_eq(n, 4000);
	check_all(bed);
	bed_close(bed);
}
END_TEST

/** Takes what came out; those who get no port are answered by ICMP. @return how many of UDP */
static unsigned int
receive_udp(struct bed *bed)
{
	struct seen seen;
	unsigned int n = 0;

	while (receive(bed, &seen))
		n += seen.proto == PROTO_UDP;
	return n;
}

/** Sends from @p n ports of one host. @return how many went through */
static unsigned int
send_from_ports(struct bed *bed, uint16_t first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		send_udp(bed, OUT, address_of(0), (uint16_t)(first + i), remote, 53);
	bed_run(bed);
	return receive_udp(bed);
}

#define ONE_BLOCK DOCUMENT("0, 1", "203.0.113.1", "}], \"max_blocks\": 1")

START_TEST(test_resting_ports_still_rest)
{
	struct bed *bed = bed_open(ONE_BLOCK);
	struct import_report report;

	ck_assert_uint_eq(send_from_ports(bed, 1000, 64), 64);
	pass(bed, 200);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32);
	pass(bed, 110); /* the others are over, and rest */
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 32);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	export_to(bed, file, "");
	bed = restart(bed, ONE_BLOCK);
	import(bed, false, &report);
	check_report(&report, "mappings", 32, 0);
	import_report_free(&report);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32); /* the same */
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	pass(bed, 100);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 0);
	pass(bed, 145);
	ck_assert_uint_eq(send_from_ports(bed, 2000, 32), 32);
	ck_assert_uint_eq(send_from_ports(bed, 1000, 32), 32);
	bed_close(bed);
}
END_TEST

START_TEST(test_timers_go_on_with_what_they_had_left)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	for (unsigned int host = 0; host < AT_ONCE; host++)
		udp_of(bed, host, true);
	bed_run(bed);
	take_outbound(bed, false);
	pass(bed, 200);
	export_to(bed, file, "");
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	import_report_free(&report);
	pass(bed, 99);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 0);
	udp_of(bed, 0, true); /* whole again */
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, true), 1);
	pass(bed, 2);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE - 1);
	pass(bed, 296);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE - 1);
	pass(bed, 3);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), AT_ONCE);
	bed_close(bed);
}
END_TEST

/** Hosts whose mapping of 4000 is in the file; index: host. @return how many */
static unsigned int
hosts_of_file(bool *there)
{
	char *text = describe(file, "nat/mappings", 0), *save = NULL;
	unsigned int n = 0;

	memset(there, 0, HOSTS * sizeof(*there));
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned int high, low;
		const char *key = strstr(line, "\"key\":[\"10.0.");

		ck_assert_ptr_nonnull(key);
		ck_assert_int_eq(sscanf(key + 13, "%u.%u", &high, &low), 2);
		there[high * 256 + low] = true;
	}
	for (unsigned int host = 0; host < HOSTS; host++)
		n += there[host];
	free(text);
	return n;
}

START_TEST(test_one_bucket_alone)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	bool there[HOSTS];
	char filter[32];
	unsigned int n = 0;

	open_all(bed);
	for (unsigned int bucket = (unsigned int)rand() % 256; n == 0;
	     bucket = (bucket + 1) % 256) {
		snprintf(filter, sizeof(filter), "bucket=%u", bucket);
		export_to(bed, file, filter);
		n = hosts_of_file(there);
	}
	ck_assert_uint_lt(n, HOSTS / 10);
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	check_report(&report, "mappings", 2 * n, 0);
	check_report(&report, "subscribers", n, 0);
	check_report(&report, "blocks", n, 0);
	import_report_free(&report);
	for (unsigned int host = 0; host < HOSTS; host++)
		if (there[host])
			check_hosts(bed, host, host + 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_a_prefix_of_hosts_alone)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	export_to(bed, file, "nat,tenant=red,address=10.0.1.0/28");
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	check_report(&report, "mappings", 32, 0); /* they make their hosts and blocks */
	import_report_free(&report);
	check_hosts(bed, 256, 272);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-taken"), 16);
	bed_close(bed);
}
END_TEST

/** Restarts with another configuration, and checks why nothing comes back. */
static struct bed *
come_back_as(const char *document, const char *why)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	const struct import_table *mappings;

	open_hosts(bed, 0, AT_ONCE);
	export_to(bed, file, "nat");
	bed = restart(bed, document);
	import(bed, false, &report);
	mappings = part_of(&report, "mappings");
	ck_assert_uint_eq(mappings->restored, 0);
	ck_assert_uint_eq(mappings->skipped, 2 * AT_ONCE);
	ck_assert_str_eq(mappings->reasons[0].why, why);
	import_report_free(&report);
	return bed;
}

START_TEST(test_another_pool)
{
	struct bed *bed = come_back_as(DOCUMENT("0", "192.0.2.0/28", "}]"),
				       "no pool has its outside address");

	open_hosts(bed, 0, AT_ONCE);
	ck_assert_uint_eq(hosts[0].udp.address >> 8, 0xc00002);
	check_hosts(bed, 0, AT_ONCE);
	bed_close(bed);
}
END_TEST

START_TEST(test_pool_of_fewer_ports)
{
	struct bed *bed = come_back_as(DOCUMENT("0", POOL, ", \"ports\": \"1-63\"}]"),
				       "its pool has not its ports any more");

	bed_close(bed);
}
END_TEST

START_TEST(test_instance_and_tenant_that_are_gone)
{
	static const char document[] =
		"{\"version\": 1, \"modules\": [\"nat\"], \"tenants\": [{\"name\": \"green\"}],"
		" \"instances\": [{\"name\": \"%s\", \"service\": \"nat\", \"config\": "
		"  {\"pools\": [{\"name\": \"p\", \"addresses\": [\"" POOL "\"]}]}}]}";
	char text[512];
	struct bed *bed;

	snprintf(text, sizeof(text), document, "n");
	bed = come_back_as(text, "there is no such tenant");
	bed_close(bed);
	snprintf(text, sizeof(text), document, "m");
	bed = come_back_as(text, "there is no such instance");
	bed_close(bed);
}
END_TEST

START_TEST(test_service_that_is_gone_is_refused_or_left_out)
{
	static const char document[] =
		"{\"version\": 1, \"modules\": [\"firewall\"], \"tenants\": [{\"name\": \"red\"}],"
		" \"instances\": [{\"name\": \"fw\", \"service\": \"firewall\", \"config\": "
		"  {\"rules\": [{\"action\": \"allow\"}]}}]}";
	const struct import_options partial = {.partial = true};
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	char message[256];

	open_hosts(bed, 0, AT_ONCE);
	export_to(bed, file, "");
	bed = restart(bed, document);
	ck_assert_int_eq(try_import(bed, &(struct import_options){0}, &report, message), -EPROTO);
	ck_assert_ptr_nonnull(strstr(message, "table nat/"));
	import_report_free(&report);
	ck_assert_int_eq(try_import(bed, &partial, &report, message), 0);
	ck_assert_str_eq(part_of(&report, "mappings")->left_out,
			 "is of a service that no instance is of");
	ck_assert_uint_eq(part_of(&report, "hits")->restored, 1); /* of two rules */
	ck_assert_uint_eq(part_of(&report, "hits")->skipped, 1);
	import_report_free(&report);
	bed_close(bed);
}
END_TEST

START_TEST(test_counts_of_rules_come_back)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	char *before, *after;

	open_hosts(bed, 0, AT_ONCE);
	export_to(bed, file, "");
	before = describe(file, "firewall", 64);
	ck_assert_ptr_nonnull(strstr(before, "\"value\":\""));
	bed = restart(bed, afterwards[1]);
	import(bed, true, &report);
	check_report(&report, "hits", 2, 0);
	import_report_free(&report);
	export_to(bed, other_file, "");
	after = describe(other_file, "firewall", 64);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	bed_close(bed);
}
END_TEST

START_TEST(test_a_file_twice_harms_nobody)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	export_to(bed, file, "");
	import(bed, true, &report);
	check_report(&report, "mappings", 0, 2 * HOSTS);
	check_report(&report, "peers", 0, HOSTS / 4);
	import_report_free(&report);
	check_all(bed);
	bed_close(bed);
}
END_TEST

/* Records that make no sense. */

struct twister {
	struct state_writer *writer;
	int table; /* of the last record */
	struct state_schema schemas[STATE_TABLES_MAX];
};

static int
copy_name(void *arg, enum state_name kind, unsigned int index, const char *name)
{
	return state_writer_name(((struct twister *)arg)->writer, kind, name);
}

static int
copy_table(void *arg, unsigned int index, const struct state_schema *schema)
{
	struct twister *twister = arg;

	twister->schemas[index] = *schema;
	return state_writer_table(twister->writer, schema);
}

/** Changes some bytes. */
static void
twist(uint8_t *bytes, uint32_t size)
{
	while (size != 0 && rand() % 3 == 0)
		bytes[(unsigned int)rand() % size] = (uint8_t)rand();
}

static int
twist_record(void *arg, const struct state_record *record)
{
	struct twister *twister = arg;
	struct state_record twisted = *record;
	uint64_t key[8], key2[8], value[64];

	ck_assert_uint_le(record->entry.value_size, sizeof(value));
	memcpy(key, record->entry.key, record->entry.key_size);
	if (record->entry.key2 != NULL)
		memcpy(key2, record->entry.key2, record->entry.key2_size);
	memcpy(value, record->entry.value, record->entry.value_size);
	twist((uint8_t *)key, record->entry.key_size);
	twist((uint8_t *)key2, record->entry.key2_size);
	twist((uint8_t *)value, record->entry.value_size);
	twist((uint8_t *)&twisted.age_ms, sizeof(twisted.age_ms));
	twist((uint8_t *)&twisted.left_ms, sizeof(twisted.left_ms));
	twisted.entry.key = key;
	twisted.entry.key2 = record->entry.key2 == NULL ? NULL : key2;
	twisted.entry.value = value;
	return state_writer_record(twister->writer, &twisted);
}

/** Writes the file again with other bytes in its records, under sums that are right. */
static void
twist_file(void)
{
	struct twister *twister = calloc(1, sizeof(*twister));
	const struct state_reader reader = {twister, copy_name, copy_table, twist_record};
	char message[256];
	FILE *in;

	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_writer_open(file, 1, 1, &twister->writer), 0);
	ck_assert_int_eq(state_read(in, &reader, NULL, message, sizeof(message)), 0);
	ck_assert_int_eq(state_writer_commit(twister->writer), 0);
	fclose(in);
	free(twister);
}

START_TEST(test_records_that_make_no_sense_do_no_harm)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	const struct import_table *mappings;

	srand((unsigned int)_i);
	open_all(bed);
	export_to(bed, file, "nat");
	twist_file();
	bed = restart(bed, afterwards[_i % 2]);
	import(bed, false, &report);
	mappings = part_of(&report, "mappings");
	ck_assert_uint_eq(mappings->restored + mappings->skipped, 2 * HOSTS);
	ck_assert_uint_gt(mappings->restored, HOSTS / 4);
	ck_assert_uint_gt(mappings->skipped, 0);
	import_report_free(&report);
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE) {
		for (unsigned int i = 0; i < AT_ONCE; i++) {
			udp_of(bed, host + i, true);
			tcp_of(bed, host + i, true, ACK);
			tcp_of(bed, host + i, false, RST);
		}
		bed_run(bed);
		bed_receive_all(bed, "p0");
	}
	pass(bed, 1000);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("restart");
	TCase *tcase = tcase_create("restart");
	const char *folder = bed_folder();

	snprintf(file, sizeof(file), "%s/state", folder);
	snprintf(other_file, sizeof(other_file), "%s/other", folder);
	srand((unsigned int)getpid());
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_every_flow_goes_on, 0, 4);
	tcase_add_loop_test(tcase, test_who_may_come_in_still_may, 0, 2);
	tcase_add_test(tcase, test_a_new_filter_asks_who_was_sent_to);
	tcase_add_test(tcase, test_nothing_is_left_when_all_has_ended);
	tcase_add_test(tcase, test_ports_in_use_are_nobody_elses);
	tcase_add_test(tcase, test_resting_ports_still_rest);
	tcase_add_test(tcase, test_timers_go_on_with_what_they_had_left);
	tcase_add_test(tcase, test_one_bucket_alone);
	tcase_add_test(tcase, test_a_prefix_of_hosts_alone);
	tcase_add_test(tcase, test_another_pool);
	tcase_add_test(tcase, test_pool_of_fewer_ports);
	tcase_add_test(tcase, test_instance_and_tenant_that_are_gone);
	tcase_add_test(tcase, test_service_that_is_gone_is_refused_or_left_out);
	tcase_add_test(tcase, test_counts_of_rules_come_back);
	tcase_add_test(tcase, test_a_file_twice_harms_nobody);
	tcase_add_loop_test(tcase, test_records_that_make_no_sense_do_no_harm, 0, 4);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
