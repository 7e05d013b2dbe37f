/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compares two countings of the same packets: by worker, where they come and go, and by path, port
 * and reason. Cells only grow and are written in the same polls as the totals, so a sum of cells
 * that is taken between two copies of the totals lies between them. All but one: what a port did
 * not take was counted as sent for a moment. Hence a worker whose accounts do not close is looked
 * at again; a packet that was counted wrongly stays so.
 */

#include "pe/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pe/pe.h"

enum { TRIES = 2000, TRY_US = 50, LOOKS = 64 };

bool
audit_totals(struct worker *worker, struct account_totals *totals)
{
	uint32_t asked;

	if (!worker->pe->running) {
		*totals = worker->totals;
		return true;
	}
	asked = atomic_fetch_add_explicit(&worker->asked, 1, memory_order_relaxed) + 1;
	for (unsigned int i = 0; i < TRIES; i++) {
		if (atomic_load_explicit(&worker->answered, memory_order_acquire) == asked) {
			*totals = worker->copy;
			return true;
		}
		usleep(TRY_US);
	}
	return false;
}

static bool __attribute__((format(printf, 2, 3))) fail(struct pe *pe, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(pe->audit.last, sizeof(pe->audit.last), format, args);
	va_end(args);
	return false;
}

/** What the cells of one worker say, over all blocks that there ever were. */
struct cell_sums {
	const uint64_t *cells;
	uint64_t rx, refused, entered, tx, dropped, absorbed, created;
};

/** @return the sum of cells @p first to @p end, exclusive. */
static uint64_t
sum_range(const struct cell_sums *sums, uint32_t first, uint32_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = first; i < end; i++)
		sum += __atomic_load_n(&sums->cells[i], __ATOMIC_RELAXED);
	return sum;
}

static uint64_t
cell(const struct cell_sums *sums, uint32_t index)
{
	return sum_range(sums, index, index + 1);
}

static void
sum_port(void *arg, uint32_t block, uint32_t n_cells)
{
	struct cell_sums *sums = arg;

	sums->rx += cell(sums, block + PORT_RX);
	sums->refused += sum_range(sums, block + PORT_REFUSED, block + n_cells);
}

static void
sum_path(void *arg, uint32_t block, uint32_t n_cells)
{
	struct cell_sums *sums = arg;

	sums->entered += cell(sums, block + PATH_RX);
	sums->tx += cell(sums, block + PATH_TX);
	sums->created += cell(sums, block + PATH_CREATED);
	sums->absorbed += cell(sums, block + PATH_ABSORBED);
}

static void
sum_rare(void *arg, uint32_t block, uint32_t n_cells)
{
	struct cell_sums *sums = arg;

	sums->dropped += sum_range(sums, block + PATH_DROPS, block + PATH_DROPS + N_DROPS);
}

static void
sum_step(void *arg, uint32_t block, uint32_t n_cells)
{
	struct cell_sums *sums = arg;

	sums->dropped += sum_range(sums, block + STEP_DROPS, block + n_cells);
}

static void
sum_cells(const struct pe *pe, uint16_t worker, struct cell_sums *sums)
{
	*sums = (struct cell_sums){.cells = account_cells(pe->account, worker)};
	account_each(pe->account, ACCOUNT_PORT, sum_port, sums);
	account_each(pe->account, ACCOUNT_PATH, sum_path, sums);
	account_each(pe->account, ACCOUNT_PATH_RARE, sum_rare, sums);
	account_each(pe->account, ACCOUNT_STEP, sum_step, sums);
}

static bool
between(struct pe *pe, uint16_t worker, const char *what, uint64_t before, uint64_t cells,
	uint64_t after)
{
	if (before <= cells && cells <= after)
		return true;
	return fail(pe, "worker %u: %s is %lu by the cells, %lu to %lu by the totals", worker, what,
		    cells, before, after);
}

/** A worker's own equation: what came is what went, and what is still here. */
static bool
check_balance(struct pe *pe, uint16_t worker, const struct account_totals *t)
{
	uint64_t in = t->rx + t->created + t->ring_in;
	uint64_t out =
		t->refused + t->tx + t->dropped + t->absorbed + t->ring_out + t->held + t->queued;

	if (in == out)
		return true;
	return fail(pe, "worker %u: %lu packets came, %lu went or are here", worker, in, out);
}

static bool
check_worker(struct pe *pe, uint16_t id)
{
	struct worker *worker = pe->workers[id];
	struct account_totals before, after;
	struct cell_sums sums;

	if (!audit_totals(worker, &before))
		return true; /* next time */
	sum_cells(pe, id, &sums);
	if (!audit_totals(worker, &after))
		return true;
	return check_balance(pe, id, &before) &&
	       between(pe, id, "rx", before.rx, sums.rx, after.rx) &&
	       between(pe, id, "refused", before.refused, sums.refused, after.refused) &&
	       between(pe, id, "on paths", before.rx - before.refused, sums.entered,
		       after.rx - after.refused) &&
	       between(pe, id, "tx", before.tx, sums.tx, after.tx) &&
	       between(pe, id, "dropped", before.dropped, sums.dropped, after.dropped) &&
	       between(pe, id, "absorbed", before.absorbed, sums.absorbed, after.absorbed) &&
	       between(pe, id, "created", before.created, sums.created, after.created);
}

/** @return whether a worker's accounts close, at one of several looks while it runs. */
static bool
closes(struct pe *pe, uint16_t id)
{
	unsigned int looks = pe->running ? LOOKS : 1;

	while (looks-- != 0)
		if (check_worker(pe, id))
			return true;
	return false;
}

bool
pe_audit(struct pe *pe)
{
	bool closed = true;

	pe->audit.checks++;
	for (uint16_t i = 0; closed && i < pe->n_workers; i++)
		closed = closes(pe, i);
	if (closed && pe->audit.failures == 0)
		pe->audit.last[0] = '\0';
	if (!closed && pe->audit.failures++ == 0)
		pe_log(pe, "the accounts do not close: %s", pe->audit.last);
	return closed;
}
