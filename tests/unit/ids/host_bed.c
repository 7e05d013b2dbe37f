/* SPDX-License-Identifier: BSD-3-Clause */
/* See host_bed.h. */

#include "host_bed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pcap/dlt.h>

#include "bytes.h"
#include "parse/parse.h"

enum { IP = 20, TCP = 20, ROOM = 2048 };

static const uint64_t begin_ns = (uint64_t)1700000000 * 1000000000;

struct host *host;
char bed_folder[32], bed_eve[64], bed_why[256];
uint64_t bed_now_ns;
uint16_t bed_server_port;
uint32_t bed_next[2];

static char rules_file[64];
static uint64_t number; /* of the last packet */

void
bed_set_up(void)
{
	strcpy(bed_folder, "/tmp/test_ids.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(bed_folder));
	snprintf(rules_file, sizeof(rules_file), "%s/rules", bed_folder);
	snprintf(bed_eve, sizeof(bed_eve), "%s/eve", bed_folder);
	bed_now_ns = number = 0;
	bed_server_port = 80;
	bed_next[0] = 1000;
	bed_next[1] = 5000;
}

void
bed_tear_down(void)
{
	bed_close();
	unlink(rules_file);
	rmdir(bed_folder);
}

int
bed_open(const char *rules, json_t *config)
{
	json_t *tracker = json_pack("{sb}", "verify_checksums", 0);
	const struct host_conf conf = {.service = &wp_service,
				       .config = config,
				       .tracker = tracker,
				       .is_repeatable = true};
	FILE *file = fopen(rules_file, "w");
	int err;

	ck_assert(file != NULL && config != NULL && tracker != NULL);
	fputs(rules, file);
	ck_assert_int_eq(fclose(file), 0);
	json_object_set_new(config, "rules", json_pack("[s]", rules_file));
	if (json_object_get(config, "eve") == NULL)
		json_object_set_new(config, "eve", json_string(bed_eve));
	err = host_open(&conf, &host, bed_why, sizeof(bed_why));
	json_decref(config);
	json_decref(tracker);
	return err;
}

void
bed_close(void)
{
	host_close(host);
	host = NULL;
	unlink(bed_eve);
}

/** @param piece  flags and offset of a fragment; 0: it is none */
static void
send_piece(unsigned int from, uint8_t proto, uint16_t piece, const uint8_t *bytes, size_t size)
{
	static const uint8_t ends[2][8] = {{10, 0, 0, 1, 10, 0, 0, 2}, {10, 0, 0, 2, 10, 0, 0, 1}};
	uint8_t packet[ROOM] = {0x45};
	const struct capture_packet told = {.bytes = packet,
					    .size = (uint32_t)(IP + size),
					    .wire_size = (uint32_t)(IP + size),
					    .time_ns = begin_ns + bed_now_ns,
					    .number = ++number,
					    .link = DLT_RAW};

	ck_assert_uint_le(IP + size, ROOM);
	wp_put16(packet + 2, (unsigned int)(IP + size));
	wp_put16(packet + 6, piece);
	packet[8] = 64;
	packet[9] = proto;
	memcpy(packet + 12, ends[from], sizeof(ends[from]));
	memcpy(packet + IP, bytes, size);
	bed_now_ns += 1000000;
	host_packet(host, &told);
}

void
bed_send(unsigned int from, uint8_t proto, const uint8_t *bytes, size_t size)
{
	send_piece(from, proto, 0, bytes, size);
}

void
bed_send_in_two(unsigned int from, uint8_t proto, const uint8_t *bytes, size_t size, size_t first)
{
	enum { MORE = 0x2000, UNIT = 8 };

	send_piece(from, proto, MORE, bytes, first);
	send_piece(from, proto, (uint16_t)(first / UNIT), bytes + first, size - first);
}

void
bed_bytes(unsigned int from, uint8_t flags, const void *data, size_t size)
{
	const uint16_t ports[2] = {40000, bed_server_port};
	uint8_t bytes[ROOM - IP] = {0};

	ck_assert_uint_le(TCP + size, sizeof(bytes));
	wp_put16(bytes, ports[from]);
	wp_put16(bytes + 2, ports[!from]);
	wp_put32(bytes + 4, bed_next[from]);
	wp_put32(bytes + 8, (flags & ACK) != 0 ? bed_next[!from] : 0);
	bytes[12] = TCP << 2;
	bytes[13] = flags;
	wp_put16(bytes + 14, 8192);
	memcpy(bytes + TCP, data, size);
	bed_next[from] += (uint32_t)size + ((flags & (SYN | FIN)) != 0);
	bed_send(from, WP_PROTO_TCP, bytes, TCP + size);
}

void
bed_segment(unsigned int from, uint8_t flags, const char *data)
{
	bed_bytes(from, flags, data, strlen(data));
}

void
bed_shake_hands(void)
{
	bed_next[0] = 1000;
	bed_next[1] = 5000;
	bed_segment(0, SYN, "");
	bed_segment(1, SYN | ACK, "");
	bed_segment(0, ACK, "");
}

unsigned int
bed_count(const char *text)
{
	char line[65536];
	unsigned int n = 0;
	FILE *file;

	host_end(host);
	file = fopen(bed_eve, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}
