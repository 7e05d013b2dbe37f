/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any fragments, of both versions and in any order, into a small table of datagrams. A map of the
 * bytes that have come says what must be: no byte twice, whole when nothing lacks, ports of the
 * first one and no other's.
 */

#include <stdlib.h>
#include <string.h>

#include "frag/table.h"
#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 4, FRONT = 16, ROOM = 2048, UNITS = 8192, STEP = 8 };

/** What a record must say. */
struct model {
	struct frag_key key;
	uint8_t come[UNITS];
	uint32_t n_units, n_waiting;
};

static struct model models[RECORDS]; /* index: as found by key */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct model *
model_of(const struct frag_key *key, bool is_new)
{
	struct model *free_one = NULL;

	for (unsigned int i = 0; i < RECORDS; i++) {
		if (memcmp(&models[i].key, key, sizeof(*key)) == 0)
			return &models[i];
		if (models[i].key.version == 0)
			free_one = &models[i];
	}
	must(is_new && free_one != NULL);
	free_one->key = *key;
	return free_one;
}

/** Makes a packet of eight bytes of input: kind, id, offset (2), length (2), protocol, port. */
static struct wp_packet
make(uint8_t *room, const uint8_t *in)
{
	bool v6 = in[0] & 1, more = in[0] & 2;
	unsigned int offset = (unsigned int)(in[2] & 0x1f) << 8 | in[3];
	unsigned int length = ((unsigned int)in[4] << 8 | in[5]) % (ROOM - 64);
	uint8_t *buf = room + FRONT, *l4 = buf + (v6 ? 48 : 20);
	struct wp_packet pkt = {
		.buf = room, .room = ROOM, .start = FRONT, .tenant = in[0] >> 2 & 1};

	memset(buf, 0, 128);
	if (v6) {
		buf[0] = 0x60;
		buf[4] = (uint8_t)((length + 8) >> 8);
		buf[5] = (uint8_t)(length + 8);
		buf[6] = WP_PROTO_FRAGMENT;
		buf[40] = in[6];
		buf[42] = (uint8_t)(offset >> 5);
		buf[43] = (uint8_t)(offset << 3 | more);
		buf[47] = in[1] & 7;
	} else {
		buf[0] = 0x45;
		buf[2] = (uint8_t)((length + 20) >> 8);
		buf[3] = (uint8_t)(length + 20);
		buf[5] = in[1] & 7;
		buf[6] = (uint8_t)(offset >> 8 | (more ? 0x20 : 0));
		buf[7] = (uint8_t)offset;
		buf[9] = in[6];
	}
	pkt.len = (uint16_t)(length + (v6 ? 48 : 20) - (in[0] >> 3 & in[0] >> 4 & 1));
	l4[1] = l4[3] = in[7];
	l4[12] = 0x50;
	wp_parse(&pkt);
	return pkt;
}

static void
forget(struct frag_table *table, struct frag_record *record)
{
	struct model *model = model_of(&record->key, false);
	uint32_t n = 0;

	for (struct wp_packet *pkt = frag_table_take(table, record); pkt != NULL; pkt = pkt->next)
		n++;
	must(n == model->n_waiting);
	memset(model, 0, sizeof(*model));
	frag_table_remove(table, record);
}

static void
check(const struct frag_record *record, const struct model *model)
{
	uint32_t covered = 0;

	for (unsigned int i = 0; i < record->n_spans; i++) {
		const struct frag_span *span = &record->spans[i];

		must(span->start < span->end && span->end <= UNITS);
		must(i == 0 || record->spans[i - 1].end <= span->start);
		covered += span->end - span->start;
	}
	must(covered == record->covered && covered == model->n_units);
	must(record->first_seen == (record->n_spans != 0 && record->spans[0].start == 0));
	if (frag_is_complete(record)) /* without a hole up to its end */
		for (unsigned int unit = 0; unit < (record->total + 7u) / 8; unit++)
			must(model->come[unit]);
}

/** Notes a fragment, and compares. */
static void
note(struct frag_record *record, struct model *model, const struct frag_piece *piece)
{
	uint8_t before = record->n_spans, fault = record->fault;
	unsigned int twice = 0;

	for (unsigned int unit = piece->start; unit < piece->end; unit++)
		twice += model->come[unit];
	if (frag_note(record, piece) != FRAG_FINE) {
		must(record->n_spans == before);
		return;
	}
	must(fault == FRAG_FINE);
	if (record->n_spans == before) { /* a duplicate: all of it had come */
		must(twice == (unsigned int)(piece->end - piece->start));
		return;
	}
	must(twice == 0);
	memset(&model->come[piece->start], 1, piece->end - piece->start);
	model->n_units += piece->end - piece->start;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wp_packet packets[4096 / STEP];
	static uint8_t buf[ROOM];
	struct frag_table *table;
	unsigned int n = 0;

	if (size > 4096 || frag_table_create(RECORDS, 2 * RECORDS, &table) != 0)
		return 0;
	memset(models, 0, sizeof(models));
	for (; size >= STEP; data += STEP, size -= STEP) {
		struct wp_packet *pkt = &packets[n++];
		struct frag_record *record;
		struct frag_piece piece;
		uint64_t hash;

		*pkt = make(buf, data);
		if ((pkt->flags & WP_PKT_FRAGMENT) == 0 || frag_read(pkt, &piece) != FRAG_FINE)
			continue;
		must(piece.start < piece.end && piece.end <= UNITS);
		must(piece.total == 0 || (piece.total + 7u) / 8 == piece.end);
		hash = piece.key.id & 3;
		record = frag_table_find(table, &piece.key, hash);
		if (record != NULL && frag_is_next(record, &piece)) {
			must(frag_is_complete(record));
			forget(table, record);
			record = NULL;
		}
		if (record == NULL && frag_table_used(table) == RECORDS) {
			record = frag_table_victim(table, piece.key.tenant);
			must(record != NULL);
			forget(table, record);
			record = NULL;
		}
		if (record == NULL)
			record = frag_table_add(table, &piece.key, hash, n);
		must(record != NULL);
		note(record, model_of(&piece.key, true), &piece);
		check(record, model_of(&piece.key, false));
		if (record->fault == FRAG_FINE && !record->first_seen) {
			model_of(&piece.key, false)->n_waiting +=
				frag_table_wait(table, record, pkt);
		} else if (record->first_seen) {
			frag_table_take(table, record);
			model_of(&piece.key, false)->n_waiting = 0;
			frag_tell(record, pkt);
			must(pkt->l4_dport == record->dport);
		}
	}
	while (frag_table_oldest(table) != NULL)
		forget(table, frag_table_oldest(table));
	must(frag_table_used(table) == 0);
	frag_table_destroy(table);
	return 0;
}
