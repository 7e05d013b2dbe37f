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

/** Most hosts do not know the option, and take what has it; MD5 is known to Linux. */
START_TEST(test_signature_that_nobody_asked_for)
{
	bool is_linux = _i == 0;

	wire_open(&wire, is_linux ? "{}" : "{\"policy\": \"windows\"}", 0, 0);
	wire.next.has_ao = true; /* also of the SYN: that asks for no MD5 */
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.has_ao = false;
	wire.next.is_signed = true;
	client(1, "evil");
	wire.next.is_signed = false;
	client(1, "good");
	TOLD(WP_CLIENT, is_linux ? "good" : "evil");
	wire_close(&wire);
}
END_TEST

START_TEST(test_authentication_that_nobody_asked_for)
{
	begin();
	wire_handshake(&wire);
	wire_forget(&wire);
	wire.next.has_ao = true;
	client(1, "evil");
	TOLD(WP_CLIENT, "evil");
	STORY("anomaly:1 data ");
	wire_close(&wire);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("evasion");

	tcase_add_test(tcase, test_timestamp_zero_says_nothing_of_later_ones);
	tcase_add_loop_test(tcase, test_signature_that_nobody_asked_for, 0, 2);
	tcase_add_test(tcase, test_authentication_that_nobody_asked_for);
	return unit_main("stream evasion", tcase);
}
