/* SPDX-License-Identifier: BSD-3-Clause */
/* Any SMTP session: what is told, and at which offset, does not depend on how bytes are cut. */

#include "l7_smtp_text.h"
#include "stream/l7/smtp_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_event(FILE *out, const struct wp_stream_event *event)
{
	fprintf(out, "@%llu ", (unsigned long long)event->offset);
	l7_smtp_write(out, event);
}

/** l7_fuzz() has the client's first bytes looked at. */
static void
match_server(const uint8_t *data, size_t size, uint16_t server_port)
{
	struct l7_hint hint = {.data = data,
			       .size = (uint32_t)(size < L7_MATCH_SIZE ? size : L7_MATCH_SIZE),
			       .side = WP_SERVER,
			       .server_port = server_port};

	if (size != 0)
		l7_smtp_view.match(&hint);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	match_server(data, size, 2121);
	l7_fuzz(&l7_smtp_view, write_event, 25, data, size);
	return 0;
}
