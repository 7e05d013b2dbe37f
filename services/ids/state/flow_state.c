/* SPDX-License-Identifier: BSD-3-Clause */
/* See flow_state.h. */

#include "state/flow_state.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "stream/flow.h"

static struct flow_state *
of_entry(const struct wp_entry *entry)
{
	return (struct flow_state *)(uintptr_t)wp_value(entry);
}

/** What the word in a flow says: nothing yet, nothing more, or where the entry is. */
enum { WORD_NONE, WORD_OVER };

enum { ADDRESS_BITS = 48 }; /* of a word; the others are a mark of the entry's table */

/** @return the mark of the table of flows, at its place: a module that was built again may lay
 * flows out otherwise, and finds words of the one before it. */
static uint64_t
mark_of(const struct wp_core *core)
{
	uint64_t table = (uint64_t)(uintptr_t)core->tables[TABLE_FLOWS];

	return (table >> 4 ^ table >> 20) << ADDRESS_BITS;
}

/** @return the entry that a word speaks of, or NULL. */
static struct wp_entry *
entry_of(const struct wp_core *core, uint64_t word)
{
	uint64_t address = word ^ mark_of(core);

	return word <= WORD_OVER || address >> ADDRESS_BITS != 0
		       ? NULL
		       : (struct wp_entry *)(uintptr_t)address;
}

struct flow_state *
flow_state_find(struct wp_flow *flow, const struct wp_core *core)
{
	const uint64_t *word = wp_flow_word(flow, core);
	const struct wp_entry *entry = word == NULL ? NULL : entry_of(core, *word);

	return entry == NULL ? NULL : of_entry(entry);
}

void
flow_state_give(struct wp_core *core, enum ids_table table, struct wp_entry **entry)
{
	if (*entry != NULL)
		wp_table_remove(core, core->tables[table], *entry);
	*entry = NULL;
}

/** Gives back all that was made for a flow. */
static void
give_all(struct wp_core *core, struct wp_entry *entry)
{
	struct flow_state *state = of_entry(entry);

	for (unsigned int side = 0; side < 2; side++) {
		flow_state_give(core, TABLE_CHUNKS, &state->sides[side].chunk);
		flow_state_give(core, TABLE_BODIES, &state->sides[side].body);
		flow_state_give(core, TABLE_HEADS, &state->sides[side].head);
		flow_state_give(core, TABLE_FILES, &state->sides[side].file);
	}
	flow_state_give(core, TABLE_TOLD, &state->told);
	flow_state_give(core, TABLE_BITS, &state->more);
	wp_table_remove(core, core->tables[TABLE_FLOWS], entry);
}

/** Makes an entry whose key is the address of the flow's and a number: one flow at a time has it.
 * One that is there already is of a flow whose end the service did not hear of, as it was on no
 * path of it then.
 */
static struct wp_entry *
make(struct wp_flow *flow, uint8_t part, struct wp_core *core, enum ids_table table)
{
	uint8_t key[WP_KEY_SIZE_MAX] = {0};
	uint64_t address = (uint64_t)(uintptr_t)flow;
	struct wp_entry *entry = NULL;
	int err;

	memcpy(key, &address, sizeof(address));
	key[8] = part;
	err = wp_table_insert(core, core->tables[table], flow->entry->tenant, flow->entry->bucket,
			      4, key, NULL, &entry);
	if (err != -EEXIST)
		return err == 0 ? entry : NULL;
	if (table == TABLE_FLOWS)
		give_all(core, entry);
	else
		wp_table_remove(core, core->tables[table], entry);
	err = wp_table_insert(core, core->tables[table], flow->entry->tenant, flow->entry->bucket,
			      4, key, NULL, &entry);
	return err == 0 ? entry : NULL;
}

struct flow_state *
flow_state_make(struct wp_flow *flow, struct wp_core *core)
{
	uint64_t *word = wp_flow_word(flow, core);
	struct wp_entry *entry;

	if (word == NULL || *word == WORD_OVER)
		return NULL;
	entry = entry_of(core, *word);
	if (entry == NULL)
		entry = make(flow, 0, core, TABLE_FLOWS);
	if (entry == NULL)
		return NULL;
	*word = (uint64_t)(uintptr_t)entry | mark_of(core);
	return of_entry(entry);
}

struct wp_entry *
flow_state_entry(struct wp_flow *flow, unsigned int side, struct wp_core *core,
		 enum ids_table table)
{
	return make(flow, (uint8_t)(1 + side), core, table);
}

void
flow_state_drop(struct wp_flow *flow, struct wp_core *core)
{
	uint64_t *word = wp_flow_word(flow, core);
	struct wp_entry *entry;

	if (word == NULL)
		return;
	entry = entry_of(core, *word);
	if (entry != NULL)
		give_all(core, entry);
	*word = WORD_OVER;
}

uint32_t
flow_state_name(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	for (; *name != '\0'; name++) /* FNV-1a */
		hash = (hash ^ (uint8_t)*name) * 0x01000193;
	return hash == 0 ? 1 : hash;
}

static struct flow_more *
more_of(const struct flow_state *state)
{
	return (struct flow_more *)(uintptr_t)wp_value(state->more);
}

/** @return where a bit is kept. */
static uint32_t *
bit_at(struct flow_state *state, unsigned int index)
{
	return index < FLOW_BITS ? &state->bits[index] : &more_of(state)->bits[index - FLOW_BITS];
}

uint32_t
flow_state_bit(const struct flow_state *state, unsigned int index)
{
	return index < FLOW_BITS ? state->bits[index] : more_of(state)->bits[index - FLOW_BITS];
}

static int
bit_index(const struct flow_state *state, uint32_t name)
{
	for (int i = 0; i < state->n_bits; i++)
		if (flow_state_bit(state, (unsigned int)i) == name)
			return i;
	return -1;
}

bool
flow_state_has_bit(const struct flow_state *state, uint32_t name)
{
	return bit_index(state, name) >= 0;
}

bool
flow_state_set_bit(struct wp_flow *flow, struct wp_core *core, struct flow_state *state,
		   uint32_t name)
{
	if (bit_index(state, name) >= 0)
		return true;
	if (state->n_bits == FLOW_BITS + FLOW_MORE)
		return false;
	if (state->n_bits == FLOW_BITS && state->more == NULL)
		state->more = flow_state_entry(flow, 0, core, TABLE_BITS);
	if (state->n_bits >= FLOW_BITS && state->more == NULL)
		return false;
	*bit_at(state, state->n_bits++) = name;
	return true;
}

void
flow_state_clear_bit(struct flow_state *state, uint32_t name)
{
	int index = bit_index(state, name);

	if (index >= 0)
		*bit_at(state, (unsigned int)index) = flow_state_bit(state, --state->n_bits);
}

struct flow_int *
flow_state_int(struct flow_state *state, uint32_t name)
{
	for (unsigned int i = 0; i < state->n_ints; i++)
		if (state->ints[i].name == name)
			return &state->ints[i];
	return NULL;
}

struct flow_int *
flow_state_make_int(struct flow_state *state, uint32_t name)
{
	struct flow_int *found = flow_state_int(state, name);

	if (found != NULL || state->n_ints == FLOW_INTS)
		return found;
	state->ints[state->n_ints] = (struct flow_int){.name = name};
	return &state->ints[state->n_ints++];
}
