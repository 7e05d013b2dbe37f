/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decrypt: takes packets out of ESP tunnels (RFC 4303, AES-GCM by RFC 4106). The SAs of a tunnel
 * are the arguments of a step. What is not authentic, new and allowed does not go on.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "decrypt.h"
#include "esp/esp.h"
#include "esp/window.h"
#include "parse/parse.h"
#include "pmtu/mss.h"
#include "service.h"
#include "state/state.h"

/** One SA among the arguments of a step. */
struct sa_args {
	uint32_t spi;
	const char *key;
	bool esn;
	uint32_t window;
	uint64_t max_packets, max_bytes;
};

/** Arguments of a step. */
struct decrypt_args {
	struct wp_addr local, remote;
	struct wp_list sas; /* struct sa_args */
	struct wp_prefix from, to;
	uint32_t mtu;
	bool clamp_mss;
};

/** What outlives a configuration: what an SA has seen. It belongs to SPI and key, under whatever
 * names of instance and tenant. */
struct inbound {
	uint64_t packets, bytes; /* authentic ones; bytes decrypted (RFC 4301 4.4.2.1) */
	struct esp_window window;
};

#define SA(NAME) .offset = offsetof(struct sa_args, NAME)
#define ARG(NAME) .offset = offsetof(struct decrypt_args, NAME)

static const struct wp_field sa_fields[] = {
	{.name = "spi",
	 .type = WP_U32,
	 SA(spi),
	 .min = ESP_SPI_MIN,
	 .max = UINT32_MAX,
	 .help = "security parameters index"},
	{.name = "key",
	 .type = WP_KEY_NAME,
	 SA(key),
	 .help = "name of the key in the key store, NAME@VERSION"},
	{.name = "esn",
	 .type = WP_BOOL,
	 SA(esn),
	 .dflt = "true",
	 .help = "extended (64-bit) sequence numbers; as the other side has it"},
	{.name = "window",
	 .type = WP_U32,
	 SA(window),
	 .min = ESP_WINDOW_MIN,
	 .max = ESP_WINDOW_MAX,
	 .dflt = "1024",
	 .help = "anti-replay window in packets"},
	{.name = "max_packets",
	 .type = WP_U64,
	 SA(max_packets),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "packets the SA may bring; 0: no limit"},
	{.name = "max_bytes",
	 .type = WP_U64,
	 SA(max_bytes),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "bytes the SA may decrypt, with padding and trailer; 0: no limit"},
	{.name = NULL},
};

static const struct wp_field decrypt_step_fields[] = {
	{.name = "local",
	 .type = WP_ADDR,
	 ARG(local),
	 .help = "outer destination address: this end of the tunnel"},
	{.name = "remote",
	 .type = WP_ADDR,
	 ARG(remote),
	 .help = "outer source address: the other end"},
	{.name = "sas",
	 .type = WP_LIST,
	 ARG(sas),
	 .min = 1,
	 .max = DECRYPT_SAS_MAX,
	 .fields = sa_fields,
	 .item_size = sizeof(struct sa_args),
	 .help = "security associations; two while keys change"},
	{.name = "from",
	 .type = WP_PREFIX,
	 ARG(from),
	 .dflt = "\"any\"",
	 .help = "inner source addresses that the tunnel may bring"},
	{.name = "to",
	 .type = WP_PREFIX,
	 ARG(to),
	 .dflt = "\"any\"",
	 .help = "inner destination addresses that the tunnel may bring"},
	{.name = "mtu",
	 .type = WP_U32,
	 ARG(mtu),
	 .min = 68,
	 .max = 65535,
	 .dflt = "1500",
	 .help = "largest outer packet of the tunnel back, in bytes"},
	{.name = "clamp_mss",
	 .type = WP_BOOL,
	 ARG(clamp_mss),
	 .dflt = "true",
	 .help = "lower the MSS of TCP connections to what fits the tunnel back"},
	{.name = NULL},
};

enum { TABLE_INBOUND };
static const struct wp_table_decl decrypt_tables[] = {
	[TABLE_INBOUND] = {.name = "inbound",
			   .version = 2,
			   .class = WP_PINNED,
			   .owner = WP_OWNER_KEY,
			   .global = 1,
			   .lasting = 1, /* what was seen stays seen when an SA comes back */
			   .key = {WP_KEY_U32, WP_KEY_ID16},
			   .value_size = sizeof(struct inbound),
			   .max_entries = 65536},
	{.name = NULL},
};

static const char *const decrypt_alerts[] = {"lifetime-over", NULL};
enum { COUNT_PACKETS, COUNT_BYTES, COUNT_DUMMY, COUNT_LIFETIME, COUNT_CLAMPED };
static const char *const decrypt_counters[] = {
	[COUNT_PACKETS] = "packets",     [COUNT_BYTES] = "bytes",
	[COUNT_DUMMY] = "dummy",         [COUNT_LIFETIME] = "lifetime-over",
	[COUNT_CLAMPED] = "mss-clamped", NULL,
};

enum {
	DROP_NOT_ESP,
	DROP_FRAGMENT,
	DROP_ENDPOINT,
	DROP_UNKNOWN_SPI,
	DROP_SHORT,
	DROP_REPLAY,
	DROP_BAD_ICV,
	DROP_PADDING,
	DROP_NEXT_HEADER,
	DROP_INNER,
	DROP_ECN,
	DROP_SELECTOR,
};
static const char *const decrypt_reasons[] = {
	[DROP_NOT_ESP] = "not-esp",
	[DROP_FRAGMENT] = "fragment",
	[DROP_ENDPOINT] = "wrong-endpoint",
	[DROP_UNKNOWN_SPI] = "unknown-spi",
	[DROP_SHORT] = "short",
	[DROP_REPLAY] = "replay",
	[DROP_BAD_ICV] = "bad-icv",
	[DROP_PADDING] = "bad-padding",
	[DROP_NEXT_HEADER] = "bad-next-header",
	[DROP_INNER] = "bad-inner-packet",
	[DROP_ECN] = "ecn",
	[DROP_SELECTOR] = "selector",
	NULL,
};

static int
decrypt_open(struct wp_env *env, const void *config, void **inst)
{
	*inst = NULL; /* all there is belongs to the steps */
	return 0;
}

static void
decrypt_close(void *inst)
{
}

/* Preparing a step. */

/** Opens one SA. @return 0 or a negative errno after wp_error() */
static int
open_sa(struct wp_env *env, const struct decrypt_args *args, uint32_t index, struct sa *sa)
{
	const struct sa_args *conf = (const struct sa_args *)args->sas.items + index;
	uint8_t key[4 + 16]; /* SPI, fingerprint */
	uint32_t spi = __builtin_bswap32(conf->spi);
	char member[32];
	int err;

	snprintf(member, sizeof(member), "sas/%u/key", index);
	err = wp_env_key(env, member, conf->key, WP_KEY_OPENS, &sa->aead, key + 4);
	if (err != 0)
		return err;
	memcpy(key, &spi, 4);
	err = wp_env_entry(env, TABLE_INBOUND, 4, key, &sa->inbound);
	sa->spi = spi;
	sa->esn = conf->esn;
	sa->window = conf->window;
	sa->max_packets = conf->max_packets != 0 ? conf->max_packets : UINT64_MAX;
	sa->max_bytes = conf->max_bytes != 0 ? conf->max_bytes : UINT64_MAX;
	sa->limited = conf->max_packets != 0 || conf->max_bytes != 0 || wp_aead_ends(sa->aead);
	return err;
}

static int
open_sas(struct wp_env *env, const struct decrypt_args *args, struct tunnel *tunnel)
{
	for (uint32_t i = 0; i < args->sas.n; i++) {
		struct sa sa;
		int err = open_sa(env, args, i, &sa);
		char member[32];

		if (err != 0)
			return err;
		snprintf(member, sizeof(member), "sas/%u/spi", i);
		if (tunnel_find(tunnel, sa.spi) != NULL)
			return wp_error(env, -EINVAL, member, "spi: %u is there twice",
					__builtin_bswap32(sa.spi));
		tunnel_add(tunnel, &sa);
	}
	return 0;
}

/** @return the largest packet of a TCP connection: what fits the tunnel back. */
static uint32_t
clamp_of(const struct decrypt_args *args)
{
	uint32_t front = (args->local.version == 4 ? 20 : 40) + ESP_FRONT;

	return args->clamp_mss ? esp_inner_max(args->mtu, front) : UINT32_MAX;
}

static int
decrypt_open_step(struct wp_env *env, const void *inst, const void *config, void **step)
{
	const struct decrypt_args *args = config;
	struct tunnel *tunnel;
	int err;

	if (args->local.version != args->remote.version)
		return wp_error(env, -EINVAL, "remote",
				"remote: is not of the address family of local");
	tunnel = tunnel_create(args->sas.n);
	if (tunnel == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for a tunnel");
	tunnel->version = args->local.version;
	tunnel->from = args->from;
	tunnel->to = args->to;
	tunnel->clamp = clamp_of(args);
	/* As they stand in the outer header: source, destination. */
	memcpy(tunnel->endpoints, args->remote.bytes, wp_addr_size(args->local.version));
	memcpy(tunnel->endpoints + wp_addr_size(args->local.version), args->local.bytes,
	       wp_addr_size(args->local.version));
	err = open_sas(env, args, tunnel);
	if (err != 0) {
		free(tunnel);
		return err;
	}
	*step = tunnel;
	return 0;
}

static void
decrypt_close_step(const void *inst, void *step)
{
	free(step);
}

/* Packets. */

/** @return the SA of an ESP packet; NULL when there is none, or it is no ESP. */
static inline const struct sa *
sa_of(const struct wp_packet *pkt)
{
	uint32_t spi;

	if (pkt->l4_proto != WP_PROTO_ESP || pkt->l4 == 0)
		return NULL;
	memcpy(&spi, wp_l4(pkt), 4);
	return tunnel_find(pkt->args, spi);
}

static void
decrypt_keys(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n,
	     struct wp_keys *keys)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct sa *sa = sa_of(pkts[i]);

		if (sa == NULL)
			continue;
		wp_key_ask_entry(keys, i, sa->inbound);
	}
}

static inline const struct inbound *
inbound_of(const struct sa *sa)
{
	return wp_value(sa->inbound);
}

static inline bool
endpoints_fit(const struct wp_packet *pkt, const struct tunnel *tunnel)
{
	const uint8_t *ip = wp_l3(pkt);

	if (pkt->ip_version != tunnel->version)
		return false;
	if (tunnel->version == 4)
		return memcmp(ip + 12, tunnel->endpoints, 8) == 0;
	return memcmp(ip + 8, tunnel->endpoints, 32) == 0;
}

/** What is known of a packet while it is decrypted. */
struct work {
	struct wp_packet *pkt;
	const struct sa *sa;
	uint64_t number;
	uint8_t outer_class; /* traffic class of the outer header */
	uint32_t aad[3];     /* SPI, sequence number high, low; network order */
};

/** @return why a packet is not for its tunnel; -1: it is */
static inline int
refuse(const struct wp_packet *pkt, const struct sa **sa)
{
	if (pkt->flags & WP_PKT_FRAGMENT)
		return DROP_FRAGMENT;
	if (pkt->l4_proto != WP_PROTO_ESP || pkt->l3 == 0)
		return DROP_NOT_ESP;
	if (pkt->l4 == 0 || (pkt->flags & WP_PKT_TRUNCATED) != 0 ||
	    pkt->end - pkt->l4 < ESP_FRONT + ESP_ALIGN + ESP_ICV)
		return DROP_SHORT;
	if (!endpoints_fit(pkt, pkt->args))
		return DROP_ENDPOINT;
	*sa = sa_of(pkt);
	return *sa == NULL ? DROP_UNKNOWN_SPI : -1;
}

/** Completes a packet's sequence number and describes what is to be decrypted. @return false when
 * it is not new */
static inline bool
describe(struct work *work, struct wp_aead_job *job)
{
	const struct wp_packet *pkt = work->pkt;
	const struct sa *sa = work->sa;
	const struct esp_window *window = &inbound_of(sa)->window;
	uint8_t *esp = wp_l4(pkt);
	uint32_t low;

	memcpy(&low, esp + 4, 4);
	work->number = __builtin_bswap32(low);
	if (sa->esn)
		work->number = esp_window_infer(window, (uint32_t)work->number, sa->window);
	if (!esp_window_is_new(window, work->number, sa->window))
		return false;
	work->aad[0] = sa->spi;
	work->aad[1] = __builtin_bswap32((uint32_t)(work->number >> 32));
	work->aad[2] = low;
	work->outer_class = esp_traffic_class(wp_l3(pkt));
	job->aead = sa->aead;
	memcpy(&job->iv, esp + ESP_HEADER, ESP_IV);
	job->text = esp + ESP_FRONT;
	job->len = (uint32_t)(pkt->end - pkt->l4 - ESP_FRONT - ESP_ICV);
	job->tag = job->text + job->len;
	job->aad = sa->esn ? (const uint8_t *)work->aad : esp;
	job->aad_len = sa->esn ? sizeof(work->aad) : ESP_HEADER;
	return true;
}

/** @return whether the padding is 1, 2, 3, ... (RFC 4303 2.4). */
static inline bool
padding_is_good(const uint8_t *padding, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (padding[i] != i + 1)
			return false;
	return true;
}

/** @return whether an SA may bring one more packet, of @p size bytes, besides the @p n of this
 * burst so far. Those count before they have proved authentic: what fails must still be as it came.
 */
static bool
is_alive(const struct sa *sa, uint32_t size, const struct work *works,
	 const struct wp_aead_job *jobs, uint16_t n)
{
	const struct inbound *inbound = inbound_of(sa);
	uint64_t packets = inbound->packets + 1, bytes = inbound->bytes + size;

	for (uint16_t i = 0; i < n; i++) {
		if (works[i].sa != sa)
			continue;
		packets++;
		bytes += jobs[i].len;
	}
	return packets <= sa->max_packets && bytes <= sa->max_bytes && !wp_aead_is_over(sa->aead);
}

/**
 * Chooses the packets of a burst that are to be decrypted; the others get their verdict.
 * @return how many
 */
static inline uint16_t
choose(struct wp_core *core, struct wp_packet *const *pkts, uint16_t n, struct work *works,
       struct wp_aead_job *jobs)
{
	uint16_t n_jobs = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct work *work = &works[n_jobs];
		int reason = refuse(pkts[i], &work->sa);

		work->pkt = pkts[i];
		if (__builtin_expect(reason >= 0, 0)) {
			wp_drop(pkts[i], (uint16_t)reason);
		} else if (__builtin_expect(!describe(work, &jobs[n_jobs]), 0)) {
			wp_drop(pkts[i], DROP_REPLAY);
		} else if (__builtin_expect(work->sa->limited, 0) &&
			   !is_alive(work->sa, jobs[n_jobs].len, works, jobs, n_jobs)) {
			wp_fail(pkts[i], WP_CAUSE_NO_KEY);
			wp_count(core, COUNT_LIFETIME, 1);
		} else {
			n_jobs++;
		}
	}
	return n_jobs;
}

/** Notes the authentic ones of a run of packets of one SA; another of the same number may have been
 * among them. */
static inline void
note_run(struct wp_core *core, const struct work *works, const struct wp_aead_job *jobs, uint16_t n)
{
	const struct sa *sa = works[0].sa;
	struct inbound *inbound = NULL;

	for (uint16_t i = 0; i < n; i++) {
		if (__builtin_expect(jobs[i].status != 0, 0)) {
			wp_drop(works[i].pkt, DROP_BAD_ICV);
			continue;
		}
		if (inbound == NULL)
			inbound = wp_write(sa->inbound, core->now_ns);
		if (__builtin_expect(
			    !esp_window_is_new(&inbound->window, works[i].number, sa->window), 0)) {
			wp_drop(works[i].pkt, DROP_REPLAY);
			continue;
		}
		esp_window_note(&inbound->window, works[i].number);
		inbound->packets++;
		inbound->bytes += jobs[i].len;
	}
	if (inbound != NULL)
		wp_written(sa->inbound);
}

/** Notes all authentic packets of a burst in their SAs. */
static inline void
note(struct wp_core *core, const struct work *works, const struct wp_aead_job *jobs, uint16_t n)
{
	uint16_t run;

	for (uint16_t at = 0; at < n; at += run) {
		for (run = 1; at + run < n && works[at + run].sa == works[at].sa;)
			run++;
		note_run(core, &works[at], &jobs[at], run);
	}
}

/** @return whether the inner packet's addresses may come through the tunnel. */
static inline bool
selectors_fit(const struct wp_packet *pkt, const struct tunnel *tunnel)
{
	const uint8_t *addresses = wp_l3(pkt) + (pkt->ip_version == 4 ? 12 : 8);

	return wp_prefix_has(&tunnel->from, pkt->ip_version, addresses) &&
	       wp_prefix_has(&tunnel->to, pkt->ip_version,
			     addresses + wp_addr_size(pkt->ip_version));
}

/** Takes outer header, ESP header and trailer off: @p size bytes of inner packet are left. */
static inline void
uncover(struct wp_packet *pkt, uint8_t version, unsigned int size)
{
	wp_packet_pull_l3(pkt, (uint16_t)(pkt->l4 - pkt->l3 + ESP_FRONT));
	pkt->len = (uint16_t)(pkt->l3 - pkt->start + size);
	if (__builtin_expect(pkt->ip_version != version, 0))
		wp_packet_set_ethertype(pkt, version == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
	wp_parse(pkt);
	pkt->len = (uint16_t)(pkt->end - pkt->start); /* RFC 4303 2.7: what hid the length */
	pkt->flags |= WP_PKT_STEER;
}

/** Makes an authentic packet the one that it holds. @return why not; -1: done */
static inline int
strip(const struct work *work, const struct wp_aead_job *job)
{
	struct wp_packet *pkt = work->pkt;
	unsigned int padding = job->text[job->len - 2], next = job->text[job->len - 1], size;
	uint8_t version = next == ESP_NEXT_IPV4 ? 4 : 6;

	if (padding + ESP_TRAILER > job->len ||
	    !padding_is_good(&job->text[job->len - ESP_TRAILER - padding], padding))
		return DROP_PADDING;
	if (next != ESP_NEXT_IPV4 && next != ESP_NEXT_IPV6)
		return DROP_NEXT_HEADER;
	size = job->len - ESP_TRAILER - padding;
	if (size < (version == 4 ? 20 : 40) || job->text[0] >> 4 != version)
		return DROP_INNER;
	if (!esp_decapsulate_ecn(work->outer_class, job->text))
		return DROP_ECN;
	uncover(pkt, version, size);
	if (pkt->l3 == 0 || (pkt->flags & WP_PKT_TRUNCATED) != 0)
		return DROP_INNER;
	return selectors_fit(pkt, pkt->args) ? -1 : DROP_SELECTOR;
}

static void
decrypt_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	struct wp_aead_job jobs[WP_BURST_MAX];
	struct work works[WP_BURST_MAX];
	uint16_t n_jobs = choose(core, pkts, n, works, jobs);
	uint64_t packets = 0, bytes = 0;

	wp_aead_open(jobs, n_jobs, core->worker);
	note(core, works, jobs, n_jobs);
	for (uint16_t i = 0; i < n_jobs; i++) {
		struct wp_packet *pkt = works[i].pkt;
		int reason;

		if (__builtin_expect(pkt->verdict != WP_NEXT, 0))
			continue;
		if (__builtin_expect(jobs[i].text[jobs[i].len - 1] == ESP_NEXT_DUMMY, 0)) {
			pkt->verdict = WP_ABSORB;
			wp_count(core, COUNT_DUMMY, 1);
			continue;
		}
		reason = strip(&works[i], &jobs[i]);
		if (__builtin_expect(reason >= 0, 0)) {
			wp_drop(pkt, (uint16_t)reason);
			continue;
		}
		if (wp_mss_clamp(pkt, ((const struct tunnel *)pkt->args)->clamp))
			wp_count(core, COUNT_CLAMPED, 1);
		packets++;
		bytes += (uint64_t)(pkt->end - pkt->l3);
	}
	wp_count(core, COUNT_PACKETS, packets);
	wp_count(core, COUNT_BYTES, bytes);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEVER_BYPASS | WP_CHANGES_FLOWS,
	.name = "decrypt",
	.summary = "takes packets out of ESP tunnels",
	.step_fields = decrypt_step_fields,
	.step_size = sizeof(struct decrypt_args),
	.tables = decrypt_tables,
	.counters = decrypt_counters,
	.reasons = decrypt_reasons,
	.alerts = decrypt_alerts,
	.open = decrypt_open,
	.close = decrypt_close,
	.burst = decrypt_burst,
	.open_step = decrypt_open_step,
	.close_step = decrypt_close_step,
	.keys = decrypt_keys,
};
