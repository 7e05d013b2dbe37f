/* SPDX-License-Identifier: BSD-3-Clause */
/* See capture.h. */

#include "tool/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "say.h"
#include "tool/layer.h"

struct capture {
	pcap_t *pcap;
	int link;
	struct bpf_program filter;
	bool has_filter;
	uint64_t n; /* packets that were read */
};

/** Makes a filter ready. libpcap could apply it as it reads, but then nobody knows how many packets
 * there were. */
static int
set_filter(struct capture *capture, const char *filter, char *why, size_t size)
{
	if (pcap_compile(capture->pcap, &capture->filter, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return wp_say(why, size, -EINVAL, "filter '%s': %s", filter,
			      pcap_geterr(capture->pcap));
	capture->has_filter = true;
	return 0;
}

/** Not a packet of it would be looked at. */
static int
refuse_link(const char *file, int link, char *why, size_t size)
{
	const char *name = pcap_datalink_val_to_description(link);

	return wp_say(why, size, -EINVAL, "%s: its packets begin with what is not read here: %s",
		      file, name == NULL ? "unknown" : name);
}

int
capture_open(const char *file, const char *filter, struct capture **capture, char *why, size_t size)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct capture *new = calloc(1, sizeof(*new));
	int err = 0;

	if (new == NULL)
		return wp_say(why, size, -ENOMEM, "no memory");
	new->pcap =
		pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (new->pcap == NULL)
		err = strncmp(error, file, strlen(file)) == 0
			      ? wp_say(why, size, -EINVAL, "%s", error)
			      : wp_say(why, size, -EINVAL, "%s: %s", file, error);
	else if (!layer_reads(pcap_datalink(new->pcap)))
		err = refuse_link(file, pcap_datalink(new->pcap), why, size);
	else if (filter != NULL)
		err = set_filter(new, filter, why, size);
	if (err != 0) {
		capture_close(new);
		return err;
	}
	new->link = pcap_datalink(new->pcap);
	*capture = new;
	return 0;
}

void
capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	if (capture->has_filter)
		pcap_freecode(&capture->filter);
	if (capture->pcap != NULL)
		pcap_close(capture->pcap);
	free(capture);
}

int
capture_next(struct capture *capture, struct capture_packet *packet)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;

	do {
		int more = pcap_next_ex(capture->pcap, &header, &bytes);

		if (more != 1)
			return more == PCAP_ERROR_BREAK ? 0 : -EIO;
		capture->n++;
	} while (capture->has_filter && pcap_offline_filter(&capture->filter, header, bytes) == 0);
	*packet = (struct capture_packet){.bytes = bytes,
					  .size = header->caplen,
					  .wire_size = header->len,
					  .time_ns = (uint64_t)header->ts.tv_sec * 1000000000 +
						     (uint64_t)header->ts.tv_usec,
					  .number = capture->n,
					  .link = capture->link};
	return 1;
}

int
capture_link(const struct capture *capture)
{
	return capture->link;
}

uint64_t
capture_packets(const struct capture *capture)
{
	return capture->n;
}

const char *
capture_fault(const struct capture *capture)
{
	return pcap_geterr(capture->pcap);
}
