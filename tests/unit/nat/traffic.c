/* SPDX-License-Identifier: BSD-3-Clause */
/* Hostile and ordinary packets. */

#include <stdlib.h>
#include <string.h>

#include "forge.h"
#include "traffic.h"

#define REMEMBERED 64

enum { ICMP = 1, TCP = 6, UDP = 17 };

/* A packet that came out of the NAT. */
struct seen {
	size_t size;
	uint16_t tenant;
	uint8_t bytes[FORGE_MAX];
};

struct traffic {
	struct traffic_config config;
	uint64_t state, time;
	enum model_direction direction;
	uint16_t tenant;
	struct seen outside[REMEMBERED], inside[REMEMBERED];
	uint64_t n_outside, n_inside;
	int script;        /* packets that a connection's life still has */
	struct forge last; /* from inside */
	uint16_t last_tenant;
	uint8_t bytes[FORGE_MAX];
	size_t size;
};

/* splitmix64 */
uint64_t
traffic_random(struct traffic *traffic)
{
	uint64_t z = traffic->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t
below(struct traffic *traffic, uint32_t n)
{
	return (uint32_t)(traffic_random(traffic) >> 32) % n;
}

static int
percent(struct traffic *traffic, uint32_t p)
{
	return below(traffic, 100) < p;
}

/* Choices */

static uint16_t
some_port(struct traffic *traffic)
{
	static const uint16_t odd[] = {1, 65535, 1024, 1023, 53, 80, 443, 32768};
	uint32_t n = below(traffic, traffic->config.ports);

	return n < 8 ? odd[n] : (uint16_t)(40000 + n);
}

static uint16_t
some_tenant(struct traffic *traffic)
{
	return (uint16_t)(1 + below(traffic, traffic->config.tenants));
}

static uint32_t
some_host(struct traffic *traffic)
{
	const struct model_config *nat = traffic->config.nat;

	if (nat->n_ones > 0 && percent(traffic, 5))
		return nat->ones[below(traffic, nat->n_ones)].in;
	return 0x0a000001 + below(traffic, traffic->config.hosts);
}

static uint32_t
some_remote(struct traffic *traffic)
{
	const struct model_config *nat = traffic->config.nat;

	if (nat->n_exempts > 0 && percent(traffic, 5))
		return nat->exempts[below(traffic, nat->n_exempts)].addr;
	return 0xcb007101 + below(traffic, traffic->config.remotes);
}

/* One of the NAT's own endpoints, in use or not. */
static void
aim_at_nat(struct traffic *traffic, uint32_t *addr, uint16_t *port)
{
	const struct model_config *nat = traffic->config.nat;
	uint32_t range = (uint32_t)nat->last_port - nat->first_port + 1;

	*addr = nat->pool[below(traffic, nat->n_pool)];
	*port = (uint16_t)(nat->first_port + below(traffic, range));
	if (nat->n_forwards > 0 && percent(traffic, 20)) {
		const struct model_endpoint *ext =
			&nat->forwards[below(traffic, nat->n_forwards)].ext;

		*addr = ext->addr;
		*port = ext->port;
	} else if (nat->n_ones > 0 && percent(traffic, 10)) {
		*addr = nat->ones[below(traffic, nat->n_ones)].ext;
		*port = some_port(traffic);
	}
}

static uint8_t
some_flags(struct traffic *traffic)
{
	static const uint8_t flags[] = {FORGE_SYN,
					FORGE_SYN,
					FORGE_SYN | FORGE_ACK,
					FORGE_ACK,
					FORGE_ACK | FORGE_PSH,
					FORGE_FIN | FORGE_ACK,
					FORGE_FIN | FORGE_ACK,
					FORGE_RST,
					FORGE_RST | FORGE_ACK,
					FORGE_SYN | FORGE_FIN,
					FORGE_SYN | FORGE_RST,
					0,
					255};

	return flags[below(traffic, sizeof(flags))];
}

static uint8_t
some_proto(struct traffic *traffic)
{
	static const uint8_t protos[] = {TCP, TCP, TCP, TCP, UDP, UDP, UDP, UDP, ICMP, ICMP};

	return percent(traffic, 2) ? (uint8_t)below(traffic, 256)
				   : protos[below(traffic, sizeof(protos))];
}

static void
decorate(struct traffic *traffic, struct forge *forge)
{
	forge->id = (uint16_t)below(traffic, 65536);
	forge->ttl = percent(traffic, 3) ? (uint8_t)below(traffic, 3) : 0;
	forge->ip_options = percent(traffic, 3) ? (uint8_t)(1 + below(traffic, 10)) : 0;
	forge->payload = (uint16_t)(percent(traffic, 50) ? 0 : below(traffic, 40));
	forge->sequence = (uint16_t)below(traffic, 3);
	if (forge->proto == TCP) {
		forge->flags = some_flags(traffic);
		if ((forge->flags & FORGE_SYN) != 0 && percent(traffic, 60))
			forge->mss =
				(uint16_t)(percent(traffic, 50) ? 1460 : below(traffic, 65536));
	}
	if (forge->proto == ICMP) {
		static const uint8_t types[] = {8, 8, 8, 8, 0, 13, 14, 4, 5, 9, 17, 30};

		forge->type = types[below(traffic, sizeof(types))];
	}
}

/* Kinds of packets. Each leaves words for forge_packet(). */

static void
fresh_outbound(struct traffic *traffic, struct forge *forge)
{
	traffic->direction = MODEL_OUTBOUND;
	traffic->tenant = some_tenant(traffic);
	*forge = (struct forge){.proto = some_proto(traffic),
				.src = some_host(traffic),
				.dst = some_remote(traffic),
				.sport = some_port(traffic),
				.dport = some_port(traffic)};
	if (traffic->config.nat->n_forwards > 0 && percent(traffic, 10)) {
		const struct model_forward *forward =
			&traffic->config.nat
				 ->forwards[below(traffic, traffic->config.nat->n_forwards)];

		traffic->tenant = forward->tenant;
		forge->proto = forward->proto;
		forge->src = forward->in.addr;
		forge->sport = forward->in.port;
	}
	decorate(traffic, forge);
	if (forge->proto == TCP && percent(traffic, 60))
		forge->flags = FORGE_SYN;
}

static void
again_outbound(struct traffic *traffic, struct forge *forge)
{
	if (traffic->last.proto == 0) {
		fresh_outbound(traffic, forge);
		return;
	}
	traffic->direction = MODEL_OUTBOUND;
	traffic->tenant = traffic->last_tenant;
	*forge = traffic->last;
	decorate(traffic, forge);
	if (percent(traffic, 30))
		forge->dst = some_remote(traffic);
}

static void
unsolicited(struct traffic *traffic, struct forge *forge)
{
	traffic->direction = MODEL_INBOUND;
	*forge = (struct forge){.proto = some_proto(traffic),
				.src = some_remote(traffic),
				.sport = some_port(traffic)};
	aim_at_nat(traffic, &forge->dst, &forge->dport);
	if (percent(traffic, 3))
		forge->dst = some_remote(traffic);
	decorate(traffic, forge);
	if (forge->proto == ICMP)
		forge->sport = forge->dport;
}

static unsigned int
get16(const uint8_t *at)
{
	return at[0] * 256U + at[1];
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static const struct seen *
remembered(struct traffic *traffic, const struct seen *ring, uint64_t n)
{
	uint64_t all = n < REMEMBERED ? n : REMEMBERED;

	if (n == 0)
		return NULL;
	/* Half of them about the last few. */
	if (percent(traffic, 50) && all > 4)
		all = 4;
	return &ring[(n - 1 - below(traffic, (uint32_t)all)) % REMEMBERED];
}

/* The words of a packet that came through. */
static void
words(const struct seen *seen, struct forge *forge)
{
	const uint8_t *l4 = seen->bytes + (seen->bytes[0] & 15) * 4U;

	*forge = (struct forge){.proto = seen->bytes[9],
				.src = get32(seen->bytes + 12),
				.dst = get32(seen->bytes + 16)};
	if (forge->proto == TCP || forge->proto == UDP) {
		forge->sport = (uint16_t)get16(l4);
		forge->dport = (uint16_t)get16(l4 + 2);
		forge->flags = l4[13];
	} else if (forge->proto == ICMP) {
		forge->type = l4[0];
		forge->sport = forge->dport = (uint16_t)get16(l4 + 4);
	}
}

/* The other side's answer: mostly what TCP or ping would say, now and then from elsewhere. */
static void
turn_round(struct traffic *traffic, const struct seen *seen, struct forge *forge)
{
	struct forge old;

	words(seen, &old);
	*forge = old;
	forge->src = old.dst;
	forge->dst = old.src;
	forge->sport = old.dport;
	forge->dport = old.sport;
	decorate(traffic, forge);
	if (forge->proto == TCP && old.flags == FORGE_SYN && percent(traffic, 70))
		forge->flags = FORGE_SYN | FORGE_ACK;
	if (forge->proto == ICMP && percent(traffic, 80))
		forge->type = old.type == 13 ? 14 : 0;
}

static void
reply_inbound(struct traffic *traffic, struct forge *forge)
{
	const struct seen *seen = remembered(traffic, traffic->outside, traffic->n_outside);

	if (seen == NULL) {
		unsolicited(traffic, forge);
		return;
	}
	traffic->direction = MODEL_INBOUND;
	turn_round(traffic, seen, forge);
	if (percent(traffic, 10))
		forge->src = some_remote(traffic);
	if (percent(traffic, 10) && forge->proto != ICMP)
		forge->sport = some_port(traffic);
}

static void
reply_outbound(struct traffic *traffic, struct forge *forge)
{
	const struct seen *seen = remembered(traffic, traffic->inside, traffic->n_inside);

	if (seen == NULL) {
		fresh_outbound(traffic, forge);
		return;
	}
	traffic->direction = MODEL_OUTBOUND;
	traffic->tenant = seen->tenant;
	turn_round(traffic, seen, forge);
}

static void
hairpin(struct traffic *traffic, struct forge *forge)
{
	const struct seen *seen = remembered(traffic, traffic->outside, traffic->n_outside);
	struct forge target;

	fresh_outbound(traffic, forge);
	if (seen == NULL || percent(traffic, 20)) {
		aim_at_nat(traffic, &forge->dst, &forge->dport);
		return;
	}
	words(seen, &target);
	forge->dst = target.src;
	forge->dport = target.sport;
	if (percent(traffic, 90)) {
		forge->proto = target.proto;
		decorate(traffic, forge);
	}
	if (forge->proto == ICMP && percent(traffic, 30))
		forge->sport = target.sport;
}

/* What an ICMP error keeps of a packet: all, the least, or less than that. Now and then it is not
 * the packet that was. */
static size_t
keep(struct traffic *traffic, const struct seen *seen, uint8_t *inner)
{
	size_t head = (seen->bytes[0] & 15) * 4U, size = seen->size;

	memcpy(inner, seen->bytes, seen->size);
	if (percent(traffic, 40) && size > head + 8)
		size = head + 8;
	else if (percent(traffic, 10))
		size = below(traffic, (uint32_t)size + 1);
	if (percent(traffic, 10) && size > head + 4)
		inner[below(traffic, (uint32_t)size)] ^= (uint8_t)(1 + below(traffic, 255));
	else if (percent(traffic, 30)) {
		inner[8] = (uint8_t)below(traffic, 64);
		inner[10] = inner[11] = 0;
		if (percent(traffic, 80))
			forge_checksums(inner);
	}
	return size;
}

static void
error_about(struct traffic *traffic, const struct seen *seen, struct forge *forge, uint8_t *inner)
{
	static const uint8_t types[] = {3, 3, 3, 11, 12, 4, 5};

	*forge = (struct forge){.proto = ICMP,
				.type = types[below(traffic, sizeof(types))],
				.code = (uint8_t)below(traffic, 16),
				.src = percent(traffic, 50) ? get32(seen->bytes + 16)
							    : some_remote(traffic),
				.dst = get32(seen->bytes + 12),
				.inner = inner,
				.inner_size = keep(traffic, seen, inner)};
	if (percent(traffic, 5) && forge->inner_size >= 20)
		forge->dst = traffic->config.nat->pool[below(traffic, traffic->config.nat->n_pool)];
}

static void
error_inbound(struct traffic *traffic, struct forge *forge, uint8_t *inner)
{
	const struct seen *seen = remembered(traffic, traffic->outside, traffic->n_outside);

	if (seen == NULL) {
		unsolicited(traffic, forge);
		return;
	}
	traffic->direction = MODEL_INBOUND;
	error_about(traffic, seen, forge, inner);
}

static void
error_outbound(struct traffic *traffic, struct forge *forge, uint8_t *inner)
{
	const struct seen *seen = remembered(traffic, traffic->inside, traffic->n_inside);

	if (seen == NULL) {
		fresh_outbound(traffic, forge);
		return;
	}
	traffic->direction = MODEL_OUTBOUND;
	traffic->tenant = seen->tenant;
	error_about(traffic, seen, forge, inner);
	if (percent(traffic, 20))
		forge->src = some_host(traffic);
}

/* The short life of a connection, undisturbed: SYN, answer, two packets of either side, and one at
 * a deadline. Random packets alone seldom come that far. */
static void
script(struct traffic *traffic, struct forge *forge)
{
	static const uint8_t ends[] = {FORGE_FIN | FORGE_ACK, FORGE_FIN | FORGE_ACK, FORGE_RST,
				       FORGE_ACK, FORGE_SYN};
	const struct seen *newest = &traffic->outside[(traffic->n_outside - 1) % REMEMBERED];

	if (traffic->script == 5 || traffic->n_outside == 0) {
		fresh_outbound(traffic, forge);
		forge->proto = percent(traffic, 80) ? TCP : UDP;
		forge->sport = (uint16_t)(20000 + below(traffic, 1000));
		forge->flags = FORGE_SYN;
		return;
	}
	if (traffic->script < 4 && percent(traffic, 50) && traffic->last.proto != 0) {
		again_outbound(traffic, forge);
	} else {
		traffic->direction = MODEL_INBOUND;
		turn_round(traffic, newest, forge);
	}
	if (traffic->script == 4)
		forge->flags = FORGE_SYN | FORGE_ACK;
	else if (traffic->script > 1)
		forge->flags = ends[below(traffic, sizeof(ends))];
	else
		forge->flags = FORGE_ACK;
}

/* Damage */

static void
spoil_checksum(struct traffic *traffic)
{
	static const uint16_t offs[] = {1, 0xffff, 0x8000, 0x1234};
	uint8_t *bytes = traffic->bytes;

	switch (below(traffic, 4)) {
	case 0:
		forge_spoil(bytes, offs[below(traffic, 4)]);
		break;
	case 1:
		bytes[10] ^= (uint8_t)(1 + below(traffic, 255));
		break;
	case 2: /* UDP without checksum */
		if (bytes[9] == UDP)
			memset(bytes + (bytes[0] & 15) * 4U + 6, 0, 2);
		break;
	default:
		memset(bytes + 10, percent(traffic, 50) ? 0 : 255, 2);
		break;
	}
}

static void
damage(struct traffic *traffic)
{
	uint8_t *bytes = traffic->bytes;
	size_t head = (bytes[0] & 15) * 4U;

	switch (below(traffic, 8)) {
	case 0: /* cut short */
		traffic->size = below(traffic, (uint32_t)traffic->size);
		return;
	case 1: /* trailer */
		memset(bytes + traffic->size, 0xee, 8);
		traffic->size += 8;
		return;
	case 2: /* IP header length, version */
		bytes[0] = (uint8_t)below(traffic, 256);
		return;
	case 3: /* total length */
		bytes[2] = percent(traffic, 90) ? 0 : 255;
		bytes[3] = (uint8_t)below(traffic, 256);
		break;
	case 4: /* TCP header length, UDP length */
		if (traffic->size >= head + 14)
			bytes[head + (bytes[9] == TCP ? 12 : 5)] = (uint8_t)below(traffic, 256);
		break;
	case 5: /* port 0 */
		if (traffic->size >= head + 4)
			memset(bytes + head + (percent(traffic, 50) ? 0 : 2), 0, 2);
		break;
	case 6: { /* addresses */
		static const uint8_t first[] = {0, 127, 224, 240, 255};

		bytes[percent(traffic, 50) ? 12 : 16] = first[below(traffic, 5)];
		break;
	}
	default: /* whose source is the NAT's own */
		memcpy(bytes + 12, bytes + 16, 4);
		break;
	}
	/* Only what forge can read may have its sums put right. */
	if (get16(bytes + 2) == traffic->size &&
	    (bytes[9] != UDP || get16(bytes + head + 4) == traffic->size - head))
		forge_checksums(bytes);
}

/* Time */

/* To a deadline, just before or after it. */
static uint64_t
to_deadline(struct traffic *traffic)
{
	const struct model_config *nat = traffic->config.nat;
	const uint64_t ends[] = {
		nat->udp,         nat->icmp,        nat->quarantine,  nat->tcp_established,
		nat->tcp_opening, nat->tcp_closing, nat->tcp_closing, nat->tcp_half_closed};
	uint64_t end = ends[below(traffic, 8)];

	return end + below(traffic, 3) - (end > 0 && percent(traffic, 50));
}

static uint64_t
gap(struct traffic *traffic)
{
	if (traffic->script == 1)
		return to_deadline(traffic);
	if (traffic->script > 1 || percent(traffic, traffic->config.calm))
		return below(traffic, 50);
	switch (below(traffic, 16)) {
	case 0:
		return to_deadline(traffic);
	case 1:
		return below(traffic, 4 * 3600 * 1000);
	case 2:
	case 3:
	case 4:
		return below(traffic, 120 * 1000);
	default:
		return below(traffic, 5000);
	}
}

/* The public side */

static void
pick(struct traffic *traffic, struct forge *forge, uint8_t *inner)
{
	uint32_t kind = below(traffic, 100);

	if (kind < 22)
		fresh_outbound(traffic, forge);
	else if (kind < 36)
		again_outbound(traffic, forge);
	else if (kind < 60)
		reply_inbound(traffic, forge);
	else if (kind < 70)
		reply_outbound(traffic, forge);
	else if (kind < 77)
		hairpin(traffic, forge);
	else if (kind < 85)
		unsolicited(traffic, forge);
	else if (kind < 94)
		error_inbound(traffic, forge, inner);
	else
		error_outbound(traffic, forge, inner);
}

void
traffic_next(struct traffic *traffic, struct model_input *input)
{
	struct forge forge;
	uint8_t inner[FORGE_MAX];

	if (traffic->script == 0 && percent(traffic, 100 - traffic->config.calm) &&
	    percent(traffic, 20))
		traffic->script = 5;
	traffic->time += gap(traffic);
	if (traffic->script > 0) {
		script(traffic, &forge);
		traffic->script--;
	} else {
		pick(traffic, &forge, inner);
	}
	if (traffic->direction == MODEL_OUTBOUND && forge.inner == NULL) {
		traffic->last = forge;
		traffic->last_tenant = traffic->tenant;
	}
	traffic->size = forge_packet(traffic->bytes, &forge);
	if (percent(traffic, 5))
		spoil_checksum(traffic);
	if (percent(traffic, 4))
		damage(traffic);
	*input = (struct model_input){.time = traffic->time,
				      .direction = traffic->direction,
				      .tenant = traffic->tenant,
				      .bytes = traffic->bytes,
				      .size = traffic->size};
}

void
traffic_learn(struct traffic *traffic, const struct model_observed *outcome)
{
	struct seen *seen;
	size_t size;

	if (outcome->outcome != MODEL_PASSED || outcome->size < 28)
		return;
	/* Without padding; long enough for all protocols' headers, short enough to be put into ICMP
	 * errors. */
	size = get16(outcome->bytes + 2);
	if (size > outcome->size || size > 512 || size < (outcome->bytes[0] & 15) * 4U + 8)
		return;
	seen = outcome->direction == MODEL_OUTBOUND
		       ? &traffic->outside[traffic->n_outside++ % REMEMBERED]
		       : &traffic->inside[traffic->n_inside++ % REMEMBERED];
	seen->size = size;
	seen->tenant = outcome->tenant;
	memcpy(seen->bytes, outcome->bytes, size);
}

void
traffic_set_time(struct traffic *traffic, uint64_t time)
{
	traffic->time = time;
}

void
traffic_nat(struct model_config *config)
{
	model_config_init(config);
	config->pool[0] = 0xc6336401;
	config->pool[1] = 0xc6336407;
	config->n_pool = 2;
	config->forwards[0] = (struct model_forward){
		.tenant = 1, .proto = TCP, .in = {0x0a000001, 80}, .ext = {0xc6336401, 80}};
	config->forwards[1] = (struct model_forward){
		.tenant = 2, .proto = UDP, .in = {0x0a000002, 53}, .ext = {0xc6336407, 1100}};
	config->n_forwards = 2;
	config->ones[0] =
		(struct model_one_to_one){.tenant = 1, .in = 0x0a000063, .ext = 0xc6336414};
	config->ones[1] =
		(struct model_one_to_one){.tenant = 2, .in = 0x0a000063, .ext = 0xc6336415};
	config->n_ones = 2;
}

struct traffic *
traffic_create(const struct traffic_config *config)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (traffic == NULL)
		return NULL;
	traffic->config = *config;
	traffic->state = config->seed;
	return traffic;
}

void
traffic_destroy(struct traffic *traffic)
{
	free(traffic);
}
