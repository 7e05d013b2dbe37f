/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a capture through the tracker and writes what it tells: the bytes of each side of each
 * connection into files of their own, named by addresses and ports, a line for each event, or a
 * line of JSON for what is read of application protocols.
 *
 *   stream_replay [-c CONFIG] [-o DIR] [-e] [-l] CAPTURE
 */

#include <arpa/inet.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bed.h"
#include "l7_json.h"
#include "parse/parse.h"
#include "stream/flow.h"

enum { ROOM = 65536 + 256, START = 128 };

struct replay {
	const char *dir; /* NULL: no files */
	bool events, views;
};

static const char *const event_names[] = {
	[WP_FLOW_START] = "start",       [WP_FLOW_SETUP] = "setup",
	[WP_FLOW_STATE] = "state",       [WP_FLOW_RETRANSMISSION] = "retransmission",
	[WP_FLOW_ANOMALY] = "anomaly",   [WP_FLOW_END] = "end",
	[WP_FLOW_DATA] = "data",         [WP_FLOW_GAP] = "gap",
	[WP_FLOW_CONFLICT] = "conflict", [WP_FLOW_CAP] = "cap",
	[WP_FLOW_FINISH] = "finish",
};

/** Writes an endpoint as "ADDRESS_PORT", IPv6 in full. */
static void
write_endpoint(const struct wp_flow *flow, enum wp_side side, char *text, size_t size)
{
	struct wp_endpoint end;
	const uint8_t *a = end.address;

	wp_flow_endpoint(flow, side, &end);
	if (flow->version == 4)
		snprintf(text, size, "%u.%u.%u.%u_%u", a[0], a[1], a[2], a[3], end.port);
	else
		snprintf(text, size,
			 "%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x:%02x%02x_%"
			 "u",
			 a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
			 a[12], a[13], a[14], a[15], end.port);
}

static void
append(const struct replay *replay, const struct wp_stream_event *event)
{
	char client[64], server[64], name[512];
	FILE *file;

	write_endpoint(event->flow, WP_CLIENT, client, sizeof(client));
	write_endpoint(event->flow, WP_SERVER, server, sizeof(server));
	snprintf(name, sizeof(name), "%s/%s-%s-%s.data", replay->dir, client, server,
		 event->side == WP_CLIENT ? "ts" : "tc");
	file = fopen(name, "a");
	if (file == NULL || fwrite(event->data, 1, event->size, file) != event->size ||
	    fclose(file) != 0) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static void
print(const struct wp_stream_event *event)
{
	char client[64], server[64];

	write_endpoint(event->flow, WP_CLIENT, client, sizeof(client));
	write_endpoint(event->flow, WP_SERVER, server, sizeof(server));
	printf("%s-%s %s %s offset=%llu size=%u detail=%u proto=%u\n", client, server,
	       event->side == WP_CLIENT ? "client" : "server", event_names[event->type],
	       (unsigned long long)event->offset, event->size, event->detail, event->flow->proto);
}

static void
print_view(const struct wp_stream_event *event)
{
	static const char *const protocols[] = {
		[WP_L7_UNKNOWN] = "unknown", [WP_L7_NONE] = "none", [WP_L7_HTTP] = "http",
		[WP_L7_TLS] = "tls",         [WP_L7_DNS] = "dns",   [WP_L7_SSH] = "ssh",
		[WP_L7_SMTP] = "smtp",       [WP_L7_FTP] = "ftp",   [WP_L7_SMB] = "smb",
	};
	char client[64], server[64];

	if (l7_json_name(event) == NULL)
		return;
	write_endpoint(event->flow, WP_CLIENT, client, sizeof(client));
	write_endpoint(event->flow, WP_SERVER, server, sizeof(server));
	printf("{\"client\": \"%s\", \"server\": \"%s\", \"side\": \"%s\", \"protocol\": \"%s\", "
	       "\"event\": \"%s\"",
	       client, server, event->side == WP_CLIENT ? "client" : "server",
	       protocols[event->flow->l7], l7_json_name(event));
	l7_json_write(stdout, event);
	puts("}");
}

static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	const struct replay *replay = arg;

	for (unsigned int i = 0; i < n; i++) {
		if (replay->events && events[i].type < WP_L7_START)
			print(&events[i]);
		if (replay->views)
			print_view(&events[i]);
		if (replay->dir != NULL && events[i].type == WP_FLOW_DATA &&
		    events[i].flow->proto == WP_PROTO_TCP)
			append(replay, &events[i]);
	}
}

/** @return bytes in front of the network layer, and whether they are an Ethernet header; -1: no
 * frame of a kind that we know */
static int
link_size(int link, const uint8_t *frame, uint32_t size, bool *is_ethernet)
{
	*is_ethernet = false;
	switch (link) {
	case DLT_EN10MB:
		*is_ethernet = true;
		return 0;
	case DLT_RAW:
	case 101: /* LINKTYPE_RAW */
	case DLT_IPV4:
	case DLT_IPV6:
		return 0;
	case DLT_NULL:
	case DLT_LOOP:
		return 4;
	case DLT_LINUX_SLL:
		return 16;
	case DLT_PPP:
		return size >= 4 && frame[0] == 0xff && frame[1] == 3 ? 4 : 2;
	default:
		return -1;
	}
}

static bool
view(struct wp_packet *pkt, uint8_t *buf, int link, const uint8_t *frame, uint32_t size)
{
	bool is_ethernet;
	int skip = link_size(link, frame, size, &is_ethernet);

	if (skip < 0 || size < (uint32_t)skip || size > ROOM - START)
		return false;
	memcpy(buf + START, frame + skip, size - (uint32_t)skip);
	*pkt = (struct wp_packet){
		.buf = buf,
		.room = 65535,
		.start = START,
		.len = (uint16_t)(size - (uint32_t)skip > 65000 ? 65000 : size - (uint32_t)skip),
		.flags = is_ethernet ? WP_PKT_ETHERNET : 0};
	wp_parse(pkt);
	return true;
}

static void
run(struct stream_bed *bed, pcap_t *pcap)
{
	static uint8_t buf[ROOM];
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	struct wp_packet pkt;

	while (pcap_next_ex(pcap, &header, &frame) == 1) {
		uint64_t now = (uint64_t)header->ts.tv_sec * 1000000000 +
			       (uint64_t)header->ts.tv_usec * 1000;

		if (now > bed->core.now_ns)
			bed->core.now_ns = now;
		if (view(&pkt, buf, pcap_datalink(pcap), frame, header->caplen))
			stream_bed_packet(bed, &pkt);
	}
	stream_bed_end(bed);
}

int
main(int argc, char **argv)
{
	struct replay replay = {0};
	const char *conf = "{}", *why;
	char error[PCAP_ERRBUF_SIZE];
	static struct stream_bed bed;
	pcap_t *pcap;
	int option;

	while ((option = getopt(argc, argv, "c:o:el")) != -1) {
		if (option == 'c')
			conf = optarg;
		else if (option == 'o')
			replay.dir = optarg;
		else if (option == 'e')
			replay.events = true;
		else if (option == 'l')
			replay.views = true;
		else
			return EXIT_FAILURE;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: stream_replay [-c CONFIG] [-o DIR] [-e] [-l] CAPTURE\n");
		return EXIT_FAILURE;
	}
	pcap = pcap_open_offline(argv[optind], error);
	if (pcap == NULL) {
		fprintf(stderr, "%s: %s\n", argv[optind], error);
		return EXIT_FAILURE;
	}
	why = stream_bed_open(&bed, conf, 0, (1u << WP_FLOW_EVENTS) - 1, tell, &replay);
	if (why != NULL) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	run(&bed, pcap);
	for (unsigned int i = 0; i < STREAM_COUNTERS; i++)
		if (bed.counters[i] != 0)
			fprintf(stderr, "%s %llu\n", stream_service.counters[i],
				(unsigned long long)bed.counters[i]);
	stream_bed_close(&bed);
	pcap_close(pcap);
	return EXIT_SUCCESS;
}
