/* SPDX-License-Identifier: BSD-3-Clause */
/* Events as IPFIX records, to one collector (lib/ipfix). */

#include "log_ipfix.h"

#include <errno.h>
#include <stdlib.h>

struct ipfix_writer {
	struct nat_log_writer writer;
	struct ipfix *ipfix;
};

static void
ipfix_write(struct nat_log_writer *writer, const struct nat_log_entry *entry, uint64_t *counts)
{
	struct log_ipfix_record record;
	enum log_ipfix_template template = log_ipfix_fill(&record, entry);

	ipfix_put(((struct ipfix_writer *)writer)->ipfix, (uint16_t) template, &record, counts);
}

static void
ipfix_writer_tick(struct nat_log_writer *writer, uint64_t *counts, uint64_t now_ns)
{
	ipfix_tick(((struct ipfix_writer *)writer)->ipfix, counts, now_ns);
}

static void
ipfix_writer_close(struct nat_log_writer *writer, uint64_t *counts, uint64_t until_ns)
{
	ipfix_close(((struct ipfix_writer *)writer)->ipfix, counts, until_ns);
	free(writer);
}

int
log_ipfix_open(const struct nat_log_target *target, uint32_t instance, char *message, size_t size,
	       struct nat_log_writer **writer)
{
	const struct ipfix_collector collector = {
		.host = target->host,
		.port = (uint16_t)target->port,
		.refresh_s = target->to == NAT_LOG_IPFIX_UDP ? target->refresh_s : 0,
	};
	struct ipfix_writer *new = calloc(1, sizeof(*new));
	int err;

	if (new == NULL)
		return -ENOMEM;
	new->writer = (struct nat_log_writer){ipfix_write, ipfix_writer_tick, ipfix_writer_close};
	err = ipfix_open(&collector, &log_ipfix_kind, instance, message, size, &new->ipfix);
	if (err != 0) {
		free(new);
		return err;
	}
	*writer = &new->writer;
	return 0;
}
