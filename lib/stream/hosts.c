/* SPDX-License-Identifier: BSD-3-Clause */
/* See hosts.h. Networks may lie in each other; here they are cut where any of them begins or ends,
 * so that one range says it all. */

#include "stream/hosts.h"

#include <stdlib.h>
#include <string.h>

/** Addresses from here up to the next range. */
struct range {
	uint8_t first[16];
	uint8_t policy; /* enum stream_policy */
};

/** Ranges of one version of IP, by address; the first begins at 0. */
struct ranges {
	struct range *of;
	uint32_t n;
};

struct stream_host_table {
	struct ranges v4, v6;
};

static int
compare(const void *a, const void *b)
{
	return memcmp(((const struct range *)a)->first, ((const struct range *)b)->first, 16);
}

/** The address behind the last of a prefix. @return false: there is none */
static bool
end_of(const struct wp_prefix *prefix, uint8_t end[16])
{
	int at = (prefix->bits + 7) / 8 - 1;
	unsigned int step = 1u << (7 - (prefix->bits + 7) % 8);

	memcpy(end, prefix->addr.bytes, 16);
	for (; at >= 0; at--) {
		unsigned int sum = end[at] + step;

		end[at] = (uint8_t)sum;
		if (sum <= UINT8_MAX)
			return true;
		step = 1;
	}
	return false;
}

/** Enters where the prefixes of a version begin and end. */
static void
cut(const struct stream_conf *conf, uint8_t version, struct ranges *ranges)
{
	const struct stream_hosts *hosts = conf->hosts.items;

	memset(&ranges->of[0], 0, sizeof(ranges->of[0]));
	ranges->n = 1;
	for (uint32_t i = 0; i < conf->hosts.n; i++) {
		const struct wp_prefix *prefix = &hosts[i].prefix;

		if (prefix->addr.version != version)
			continue;
		memcpy(ranges->of[ranges->n++].first, prefix->addr.bytes, 16);
		if (end_of(prefix, ranges->of[ranges->n].first))
			ranges->n++;
	}
	qsort(ranges->of, ranges->n, sizeof(ranges->of[0]), compare);
}

/** @return the range that an address is in. */
static uint32_t
find(const struct ranges *ranges, uint8_t version, const uint8_t *address)
{
	uint32_t low = 0, high = ranges->n; /* it is in low .. high - 1 */

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(ranges->of[middle].first, address, wp_addr_size(version)) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/** Says of a network's ranges what its hosts do. */
static void
paint(struct ranges *ranges, uint8_t version, const struct stream_hosts *hosts)
{
	uint32_t i = find(ranges, version, hosts->prefix.addr.bytes);

	for (; i < ranges->n && wp_prefix_has(&hosts->prefix, version, ranges->of[i].first); i++)
		ranges->of[i].policy = (uint8_t)hosts->policy;
}

/** Likewise of all, the longest prefix last, and of equal ones the first: networks of one length do
 * not overlap, so each range is painted once a length at the most. */
static void
fill(const struct stream_conf *conf, uint8_t version, struct ranges *ranges)
{
	const struct stream_hosts *hosts = conf->hosts.items;

	for (uint32_t i = 0; i < ranges->n; i++)
		ranges->of[i].policy = (uint8_t)conf->policy;
	for (unsigned int bits = 0; bits <= wp_addr_size(version) * 8; bits++)
		for (uint32_t i = conf->hosts.n; i-- != 0;)
			if (hosts[i].prefix.bits == bits &&
			    (hosts[i].prefix.addr.version == version ||
			     hosts[i].prefix.addr.version == 0))
				paint(ranges, version, &hosts[i]);
}

static bool
make(const struct stream_conf *conf, uint8_t version, struct ranges *ranges)
{
	ranges->of = calloc(2 * (size_t)conf->hosts.n + 2, sizeof(ranges->of[0]));
	if (ranges->of == NULL)
		return false;
	cut(conf, version, ranges);
	fill(conf, version, ranges);
	return true;
}

struct stream_host_table *
stream_hosts_create(const struct stream_conf *conf)
{
	struct stream_host_table *table = calloc(1, sizeof(*table));

	if (table != NULL && make(conf, 4, &table->v4) && make(conf, 6, &table->v6))
		return table;
	stream_hosts_destroy(table);
	return NULL;
}

void
stream_hosts_destroy(struct stream_host_table *table)
{
	if (table == NULL)
		return;
	free(table->v4.of);
	free(table->v6.of);
	free(table);
}

enum stream_policy
stream_hosts_policy(const struct stream_host_table *table, uint8_t version, const uint8_t *address)
{
	const struct ranges *ranges = version == 4 ? &table->v4 : &table->v6;

	return (enum stream_policy)ranges->of[find(ranges, version, address)].policy;
}
