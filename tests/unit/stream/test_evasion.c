/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections of those who do not want to be seen: what comes between is not what their receivers
 * take, and what these take is told all the same. */

#include <string.h>

#include "unit.h"
#include "wire.h"

static struct wire wire;

#define TOLD(SIDE, TEXT) ck_assert_str_eq(wire_told(&wire, SIDE), TEXT)
#define STORY(TEXT)                                                                                \
	do {                                                                                       \
		ck_assert_str_eq(wire.story, TEXT);                                                \
		wire_forget(&wire);                                                                \
	} while (0)

static void
begin(void)
{
	wire_open(&wire, "{}", 0, 0);
}

static void
client(uint32_t seq, const char *data)
{
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, seq, 1, data);
}

/** RFC 7323 has no word for it; Linux and FreeBSD compare with nothing while they have had 0. */
START_TEST(test_timestamp_zero_says_nothing_of_later_ones)
{
	begin();
	wire.next.has_ts = true;
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.tsval = 0x80000001;
	client(1, "GET ");
	wire.next.tsval = 0x80000000;
	client(5, "old");
	wire.next.tsval = 0x80000001;
	client(5, "new");
	TOLD(WP_CLIENT, "GET new");
	STORY("data anomaly:3 data ");
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("evasion");

	tcase_add_test(tcase, test_timestamp_zero_says_nothing_of_later_ones);
	return unit_main("stream evasion", tcase);
}
