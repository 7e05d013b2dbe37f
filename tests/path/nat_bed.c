/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat_bed.h. */

#include "nat_bed.h"

#include <stdio.h>
#include <string.h>

#define DOCUMENT                                                                                   \
	"{\"version\": 1, \"workers\": {\"cores\": [%s], \"buffers\": 16384},"                     \
	" \"modules\": [\"nat\"],"                                                                 \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 5000},"    \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 5000},"                   \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 5000},"             \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 5000},"                  \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [{\"name\": \"red\"}, {\"name\": \"green\"}],"                              \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {%s}}],"             \
	" \"paths\": [" PAIR("out", "10", "in", "11", "red") ", " PAIR("gout", "20", "gin", "21",  \
								       "green") "]}"
#define PAIR(OUT_NAME, OUT_SPI, IN_NAME, IN_SPI, TENANT)                                           \
	"{\"name\": \"" OUT_NAME "\", \"spi\": " OUT_SPI ", \"tenant\": \"" TENANT "\","           \
	" \"inside\": \"source\", \"reverse\": \"" IN_NAME "\","                                   \
	" \"steps\": [{\"instance\": \"n\"}]},"                                                    \
	" {\"name\": \"" IN_NAME "\", \"spi\": " IN_SPI ", \"tenant\": \"" TENANT "\","            \
	" \"inside\": \"destination\", \"reverse\": \"" OUT_NAME "\","                             \
	" \"steps\": [{\"instance\": \"n\"}]}"

enum { SI_BEHIND_THE_NAT = 254 };

static const char *
document(unsigned int workers, const char *config)
{
	static char text[8192];
	int n = snprintf(text, sizeof(text), DOCUMENT, workers == 1 ? "0" : "0, 1", config);

	ck_assert_int_lt(n, (int)sizeof(text));
	return text;
}

struct bed *
nat_open(unsigned int workers, const char *config)
{
	return bed_open(document(workers, config));
}

void
nat_reload(struct bed *bed, unsigned int workers, const char *config)
{
	ck_assert_msg(bed_reload(bed, document(workers, config)) == 0, "%s", bed_error());
}

/** A byte of padding: not 0, so that whoever takes it for data gets other sums. */
static uint8_t
padding(unsigned int i)
{
	return (uint8_t)(0xa5 + i);
}

struct frame
nat_frame(uint32_t spi, const uint8_t *bytes, size_t size, unsigned int pad)
{
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi});

	ck_assert_uint_le(NAT_IP + size + pad, FRAME_MAX);
	memcpy(frame.bytes + NAT_IP, bytes, size);
	for (unsigned int i = 0; i < pad; i++)
		frame.bytes[NAT_IP + size + i] = padding(i);
	frame.len = (uint16_t)(NAT_IP + size + pad);
	return frame;
}

/** From inside by the first worker's port, from outside by the second's. */
static void
send_bytes(struct bed *bed, uint32_t spi, const uint8_t *bytes, size_t size)
{
	struct frame frame = nat_frame(spi, bytes, size, 0);

	bed_send(bed, spi % 2 == 0 ? "p0" : "p1", &frame);
	bed_run(bed);
}

/** Takes the one frame that has come out: with its tag and its Ethernet header as they must be. An
 * answer's addresses have changed places. */
static struct frame
take(struct bed *bed, uint32_t spi, bool is_answer)
{
	struct frame frame, other, sent = frame_udp(&(struct frame_spec){.spi = spi});
	const uint8_t *bytes = frame.bytes + NAT_IP, *ethernet = bytes - 14,
		      *sent_ethernet = sent.bytes + NAT_IP - 14;

	ck_assert(bed_receive(bed, "p0", &frame) || bed_receive(bed, "p1", &frame));
	ck_assert(!bed_receive(bed, "p0", &other) && !bed_receive(bed, "p1", &other));
	ck_assert_uint_eq(frame_spi(&frame), spi);
	ck_assert_uint_eq(frame_si(&frame), SI_BEHIND_THE_NAT);
	ck_assert_mem_eq(ethernet, sent_ethernet + (is_answer ? 6 : 0), 6);
	ck_assert_mem_eq(ethernet + 6, sent_ethernet + (is_answer ? 0 : 6), 6);
	ck_assert_mem_eq(ethernet + 12, sent_ethernet + 12, 2);
	ck_assert_uint_ge(frame.len, NAT_IP + 20);
	ck_assert_uint_ge(frame.len - NAT_IP, wire_get16(bytes + 2));
	ck_assert(wire_ip_checksum_ok(bytes, (bytes[0] & 15) * 4u));
	if ((wire_get16(bytes + 6) & 0x3fff) == 0)
		ck_assert(forge_is_right(bytes));
	return frame;
}

void
nat_compare(const uint8_t *seen, const uint8_t *want, size_t size)
{
	struct wire wire;
	size_t at;

	ck_assert(wire_read(&wire, want, size));
	at = wire_differ(want, seen, want, &wire);
	ck_assert_msg(at == wire.size, "byte %zu of the packet is %02x, not %02x", at,
		      at == wire.size ? 0u : seen[at], at == wire.size ? 0u : want[at]);
}

static void
expect(struct bed *bed, uint32_t spi, bool is_answer, const uint8_t *want, size_t size)
{
	struct frame frame = take(bed, spi, is_answer);

	ck_assert_uint_eq(frame.len, NAT_IP + size);
	nat_compare(frame.bytes + NAT_IP, want, size);
}

void
nat_pass_bytes(struct bed *bed, uint32_t spi, const uint8_t *bytes, size_t size, uint32_t spi_out,
	       const uint8_t *want, size_t want_size)
{
	send_bytes(bed, spi, bytes, size);
	expect(bed, spi_out, false, want, want_size);
}

void
nat_pass(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
	 const struct forge *want)
{
	uint8_t bytes[FORGE_MAX], want_bytes[FORGE_MAX];
	size_t size = forge_packet(bytes, forge), want_size = forge_packet(want_bytes, want);

	nat_pass_bytes(bed, spi, bytes, size, spi_out, want_bytes, want_size);
}

void
nat_answers(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
	    const struct forge *want)
{
	uint8_t bytes[FORGE_MAX];

	send_bytes(bed, spi, bytes, forge_packet(bytes, forge));
	expect(bed, spi_out, true, bytes, forge_packet(bytes, want));
}

struct endpoint
nat_out(struct bed *bed, uint32_t spi, const struct forge *forge)
{
	uint8_t bytes[FORGE_MAX];
	struct endpoint external;
	struct frame frame;
	struct forge want;
	struct wire wire;

	send_bytes(bed, spi, bytes, forge_packet(bytes, forge));
	frame = take(bed, spi, false);
	ck_assert(wire_read(&wire, frame.bytes + NAT_IP, frame.len - NAT_IP));
	external = (struct endpoint){wire.src, wire.sport};
	ck_assert_uint_eq(external.address >> 4, POOL >> 4);
	ck_assert_uint_ne(external.port, 0);
	want = nat_from(*forge, external);
	ck_assert_uint_eq(frame.len - NAT_IP, forge_packet(bytes, &want));
	nat_compare(frame.bytes + NAT_IP, bytes, frame.len - NAT_IP);
	return external;
}

void
nat_in(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
       struct endpoint host)
{
	struct forge want = nat_to(*forge, host);

	nat_pass(bed, spi, forge, spi_out, &want);
}

void
nat_drop(struct bed *bed, uint32_t spi, const struct forge *forge, const char *reason)
{
	uint64_t before = nat_drops(bed, spi, reason);
	uint8_t bytes[FORGE_MAX];

	send_bytes(bed, spi, bytes, forge_packet(bytes, forge));
	ck_assert_uint_eq(bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1"), 0);
	ck_assert_uint_eq(nat_drops(bed, spi, reason), before + 1);
}

uint64_t
nat_drops(struct bed *bed, uint32_t spi, const char *reason)
{
	char where[64];

	snprintf(where, sizeof(where), "paths/%u/steps/0/drops/%s",
		 (spi >= GREEN_OUT ? 2 : 0) + spi % 2, reason);
	return bed_number(bed, where);
}

uint64_t
nat_count(struct bed *bed, const char *counter)
{
	char where[64];

	snprintf(where, sizeof(where), "instances/0/counters/%s", counter);
	return bed_number(bed, where);
}

void
nat_wait(struct bed *bed, unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds; i++)
		bed_sleep(bed, 1000);
	for (unsigned int poll = 0; poll < 100; poll++) /* timers run a little in each */
		bed_run(bed);
}

struct forge
nat_from(struct forge forge, struct endpoint source)
{
	forge.src = source.address;
	forge.sport = source.port;
	return forge;
}

struct forge
nat_to(struct forge forge, struct endpoint dest)
{
	forge.dst = dest.address;
	if (forge.proto == ICMP)
		forge.sport = dest.port; /* the identifier */
	else
		forge.dport = dest.port;
	return forge;
}

struct forge
nat_answer(const struct forge *forge, struct endpoint external)
{
	struct forge answer = *forge;

	answer.src = forge->dst;
	if (forge->proto == ICMP)
		answer.type = forge->type == 8 ? 0 : 14;
	else
		answer.sport = forge->dport;
	return nat_to(answer, external);
}
