/* SPDX-License-Identifier: BSD-3-Clause */
/* The tracker as it is declared: configuration, table, counters. */

#include "stream/fields.h"

#define CONF(NAME) .offset = offsetof(struct stream_conf, NAME)
#define HOSTS(NAME) .offset = offsetof(struct stream_hosts, NAME)

static const char *const when_names[] = {
	[STREAM_ON_ARRIVAL] = "arrival", [STREAM_WHEN_ACKED] = "acknowledged", NULL};
static const char *const urgent_names[] = {
	[STREAM_URGENT_APART] = "apart", [STREAM_URGENT_INLINE] = "inline", NULL};
static const char *const at_cap_names[] = {
	[STREAM_BYPASS] = "bypass", [STREAM_DROP] = "drop", [STREAM_IGNORE] = "ignore", NULL};

static const struct wp_field hosts_fields[] = {
	{.name = "prefix", .type = WP_PREFIX, HOSTS(prefix), .help = "addresses of receivers"},
	{.name = "policy",
	 .type = WP_ENUM,
	 HOSTS(policy),
	 .choices = stream_policy_names,
	 .help = "how these resolve overlaps"},
	{.name = NULL},
};

#define SECONDS(NAME, WHICH, DEFAULT, HELP)                                                        \
	{                                                                                          \
		.name = (NAME), .type = WP_U32,                                                    \
		.offset = offsetof(struct stream_conf, idle_s[WHICH]), .min = 1, .max = 1000000,   \
		.dflt = (DEFAULT), .help = (HELP)                                                  \
	}
#define AT_CAP(NAME, WHICH, DEFAULT, HELP)                                                         \
	{                                                                                          \
		.name = (NAME), .type = WP_ENUM,                                                   \
		.offset = offsetof(struct stream_conf, at_cap[WHICH]), .choices = at_cap_names,    \
		.dflt = (DEFAULT), .help = (HELP)                                                  \
	}

const struct wp_field stream_fields[] = {
	{.name = "hosts",
	 .type = WP_LIST,
	 CONF(hosts),
	 .max = 4096,
	 .fields = hosts_fields,
	 .item_size = sizeof(struct stream_hosts),
	 .dflt = "[]",
	 .help = "which hosts resolve overlaps how; the longest prefix counts"},
	{.name = "policy",
	 .type = WP_ENUM,
	 CONF(policy),
	 .choices = stream_policy_names,
	 .dflt = "\"linux\"",
	 .help = "how all others do"},
	{.name = "tell",
	 .type = WP_ENUM,
	 CONF(when),
	 .choices = when_names,
	 .dflt = "\"arrival\"",
	 .help = "when services see bytes: on arrival, in front of the receiver, or when it has "
		 "acknowledged them"},
	{.name = "urgent",
	 .type = WP_ENUM,
	 CONF(urgent),
	 .choices = urgent_names,
	 .dflt = "\"apart\"",
	 .help = "where programs find urgent bytes: apart from their stream, which then is read "
		 "without them, or in it"},
	{.name = "pick_up",
	 .type = WP_BOOL,
	 CONF(pick_up),
	 .dflt = "true",
	 .help = "follow connections that were not seen to begin"},
	{.name = "verify_checksums",
	 .type = WP_BOOL,
	 CONF(verify),
	 .dflt = "true",
	 .help = "believe no TCP segment with a wrong checksum; looked at where services "
		 "want bytes"},
	{.name = "window_slack",
	 .type = WP_U32,
	 CONF(window_slack),
	 .max = 1 << 30,
	 .dflt = "0",
	 .help = "bytes that segments may lie behind their receiver's window; for captures in "
		 "which "
		 "packets of the two directions have overtaken each other"},
	{.name = "flow_memory",
	 .type = WP_U32,
	 CONF(flow_memory),
	 .min = 4096,
	 .max = 1 << 30,
	 .dflt = "1048576",
	 .help = "bytes of memory for what waits of one side of a flow"},
	{.name = "memory",
	 .type = WP_U32,
	 CONF(memory),
	 .min = 1,
	 .max = 1 << 16,
	 .dflt = "256",
	 .help = "MiB for what waits in one worker"},
	{.name = "view_memory",
	 .type = WP_U32,
	 CONF(view_memory),
	 .min = 1,
	 .max = 1 << 16,
	 .dflt = "64",
	 .help = "MiB for reading application protocols in one worker, where services ask for "
		 "that"},
	{.name = "tenant_memory",
	 .type = WP_U32,
	 CONF(tenant_memory),
	 .min = 1,
	 .max = 100,
	 .dflt = "50",
	 .help = "percent of each that one tenant may have"},
	{.name = "depth",
	 .type = WP_U64,
	 CONF(depth),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "bytes of a side that are looked at; 0: all"},
	AT_CAP("at_flow_memory", WP_CAP_FLOW, "\"ignore\"",
	       "what happens at flow_memory: the side's bytes are no longer looked at, the packet "
	       "is dropped, or its bytes are not kept"),
	AT_CAP("at_tenant_memory", WP_CAP_TENANT, "\"ignore\"", "likewise at tenant_memory"),
	AT_CAP("at_memory", WP_CAP_WORKER, "\"ignore\"", "likewise at memory"),
	AT_CAP("at_depth", WP_CAP_DEPTH, "\"bypass\"", "likewise at depth"),
	SECONDS("tcp_new_s", STREAM_TCP_NEW, "30", "idle time of a TCP handshake"),
	SECONDS("tcp_established_s", STREAM_TCP_ESTABLISHED, "3600", "of a TCP connection"),
	SECONDS("tcp_closing_s", STREAM_TCP_CLOSING, "120", "of one that a side has closed"),
	SECONDS("tcp_closed_s", STREAM_TCP_CLOSED, "10", "of one that is closed"),
	SECONDS("udp_new_s", STREAM_UDP_NEW, "30", "of UDP that nobody has answered"),
	SECONDS("udp_established_s", STREAM_UDP_ESTABLISHED, "180", "of UDP in both directions"),
	SECONDS("other_new_s", STREAM_OTHER_NEW, "30", "of others that nobody has answered"),
	SECONDS("other_established_s", STREAM_OTHER_ESTABLISHED, "60", "of others"),
	{.name = "emergency_s",
	 .type = WP_U32,
	 CONF(emergency_s),
	 .min = 1,
	 .max = 1000000,
	 .dflt = "5",
	 .help = "the longest idle time of new flows while three quarters of the table are taken"},
	{.name = NULL},
};

const struct wp_table_decl stream_tables[] = {
	[STREAM_TABLE_FLOWS] = {.name = "flows",
				.version = 2,
				.class = WP_FLOW,
				.owner = WP_OWNER_STEER,
				.local = offsetof(struct wp_flow, sides),
				.hot_at = offsetof(struct wp_flow, sides),
				.hot = sizeof(struct wp_flow) - offsetof(struct wp_flow, sides),
				.key = {WP_KEY_ADDR, WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_PORT,
					WP_KEY_U8},
				.value_size = sizeof(struct wp_flow),
				.max_entries = 1 << 20,
				.idle_ms = 30000},
	{.name = NULL},
};

const char *const stream_counters[] = {
	[STREAM_COUNT_FLOWS] = "flows",
	[STREAM_COUNT_PICKED_UP] = "picked_up",
	[STREAM_COUNT_ENDED] = "ended",
	[STREAM_COUNT_NOT_FOLLOWED] = "not_followed",
	[STREAM_COUNT_NO_ROOM] = "no_room",
	[STREAM_COUNT_REASSEMBLED] = "reassembled",
	[STREAM_COUNT_NOT_REASSEMBLED] = "not_reassembled",
	[STREAM_COUNT_RETRANSMISSIONS] = "retransmissions",
	[STREAM_COUNT_CONFLICTS] = "conflicts",
	[STREAM_COUNT_EVICTED] = "evicted",
	[STREAM_COUNT_GAPS] = "gaps",
	[STREAM_COUNT_GAP_BYTES] = "gap_bytes",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_CHECKSUM] = "wrong_checksum",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_MALFORMED] = "malformed",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_OUT_OF_WINDOW] = "out_of_window",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_OLD_TIMESTAMP] = "old_timestamp",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_BAD_ACK] = "bad_ack",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_SYN] = "unexpected_syn",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_RST] = "unexpected_rst",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_BEHIND_FIN] = "behind_fin",
	[STREAM_COUNT_ANOMALIES + WP_ANOMALY_NO_CONNECTION] = "no_connection",
	[STREAM_COUNT_CAPS + WP_CAP_FLOW] = "at_flow_memory",
	[STREAM_COUNT_CAPS + WP_CAP_TENANT] = "at_tenant_memory",
	[STREAM_COUNT_CAPS + WP_CAP_WORKER] = "at_memory",
	[STREAM_COUNT_CAPS + WP_CAP_DEPTH] = "at_depth",
	[STREAM_COUNT_VIEWS_NO_ROOM] = "views_no_room",
	[STREAM_COUNT_VIEWS_EVICTED] = "views_evicted",
	[STREAM_COUNT_L7] = "l7_none",
	[STREAM_COUNT_L7 + WP_L7_HTTP - WP_L7_NONE] = "l7_http",
	[STREAM_COUNT_L7 + WP_L7_TLS - WP_L7_NONE] = "l7_tls",
	[STREAM_COUNT_L7 + WP_L7_DNS - WP_L7_NONE] = "l7_dns",
	[STREAM_COUNT_L7 + WP_L7_SSH - WP_L7_NONE] = "l7_ssh",
	[STREAM_COUNT_L7 + WP_L7_SMTP - WP_L7_NONE] = "l7_smtp",
	[STREAM_COUNT_L7 + WP_L7_FTP - WP_L7_NONE] = "l7_ftp",
	[STREAM_COUNT_L7 + WP_L7_SMB - WP_L7_NONE] = "l7_smb",
	NULL,
};

const char *const stream_alerts[] = {"no_room",       "at_tenant_memory", "at_memory",
				     "views_no_room", "views_evicted",    NULL};
