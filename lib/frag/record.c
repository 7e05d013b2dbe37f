/* SPDX-License-Identifier: BSD-3-Clause */
/* One datagram: its fragments by start, and those that wait for the first one. */

#include <string.h>

#include "frag/frag.h"

static uint16_t
units(uint16_t bytes)
{
	return (uint16_t)((bytes + 7u) / 8);
}

bool
frag_is_complete(const struct frag_record *record)
{
	return record->total != 0 && record->covered == units(record->total);
}

/** @return the place of the first fragment that begins at @p start or behind it. */
static unsigned int
find(const struct frag_record *record, uint16_t start)
{
	unsigned int i = record->n_spans;

	while (i != 0 && record->spans[i - 1].start >= start)
		i--;
	return i;
}

/** @return whether this very fragment has come before. */
static bool
is_known(const struct frag_record *record, unsigned int i, const struct frag_piece *piece)
{
	bool last = record->total != 0 && units(record->total) == piece->end;

	if (i == record->n_spans || record->spans[i].start != piece->start ||
	    record->spans[i].end != piece->end)
		return false;
	if (piece->start == 0 && (record->proto != piece->proto || record->sport != piece->sport ||
				  record->dport != piece->dport))
		return false;
	return last ? piece->total == record->total : piece->total == 0;
}

bool
frag_is_next(const struct frag_record *record, const struct frag_piece *piece)
{
	return record->fault == FRAG_FINE && frag_is_complete(record) &&
	       (piece->start == 0 || !is_known(record, find(record, piece->start), piece));
}

/** @return whether a fragment overlaps its neighbours, or they disagree on the datagram's end. */
static bool
contradicts(const struct frag_record *record, unsigned int i, const struct frag_piece *piece)
{
	const struct frag_span *spans = record->spans;
	uint16_t highest = record->n_spans == 0 ? 0 : spans[record->n_spans - 1].end;

	if (i != 0 && spans[i - 1].end > piece->start)
		return true;
	if (i != record->n_spans && spans[i].start < piece->end)
		return true;
	if (piece->total != 0)
		return record->total != 0 || highest > piece->end;
	return record->total != 0 && piece->end >= units(record->total);
}

static void
insert(struct frag_record *record, unsigned int i, const struct frag_piece *piece)
{
	memmove(&record->spans[i + 1], &record->spans[i],
		(record->n_spans - i) * sizeof(record->spans[0]));
	record->spans[i] = (struct frag_span){piece->start, piece->end};
	record->n_spans++;
	record->covered = (uint16_t)(record->covered + piece->end - piece->start);
	if (piece->total != 0)
		record->total = piece->total;
	if (piece->start != 0)
		return;
	record->first_seen = true;
	record->proto = piece->proto;
	record->sport = piece->sport;
	record->dport = piece->dport;
}

enum frag_fault
frag_note(struct frag_record *record, const struct frag_piece *piece)
{
	unsigned int i = find(record, piece->start);

	if (record->fault != FRAG_FINE || is_known(record, i, piece))
		return record->fault;
	if (contradicts(record, i, piece))
		record->fault = FRAG_OVERLAP;
	else if (record->n_spans == FRAG_SPANS_MAX)
		record->fault = FRAG_TOO_MANY;
	else
		insert(record, i, piece);
	return record->fault;
}

void
frag_wait(struct frag_record *record, struct wp_packet *pkt)
{
	pkt->next = NULL;
	if (record->waiting == NULL)
		record->waiting = pkt;
	else
		record->last_waiting->next = pkt;
	record->last_waiting = pkt;
	record->n_waiting++;
}

struct wp_packet *
frag_take_waiting(struct frag_record *record)
{
	struct wp_packet *list = record->waiting;

	record->waiting = record->last_waiting = NULL;
	record->n_waiting = 0;
	return list;
}

void
frag_tell(const struct frag_record *record, struct wp_packet *pkt)
{
	pkt->flags |= WP_PKT_FIRST_SEEN;
	pkt->l4_proto = record->proto;
	pkt->l4_sport = record->sport;
	pkt->l4_dport = record->dport;
}
