/* SPDX-License-Identifier: BSD-3-Clause */
/* Any frame through the NSH codec; what is accepted must come back as RFC 8300 says. */

#include <stdlib.h>
#include <string.h>

#include "tag/nsh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRONT = 128, SIZE_MAX_ = 2048 };

/** All but addresses, TTL, path and index is as it was. */
static void
check_back(const struct wp_packet *pkt, const uint8_t *frame, size_t size)
{
	const uint8_t *out = pkt->buf + pkt->start;

	if (pkt->len != size || memcmp(out, frame + 6, 6) != 0 || memcmp(out + 6, frame, 6) != 0 ||
	    memcmp(out + 16, frame + 16, 2) != 0 || memcmp(out + 22, frame + 22, size - 22) != 0)
		abort();
	if (out[21] == 0 && frame[21] > 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wp_packet pkt = {.start = FRONT, .ip_version = 4}, one;
	struct wp_packet *burst[] = {&one};
	enum wp_tag_reason reason;
	uint8_t reasons[1] = {0};

	if (size > SIZE_MAX_)
		return 0;
	pkt.room = (uint16_t)(FRONT + size);
	pkt.len = (uint16_t)size;
	pkt.buf = malloc(pkt.room);
	memset(pkt.buf, 0, FRONT);
	memcpy(pkt.buf + FRONT, data, size);
	one = pkt;
	reason = nsh_decode(&pkt);
	if (nsh_decode_burst(burst, 1, reasons) != (reason != WP_TAG_OK) ||
	    (reason != WP_TAG_OK && reasons[0] != reason))
		abort();
	if (reason == WP_TAG_OK) {
		if (pkt.tag.encap != FRONT || pkt.start + (size_t)pkt.len != pkt.room ||
		    pkt.tag.index == 0)
			abort();
		pkt.ip_version = pkt.tag.next == 2 ? 6 : 4;
		if (nsh_encode(&pkt, pkt.tag.path, (uint8_t)(pkt.tag.index - 1)) != 0)
			abort();
		check_back(&pkt, data, size);
	}
	free(pkt.buf);
	return 0;
}
