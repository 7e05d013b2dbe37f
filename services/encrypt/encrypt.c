/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * encrypt: puts packets into ESP tunnels (RFC 4303, AES-GCM by RFC 4106). A tunnel is the argument
 * of a step; one instance serves any number. Nothing that this service cannot encrypt goes on.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "esp/esp.h"
#include "parse/parse.h"
#include "pmtu/fragment.h"
#include "pmtu/icmp.h"
#include "pmtu/mss.h"
#include "service.h"
#include "state/state.h"

/** Arguments of a step. */
struct encrypt_args {
	uint32_t spi;
	struct wp_addr local, remote;
	const char *key;
	bool esn;
	uint32_t df; /* enum esp_df */
	bool copy_dscp;
	uint32_t dscp, ttl, mtu;
	uint64_t max_packets, max_bytes;
	bool clamp_mss, fragment;
	uint32_t icmp_rate;
};

/** A tunnel, prepared. */
struct tunnel {
	const struct wp_aead *aead;
	struct wp_entry *outbound; /* the key's counter */
	struct esp_outer outer;
	uint32_t spi;       /* network order */
	uint32_t front;     /* bytes in front of an inner packet */
	uint32_t inner_max; /* largest inner packet that fits the MTU */
	uint64_t last;      /* highest number that may be used */
	uint64_t near;      /* from this one on, the end is near */
	bool esn;
	bool limited; /* has a lifetime */
	bool fragment;
	uint64_t max_packets, max_bytes;
	uint32_t clamp; /* largest packet of a TCP connection; UINT32_MAX: not clamped */
	struct wp_icmp_rate icmp_rate;
};

/** What outlives a tunnel: the key's numbers. All tunnels with one key share them, under whatever
 * name. */
struct outbound {
	struct wp_counter counter;
	/* What was encrypted (RFC 4301 4.4.2.1); kept while a tunnel has a lifetime. */
	_Atomic uint64_t packets, bytes;
};

enum { IPV4_DF = 0x40 }; /* in byte 6 of the header */

static const char *const df_choices[] = {"copy", "set", "clear", NULL};

#define ARG(NAME) .offset = offsetof(struct encrypt_args, NAME)

static const struct wp_field encrypt_step_fields[] = {
	{.name = "spi",
	 .type = WP_U32,
	 ARG(spi),
	 .min = ESP_SPI_MIN,
	 .max = UINT32_MAX,
	 .help = "security parameters index that the other side knows the tunnel by"},
	{.name = "local", .type = WP_ADDR, ARG(local), .help = "outer source address"},
	{.name = "remote", .type = WP_ADDR, ARG(remote), .help = "outer destination address"},
	{.name = "key",
	 .type = WP_KEY_NAME,
	 ARG(key),
	 .help = "name of the key in the key store, NAME@VERSION"},
	{.name = "esn",
	 .type = WP_BOOL,
	 ARG(esn),
	 .dflt = "true",
	 .help = "extended (64-bit) sequence numbers; the other side must know"},
	{.name = "df",
	 .type = WP_ENUM,
	 ARG(df),
	 .dflt = "\"copy\"",
	 .choices = df_choices,
	 .help = "don't-fragment bit of the outer header"},
	{.name = "copy_dscp",
	 .type = WP_BOOL,
	 ARG(copy_dscp),
	 .dflt = "true",
	 .help = "take the inner header's DSCP over to the outer one"},
	{.name = "dscp",
	 .type = WP_U32,
	 ARG(dscp),
	 .max = 63,
	 .dflt = "0",
	 .help = "DSCP of the outer header when it is not taken over"},
	{.name = "ttl",
	 .type = WP_U32,
	 ARG(ttl),
	 .min = 1,
	 .max = 255,
	 .dflt = "64",
	 .help = "TTL or hop limit of the outer header"},
	{.name = "mtu",
	 .type = WP_U32,
	 ARG(mtu),
	 .min = 68,
	 .max = 65535,
	 .dflt = "1500",
	 .help = "largest outer packet in bytes"},
	{.name = "max_packets",
	 .type = WP_U64,
	 ARG(max_packets),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "packets the key may encrypt; 0: no limit"},
	{.name = "max_bytes",
	 .type = WP_U64,
	 ARG(max_bytes),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "bytes the key may encrypt, with padding and trailer; 0: no limit"},
	{.name = "clamp_mss",
	 .type = WP_BOOL,
	 ARG(clamp_mss),
	 .dflt = "true",
	 .help = "lower the MSS of TCP connections to what fits the tunnel"},
	{.name = "fragment",
	 .type = WP_BOOL,
	 ARG(fragment),
	 .dflt = "true",
	 .help = "cut what is too long and has no DF into fragments; false: drop it"},
	{.name = "icmp_rate",
	 .type = WP_U32,
	 ARG(icmp_rate),
	 .max = 1000000,
	 .dflt = "1000",
	 .help = "answers a second, for each worker and tenant, to what is too long; 0: none"},
	{.name = NULL},
};

enum { TABLE_OUTBOUND };
static const struct wp_table_decl encrypt_tables[] = {
	[TABLE_OUTBOUND] = {.name = "outbound",
			    .version = 1,
			    .class = WP_COUNTER,
			    .owner = WP_OWNER_KEY,
			    .global = 1,
			    .durable = 1,
			    .key = {WP_KEY_ID16},
			    .value_size = sizeof(struct outbound),
			    .max_entries = 65536},
	{.name = NULL},
};

enum {
	COUNT_PACKETS,
	COUNT_BYTES,
	COUNT_EXHAUSTED,
	COUNT_NOT_RESERVED,
	COUNT_LIFETIME,
	COUNT_CLAMPED,
	COUNT_FRAGMENTED,
	COUNT_ANSWERED,
	COUNT_LIMITED,
	COUNT_NEAR,
};
static const char *const encrypt_counters[] = {
	[COUNT_PACKETS] = "packets",
	[COUNT_BYTES] = "bytes",
	[COUNT_EXHAUSTED] = "sequence-exhausted",
	[COUNT_NOT_RESERVED] = "not-reserved",
	[COUNT_LIFETIME] = "lifetime-over",
	[COUNT_CLAMPED] = "mss-clamped",
	[COUNT_FRAGMENTED] = "fragmented",
	[COUNT_ANSWERED] = "too-big-answered",
	[COUNT_LIMITED] = "too-big-limited",
	[COUNT_NEAR] = "lifetime-near",
	NULL,
};

static const char *const encrypt_alerts[] = {"sequence-exhausted", "not-reserved", "lifetime-over",
					     "lifetime-near", NULL};

enum { DROP_NOT_IP, DROP_MALFORMED, DROP_TOO_LONG, DROP_NO_ROOM };
static const char *const encrypt_reasons[] = {
	[DROP_NOT_IP] = "not-ip",
	[DROP_MALFORMED] = "malformed",
	[DROP_TOO_LONG] = "too-long",
	[DROP_NO_ROOM] = "no-room",
	NULL,
};

static int
encrypt_open(struct wp_env *env, const void *config, void **inst)
{
	*inst = NULL; /* all there is belongs to the steps */
	return 0;
}

static void
encrypt_close(void *inst)
{
}

static int
encrypt_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	core->scratch = calloc(1, sizeof(struct wp_icmp_limit));
	return core->scratch != NULL ? 0 : wp_error(env, -ENOMEM, NULL, "no memory for a worker");
}

static void
encrypt_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

static int
encrypt_open_step(struct wp_env *env, const void *inst, const void *config, void **step)
{
	const struct encrypt_args *args = config;
	struct tunnel *tunnel;
	uint8_t fingerprint[16];
	int err;

	if (args->local.version != args->remote.version)
		return wp_error(env, -EINVAL, "remote",
				"remote: is not of the address family of local");
	tunnel = calloc(1, sizeof(*tunnel));
	if (tunnel == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for a tunnel");
	err = wp_env_key(env, "key", args->key, WP_KEY_SEALS, &tunnel->aead, fingerprint);
	if (err == 0)
		err = wp_env_entry(env, TABLE_OUTBOUND, 4, fingerprint, &tunnel->outbound);
	if (err != 0) {
		free(tunnel);
		return err;
	}
	esp_outer_init(&tunnel->outer, &args->local, &args->remote,
		       &(struct esp_outer_rules){.df = args->df,
						 .copy_dscp = args->copy_dscp,
						 .dscp = (uint8_t)args->dscp,
						 .ttl = (uint8_t)args->ttl});
	tunnel->spi = __builtin_bswap32(args->spi);
	tunnel->front = tunnel->outer.size + ESP_FRONT;
	tunnel->inner_max = esp_inner_max(args->mtu, tunnel->front);
	tunnel->esn = args->esn;
	tunnel->last = args->esn ? UINT64_MAX : UINT32_MAX;
	tunnel->near = tunnel->last / 10 * 8;
	tunnel->max_packets = args->max_packets != 0 ? args->max_packets : UINT64_MAX;
	tunnel->max_bytes = args->max_bytes != 0 ? args->max_bytes : UINT64_MAX;
	tunnel->limited =
		args->max_packets != 0 || args->max_bytes != 0 || wp_aead_ends(tunnel->aead);
	tunnel->clamp = args->clamp_mss ? tunnel->inner_max : UINT32_MAX;
	tunnel->fragment = args->fragment;
	tunnel->icmp_rate = wp_icmp_rate(args->icmp_rate);
	*step = tunnel;
	return 0;
}

static void
encrypt_close_step(const void *inst, void *step)
{
	free(step);
}

/** @return bytes of the IP packet, without Ethernet padding. */
static inline unsigned int
inner_size(const struct wp_packet *pkt)
{
	return (unsigned int)(pkt->end - pkt->l3);
}

/** @return bytes of it that are encrypted: with padding and trailer. */
static inline unsigned int
text_size(const struct wp_packet *pkt)
{
	return inner_size(pkt) + esp_padding(inner_size(pkt)) + ESP_TRAILER;
}

/** @return whether there is room for all that comes around a packet. */
static inline bool
has_room(const struct wp_packet *pkt, const struct tunnel *tunnel)
{
	return pkt->start >= tunnel->front + pkt->tag.encap_size &&
	       pkt->end + ESP_BEHIND_MAX <= pkt->room;
}

/** Packets of a burst on their way into tunnels. */
struct list {
	uint16_t n;
	struct wp_packet *pkts[WP_BURST_MAX];
};

/** @return whether an IP packet may be cut on its way: IPv4 without DF. */
static inline bool
may_be_cut(const struct wp_packet *pkt)
{
	return pkt->ip_version == 4 && (wp_l3(pkt)[6] & IPV4_DF) == 0;
}

/** Cuts a packet into fragments that fit; those before the last are added to @p cut. @return
 * whether it could be cut */
static bool
fragment(struct wp_core *core, struct wp_packet *pkt, const struct tunnel *tunnel, struct list *cut)
{
	struct wp_packet **made = &cut->pkts[cut->n];
	int n = wp_fragment(core, pkt, tunnel->inner_max, made, WP_BURST_MAX - cut->n);

	for (int i = 0; i < n; i++) {
		if (has_room(made[i], tunnel))
			cut->pkts[cut->n++] = made[i];
		else
			wp_drop(made[i], DROP_NO_ROOM);
	}
	wp_count(core, COUNT_FRAGMENTED, n > 0);
	return n > 0;
}

/** Tells the sender of a packet that is too long what would fit, or drops it. */
static void
answer(struct wp_core *core, struct wp_packet *pkt, const struct tunnel *tunnel)
{
	const struct wp_icmp icmp = {.error = WP_ICMP_TOO_BIG, .mtu = tunnel->inner_max};
	int err = wp_icmp_answer(pkt, &icmp, &tunnel->icmp_rate, core->scratch, core->now_ns);

	if (err != 0)
		wp_drop(pkt, DROP_TOO_LONG);
	wp_count(core, COUNT_ANSWERED, err == 0);
	wp_count(core, COUNT_LIMITED, err == -EBUSY);
}

/** Sees to a packet that cannot be encrypted as it is. @return whether it can be now; else its
 * verdict is set */
static bool __attribute__((noinline, cold))
mend(struct wp_core *core, struct wp_packet *pkt, const struct tunnel *tunnel, struct list *cut)
{
	bool is_too_long = inner_size(pkt) > tunnel->inner_max;

	if (pkt->l3 == 0 && (pkt->flags & WP_PKT_BAD_HEADER) == 0)
		wp_drop(pkt, DROP_NOT_IP);
	else if (pkt->l3 == 0 || (pkt->flags & WP_PKT_TRUNCATED) != 0)
		wp_drop(pkt, DROP_MALFORMED);
	else if (is_too_long && !may_be_cut(pkt))
		answer(core, pkt, tunnel);
	else if (!has_room(pkt, tunnel))
		wp_drop(pkt, DROP_NO_ROOM);
	else if (tunnel->fragment && fragment(core, pkt, tunnel, cut))
		return true;
	else
		wp_drop(pkt, DROP_TOO_LONG);
	return false;
}

/** Looks whether a packet can be encrypted; sets its verdict when not. */
static inline bool
check(struct wp_core *core, struct wp_packet *pkt, struct list *cut)
{
	const struct tunnel *tunnel = pkt->args;

	if (__builtin_expect(pkt->l3 == 0 || (pkt->flags & WP_PKT_TRUNCATED) != 0 ||
				     inner_size(pkt) > tunnel->inner_max || !has_room(pkt, tunnel),
			     0))
		return mend(core, pkt, tunnel, cut);
	if (wp_mss_clamp(pkt, tunnel->clamp))
		wp_count(core, COUNT_CLAMPED, 1);
	return true;
}

/** @return how much of @p want still fits below @p max, when @p before of it is used. */
static inline uint64_t
left_of(uint64_t max, uint64_t before, uint64_t want)
{
	if (before >= max)
		return 0;
	return max - before < want ? max - before : want;
}

/** @return whether four fifths of a lifetime are used. */
static inline bool
is_near_end(uint64_t max, uint64_t used)
{
	return used >= max / 5 * 4;
}

/**
 * Counts what a run of packets uses of a key's lifetime. What is refused stays counted: a lifetime
 * that is over does not come back.
 * @return how many packets from the first on are within it
 */
static uint16_t
use_lifetime(struct wp_core *core, const struct tunnel *tunnel, struct wp_packet *const *pkts,
	     uint16_t n)
{
	struct outbound *outbound = wp_atomics(tunnel->outbound);
	uint64_t before, left, bytes = 0, used = 0;
	uint16_t alive, fit = 0;
	bool is_near;

	if (wp_aead_is_over(tunnel->aead))
		return 0;
	before = atomic_fetch_add_explicit(&outbound->packets, n, memory_order_relaxed);
	is_near = is_near_end(tunnel->max_packets, before + n);
	alive = (uint16_t)left_of(tunnel->max_packets, before, n);
	for (uint16_t i = 0; i < alive; i++)
		bytes += text_size(pkts[i]);
	before = atomic_fetch_add_explicit(&outbound->bytes, bytes, memory_order_relaxed);
	is_near |= is_near_end(tunnel->max_bytes, before + bytes);
	wp_count(core, COUNT_NEAR, is_near ? alive : 0);
	left = left_of(tunnel->max_bytes, before, bytes);
	for (; fit < alive && used + text_size(pkts[fit]) <= left; fit++)
		used += text_size(pkts[fit]);
	return fit;
}

/** @return how many of the @p n numbers from @p first on the tunnel may use. */
static inline uint16_t
usable(const struct tunnel *tunnel, uint64_t first, uint16_t n)
{
	if (first > tunnel->last)
		return 0;
	return tunnel->last - first >= n ? n : (uint16_t)(tunnel->last - first + 1);
}

/** Takes sequence numbers for a run of packets of one tunnel; the others fail. @return for how many
 * there are some */
static uint16_t
take_numbers(struct wp_core *core, const struct tunnel *tunnel, struct wp_packet *const *pkts,
	     uint16_t n, uint64_t *first)
{
	uint16_t alive = tunnel->limited ? use_lifetime(core, tunnel, pkts, n) : n;
	uint16_t taken = alive == 0 ? 0 : wp_counter_take(tunnel->outbound, alive, first);
	uint16_t got = taken == 0 ? 0 : usable(tunnel, *first, taken);

	if (__builtin_expect(got >= n, 1)) {
		if (__builtin_expect(*first > tunnel->near, 0))
			wp_count(core, COUNT_NEAR, n);
		return n;
	}
	wp_count(core, COUNT_LIFETIME, (uint64_t)(n - alive));
	wp_count(core, COUNT_NOT_RESERVED, (uint64_t)(alive - taken));
	wp_count(core, COUNT_EXHAUSTED, (uint64_t)(taken - got));
	for (uint16_t i = got; i < n; i++)
		wp_fail(pkts[i], WP_CAUSE_NO_KEY);
	return got;
}

/** Additional data of one packet, with an extended sequence number. */
struct aad {
	uint32_t spi, high, low; /* network order */
};

/** Says where the new headers are, as the parser would. */
static inline void
set_view(struct wp_packet *pkt, const struct tunnel *tunnel, unsigned int outer)
{
	unsigned int l3 = pkt->l3, end = l3 + outer, l4 = l3 + tunnel->outer.size;

	if (__builtin_expect(pkt->ip_version != tunnel->outer.version, 0))
		wp_packet_set_ethertype(pkt, tunnel->outer.version == 4 ? WP_ETHERTYPE_IPV4
									: WP_ETHERTYPE_IPV6);
	pkt->len = (uint16_t)(end - pkt->start); /* Ethernet padding is cut off */
	pkt->flags = (pkt->flags & WP_PKT_ETHERNET) | WP_PKT_STEER;
	pkt->l4 = (uint16_t)l4;
	pkt->payload = (uint16_t)(l4 + ESP_HEADER);
	pkt->end = (uint16_t)end;
	pkt->l4_sport = __builtin_bswap16((uint16_t)tunnel->spi);
	pkt->l4_dport = __builtin_bswap16((uint16_t)(tunnel->spi >> 16));
	pkt->ip_version = tunnel->outer.version;
	pkt->l4_proto = WP_PROTO_ESP;
}

/**
 * Puts the headers and the trailer around a packet that has passed check(), and describes what is
 * to be encrypted.
 * @return false when there was no room after all; the packet is then dropped
 */
static inline bool
frame(struct wp_packet *pkt, const struct tunnel *tunnel, uint64_t number, struct aad *aad,
      struct wp_aead_job *job)
{
	unsigned int size = inner_size(pkt), padding = esp_padding(size),
		     text = size + padding + ESP_TRAILER, behind = ESP_FRONT + text + ESP_ICV;
	uint8_t *inner = wp_l3(pkt), *esp = inner - ESP_FRONT;
	uint64_t iv = __builtin_bswap64(number), start = iv >> 32 << 32 | tunnel->spi;

	if (__builtin_expect(wp_packet_push_l3(pkt, (uint16_t)tunnel->front) != 0, 0)) {
		wp_drop(pkt, DROP_NO_ROOM);
		return false;
	}
	esp_outer_write(&tunnel->outer, inner - tunnel->front, inner, (uint16_t)behind,
			(uint16_t)number);
	esp_trailer_write(inner + size, padding,
			  pkt->ip_version == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6);
	memcpy(esp, &start, ESP_HEADER);
	memcpy(esp + ESP_HEADER, &iv, ESP_IV);
	*aad = (struct aad){tunnel->spi, (uint32_t)iv, (uint32_t)(iv >> 32)};
	job->aead = tunnel->aead;
	job->text = inner;
	job->aad = tunnel->esn ? (const uint8_t *)aad : esp;
	job->tag = inner + text;
	job->iv = iv;
	job->len = text;
	job->aad_len = tunnel->esn ? sizeof(*aad) : ESP_HEADER;
	set_view(pkt, tunnel, tunnel->outer.size + behind);
	return true;
}

/** @return how many packets from the first on are for the same tunnel. */
static inline uint16_t
run_length(struct wp_packet *const *pkts, uint16_t n)
{
	uint16_t run = 1;

	while (run < n && pkts[run]->args == pkts[0]->args)
		run++;
	return run;
}

/** A burst's worth of work for the AEAD. */
struct work {
	unsigned int n;
	uint64_t bytes; /* of inner packets */
	struct wp_aead_job jobs[WP_BURST_MAX];
	struct aad aads[WP_BURST_MAX];
};

/** Frames packets of one tunnel. On its own, so that the loop has the registers to itself. */
static void __attribute__((noinline))
frame_run(struct work *work, struct wp_packet *const *pkts, unsigned int n, uint64_t first)
{
	const struct tunnel tunnel = *(const struct tunnel *)pkts[0]->args;
	struct wp_aead_job *job = &work->jobs[work->n];
	struct aad *aad = &work->aads[work->n];
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int size = inner_size(pkts[i]);

		if (__builtin_expect(!frame(pkts[i], &tunnel, first + i, aad, job), 0))
			continue;
		bytes += size;
		aad++;
		job++;
	}
	work->n = (unsigned int)(job - work->jobs);
	work->bytes += bytes;
}

/** Encrypts packets that have passed check(). */
static void
seal(struct wp_core *core, const struct list *list)
{
	struct work work;
	uint16_t run;

	work.n = 0;
	work.bytes = 0;
	for (uint16_t at = 0; at < list->n; at += run) {
		struct wp_packet *const *pkts = &list->pkts[at];
		uint64_t first = 0;
		uint16_t got;

		run = run_length(pkts, (uint16_t)(list->n - at));
		got = take_numbers(core, pkts[0]->args, pkts, run, &first);
		frame_run(&work, pkts, got, first);
	}
	wp_aead_seal(work.jobs, work.n, core->worker);
	wp_count(core, COUNT_PACKETS, work.n);
	wp_count(core, COUNT_BYTES, work.bytes);
}

static void
encrypt_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	struct list good, cut;

	good.n = cut.n = 0;
	for (uint16_t i = 0; i < n; i++)
		if (check(core, pkts[i], &cut))
			good.pkts[good.n++] = pkts[i];
	if (__builtin_expect(cut.n != 0, 0))
		seal(core, &cut); /* they go before the others */
	seal(core, &good);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEVER_BYPASS | WP_CHANGES_FLOWS,
	.name = "encrypt",
	.summary = "puts packets into ESP tunnels",
	.step_fields = encrypt_step_fields,
	.step_size = sizeof(struct encrypt_args),
	.tables = encrypt_tables,
	.counters = encrypt_counters,
	.reasons = encrypt_reasons,
	.alerts = encrypt_alerts,
	.open = encrypt_open,
	.close = encrypt_close,
	.burst = encrypt_burst,
	.open_core = encrypt_open_core,
	.close_core = encrypt_close_core,
	.open_step = encrypt_open_step,
	.close_step = encrypt_close_step,
};
