/* SPDX-License-Identifier: BSD-3-Clause */
/* See translate.h: the tracker's part. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/stream.h"
#include "tool/translate.h"

/* Hosts. */

/** What a network's hosts are in suricata.yaml, and what that is here. */
static const struct {
	const char *name, *policy;
} policies[] = {
	{"bsd", "bsd"},       {"bsd-right", "bsd"},       {"old-linux", "old_linux"},
	{"linux", "linux"},   {"old-solaris", "solaris"}, {"solaris", "solaris"},
	{"hpux10", "hpux10"}, {"hpux11", "hpux11"},       {"irix", "irix"},
	{"macos", "macos"},   {"windows", "windows"},     {"windows2k3", "windows"},
	{"vista", "vista"},   {"first", "first"},         {"last", "last"},
};

/** Networks of one kind. */
struct networks {
	struct translation *to;
	json_t *hosts;
	const char *policy;
};

/** Writes a network with all bits behind its prefix 0. @return whether it is one */
static bool
clean_prefix(const char *text, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN], *end;
	bool is_v6 = strchr(text, ':') != NULL;
	unsigned long bits = is_v6 ? 128 : 32;
	const char *slash = strchr(text, '/');
	uint8_t bytes[16];
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (slash != NULL) {
		unsigned long most = bits;

		bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > most)
			return false;
	}
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return false;
	for (unsigned long i = bits; i < (is_v6 ? 128u : 32u); i++)
		bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes, address, sizeof(address));
	snprintf(out, size, "%s/%lu", address, bits);
	return true;
}

static void
take_network(void *arg, const char *text)
{
	const struct networks *networks = arg;
	char prefix[64];

	if (clean_prefix(text, prefix, sizeof(prefix)))
		json_array_append_new(networks->hosts, json_pack("{ss ss}", "prefix", prefix,
								 "policy", networks->policy));
	else
		translate_note(networks->to, "host-os-policy: '%s' is no network", text);
}

static int
take_hosts(const struct settings *settings, struct translation *to)
{
	struct networks networks = {.to = to, .hosts = json_array()};

	for (unsigned int i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "host-os-policy.%s", policies[i].name);
		networks.policy = policies[i].policy;
		translate_items(settings, name, take_network, &networks);
	}
	if (json_object_set_new(to->tracker, "hosts", networks.hosts) != 0)
		return -ENOMEM;
	return json_object_set_new(to->tracker, "policy", json_string("bsd")) == 0 ? 0 : -ENOMEM;
}

/* Numbers. */

enum { MIB_SHIFT = 20 };

static const struct {
	const char *name, *member;
	unsigned int shift; /* how much larger its unit is here, in bits */
} sizes[] = {
	{"stream.reassembly.depth", "depth", 0},
	{"stream.reassembly.memcap", "memory", MIB_SHIFT},
	{"app-layer.protocols.http.memcap", "view_memory", MIB_SHIFT},
	{"flow-timeouts.tcp.new", "tcp_new_s", 0},
	{"flow-timeouts.tcp.established", "tcp_established_s", 0},
	{"flow-timeouts.tcp.established", "tcp_closing_s", 0},
	{"flow-timeouts.tcp.closed", "tcp_closed_s", 0},
	{"flow-timeouts.udp.new", "udp_new_s", 0},
	{"flow-timeouts.udp.established", "udp_established_s", 0},
	{"flow-timeouts.default.new", "other_new_s", 0},
	{"flow-timeouts.default.established", "other_established_s", 0},
};

static void
take_sizes(const struct settings *settings, struct translation *to)
{
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *text = settings_get(settings, sizes[i].name);
		uint64_t number;

		if (text == NULL)
			continue;
		if (settings_bytes(text, &number))
			translate_number(to->tracker, stream_service.fields, sizes[i].member,
					 number >> sizes[i].shift);
		else
			translate_note(to, "%s: '%s' is no number", sizes[i].name, text);
	}
}

/** Times after which flows are over, where none are given. */
static void
set_usual_times(struct translation *to)
{
	static const struct {
		const char *member;
		unsigned int seconds;
	} times[] = {
		{"tcp_new_s", 60},      {"tcp_established_s", 600},
		{"tcp_closing_s", 600}, {"tcp_closed_s", 60},
		{"udp_new_s", 30},      {"udp_established_s", 300},
		{"other_new_s", 30},    {"other_established_s", 300},
	};

	for (unsigned int i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		translate_number(to->tracker, stream_service.fields, times[i].member,
				 times[i].seconds);
}

/* The rest. */

static void
set_flag(struct translation *to, const char *member, bool is_on)
{
	json_object_set_new(to->tracker, member, json_boolean(is_on));
}

static bool
verifies(const struct options *options, const struct settings *settings)
{
	if (options->checksums != CHECKSUMS_BY_CONFIG)
		return options->checksums == CHECKSUMS_ALL;
	return settings_flag(settings, "stream.checksum-validation", true) &&
	       settings_flag(settings, "pcap-file.checksum-checks", true);
}

int
translate_tracker(const struct options *options, const struct settings *settings,
		  struct translation *to)
{
	bool is_inline = settings_flag(settings, "stream.inline", options->is_inline);
	const char *urgent = settings_get(settings, "stream.reassembly.urgent.policy");

	set_usual_times(to);
	take_sizes(settings, to);
	set_flag(to, "pick_up", true); /* the service says what is made of them */
	set_flag(to, "verify_checksums", verifies(options, settings));
	json_object_set_new(to->tracker, "tell",
			    json_string(is_inline ? "arrival" : "acknowledged"));
	json_object_set_new(
		to->tracker, "urgent",
		json_string(urgent != NULL && strcmp(urgent, "oob") == 0 ? "apart" : "inline"));
	return take_hosts(settings, to);
}
