/* SPDX-License-Identifier: BSD-3-Clause */
/* How a service declares the state that outlives its packets. The runtime owns the memory. */

#ifndef WP_STATE_DECL_H
#define WP_STATE_DECL_H

#include <stdint.h>

/** How the entries of a table may be written, and moved. */
enum wp_class {
	WP_FLOW,    /* one owner: the worker of the entry's bucket */
	WP_SHARED,  /* mergeable: a part for each worker, and a combiner */
	WP_COUNTER, /* a 64-bit counter that workers take ranges from with one atomic add a burst */
	WP_PINNED,  /* one owner; cannot move, is drained */
	WP_ATOMIC,  /* any worker writes, with atomic operations only */
};

/** Which bucket an entry of a table belongs to. */
enum wp_owner {
	WP_OWNER_STEER, /* the bucket of the packet that makes it: the tenant's steering key */
	WP_OWNER_KEY,   /* the bucket of its own key; packets that need it are handed over */
};

/** Keys without a tenant; bits. */
enum wp_common { WP_COMMON_KEY = 1 << 0, WP_COMMON_KEY2 = 1 << 1 };

/** The parts a key is made of, in order, without padding. From one declaration come a v4 and a v6
 * layout. */
enum wp_key_part {
	WP_KEY_END,
	WP_KEY_ADDR,  /* 4 or 16 bytes, network order */
	WP_KEY_PORT,  /* 2 bytes, network order */
	WP_KEY_U8,    /* 1 byte */
	WP_KEY_U32,   /* 4 bytes */
	WP_KEY_U64,   /* 8 bytes */
	WP_KEY_ID16,  /* 16 bytes, such as a key's fingerprint */
	WP_KEY_ADDR4, /* 4 bytes, network order: an IPv4 address in both layouts */
};

#define WP_KEY_PARTS_MAX 8
/** Bytes of a key's largest layout, without the tenant and instance that the runtime puts in front.
 */
#define WP_KEY_SIZE_MAX 40

/** Dense ids of tenants lie below this; the last is that of what belongs to none. */
#define WP_TENANT_IDS 1025

/** One table of a service. Shared by all its instances: their names are part of the key. */
struct wp_table_decl {
	const char *name; /* NULL ends the list */
	uint32_t version; /* of the layout of key and value; travels with exported records */
	uint8_t class;    /* enum wp_class */
	uint8_t owner;    /* enum wp_owner */
	uint8_t global;   /* the key stands alone: no tenant, no instance in it */
	uint8_t lasting;  /* WP_PINNED: what wp_env_entry() gave stays when its configuration is
			     gone, until others need the room */
	uint8_t durable;  /* WP_COUNTER: ranges are reserved on disk before they are used */
	uint8_t common;   /* enum wp_common: which keys are one space for all tenants */
	uint8_t stays;    /* is never exported: made anew from other tables, or the configuration;
			     so are all WP_COUNTER */
	uint8_t rank;     /* records come back table by table: those of a lower rank first */
	uint16_t local;   /* bytes at the beginning of a value that mean something in this process
			     only, such as pointers: zero in records */
	uint16_t hot_at, hot; /* bytes of a value that most packets touch, and how many: they are
			       * fetched ahead; 0, 0: the first few */
	uint8_t key[WP_KEY_PARTS_MAX]; /* enum wp_key_part, ended by WP_KEY_END */
	/** A second way to the same entry; WP_KEY_END first: none. One without WP_KEY_ADDR is the
	 * same in both layouts, and asked for as of version 4 whatever the first one's. */
	uint8_t key2[WP_KEY_PARTS_MAX];
	uint32_t value_size;  /* bytes; values start zeroed, aligned to 8 */
	uint32_t raw;         /* bytes at the end of a value that do not: an earlier entry's are
			       * there, of any tenant. For large buffers. WP_FLOW that stays */
	uint8_t at_once;      /* memory of what is removed is the next entry's at once, while it is
			       * still in the owner's cache, and not when all workers have polled:
			       * for what its owner reaches by pointers that it keeps elsewhere, and
			       * nobody looks up. WP_FLOW that stays and does not idle */
	uint32_t max_entries; /* of the whole table, over all tenants and instances */
	uint32_t idle_ms; /* removed after that long without a touch, see wp_table_set_idle(); 0:
			     never. Needs one owner: WP_FLOW or WP_PINNED */
	/** WP_SHARED: adds one worker's part to @p into; NULL: as uint64_t words. */
	void (*combine)(void *into, const void *part);
};

#endif
