/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/siit/embed.c: the table of RFC 6052 2.4, what is no such address, and which prefixes can be.
 */

#include "siit/embed.h"

#include <arpa/inet.h>

#include "unit.h"

static struct wp_prefix
prefix_of(const char *text, uint8_t bits)
{
	struct wp_prefix prefix = {.addr.version = 6, .bits = bits};

	ck_assert_int_eq(inet_pton(AF_INET6, text, prefix.addr.bytes), 1);
	return prefix;
}

static const struct {
	const char *prefix;
	uint8_t bits;
	const char *address; /* that stands for 192.0.2.33 */
} rows[] = {
	{"2001:db8::", 32, "2001:db8:c000:221::"},
	{"2001:db8:100::", 40, "2001:db8:1c0:2:21::"},
	{"2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"},
	{"2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"},
	{"2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100:0"},
	{"2001:db8:122:344::", 96, "2001:db8:122:344::c000:221"},
	{"64:ff9b::", 96, "64:ff9b::c000:221"},
};

START_TEST(test_examples_of_the_rfc)
{
	struct wp_prefix prefix = prefix_of(rows[_i].prefix, rows[_i].bits);
	static const uint8_t ipv4[4] = {192, 0, 2, 33};
	uint8_t ipv6[16], found[4];
	char text[INET6_ADDRSTRLEN];

	ck_assert_ptr_null(wp_embed_fault(&prefix));
	wp_embed(&prefix, ipv4, ipv6);
	ck_assert_str_eq(inet_ntop(AF_INET6, ipv6, text, sizeof(text)), rows[_i].address);
	ck_assert(wp_embed_extract(&prefix, ipv6, found));
	ck_assert_mem_eq(found, ipv4, 4);
}
END_TEST

/* Any other bit of the address is 0, or the prefix's. */
START_TEST(test_addresses_with_other_bits_stand_for_nothing)
{
	struct wp_prefix prefix = prefix_of(rows[_i].prefix, rows[_i].bits);
	static const uint8_t ipv4[4] = {192, 0, 2, 33};
	unsigned int accepted = 0;

	for (unsigned int bit = 0; bit < 128; bit++) {
		uint8_t ipv6[16], found[4] = {9, 9, 9, 9};

		wp_embed(&prefix, ipv4, ipv6);
		ipv6[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (wp_embed_extract(&prefix, ipv6, found))
			accepted++;
		else
			ck_assert_mem_eq(found, ((const uint8_t[]){9, 9, 9, 9}), 4);
	}
	ck_assert_uint_eq(accepted, 32);
}
END_TEST

START_TEST(test_prefixes_that_cannot_be_are_named)
{
	struct wp_prefix prefix;

	for (unsigned int bits = 0; bits <= 128; bits++) {
		bool good = bits == 32 || bits == 40 || bits == 48 || bits == 56 || bits == 64 ||
			    bits == 96;

		prefix = prefix_of("2001:db8::", (uint8_t)bits);
		ck_assert_int_eq(wp_embed_fault(&prefix) == NULL, good);
	}
	prefix = prefix_of("64:0:0:0:ff00::", 96);
	ck_assert_ptr_nonnull(wp_embed_fault(&prefix));
	prefix = (struct wp_prefix){{4, {10}}, 32};
	ck_assert_ptr_nonnull(wp_embed_fault(&prefix));
	prefix = (struct wp_prefix){0};
	ck_assert_ptr_nonnull(wp_embed_fault(&prefix));
}
END_TEST

START_TEST(test_well_known_prefix_is_known)
{
	struct wp_prefix prefix = prefix_of("64:ff9b::", 96);

	ck_assert(wp_embed_is_well_known(&prefix));
	prefix.bits = 64;
	ck_assert(!wp_embed_is_well_known(&prefix));
	prefix = prefix_of("64:ff9b:1::", 96);
	ck_assert(!wp_embed_is_well_known(&prefix));
}
END_TEST

static const struct {
	uint8_t address[4];
	bool global;
} addresses[] = {
	{{0, 1, 2, 3}, false},         {{1, 0, 0, 0}, true},        {{8, 8, 8, 8}, true},
	{{9, 255, 255, 255}, true},    {{10, 0, 0, 0}, false},      {{10, 255, 255, 255}, false},
	{{11, 0, 0, 0}, true},         {{100, 63, 255, 255}, true}, {{100, 64, 0, 0}, false},
	{{100, 127, 255, 255}, false}, {{100, 128, 0, 0}, true},    {{127, 0, 0, 1}, false},
	{{169, 254, 1, 1}, false},     {{172, 15, 255, 255}, true}, {{172, 16, 0, 0}, false},
	{{172, 31, 255, 255}, false},  {{172, 32, 0, 0}, true},     {{192, 0, 0, 170}, false},
	{{192, 0, 1, 0}, true},        {{192, 0, 2, 1}, false},     {{192, 88, 99, 1}, false},
	{{192, 168, 0, 1}, false},     {{198, 17, 255, 255}, true}, {{198, 18, 0, 0}, false},
	{{198, 19, 255, 255}, false},  {{198, 51, 100, 1}, false},  {{203, 0, 113, 1}, false},
	{{223, 255, 255, 255}, true},  {{224, 0, 0, 1}, false},     {{255, 255, 255, 255}, false},
};

START_TEST(test_addresses_that_are_good_everywhere)
{
	ck_assert_int_eq(wp_embed_is_global(addresses[_i].address), addresses[_i].global);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("embed");

	tcase_add_loop_test(tcase, test_examples_of_the_rfc, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_addresses_with_other_bits_stand_for_nothing, 0, ROWS(rows));
	tcase_add_test(tcase, test_prefixes_that_cannot_be_are_named);
	tcase_add_test(tcase, test_well_known_prefix_is_known);
	tcase_add_loop_test(tcase, test_addresses_that_are_good_everywhere, 0, ROWS(addresses));
	return unit_main("embed", tcase);
}
