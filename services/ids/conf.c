/* SPDX-License-Identifier: BSD-3-Clause */
/* See conf.h. */

#include "conf.h"

#include "body.h"
#include "chunk.h"
#include "load.h"
#include "prove.h"

static const char *const modes[] = {[IDS_DETECT] = "detect", [IDS_PREVENT] = "prevent", NULL};

static const char *const overloads[] = {
	[LOAD_PASS] = "pass", [LOAD_DROP] = "drop", [LOAD_LATER] = "later", NULL};

#define FILE_NAME(MEMBER, HELP)                                                                    \
	{                                                                                          \
		.name = #MEMBER, .type = WP_FILE, .offset = offsetof(struct ids_conf, MEMBER),     \
		.max = 4095, .dflt = "\"\"", .help = (HELP)                                        \
	}

const struct wp_field ids_fields[] = {
	{.name = "rules",
	 .type = WP_FILE_LIST,
	 .offset = offsetof(struct ids_conf, rules),
	 .min = 1,
	 .max = 4095,
	 .dflt = "[]",
	 .help = "files of rules, in Suricata's language"},
	{.name = "variables",
	 .type = WP_JSON,
	 .offset = offsetof(struct ids_conf, variables),
	 .dflt = "{}",
	 .help = "addresses and ports that rules name: {\"HOME_NET\": \"[10.0.0.0/8]\"}"},
	{.name = "mode",
	 .type = WP_ENUM,
	 .offset = offsetof(struct ids_conf, mode),
	 .choices = modes,
	 .dflt = "\"detect\"",
	 .help = "whether rules that drop or reject do so, or alert only"},
	{.name = "order",
	 .type = WP_STRING_LIST,
	 .offset = offsetof(struct ids_conf, order),
	 .min = 4,
	 .max = 6,
	 .dflt = "[\"pass\", \"drop\", \"reject\", \"alert\"]",
	 .help = "actions of rules, in the order in which rules are heard"},
	FILE_NAME(thresholds, "file of limits for alerts, as threshold.config has them"),
	FILE_NAME(classification, "file of classes of rules; empty: the usual ones"),
	FILE_NAME(references, "file of what references of rules stand for; empty: the usual ones"),
	FILE_NAME(geo, "database of the countries of addresses, in MaxMind's format; empty: none"),
	FILE_NAME(eve, "file that events go to, a line of JSON each"),
	{.name = "events",
	 .type = WP_STRING_LIST,
	 .offset = offsetof(struct ids_conf, events),
	 .min = 1,
	 .max = 32,
	 .dflt = "[\"alert\", \"drop\"]",
	 .help = "kinds of events that are written: alert, drop, flow, http, dns, tls, ssh, smtp, "
		 "ftp, smb, fileinfo, anomaly, stats"},
	{.name = "subscribe",
	 .type = WP_STRING_LIST,
	 .offset = offsetof(struct ids_conf, subscribe),
	 .min = 1,
	 .max = 32,
	 .dflt = "[\"alert\"]",
	 .help = "kinds of events, of those that are written, that go to subscribers of the "
		 "control socket, too"},
	{.name = "details",
	 .type = WP_STRING_LIST,
	 .offset = offsetof(struct ids_conf, details),
	 .min = 1,
	 .max = 32,
	 .dflt = "[\"app-layer\", \"metadata\", \"extended\"]",
	 .help = "what they tell beyond the usual: app-layer, metadata, verdict, payload, "
		 "payload-printable, packet, http-body, http-body-printable, ethernet, rule; of "
		 "HTTP: extended; of drops: alerts; of anomalies: decode, stream; of files: md5, "
		 "sha1, sha256"},
	FILE_NAME(socket, "Unix socket that events go to, too, a line of JSON each; empty: none"),
	{.name = "capture",
	 .type = WP_BOOL,
	 .offset = offsetof(struct ids_conf, capture),
	 .dflt = "false",
	 .help = "whether packets are of a capture: events tell their numbers in it, not whose "
		 "they are"},
	{.name = "link",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, link),
	 .max = 65535,
	 .dflt = "12",
	 .help = "what packets begin with that do not begin with Ethernet, by libpcap's numbers: "
		 "12: IP"},
	{.name = "link_size",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, link_size),
	 .max = 64,
	 .dflt = "0",
	 .help = "bytes in front of IP that are counted with the bytes of flows"},
	{.name = "proofs",
	 .type = WP_LIST,
	 .offset = offsetof(struct ids_conf, proofs),
	 .max = 256,
	 .dflt = "[]",
	 .fields = prove_fields,
	 .item_size = sizeof(struct ids_proof),
	 .help = "captures on which rules must alert, or they do not come into force"},
	FILE_NAME(cache, "folder in which compiled rules are kept, root's; empty: none"),
	{.name = "midstream",
	 .type = WP_BOOL,
	 .offset = offsetof(struct ids_conf, midstream),
	 .dflt = "true",
	 .help = "whether connections that were not seen to begin are read, too, or only their "
		 "packets, one by one"},
	{.name = "drop_invalid",
	 .type = WP_BOOL,
	 .offset = offsetof(struct ids_conf, drop_invalid),
	 .dflt = "true",
	 .help = "whether what contradicts its connection (out of window, an old timestamp, bytes "
		 "behind the end), or cannot be read to its end, is dropped where the service "
		 "prevents"},
	{.name = "encrypted",
	 .type = WP_BOOL,
	 .offset = offsetof(struct ids_conf, encrypted),
	 .dflt = "false",
	 .help = "whether rules are asked about payload of TLS and SSH behind their handshakes, "
		 "too"},
	{.name = "chunk",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, chunk),
	 .min = 1,
	 .max = CHUNK_ROOM - CHUNK_OVERLAP,
	 .dflt = "2560",
	 .help = "bytes of a stream that are looked at together, unless it prevents"},
	{.name = "alerts_max",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, alerts_max),
	 .min = 1,
	 .max = 64,
	 .dflt = "15",
	 .help = "alerts of one packet at the most"},
	{.name = "body",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, body),
	 .min = 0,
	 .max = 1 << 30,
	 .dflt = "102400",
	 .help = "bytes of a body of HTTP that are looked at"},
	{.name = "budget",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, budget),
	 .min = 20000,
	 .max = 4000000000,
	 .dflt = "4000000",
	 .help = "cycles that looking at a packet may take"},
	{.name = "overload",
	 .type = WP_ENUM,
	 .offset = offsetof(struct ids_conf, overload),
	 .choices = overloads,
	 .dflt = "\"later\"",
	 .help = "what becomes of packets that take more: they pass, are dropped, or have to wait, "
		 "and their flows with them, for what is kept for such"},
	{.name = "later",
	 .type = WP_U32,
	 .offset = offsetof(struct ids_conf, later),
	 .min = 1,
	 .max = 90,
	 .dflt = "5",
	 .help = "percent of a worker's time that are for what has to wait"},
	{.name = NULL},
};
