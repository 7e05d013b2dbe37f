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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	l7_fuzz(&l7_smtp_view, write_event, 25, data, size);
	return 0;
}
