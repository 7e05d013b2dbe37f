/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes one packet that is read again and again into packets of many TCP flows, so that millions of
 * flows need no file of millions of frames. In front of a nat it writes the endpoints of a flow and
 * the TCP flags into each packet, by counting; behind it it notes by which outside endpoint the
 * flow left, for the packets that come from outside afterwards. Checksums are left as they are:
 * wrong.
 *
 * What it costs is to be measured alone, in the same mode, and subtracted.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "service.h"

enum mode {
	MODE_OPEN,   /* each flow once, SYN from inside */
	MODE_ANSWER, /* each flow once, SYN and ACK from outside */
	MODE_OUT,    /* round and round, ACK from inside */
	MODE_IN,     /* likewise from outside */
	MODE_LEARN,  /* behind the nat of MODE_OPEN */
};

enum {
	SYN = 0x02,
	ACK = 0x10,
	REMOTES = 64,
	REMOTE = 0xc6336401, /* 198.51.100.1 */
	REMOTE_PORT = 443,
	OPEN_STRIDE = 7919, /* from one flow to the next: far, and of 10^n flows each comes once */
	SWEEP_STRIDE = 15485863, /* other neighbours than they had when they were opened */
};

enum reason { REASON_DONE, REASON_UNKNOWN };
enum counter { COUNT_PACKETS, COUNT_PASS_PACKETS, COUNT_PASS_NS };

/** An endpoint; all of host order. */
struct endpoint {
	uint32_t address;
	uint16_t port;
	uint16_t known; /* by the outside; else unused */
};

_Static_assert(sizeof(struct endpoint) == 8, "files of them have no padding");

/** An endpoint as the document has it. */
struct item {
	struct wp_addr address;
	uint32_t port;
};

/** Configuration. */
struct conf {
	uint32_t mode, flows;
	const char *file;
	struct item first;
	struct wp_list bits;
	bool mix;
};

struct flows {
	enum mode mode;
	uint32_t n;
	bool mix;
	struct endpoint first;
	struct endpoint parts[4][256]; /* what each byte of a flow's number changes */
	struct endpoint *outside;      /* index: flow; the file, shared with other instances */
};

/** A worker's scratch. */
struct place {
	uint32_t at;      /* flow */
	uint32_t left;    /* flows that have not come yet; of one pass */
	uint64_t last_ns; /* of the burst before; 0: there is none */
	uint64_t last_n;
};

static const struct wp_field item_fields[] = {
	{.name = "address",
	 .type = WP_ADDR,
	 .offset = offsetof(struct item, address),
	 .help = "IPv4"},
	{.name = "port",
	 .type = WP_U32,
	 .offset = offsetof(struct item, port),
	 .max = 65535,
	 .help = "port"},
	{.name = NULL},
};

static const char *const mode_names[] = {"open", "answer", "out", "in", "learn", NULL};

static const struct wp_field flows_fields[] = {
	{.name = "mode",
	 .type = WP_ENUM,
	 .offset = offsetof(struct conf, mode),
	 .choices = mode_names,
	 .help = "what packets are made into"},
	{.name = "flows",
	 .type = WP_U32,
	 .offset = offsetof(struct conf, flows),
	 .min = 1,
	 .max = 100000000,
	 .help = "how many there are"},
	{.name = "file",
	 .type = WP_STRING,
	 .offset = offsetof(struct conf, file),
	 .min = 1,
	 .max = 4095,
	 .help = "where outside endpoints are noted; 8 bytes a flow"},
	{.name = "first",
	 .type = WP_OBJECT,
	 .offset = offsetof(struct conf, first),
	 .fields = item_fields,
	 .help = "inside endpoint of flow 0"},
	{.name = "bits",
	 .type = WP_LIST,
	 .offset = offsetof(struct conf, bits),
	 .max = 32,
	 .fields = item_fields,
	 .item_size = sizeof(struct item),
	 .help = "what each bit of a flow's number changes in its inside endpoint (XOR), lowest "
		 "first"},
	{.name = "mix",
	 .type = WP_BOOL,
	 .offset = offsetof(struct conf, mix),
	 .dflt = "false",
	 .help = "mix the number up before its bits are looked at"},
	{.name = NULL},
};

static const char *const flows_counters[] = {
	[COUNT_PACKETS] = "packets",
	[COUNT_PASS_PACKETS] = "pass-packets",
	[COUNT_PASS_NS] = "pass-ns",
	NULL,
};

static const char *const flows_reasons[] = {
	[REASON_DONE] = "done", [REASON_UNKNOWN] = "unknown", NULL};

static struct endpoint
endpoint_of(const struct item *item)
{
	const uint8_t *b = item->address.bytes;

	return (struct endpoint){.address = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
					    (uint32_t)b[2] << 8 | b[3],
				 .port = (uint16_t)item->port};
}

static struct endpoint
add(struct endpoint a, struct endpoint b)
{
	return (struct endpoint){.address = a.address ^ b.address,
				 .port = (uint16_t)(a.port ^ b.port)};
}

static void
fill_parts(struct flows *flows, const struct wp_list *bits)
{
	const struct item *items = bits->items;

	for (uint32_t bit = 0; bit < bits->n; bit++)
		for (unsigned int byte = 0; byte < 256; byte++)
			if ((byte >> bit % 8 & 1) != 0)
				flows->parts[bit / 8][byte] =
					add(flows->parts[bit / 8][byte], endpoint_of(&items[bit]));
}

static int
flows_open(struct wp_env *env, const void *config, void **inst)
{
	const struct conf *conf = config;
	struct flows *flows = calloc(1, sizeof(*flows));
	size_t size = conf->flows * sizeof(struct endpoint);
	int fd = open(conf->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (flows == NULL || fd < 0 || ftruncate(fd, (off_t)size) != 0)
		goto err;
	flows->outside = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (flows->outside == MAP_FAILED)
		goto err;
	close(fd);
	flows->mode = conf->mode;
	flows->n = conf->flows;
	flows->mix = conf->mix;
	flows->first = endpoint_of(&conf->first);
	fill_parts(flows, &conf->bits);
	*inst = flows;
	return 0;
err:
	if (fd >= 0)
		close(fd);
	free(flows);
	return wp_error(env, -EIO, "file", "cannot be had: %s", strerror(errno));
}

static void
flows_close(void *inst)
{
	struct flows *flows = inst;

	if (flows != NULL)
		munmap(flows->outside, flows->n * sizeof(struct endpoint));
	free(flows);
}

/** @return how many flows before @p worker's: each worker has every n-th one. */
static uint32_t
share(const struct flows *flows, const struct wp_core *core, uint32_t worker)
{
	return (uint32_t)((uint64_t)flows->n * worker / core->n_workers);
}

static int
flows_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	const struct flows *flows = inst;
	uint32_t first = share(flows, core, core->worker);
	uint64_t stride =
		flows->mode == MODE_OUT || flows->mode == MODE_IN ? SWEEP_STRIDE : OPEN_STRIDE;
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for a worker");
	place->at = (uint32_t)(first * stride % flows->n);
	place->left = share(flows, core, core->worker + 1u) - first;
	core->scratch = place;
	return 0;
}

static void
flows_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

/** Mixes 32 bits up; each number comes out once. */
static uint32_t
mixed(uint32_t i)
{
	i = (i ^ i >> 16) * 0x85ebca6b;
	i = (i ^ i >> 13) * 0xc2b2ae35;
	return i ^ i >> 16;
}

static struct endpoint
inside_of(const struct flows *flows, uint32_t flow)
{
	uint32_t i = flows->mix ? mixed(flow) : flow;

	return add(add(add(flows->first, flows->parts[0][i & 0xff]),
		       add(flows->parts[1][i >> 8 & 0xff], flows->parts[2][i >> 16 & 0xff])),
		   flows->parts[3][i >> 24]);
}

static struct endpoint
remote_of(uint32_t flow)
{
	return (struct endpoint){.address = REMOTE + flow % REMOTES, .port = REMOTE_PORT};
}

static void
write_packet(struct wp_packet *pkt, struct endpoint source, struct endpoint dest, uint8_t tcp_flags)
{
	uint32_t addresses[2] = {__builtin_bswap32(source.address),
				 __builtin_bswap32(dest.address)};
	uint16_t ports[2] = {__builtin_bswap16(source.port), __builtin_bswap16(dest.port)};

	memcpy(wp_l3(pkt) + 12, addresses, sizeof(addresses));
	memcpy(wp_l4(pkt), ports, sizeof(ports));
	wp_l4(pkt)[13] = tcp_flags;
	pkt->l4_sport = source.port;
	pkt->l4_dport = dest.port;
}

/** Takes the flows of a burst. @return of how many packets */
static uint16_t
next_flows(const struct flows *flows, struct place *place, uint32_t *of, uint16_t n)
{
	bool once = flows->mode == MODE_OPEN || flows->mode == MODE_ANSWER;
	uint32_t stride = (once ? OPEN_STRIDE : SWEEP_STRIDE) % flows->n;

	if (once && n > place->left)
		n = (uint16_t)place->left;
	if (once)
		place->left -= n;
	for (uint16_t i = 0; i < n; i++) {
		of[i] = place->at;
		place->at += stride;
		if (place->at >= flows->n)
			place->at -= flows->n;
	}
	return n;
}

/** Counts how long one pass over all flows takes: from burst to burst. */
static void
time_pass(struct wp_core *core, struct place *place, uint16_t n)
{
	if (place->last_ns != 0) {
		wp_count(core, COUNT_PASS_PACKETS, place->last_n);
		wp_count(core, COUNT_PASS_NS, core->now_ns - place->last_ns);
	}
	place->last_ns = n == 0 ? 0 : core->now_ns;
	place->last_n = n;
}

static void
from_inside(const struct flows *flows, struct wp_packet *const *pkts, const uint32_t *of,
	    uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		write_packet(pkts[i], inside_of(flows, of[i]), remote_of(of[i]),
			     flows->mode == MODE_OPEN ? SYN : ACK);
}

static void
from_outside(const struct flows *flows, struct wp_packet *const *pkts, const uint32_t *of,
	     uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		__builtin_prefetch(&flows->outside[of[i]]);
	for (uint16_t i = 0; i < n; i++) {
		if (!flows->outside[of[i]].known)
			wp_drop(pkts[i], REASON_UNKNOWN);
		write_packet(pkts[i], remote_of(of[i]), flows->outside[of[i]],
			     flows->mode == MODE_ANSWER ? SYN | ACK : ACK);
	}
}

static void
learn(const struct flows *flows, struct wp_packet *const *pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *ip = wp_l3(pkts[i]), *l4 = wp_l4(pkts[i]);
		struct endpoint *outside = &flows->outside[pkts[i]->tag.context];

		memcpy(&outside->address, ip + 12, 4);
		memcpy(&outside->port, l4, 2);
		outside->address = __builtin_bswap32(outside->address);
		outside->port = __builtin_bswap16(outside->port);
		outside->known = 1;
	}
}

static void
flows_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct flows *flows = inst;
	struct place *place = core->scratch;
	uint32_t of[WP_BURST_MAX];
	uint16_t n_of;

	wp_count(core, COUNT_PACKETS, n);
	if (flows->mode == MODE_LEARN) {
		learn(flows, pkts, n);
		return;
	}
	n_of = next_flows(flows, place, of, n);
	if (flows->mode == MODE_OPEN || flows->mode == MODE_ANSWER)
		time_pass(core, place, n_of);
	if (flows->mode == MODE_OPEN || flows->mode == MODE_OUT)
		from_inside(flows, pkts, of, n_of);
	else
		from_outside(flows, pkts, of, n_of);
	for (uint16_t i = 0; i < n_of; i++)
		pkts[i]->tag.context = of[i];
	for (uint16_t i = n_of; i < n; i++)
		wp_drop(pkts[i], REASON_DONE);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "flows",
	.summary = "makes one packet into packets of many flows",
	.fields = flows_fields,
	.config_size = sizeof(struct conf),
	.counters = flows_counters,
	.reasons = flows_reasons,
	.open = flows_open,
	.close = flows_close,
	.burst = flows_burst,
	.open_core = flows_open_core,
	.close_core = flows_close_core,
};
