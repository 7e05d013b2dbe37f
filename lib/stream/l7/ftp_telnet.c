/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control connection speaks Telnet (RFC 959 section 2.3): ABOR comes behind IAC IP IAC DM
 * (section 4.1.3), and servers read over what else there is. A line feed ends a line even as the
 * option of a Telnet command.
 */

#include "stream/l7/ftp_view.h"

#include <string.h>

/* RFC 854, page 14. */
enum {
	TELNET_SE = 240, /* the first command */
	TELNET_WILL = 251,
	TELNET_DONT = 254, /* the last that an option follows */
	TELNET_IAC = 255,
};

/** @return bytes of Telnet's that stand at @p at, which is an IAC; IAC IAC is a byte of text, of
 * which one goes; 0: none */
static uint32_t
size_at(const uint8_t *at, uint32_t size)
{
	if (size < 2 || at[1] < TELNET_SE)
		return 0;
	if (at[1] == TELNET_IAC)
		return 1;
	return at[1] >= TELNET_WILL && at[1] <= TELNET_DONT && size > 2 ? 3 : 2;
}

/** @return bytes that are left. @param[out] is_command  whether there was a command */
static uint32_t
copy_text(uint8_t *to, struct wp_span from, bool *is_command)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < from.size;) {
		uint32_t size = 0;

		if (from.data[i] == TELNET_IAC)
			size = size_at(from.data + i, from.size - i);
		*is_command |= size > 1;
		i += size;
		if (size < 2)
			to[n++] = from.data[i++];
	}
	return n;
}

void
ftp_telnet_strip(struct l7_run *run, struct wp_span *line, uint64_t offset, void **memory)
{
	bool is_command = false;
	uint8_t *text;

	*memory = NULL;
	if (line->size == 0 || memchr(line->data, TELNET_IAC, line->size) == NULL)
		return;
	text = run->host->take(run, line->size);
	if (text == NULL) {
		l7_anomaly_at(run, WP_L7_NO_MEMORY, offset);
		return;
	}
	*line = (struct wp_span){text, copy_text(text, *line, &is_command)};
	*memory = text;
	if (is_command)
		l7_anomaly_at(run, WP_FTP_TELNET, offset);
}
