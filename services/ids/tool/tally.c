/* SPDX-License-Identifier: BSD-3-Clause */
/* See tally.h. */

#include "tool/tally.h"

#include <errno.h>
#include <stdlib.h>

#include "lines.h"
#include "out/json.h"
#include "out/record.h"
#include "stream/stream.h"

enum { COUNTERS_MAX = 64 };

/** Counters as they gather. */
struct tally {
	const struct host *host;
	uint64_t n_read; /* packets of the capture */
	unsigned int n;
	struct record_counter counters[COUNTERS_MAX];
};

static void
add(struct tally *tally, const char *name, uint64_t value)
{
	if (tally->n < COUNTERS_MAX)
		tally->counters[tally->n++] = (struct record_counter){name, value};
}

static void
add_decoder(struct tally *tally, const struct host_counts *counts)
{
	add(tally, "decoder.pkts", tally->n_read);
	add(tally, "decoder.bytes", counts->bytes);
	add(tally, "decoder.invalid", counts->invalid);
	add(tally, "decoder.ipv4", counts->ipv4);
	add(tally, "decoder.ipv6", counts->ipv6);
	add(tally, "decoder.ethernet", counts->ethernet);
	add(tally, "decoder.tcp", counts->tcp);
	add(tally, "decoder.udp", counts->udp);
	add(tally, "decoder.sctp", counts->sctp);
	add(tally, "decoder.esp", counts->esp);
	add(tally, "decoder.icmpv4", counts->icmpv4);
	add(tally, "decoder.icmpv6", counts->icmpv6);
	add(tally, "decoder.geneve", counts->tunnels[TUNNEL_GENEVE]);
	add(tally, "decoder.gre", counts->tunnels[TUNNEL_GRE] + counts->tunnels[TUNNEL_ERSPAN]);
	add(tally, "decoder.vlan", counts->vlan);
	add(tally, "decoder.vlan_qinq", counts->vlan_qinq);
	add(tally, "decoder.vxlan", counts->tunnels[TUNNEL_VXLAN]);
	add(tally, "decoder.teredo", counts->tunnels[TUNNEL_TEREDO]);
	add(tally, "decoder.ip_in_ip", counts->tunnels[TUNNEL_IP_IN_IP]);
	add(tally, "decoder.avg_pkt_size",
	    counts->packets == 0 ? 0 : counts->bytes / counts->packets);
	add(tally, "decoder.max_pkt_size", counts->bytes_max);
	add(tally, "decoder.erspan", counts->tunnels[TUNNEL_ERSPAN]);
}

static void
add_tracker(struct tally *tally)
{
	static const struct {
		const char *name;
		unsigned int counter; /* enum stream_counter */
	} rows[] = {
		{"defrag.not_reassembled", STREAM_COUNT_NOT_REASSEMBLED},
		{"flow.total", STREAM_COUNT_FLOWS},
		{"flow.ended", STREAM_COUNT_ENDED},
		{"flow.no_room", STREAM_COUNT_NO_ROOM},
		{"tcp.midstream_pickups", STREAM_COUNT_PICKED_UP},
		{"tcp.invalid_checksum", STREAM_COUNT_ANOMALIES + WP_ANOMALY_CHECKSUM},
		{"tcp.overlap_diff_data", STREAM_COUNT_CONFLICTS},
		{"tcp.reassembly_gap", STREAM_COUNT_GAPS},
		{"tcp.stream_depth_reached", STREAM_COUNT_CAPS + WP_CAP_DEPTH},
		{"app_layer.flow.http", STREAM_COUNT_L7 + WP_L7_HTTP - WP_L7_NONE},
		{"app_layer.flow.tls", STREAM_COUNT_L7 + WP_L7_TLS - WP_L7_NONE},
		{"app_layer.flow.dns", STREAM_COUNT_L7 + WP_L7_DNS - WP_L7_NONE},
		{"app_layer.flow.ssh", STREAM_COUNT_L7 + WP_L7_SSH - WP_L7_NONE},
		{"app_layer.flow.smtp", STREAM_COUNT_L7 + WP_L7_SMTP - WP_L7_NONE},
		{"app_layer.flow.ftp", STREAM_COUNT_L7 + WP_L7_FTP - WP_L7_NONE},
		{"app_layer.flow.smb", STREAM_COUNT_L7 + WP_L7_SMB - WP_L7_NONE},
		{"app_layer.flow.failed", STREAM_COUNT_L7},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add(tally, rows[i].name, host_tracker_counter(tally->host, rows[i].counter));
}

/** Adds all counters, those of one object next to each other. */
static void
fill(struct tally *tally, bool is_inline)
{
	const struct host_counts *counts = host_counts(tally->host);

	add(tally, "capture.filtered", tally->n_read - counts->packets);
	add_decoder(tally, counts);
	if (is_inline) {
		add(tally, "ips.accepted", counts->accepted);
		add(tally, "ips.blocked", counts->blocked);
	}
	add(tally, "defrag.fragments", counts->fragments);
	add(tally, "defrag.reassembled", counts->reassembled);
	add_tracker(tally);
	add(tally, "detect.alert", host_counter(tally->host, "alerts"));
}

static int
append(const char *file, const char *line, size_t size)
{
	struct wp_lines *lines;
	uint64_t written = 0;
	int err = wp_lines_open(file, &lines);

	if (err != 0)
		return err;
	if (!wp_lines_put(lines, line, size, &written))
		err = -ENOSPC;
	return wp_lines_close(lines, &written) == 0 ? err : -ENOSPC;
}

int
tally_write(const struct host *host, uint64_t n_read, const char *file, bool is_inline)
{
	static const struct json_names names;
	const struct host_counts *counts = host_counts(host);
	uint64_t time_s = (counts->last_ns - counts->first_ns) / 1000000000;
	struct record *record = malloc(sizeof(*record));
	char *line = malloc(JSON_LINE_MAX);
	struct tally tally = {.host = host, .n_read = n_read};
	int err = -ENOMEM;
	size_t size;

	if (record != NULL && line != NULL) {
		fill(&tally, is_inline);
		record_stats(record, counts->last_ns < counts->first_ns ? 0 : time_s,
			     tally.counters, tally.n);
		size = json_line(line, JSON_LINE_MAX, record->bytes, record->size, counts->last_ns,
				 &names);
		err = size == 0 ? -EOVERFLOW : append(file, line, size);
	}
	free(line);
	free(record);
	return err;
}
