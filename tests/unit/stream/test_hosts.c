/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/stream/hosts.c: the longest prefix counts, wherever networks begin and end. */

#include <arpa/inet.h>
#include <string.h>

#include "stream/hosts.h"
#include "unit.h"

static struct stream_hosts
net(const char *address, uint8_t bits, enum stream_policy policy)
{
	struct stream_hosts hosts = {.prefix = {.bits = bits}, .policy = policy};
	bool v6 = strchr(address, ':') != NULL;

	hosts.prefix.addr.version = v6 ? 6 : 4;
	ck_assert_int_eq(inet_pton(v6 ? AF_INET6 : AF_INET, address, hosts.prefix.addr.bytes), 1);
	return hosts;
}

static enum stream_policy
ask(const struct stream_host_table *table, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;
	uint8_t bytes[16];

	ck_assert_int_eq(inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes), 1);
	return stream_hosts_policy(table, v6 ? 6 : 4, bytes);
}

static struct stream_host_table *
make(struct stream_hosts *items, uint32_t n)
{
	const struct stream_conf conf = {.hosts = {.items = items, .n = n}, .policy = STREAM_LINUX};
	struct stream_host_table *table = stream_hosts_create(&conf);

	ck_assert_ptr_nonnull(table);
	return table;
}

static const struct {
	const char *address;
	enum stream_policy policy;
} rows[] = {
	{"9.255.255.255", STREAM_LINUX},
	{"10.0.0.0", STREAM_BSD},
	{"10.1.1.255", STREAM_BSD},
	{"10.1.2.0", STREAM_WINDOWS},
	{"10.1.2.3", STREAM_FIRST},
	{"10.1.2.4", STREAM_WINDOWS},
	{"10.1.2.255", STREAM_WINDOWS},
	{"10.1.3.0", STREAM_BSD},
	{"10.255.255.255", STREAM_BSD},
	{"11.0.0.0", STREAM_LINUX},
	{"255.255.255.255", STREAM_LAST},
	{"255.255.255.254", STREAM_LINUX},
	{"0.0.0.0", STREAM_LINUX},
	{"::", STREAM_LINUX},
	{"2001:db8::", STREAM_SOLARIS},
	{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", STREAM_SOLARIS},
	{"2001:db9::", STREAM_LINUX},
	{"2001:db8::1", STREAM_LAST},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", STREAM_FIRST},
};

START_TEST(test_longest_prefix_counts)
{
	struct stream_hosts items[] = {
		net("10.1.2.3", 32, STREAM_FIRST),     net("10.0.0.0", 8, STREAM_BSD),
		net("10.1.2.0", 24, STREAM_WINDOWS),   net("255.255.255.255", 32, STREAM_LAST),
		net("2001:db8::", 32, STREAM_SOLARIS), net("2001:db8::1", 128, STREAM_LAST),
		net("ff00::", 8, STREAM_FIRST),
	};
	struct stream_host_table *table = make(items, ROWS(items));

	ck_assert_int_eq(ask(table, rows[_i].address), rows[_i].policy);
	stream_hosts_destroy(table);
}
END_TEST

START_TEST(test_none_but_the_default)
{
	struct stream_host_table *table = make(NULL, 0);

	ck_assert_int_eq(ask(table, "10.0.0.1"), STREAM_LINUX);
	ck_assert_int_eq(ask(table, "::1"), STREAM_LINUX);
	stream_hosts_destroy(table);
}
END_TEST

/** Against the definition: of all that have the address, the longest; the first of equals. */
START_TEST(test_random_networks)
{
	struct stream_hosts items[64];
	struct stream_host_table *table;
	unsigned int seed = (unsigned int)_i;

	for (unsigned int i = 0; i < ROWS(items); i++) {
		uint8_t bits = (uint8_t)(rand_r(&seed) % 33);
		uint32_t address =
			bits == 0 ? 0 : (uint32_t)rand_r(&seed) << 1 & ~0u << (32 - bits);

		items[i] =
			(struct stream_hosts){.prefix = {.bits = bits, .addr.version = 4},
					      .policy = (uint32_t)rand_r(&seed) % STREAM_POLICIES};
		address = htonl(address);
		memcpy(items[i].prefix.addr.bytes, &address, 4);
	}
	table = make(items, ROWS(items));
	for (unsigned int n = 0; n < 2000; n++) {
		uint32_t address = htonl((uint32_t)rand_r(&seed) << 1 ^ (uint32_t)rand_r(&seed));
		uint32_t policy = STREAM_LINUX;
		int best = -1;

		for (unsigned int i = 0; i < ROWS(items); i++) {
			if (items[i].prefix.bits <= best ||
			    !wp_prefix_has(&items[i].prefix, 4, (uint8_t *)&address))
				continue;
			best = items[i].prefix.bits;
			policy = items[i].policy;
		}
		ck_assert_uint_eq(stream_hosts_policy(table, 4, (uint8_t *)&address), policy);
	}
	stream_hosts_destroy(table);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("hosts");

	tcase_add_loop_test(tcase, test_longest_prefix_counts, 0, ROWS(rows));
	tcase_add_test(tcase, test_none_but_the_default);
	tcase_add_loop_test(tcase, test_random_networks, 0, 10);
	return unit_main("stream hosts", tcase);
}
