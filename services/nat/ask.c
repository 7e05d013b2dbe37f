/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers an operator who has an external port and looks for the host, or the other way round
 * (RFC 7422 section 4: no log of bindings is needed where there is an answer). Control thread.
 */

#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "deterministic.h"
#include "parse/parse.h"

/** What has been said so far. */
struct answer {
	char *text;
	size_t size, n;
};

static void __attribute__((format(printf, 2, 3)))
say(struct answer *answer, const char *format, ...)
{
	size_t room = answer->size - answer->n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(answer->text + answer->n, room, format, args);
	va_end(args);
	answer->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void
say_address(struct answer *answer, uint32_t address)
{
	char text[INET_ADDRSTRLEN];

	say(answer, "%s", inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static void
say_host(struct answer *answer, const struct nat *nat, uint16_t tenant, uint32_t address)
{
	say_address(answer, address);
	if (tenant < nat->names.n_tenants && nat->names.tenants[tenant] != NULL)
		say(answer, " of tenant %s", nat->names.tenants[tenant]);
}

/** Says the ports of a share, those in a row together. */
static void
say_ports(struct answer *answer, const struct share *share)
{
	for (uint32_t i = 0, next; i < share->n; i = next) {
		for (next = i + 1; next < share->n; next++)
			if (share->blocks[next] != share->blocks[i] + (next - i))
				break;
		say(answer, "%s%u-%u", i == 0 ? "" : ",", share->blocks[i] * BLOCK_PORTS,
		    share->blocks[next - 1] * BLOCK_PORTS + BLOCK_PORTS - 1);
	}
}

/** "10.0.0.5 of tenant red: 203.0.113.7 ports 1024-2047" */
static void
say_share(struct answer *answer, const struct nat *nat, uint16_t tenant, uint32_t inside,
	  const struct share *share)
{
	say_host(answer, nat, tenant, inside);
	say(answer, ": ");
	say_address(answer, share->address->outside);
	say(answer, " ports ");
	say_ports(answer, share);
	if (share->pool->deterministic->overflow != 0)
		say(answer, ", and what the log says");
	say(answer, "\n");
}

static void
say_fixed(struct answer *answer, const struct nat *nat, const struct fixed *fixed)
{
	say_host(answer, nat, fixed->tenant, fixed->inside);
	say(answer, ": ");
	say_address(answer, fixed->outside);
	if (fixed->proto == 0)
		say(answer, " all ports");
	else
		say(answer, " %s port %u", fixed->proto == WP_PROTO_TCP ? "tcp" : "udp",
		    ntohs(fixed->outside_port));
	say(answer, ", static\n");
}

/** Whose is a port of an external address? */
static void
ask_outside(struct answer *answer, const struct nat *nat, uint32_t outside, uint16_t port)
{
	static const uint8_t protocols[] = {WP_PROTO_TCP, WP_PROTO_UDP};
	const struct pool *pool = nat_pool_of(nat, outside);
	const struct fixed *fixed = NULL;
	struct inside_host host;
	struct share share;
	bool is_common;

	for (unsigned int i = 0; i < 2 && (fixed == NULL || fixed->proto != 0); i++) {
		fixed = fixed_outside(nat, outside, htons(port), protocols[i]);
		if (fixed != NULL)
			say_fixed(answer, nat, fixed);
	}
	if (pool == NULL)
		return;
	if (share_holder(nat, outside, port, &host) &&
	    share_of(nat, host.tenant, host.address, &share)) {
		say_share(answer, nat, host.tenant, host.address, &share);
		return;
	}
	is_common = share_use(nat, NULL, outside, port / BLOCK_PORTS) == BLOCK_COMMON;
	if (answer->n != 0 && !is_common)
		return; /* a forward, and nobody's otherwise */
	say_address(answer, outside);
	say(answer, ":%u of pool %s: %s\n", port, pool->name,
	    is_common ? "given on demand, the log says to whom" : "nobody's");
}

/** What has an inside host? */
static void
ask_inside(struct answer *answer, const struct nat *nat, uint16_t tenant, uint32_t inside)
{
	struct share share;

	for (uint32_t i = 0; i < nat->n_fixed; i++)
		if (nat->by_inside[i].tenant == tenant && nat->by_inside[i].inside == inside)
			say_fixed(answer, nat, &nat->by_inside[i]);
	if (share_of(nat, tenant, inside, &share))
		say_share(answer, nat, tenant, inside, &share);
}

/** Reads "203.0.113.7:2345". @return false when it is none */
static bool
read_endpoint(const char *text, uint32_t *address, uint16_t *port)
{
	const char *colon = strchr(text, ':');
	char dotted[INET_ADDRSTRLEN], *end;
	unsigned long number;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(dotted) || colon[1] < '0' ||
	    colon[1] > '9')
		return false;
	memcpy(dotted, text, (size_t)(colon - text));
	dotted[colon - text] = '\0';
	number = strtoul(colon + 1, &end, 10);
	*port = (uint16_t)number;
	return number <= UINT16_MAX && *end == '\0' && inet_pton(AF_INET, dotted, address) == 1;
}

/** Asks of an address for the tenants that are meant: one that is named, or all. */
static bool
ask_tenants(struct answer *answer, const struct nat *nat, const char *question)
{
	const char *slash = strchr(question, '/'), *text = slash == NULL ? question : slash + 1;
	uint32_t inside;

	if (inet_pton(AF_INET, text, &inside) != 1)
		return false;
	for (uint32_t i = 0; i < nat->names.n_tenants; i++) {
		const char *name = nat->names.tenants[i];
		size_t length = slash == NULL ? 0 : (size_t)(slash - question);

		if (name == NULL || (slash != NULL && (strlen(name) != length ||
						       memcmp(name, question, length) != 0)))
			continue;
		ask_inside(answer, nat, (uint16_t)i, inside);
	}
	if (answer->n == 0 && nat_is_outside(nat, inside)) {
		say_address(answer, inside);
		say(answer, " is external: ask for a port of it, ADDRESS:PORT\n");
	}
	return true;
}

int
nat_ask(const void *inst, const char *question, char *answer, size_t size)
{
	struct answer to = {.text = answer, .size = size};
	const struct nat *nat = inst;
	uint32_t outside;
	uint16_t port;

	if (strcmp(question, "help") == 0)
		say(&to, "ADDRESS:PORT: whose an external port is\n"
			 "ADDRESS, TENANT/ADDRESS: which external ports an internal address has\n");
	else if (read_endpoint(question, &outside, &port))
		ask_outside(&to, nat, outside, port);
	else if (!ask_tenants(&to, nat, question))
		return -EINVAL;
	return (int)to.n;
}
