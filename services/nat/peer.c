/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remote addresses that a mapping's TCP connections permit, whatever the port: under the filter
 * address-dependent each has an entry in NAT_PEERS that counts them. Its key is a connection's with
 * port 0, and it has no timer: it ends with the last of them.
 */

#include "bytes.h"
#include "nat.h"

/** Writes the key of the address of a peer. */
static void
address_key(uint8_t *any_port, const struct wp_entry *mapping, const uint8_t *key)
{
	peer_key(any_port, mapping, wp_load32(key + peer_remote_at(key_version(mapping))), 0);
}

struct wp_entry *
peer_find_address(struct wp_core *core, const struct wp_entry *mapping, const uint8_t *key)
{
	uint8_t any_port[PEER_KEY_SIZE_MAX];

	address_key(any_port, mapping, key);
	return wp_table_find(core, core->tables[NAT_PEERS], mapping->tenant, key_version(mapping),
			     false, any_port);
}

int
peer_hold_address(struct wp_core *core, struct wp_entry *mapping, const uint8_t *key)
{
	struct wp_table *table = core->tables[NAT_PEERS];
	struct wp_entry *entry = peer_find_address(core, mapping, key);
	uint8_t any_port[PEER_KEY_SIZE_MAX];
	struct peer *peer;

	if (entry == NULL) {
		int err;

		address_key(any_port, mapping, key);
		err = wp_table_insert(core, table, mapping->tenant, mapping->bucket,
				      key_version(mapping), any_port, NULL, &entry);
		if (err != 0)
			return err;
		wp_table_set_idle(table, entry, 0, core->now_ns);
	}
	peer = nat_mutable(entry);
	peer->mapping = mapping;
	peer->n++;
	return 0;
}

void
peer_release_address(struct wp_core *core, const struct wp_entry *mapping, const uint8_t *key)
{
	struct wp_entry *entry = peer_find_address(core, mapping, key);

	if (entry != NULL && --((struct peer *)nat_mutable(entry))->n == 0)
		wp_table_remove(core, core->tables[NAT_PEERS], entry);
}
