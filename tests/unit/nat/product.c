/* SPDX-License-Identifier: BSD-3-Clause */
/* See product.h. Each tenant has a path of its own, with the tenant's number; packets from outside
 * come on the path of the tenant whose fixed mapping they are for, else on the first tenant's. */

#include "product.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "nat.h"
#include "parse/parse.h"
#include "svc.h"

enum { ETHER = 14, TENANTS = 3, STEP_MS = 20000, CONFIG_SIZE = 16384, EMITTED_MAX = 256 };

struct product {
	struct svc *svc;
	struct model_config config;
	const void *steps[TENANTS + 1];
	uint64_t now_ms;
	struct svc_packet packet;
	/* Packets that it has sent by itself: a ring. */
	struct emission {
		uint64_t ms;
		size_t size;
		uint8_t bytes[600];
	} emitted[EMITTED_MAX];
	unsigned int first, n_emitted;
};

static const char *const tenant_names[TENANTS + 1] = {"", "red", "green", "blue"};

/** Text that grows. */
struct text {
	char bytes[CONFIG_SIZE];
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->n += (size_t)vsnprintf(text->bytes + text->n, CONFIG_SIZE - text->n, format, args);
	va_end(args);
	if (text->n >= CONFIG_SIZE)
		abort();
}

static const char *
dotted(uint32_t address)
{
	static char texts[4][INET_ADDRSTRLEN];
	static unsigned int next;
	char *text = texts[next++ % 4];
	struct in_addr in = {htonl(address)};

	return inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
}

/** As nat_product.lacks(). */
static const char *
product_lacks(const struct model_config *config)
{
	const struct {
		bool asked;
		const char *why;
	} lacks[] = {
		{config->block_size != 0 && config->block_size != BLOCK_PORTS,
		 "blocks have 64 ports"},
		{config->n_hosts != 0 && (config->last_port + 1) % BLOCK_PORTS != 0,
		 "ports of shares end at multiples of 64"},
		{config->first_port % BLOCK_PORTS != 0, "blocks begin at multiples of 64"},
		{config->established_lingers, "idle established connections end at once"},
		{!config->drop_bad_flags, "SYN with FIN or RST is always dropped"},
		{config->drop_bad_ip_checksum, "the IP checksum is the router's to verify"},
		{!config->validate_errors, "checksums of ICMP errors are always verified"},
		{config->decrement_ttl, "the TTL is the router's to decrement"},
		{config->n_exempts != 0, "what is not to be translated, the router's rules say"},
		{config->inbound_refresh && !config->inbound_session,
		 "what may refresh a mapping may also be the first to do so"},
		{config->quarantine == 0, "a quarantine has 1 s at least"},
	};

	for (unsigned int i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
		if (lacks[i].asked)
			return lacks[i].why;
	return NULL;
}

static void
add_statics(struct text *text, const struct model_config *config)
{
	static const char *const protocols[] = {[6] = "tcp", [17] = "udp"};
	const char *comma = "";

	add(text, "\"static\": [");
	for (unsigned int i = 0; i < config->n_ones; i++, comma = ", ")
		add(text, "%s{\"tenant\": \"%s\", \"inside\": \"%s\", \"outside\": \"%s\"}", comma,
		    tenant_names[config->ones[i].tenant], dotted(config->ones[i].in),
		    dotted(config->ones[i].ext));
	for (unsigned int i = 0; i < config->n_forwards; i++, comma = ", ") {
		const struct model_forward *forward = &config->forwards[i];

		add(text,
		    "%s{\"tenant\": \"%s\", \"protocol\": \"%s\", \"inside\": \"%s\", "
		    "\"inside_port\": %u, \"outside\": \"%s\", \"outside_port\": %u}",
		    comma, tenant_names[forward->tenant], protocols[forward->proto],
		    dotted(forward->in.addr), forward->in.port, dotted(forward->ext.addr),
		    forward->ext.port);
	}
	add(text, "], ");
}

/** Hosts are prefixes here: as many as a power of two, and aligned. */
static void
add_hosts(struct text *text, const struct model_config *config)
{
	add(text,
	    ", \"deterministic\": {\"hosts_per_address\": %u, \"ports_per_host\": %u, "
	    "\"overflow_blocks\": %u, \"hosts\": [",
	    config->hosts_per_address, config->share_blocks * BLOCK_PORTS, config->overflow_blocks);
	for (unsigned int i = 0; i < config->n_hosts; i++)
		add(text, "%s{\"tenant\": \"%s\", \"inside\": [\"%s/%d\"]}", i == 0 ? "" : ", ",
		    tenant_names[config->hosts[i].tenant], dotted(config->hosts[i].first),
		    32 - __builtin_ctz(config->hosts[i].n));
	add(text, "]}");
}

static void
write_config(struct text *text, const struct model_config *config)
{
	static const char *const filters[] = {"endpoint-independent", "address-dependent",
					      "address-and-port-dependent"};

	add(text,
	    "{\"icmp_rate\": 100, \"ftp_alg\": true, \"ftp_ports\": [21, 80, 443], "
	    "\"syn_answer\": %u, \"log\": [{\"to\": \"json\", \"path\": \"/dev/null\", "
	    "\"events\": \"sessions\"}], ",
	    config->answer_syn ? 6u : 0u);
	if (config->n_pool != 0)
		add(text, "\"pools\": [{\"name\": \"p\", \"ports\": \"%u-%u\", \"addresses\": [",
		    config->first_port, config->last_port);
	for (unsigned int i = 0; i < config->n_pool; i++)
		add(text, "%s\"%s\"", i == 0 ? "" : ", ", dotted(config->pool[i]));
	if (config->n_pool != 0)
		add(text, "]");
	if (config->n_hosts != 0)
		add_hosts(text, config);
	if (config->n_pool != 0)
		add(text, "}], ");
	add_statics(text, config);
	add(text, "\"filtering\": \"%s\", \"max_blocks\": %u, \"mtu\": %u, ",
	    filters[config->filter], config->max_blocks == 0 ? 1024u : config->max_blocks,
	    config->mss == 0 ? 0u : config->mss + 40u);
	add(text, "\"max_sessions\": %u, \"max_mapping_sessions\": %u, ",
	    config->max_sessions != 0 ? config->max_sessions : UINT32_MAX,
	    config->max_mapping_sessions);
	add(text,
	    "\"unmatched\": \"%s\", \"inbound_refresh\": %s, \"tcp_loose\": %s, \"ping\": %s, ",
	    config->pass_unmatched ? "forward" : "drop", config->inbound_refresh ? "true" : "false",
	    config->tcp_loose ? "true" : "false", config->answer_ping ? "true" : "false");
	add(text,
	    "\"timeouts\": {\"udp\": %u, \"icmp\": %u, \"tcp_established\": %u, "
	    "\"tcp_opening\": %u, \"tcp_transitory\": %u, \"tcp_half_closed\": %u, \"quarantine\": "
	    "%u}}",
	    (unsigned int)(config->udp / 1000), (unsigned int)(config->icmp / 1000),
	    (unsigned int)(config->tcp_established / 1000),
	    (unsigned int)(config->tcp_opening / 1000), (unsigned int)(config->tcp_closing / 1000),
	    (unsigned int)(config->tcp_half_closed / 1000),
	    (unsigned int)(config->quarantine / 1000));
}

static void *
product_open(const struct model_config *config)
{
	struct product *product;
	struct text *text;

	product = calloc(1, sizeof(*product));
	text = calloc(1, sizeof(*text));
	if (product == NULL || text == NULL)
		abort();
	for (unsigned int table = 0; table < 7; table++)
		svc_max_entries[table] = 5000;
	write_config(text, config);
	product->config = *config;
	product->svc = svc_open(text->bytes);
	free(text);
	for (uint16_t tenant = 1; tenant <= TENANTS; tenant++)
		product->steps[tenant] = svc_step(product->svc, (uint16_t)(tenant - 1), "{}");
	return product;
}

static void
product_close(void *nat)
{
	struct product *product = nat;

	svc_close(product->svc);
	free(product);
}

/** Keeps what the service sends by itself. */
static void
tick(struct product *product)
{
	static struct svc_packet packet;

	svc_tick(product->svc);
	while (svc_created(product->svc, &packet)) {
		const struct wp_packet *pkt = &packet.view;
		struct emission *emission =
			&product->emitted[(product->first + product->n_emitted) % EMITTED_MAX];

		if (pkt->verdict == WP_ABSORB)
			continue;
		if (pkt->verdict != WP_REPLY || product->n_emitted++ == EMITTED_MAX)
			abort();
		emission->ms = product->now_ms;
		emission->size = (size_t)(pkt->end - pkt->l3);
		memcpy(emission->bytes, pkt->buf + pkt->l3, emission->size);
	}
}

/** As nat_product.emitted(). */
static bool
product_emitted(void *nat, uint64_t *time, uint8_t *bytes, size_t *size)
{
	struct product *product = nat;
	const struct emission *emission = &product->emitted[product->first];

	if (product->n_emitted == 0)
		return false;
	*time = emission->ms;
	*size = emission->size;
	memcpy(bytes, emission->bytes, emission->size);
	product->first = (product->first + 1) % EMITTED_MAX;
	product->n_emitted--;
	return true;
}

/** Moves the clock; over long times in steps, as a worker's runs. */
static void
set_time(struct product *product, uint64_t ms)
{
	while (product->now_ms < ms) {
		uint64_t left = ms - product->now_ms;

		product->now_ms += left < STEP_MS ? left : STEP_MS;
		svc_set_time(product->svc, product->now_ms * 1000000);
		tick(product);
	}
}

static void
product_wait(void *nat, uint64_t time)
{
	set_time(nat, time);
}

/** @return the tenant on whose path the router sends a packet from outside. */
static uint16_t
tenant_of(const struct model_config *config, const uint8_t *ip, size_t size, uint16_t other)
{
	uint32_t dest;
	uint16_t port = 0;

	if (size < 20)
		return other;
	memcpy(&dest, ip + 16, 4);
	if (size >= 24)
		memcpy(&port, ip + 22, 2);
	for (unsigned int i = 0; i < config->n_ones; i++)
		if (config->ones[i].ext == ntohl(dest))
			return config->ones[i].tenant;
	for (unsigned int i = 0; i < config->n_forwards; i++)
		if (config->forwards[i].ext.addr == ntohl(dest) &&
		    config->forwards[i].ext.port == ntohs(port) &&
		    config->forwards[i].proto == ip[9])
			return config->forwards[i].tenant;
	return other;
}

/** @return what the model calls a drop. */
static uint32_t
reasons_of(const struct wp_packet *pkt)
{
	static const uint32_t reasons[] = {
		[NAT_DROP_MALFORMED] = MODEL_MALFORMED,
		[NAT_DROP_PROTOCOL] = MODEL_UNSUPPORTED | MODEL_NO_MAPPING,
		[NAT_DROP_FRAGMENT] = MODEL_MALFORMED,
		[NAT_DROP_NO_MAPPING] = MODEL_NO_MAPPING,
		[NAT_DROP_NO_SESSION] = MODEL_NO_SESSION,
		[NAT_DROP_FILTERED] = MODEL_FILTERED,
		[NAT_DROP_PORTS] = MODEL_EXHAUSTED,
		[NAT_DROP_QUOTA] = MODEL_QUOTA | MODEL_EXHAUSTED,
		[NAT_DROP_TABLE_FULL] = MODEL_EXHAUSTED,
		[NAT_DROP_ICMP] = MODEL_MALFORMED | MODEL_UNSUPPORTED | MODEL_NO_MAPPING,
		[NAT_DROP_CHECKSUM] = MODEL_CHECKSUM,
		[NAT_DROP_ADDRESS] = MODEL_ADDRESS,
		[NAT_DROP_FTP] = 0, /* never: nothing here is FTP */
	};

	return pkt->verdict == WP_FAIL ? MODEL_EXHAUSTED : reasons[pkt->reason];
}

static void
take_bytes(const struct wp_packet *pkt, struct model_observed *out)
{
	out->size = (size_t)(pkt->start + pkt->len - pkt->start - ETHER);
	memcpy(out->bytes, pkt->buf + pkt->start + ETHER, out->size);
}

static void
observe(const struct product *product, const struct model_input *input, struct model_observed *out)
{
	const struct wp_packet *pkt = &product->packet.view;

	switch (pkt->verdict) {
	case WP_NEXT:
		out->outcome = MODEL_PASSED;
		out->direction = input->direction;
		break;
	case WP_TURN:
		out->outcome = MODEL_PASSED;
		out->direction = MODEL_INBOUND;
		break;
	case WP_REPLY:
		out->outcome = MODEL_ANSWERED;
		break;
	default:
		out->outcome = MODEL_DROPPED;
		out->reasons = reasons_of(pkt);
		return;
	}
	out->tenant = (uint16_t)(pkt->verdict == WP_TURN && pkt->turn_to != 0 ? pkt->turn_to
									      : pkt->tenant + 1u);
	take_bytes(pkt, out);
}

/** Finds the outside endpoint of a mapping that was made, in what the log was told. */
static void
take_events(struct product *product, struct model_observed *out)
{
	struct nat_event event;

	while (svc_event(product->svc, &event, sizeof(event))) {
		uint32_t outside;

		if (event.kind != NAT_MAPPING_CREATED)
			continue;
		memcpy(&outside, event.outside, 4);
		out->made = (struct model_endpoint){ntohl(outside), event.outside_port};
	}
}

static void
product_packet(void *nat, const struct model_input *input, struct model_observed *out)
{
	struct product *product = nat;
	struct svc_packet *packet = &product->packet;
	uint16_t tenant =
		input->direction == MODEL_OUTBOUND
			? input->tenant
			: tenant_of(&product->config, input->bytes, input->size, input->tenant);

	memset(out, 0, sizeof(*out));
	set_time(product, input->time);
	while (svc_event(product->svc, &(struct nat_event){0}, sizeof(struct nat_event)))
		; /* of mappings that have ended */
	svc_ipv4(packet, 0, 0);
	if (ETHER + input->size > SVC_PACKET_ROOM)
		abort();
	memcpy(packet->bytes + ETHER, input->bytes, input->size);
	packet->view.len = (uint16_t)(ETHER + input->size);
	svc_parse(packet);
	packet->view.tenant = (uint16_t)(tenant - 1);
	packet->view.args = product->steps[tenant];
	packet->view.tag.path = tenant;
	packet->view.inside =
		input->direction == MODEL_OUTBOUND ? WP_INSIDE_SOURCE : WP_INSIDE_DESTINATION;
	svc_burst(product->svc, packet, 1);
	observe(product, input, out);
	take_events(product, out);
}

const struct nat_product nat_service = {
	.name = "nat",
	.lacks = product_lacks,
	.block_size = BLOCK_PORTS,
	.open = product_open,
	.packet = product_packet,
	.close = product_close,
	.wait = product_wait,
	.emitted = product_emitted,
};
