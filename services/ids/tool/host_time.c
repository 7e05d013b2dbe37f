/* SPDX-License-Identifier: BSD-3-Clause */
/* Time as packets tell it, and what is due by it. */

#include "tool/host_own.h"

enum {
	BUDGET = 4096,        /* entries at a time */
	SHUTDOWN_S = 2000000, /* no flow lives so long */
};

static const uint64_t tick_ns = 10000000, expiry_ns = 100000000;

/** Packets may overtake each other so far without time going back. */
static const uint64_t disorder_ns = 10000000000;

/** Time does not leap further: timers count on less than four years. */
static const uint64_t leap_ns = (uint64_t)86400 * 365 * 1000000000;

/** Where time has gone back for longer, and then leaps so far, it goes on from where it was. */
static const uint64_t return_ns = (uint64_t)3600 * 1000000000;

/** @return by how much the runtime clock moves on when packets' time does. */
static uint64_t
step(struct host *host, uint64_t packet_ns)
{
	uint64_t ahead = packet_ns - host->latest_ns;

	if (host->left_ns != 0 && ahead > return_ns && packet_ns + disorder_ns >= host->left_ns) {
		ahead = packet_ns > host->left_ns ? packet_ns - host->left_ns : 0;
		host->left_ns = 0;
	}
	return ahead < leap_ns ? ahead : leap_ns;
}

/** Moves the runtime clock. It never goes back: a capture may be several, one behind the other,
 * that were made in another order. */
static void
set_clock(struct host *host, uint64_t packet_ns)
{
	host->packet_ns = packet_ns;
	if (host->latest_ns == 0 && host->now_ns == 0)
		host->now_ns = packet_ns;
	else if (packet_ns >= host->latest_ns)
		host->now_ns += step(host, packet_ns);
	else if (host->latest_ns - packet_ns <= disorder_ns)
		return;
	else if (host->left_ns < host->latest_ns)
		host->left_ns = host->latest_ns;
	host->latest_ns = packet_ns;
}

/** What expires, and how its flows end. */
struct expiry {
	struct host *host;
	enum wp_flow_end how;
};

static uint32_t
end_flow(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	const struct expiry *expiry = arg;

	stream_end(&expiry->host->tracker.core, entry, &expiry->host->plan, expiry->how);
	return 0;
}

/** Ends flows whose time is over. All are of one bucket. */
static void
end_flows(struct host *host, uint64_t now_ns, enum wp_flow_end how)
{
	struct wp_table *flows = host->tracker.tables[STREAM_TABLE_FLOWS];
	struct expiry expiry = {host, how};

	while (wp_table_expire(flows, 0, 0, now_ns, BUDGET, end_flow, &expiry) == 0)
		;
}

/** One table of the service's. */
struct own_table {
	struct host *host;
	unsigned int number;
};

static uint32_t
end_entry(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	const struct own_table *own = arg;
	struct host *host = own->host;

	return host->service->expire == NULL
		       ? 0
		       : host->service->expire(host->inst, &host->side.core, own->number, entry);
}

static void
end_entries(struct host *host)
{
	for (unsigned int i = 0; i < host->side.n_tables; i++) {
		struct own_table own = {host, i};

		if (wp_table_expires(host->side.tables[i]))
			while (wp_table_expire(host->side.tables[i], 0, 0, host->now_ns, BUDGET,
					       end_entry, &own) == 0)
				;
	}
}

static void
reclaim(struct host *host)
{
	wp_table_reclaim(host->tracker.tables[STREAM_TABLE_FLOWS]);
	for (unsigned int i = 0; i < host->side.n_tables; i++)
		wp_table_reclaim(host->side.tables[i]);
}

bool
host_control(struct host *host)
{
	uint64_t turns = atomic_load_explicit(&host->turns, memory_order_acquire);

	if (turns == host->reclaimed)
		return false;
	host->reclaimed = turns; /* nothing that was given up before is looked at any more */
	reclaim(host);
	return true;
}

static void
tick(struct host *host)
{
	const struct wp_service *service = host->service;

	if (service->tick != NULL)
		service->tick(host->inst, &host->side.core, host->now_ns);
	if (host->log != NULL && service->log_tick != NULL)
		service->log_tick(host->log, host->log_counters, host->now_ns);
}

static void
set_cores(struct host *host)
{
	host->tracker.core.now_ns = host->now_ns;
	host->side.core.now_ns = host->now_ns;
}

void
host_set_time(struct host *host, uint64_t packet_ns)
{
	set_clock(host, packet_ns);
	set_cores(host);
	if (host->now_ns >= host->next_expiry_ns) {
		end_flows(host, host->now_ns, WP_FLOW_BY_TIME_OUT);
		end_entries(host);
		if (!host->has_control)
			reclaim(host);
		host->next_expiry_ns = host->now_ns + expiry_ns;
	}
	if (host->now_ns >= host->next_tick_ns) {
		tick(host);
		host->next_tick_ns = host->now_ns + tick_ns;
	}
}

void
host_end(struct host *host)
{
	end_flows(host, host->now_ns + (uint64_t)SHUTDOWN_S * 1000000000, WP_FLOW_BY_SHUTDOWN);
	tick(host);
	host_close_log(host);
}
