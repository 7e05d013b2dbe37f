/* SPDX-License-Identifier: BSD-3-Clause */
/* Cells, given out by name; see account.h. */

#include "pe/account.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINE_CELLS = 8 }; /* cells of a cache line */

struct account {
	json_t *blocks[ACCOUNT_N_KINDS]; /* name -> [first cell, cells] */
	uint32_t next_hot, next_rare;
	json_t *tried; /* [kind, name] of what was given out since account_try(); NULL: not trying
			*/
	uint32_t tried_hot, tried_rare; /* the next ones then */
	unsigned int n_workers;
	uint64_t *cells[]; /* each worker's */
};

const char *const drop_names[N_DROPS] = {
	[DROP_DOWN] = "fail-down",
	[DROP_OVERLOAD] = "fail-overload",
	[DROP_NO_KEY] = "fail-no-key",
	[DROP_TABLE_FULL] = "fail-table-full",
	[DROP_RING_FULL] = "ring-full",
	[DROP_TX_FULL] = "tx-full",
	[DROP_LINK_DOWN] = "link-down",
	[DROP_NO_HEADROOM] = "no-headroom",
	[DROP_NO_REVERSE] = "no-reverse",
	[DROP_BAD_VIEW] = "bad-view",
	[DROP_BAD_VERDICT] = "bad-verdict",
	[DROP_FRAGMENT_MALFORMED] = "fragment-malformed",
	[DROP_FRAGMENT_TINY] = "fragment-tiny",
	[DROP_FRAGMENT_OVERLAP] = "fragment-overlap",
	[DROP_FRAGMENT_LIMIT] = "fragment-limit",
	[DROP_FLOW_BLOCKED] = "flow-blocked",
	[DROP_STREAM_LIMIT] = "stream-limit",
	[DROP_FRAGMENT_TIME_OUT] = "fragment-time-out",
	[DROP_MOVING] = "moving",
	[DROP_SHUTDOWN] = "shutdown",
};

int
account_create(unsigned int n_workers, struct account **account)
{
	struct account *new = calloc(1, sizeof(*new) + n_workers * sizeof(new->cells[0]));

	if (new == NULL)
		return -ENOMEM;
	new->next_rare = ACCOUNT_HOT_CELLS;
	for (unsigned int i = 0; i < ACCOUNT_N_KINDS; i++) {
		new->blocks[i] = json_object();
		if (new->blocks[i] == NULL)
			goto err;
	}
	for (; new->n_workers < n_workers; new->n_workers++) {
		void *cells = mmap(NULL, ACCOUNT_CELLS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (cells == MAP_FAILED)
			goto err;
		new->cells[new->n_workers] = cells;
	}
	*account = new;
	return 0;
err:
	account_destroy(new);
	return -ENOMEM;
}

void
account_destroy(struct account *account)
{
	if (account == NULL)
		return;
	for (unsigned int i = 0; i < account->n_workers; i++)
		munmap(account->cells[i], ACCOUNT_CELLS * sizeof(uint64_t));
	for (unsigned int i = 0; i < ACCOUNT_N_KINDS; i++)
		json_decref(account->blocks[i]);
	json_decref(account->tried);
	free(account);
}

uint64_t *
account_cells(const struct account *account, unsigned int worker)
{
	return account->cells[worker];
}

/** Takes cells off the front of the hot or the rare ones. */
static int
take_cells(struct account *account, enum account_kind kind, unsigned int n_cells, uint32_t *block)
{
	bool hot = kind < ACCOUNT_PATH_RARE;
	uint32_t *next = hot ? &account->next_hot : &account->next_rare;
	uint32_t end = hot ? ACCOUNT_HOT_CELLS : ACCOUNT_CELLS;

	n_cells = (n_cells + LINE_CELLS - 1) / LINE_CELLS * LINE_CELLS;
	if (n_cells > end - *next)
		return -ENOSPC;
	*block = *next;
	*next += n_cells;
	return 0;
}

int
account_block(struct account *account, enum account_kind kind, const char *name,
	      unsigned int n_cells, uint32_t *block)
{
	const json_t *known = json_object_get(account->blocks[kind], name);
	int err;

	if (known != NULL) {
		*block = (uint32_t)json_integer_value(json_array_get(known, 0));
		return 0;
	}
	err = take_cells(account, kind, n_cells, block);
	if (err != 0)
		return err;
	if (json_object_set_new(account->blocks[kind], name,
				json_pack("[I, I]", (json_int_t)*block, (json_int_t)n_cells)) != 0)
		return -ENOMEM;
	if (account->tried != NULL &&
	    json_array_append_new(account->tried, json_pack("[i, s]", (int)kind, name)) != 0)
		return -ENOMEM;
	return 0;
}

void
account_used(const struct account *account, uint32_t *hot, uint32_t *rare)
{
	*hot = account->next_hot;
	*rare = account->next_rare - ACCOUNT_HOT_CELLS;
}

void
account_try(struct account *account)
{
	json_decref(account->tried);
	account->tried = json_array();
	account->tried_hot = account->next_hot;
	account->tried_rare = account->next_rare;
}

void
account_keep(struct account *account)
{
	json_decref(account->tried);
	account->tried = NULL;
}

void
account_undo(struct account *account)
{
	const json_t *one;
	size_t i;

	if (account->tried == NULL)
		return;
	json_array_foreach(account->tried, i, one)
		json_object_del(account->blocks[json_integer_value(json_array_get(one, 0))],
				json_string_value(json_array_get(one, 1)));
	account->next_hot = account->tried_hot;
	account->next_rare = account->tried_rare;
	account_keep(account);
}

void
account_each(const struct account *account, enum account_kind kind,
	     void (*fn)(void *arg, uint32_t block, uint32_t n_cells), void *arg)
{
	const char *name;
	json_t *block;

	json_object_foreach(account->blocks[kind], name, block)
		fn(arg, (uint32_t)json_integer_value(json_array_get(block, 0)),
		   (uint32_t)json_integer_value(json_array_get(block, 1)));
}

uint64_t
account_sum(const struct account *account, uint32_t cell)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < account->n_workers; i++)
		sum += __atomic_load_n(&account->cells[i][cell], __ATOMIC_RELAXED);
	return sum;
}

uint64_t
account_bucket_top(unsigned int bucket)
{
	unsigned int log = bucket / 4 + 1;

	if (bucket < 4)
		return bucket;
	return ((uint64_t)(4 + bucket % 4 + 1) << (log - 2)) - 1;
}

uint64_t
account_quantile(const struct account *account, uint32_t first_cell, unsigned int n_buckets,
		 unsigned int permille)
{
	uint64_t total = 0, seen = 0;

	for (unsigned int i = 0; i < n_buckets; i++)
		total += account_sum(account, first_cell + i);
	for (unsigned int i = 0; i < n_buckets; i++) {
		seen += account_sum(account, first_cell + i);
		if (seen != 0 && seen * 1000 >= total * permille)
			return account_bucket_top(i);
	}
	return 0;
}
