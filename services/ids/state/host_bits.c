/* SPDX-License-Identifier: BSD-3-Clause */
/* See host_bits.h. */

#include "state/host_bits.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "bytes.h"
#include "state/flow_state.h"
#include "state/state.h"

enum { LASTS_S = 3600 /* hostbits; and of xbits at the most */ };

/** Writes the key of a bit: two addresses, the second one zero unless it is a pair's, and the name.
 */
static void
key_of(const struct moment *moment, const struct rule_bits *bits, uint32_t name, unsigned int kind,
       uint8_t key[WP_KEY_SIZE_MAX])
{
	size_t size = moment->version == 6 ? 16 : 4;
	const uint8_t *first =
		bits->track == BITS_OF_DESTINATION ? moment->destination : moment->source;
	const uint8_t *second = moment->destination;

	memset(key, 0, WP_KEY_SIZE_MAX);
	if (bits->track == BITS_OF_PAIR) { /* the same both ways */
		bool in_order = memcmp(first, second, size) <= 0;

		memcpy(key, in_order ? first : second, size);
		memcpy(key + size, in_order ? second : first, size);
	} else {
		memcpy(key, first, size);
	}
	wp_put32(key + 2 * size, name ^ kind << 30);
}

/** @return when the bit expires (runtime clock), or NULL: it is not set. */
static _Atomic uint64_t *
find(struct wp_core *core, const struct moment *moment, const uint8_t *key)
{
	struct wp_entry *entry = wp_table_find(core, core->tables[TABLE_HOSTS], moment->tenant,
					       moment->version, false, key);

	return entry == NULL ? NULL : (_Atomic uint64_t *)(uintptr_t)wp_value(entry);
}

bool
host_bits_has(struct wp_core *core, const struct moment *moment, const struct rule_bits *bits,
	      uint32_t name, unsigned int kind)
{
	uint8_t key[WP_KEY_SIZE_MAX];
	_Atomic uint64_t *expires;

	if (moment->source == NULL)
		return false;
	key_of(moment, bits, name, kind, key);
	expires = find(core, moment, key);
	return expires != NULL &&
	       atomic_load_explicit(expires, memory_order_relaxed) > core->now_ns;
}

bool
host_bits_set(struct wp_core *core, const struct moment *moment, const struct rule_bits *bits,
	      uint32_t name, unsigned int kind)
{
	uint32_t lasts_s =
		bits->expire_s == 0 || bits->expire_s > LASTS_S ? LASTS_S : bits->expire_s;
	uint8_t key[WP_KEY_SIZE_MAX], bucket;
	_Atomic uint64_t *expires;
	struct wp_entry *entry;
	int err;

	if (moment->source == NULL)
		return false;
	bucket = moment->flow != NULL  ? moment->flow->entry->bucket
		 : moment->pkt != NULL ? moment->pkt->bucket
				       : 0;
	key_of(moment, bits, name, kind, key);
	expires = find(core, moment, key);
	if (expires == NULL) {
		err = wp_table_insert(core, core->tables[TABLE_HOSTS], moment->tenant, bucket,
				      moment->version, key, NULL, &entry);
		if (err != 0)
			return err == -EEXIST; /* another worker is just setting it */
		expires = (_Atomic uint64_t *)(uintptr_t)wp_value(entry);
	}
	atomic_store_explicit(expires, core->now_ns + (uint64_t)lasts_s * 1000000000,
			      memory_order_relaxed);
	return true;
}

void
host_bits_clear(struct wp_core *core, const struct moment *moment, const struct rule_bits *bits,
		uint32_t name, unsigned int kind)
{
	uint8_t key[WP_KEY_SIZE_MAX];
	_Atomic uint64_t *expires;

	if (moment->source == NULL)
		return;
	key_of(moment, bits, name, kind, key);
	expires = find(core, moment, key);
	if (expires != NULL)
		atomic_store_explicit(expires, 0, memory_order_relaxed);
}
