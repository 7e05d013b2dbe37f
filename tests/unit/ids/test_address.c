/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/rule/address.c, port.c, vars.c: which addresses and ports the header of a rule is
 * about, and what is said where it cannot be read. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rule/address.h"
#include "rule/port.h"
#include "rule/vars.h"
#include "unit.h"

static struct wp_arena *arena;
static struct vars *vars;
static char error[256];

static void
set_up(void)
{
	static const char *const more[][2] = {
		{"SIX", "2001:db8::/32"},
		{"SPACES", " [ 1.2.3.4 ,\t5.6.7.8 ] "},
		{"LIST", "1.2.3.4,!5.6.7.8,5.6.7.0/24"},
		{"EMPTY", ""},
		{"SELF", "[10.0.0.0/8,$SELF]"},
		{"A", "$B"},
		{"B", "[1.2.3.4,!$C]"},
		{"C", "$A"},
		{"WRONG", "[1.2.3.4,10.0.0.0/33]"},
		{"WEB", "[$HTTP_PORTS,8000:8080]"},
	};

	arena = wp_arena_create();
	vars = vars_create();
	ck_assert_ptr_nonnull(arena);
	ck_assert_ptr_nonnull(vars);
	ck_assert_int_eq(vars_defaults(vars), 0);
	for (int i = 0; i < ROWS(more); i++)
		ck_assert_int_eq(vars_set(vars, more[i][0], more[i][1]), 0);
}

static void
tear_down(void)
{
	vars_destroy(vars);
	wp_arena_destroy(arena);
}

static const struct address_set *
addresses(const char *text)
{
	const struct address_set *set;
	int err = address_set_parse(arena, vars, text, &set, error, sizeof(error));

	ck_assert_msg(err == 0, "%s: %s", text, error);
	return set;
}

static const struct port_set *
ports(const char *text)
{
	const struct port_set *set;
	int err = port_set_parse(arena, vars, text, &set, error, sizeof(error));

	ck_assert_msg(err == 0, "%s: %s", text, error);
	return set;
}

static bool
has(const struct address_set *set, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;
	uint8_t bytes[16];

	ck_assert_int_eq(inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes), 1);
	return address_set_has(set, v6 ? 6 : 4, bytes);
}

/** Asks for each of some addresses, with spaces between them. */
static void
check_all(const char *text, const char *list, bool expected)
{
	const struct address_set *set = addresses(text);
	char copy[256], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *address; (address = strsep(&rest, " ")) != NULL;)
		if (*address != '\0')
			ck_assert_msg(has(set, address) == expected, "%s: %s", text, address);
}

static const struct {
	const char *text, *in, *out;
} address_rows[] = {
	{"any", "0.0.0.0 255.255.255.255 :: ffff::1", ""},
	{"ANY", "0.0.0.0 ::", ""},
	{"[0.0.0.0/0,::/0]", "1.2.3.4 ::1", ""},
	{"0.0.0.0/0", "0.0.0.0 255.255.255.255", ":: ::1"},
	{"::/0", ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0"},
	{"1.2.3.4", "1.2.3.4", "1.2.3.3 1.2.3.5 ::ffff:1.2.3.4"},
	{"0.0.0.0", "0.0.0.0", "0.0.0.1 ::"},
	{"255.255.255.255", "255.255.255.255", "255.255.255.254"},
	{"10.0.0.0/8", "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"},
	{"10.1.2.3/8", "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"},
	{"10.0.0.0/255.255.0.0", "10.0.255.255", "10.1.0.0"},
	{"10.0.0.1/32", "10.0.0.1", "10.0.0.0 10.0.0.2"},
	{"10.0.0.2-10.0.1.1", "10.0.0.2 10.0.0.255 10.0.1.1", "10.0.0.1 10.0.1.2"},
	{"2001:db8::/32", "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	 "2001:db7:ffff:: 2001:db9:: 1.2.3.4"},
	{"2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff", "2001:db8::8000:0:0:0"},
	{"2001:db8::/64", "2001:db8::8000:0:0:0", "2001:db8:0:1::"},
	{"2001:db8::1/128", "2001:db8::1", "2001:db8:: 2001:db8::2"},
	{"2001:db8::1-2001:db8:1::", "2001:db8::1 2001:db8::ffff 2001:db8:1::",
	 "2001:db8:: 2001:db8:1::1"},
	{"::ffff:1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4 ::ffff:1.2.3.5"},
	/* Negation: of each version apart. */
	{"!10.0.0.0/8", "9.255.255.255 11.0.0.0 0.0.0.0", "10.0.0.0 10.255.255.255 ::1"},
	{"!0.0.0.0", "0.0.0.1 255.255.255.255", "0.0.0.0"},
	{"!255.255.255.255", "0.0.0.0 255.255.255.254", "255.255.255.255"},
	{"!2001:db8::/32", ":: 2001:db9:: ffff::", "2001:db8::1 1.2.3.4"},
	{"[any,!10.0.0.0/8]", "1.2.3.4 2001:db8::1", "10.1.1.1"},
	{"[!10.0.0.0/8,!11.0.0.0/8]", "12.0.0.0 9.9.9.9", "10.0.0.0 11.255.255.255 ::"},
	{"[10.0.0.0/8,!10.1.0.0/16]", "10.0.255.255 10.2.0.0", "10.1.0.0 10.1.255.255"},
	{"[!10.1.0.0/16,10.0.0.0/8]", "10.0.255.255 10.2.0.0", "10.1.0.0 10.1.255.255"},
	{"10.0.0.0/8,!10.1.0.0/16", "10.2.0.0", "10.1.0.0"},
	{"[10.0.0.0/8,!192.168.0.0/16]", "10.2.0.0", "192.168.0.1 11.0.0.0"},
	{"[10.0.0.0/8,!2001:db8::/32]", "10.0.0.1 2001:db9::", "11.0.0.0 2001:db8::1"},
	{"[1.2.3.4,!::/0]", "1.2.3.4", "1.2.3.5 ::1"},
	/* Lists in lists. */
	{"[[[1.2.3.4]]]", "1.2.3.4", "1.2.3.5"},
	{"[1.2.3.4,[5.6.7.8,9.9.9.9]]", "1.2.3.4 5.6.7.8 9.9.9.9", "9.9.9.8"},
	{"[10.0.0.0/8,[!10.1.0.0/16]]", "10.0.0.0", "10.1.0.0 11.0.0.0"},
	{"![1.2.3.4,5.6.7.8]", "1.2.3.5 9.9.9.9", "1.2.3.4 5.6.7.8"},
	{"![!1.2.3.4]", "1.2.3.4", "1.2.3.5"},
	{"![10.0.0.0/8,!10.1.0.0/16]", "9.9.9.9 10.1.2.3", "10.0.0.0 10.2.0.0"},
	{"[8.8.8.8,![10.0.0.0/8,!10.1.0.0/16]]", "8.8.8.8", "10.1.2.3 8.8.8.7"},
	{"![![!1.2.3.4]]", "1.2.3.5", "1.2.3.4"},
	{"[1.2.3.4,]", "1.2.3.4", "1.2.3.5"},
	{" [ 1.2.3.4 ,\t! 5.6.7.8 , 5.6.7.0/24 ] ", "1.2.3.4 5.6.7.9", "5.6.7.8"},
	/* Variables. */
	{"$HOME_NET", "10.0.0.1 172.31.255.255 192.168.0.0", "172.32.0.0 8.8.8.8 ::1"},
	{"$EXTERNAL_NET", "172.32.0.0 8.8.8.8", "10.0.0.1 192.168.0.0 ::1"},
	{"!$EXTERNAL_NET", "10.0.0.1 172.31.255.255 192.168.0.0", "172.32.0.0 8.8.8.8 ::1"},
	{"!$HOME_NET", "8.8.8.8", "10.0.0.1"},
	{"$AIM_SERVERS", "8.8.8.8", "10.0.0.1"},
	{"[$HOME_NET,8.8.8.8]", "8.8.8.8 10.0.0.1", "8.8.8.9"},
	{"[$HOME_NET,!10.0.0.0/24]", "10.0.1.0", "10.0.0.1"},
	{"[$SIX,$HOME_NET]", "2001:db8::1 10.0.0.1", "2001:db9:: 11.0.0.0"},
	{"![$DNS_SERVERS,$SMTP_SERVERS]", "8.8.8.8", "10.0.0.1"},
	{"$SPACES", "1.2.3.4 5.6.7.8", "1.2.3.5"},
	{"$LIST", "1.2.3.4 5.6.7.9", "5.6.7.8 9.9.9.9"},
	{"!$LIST", "5.6.7.8 9.9.9.9", "1.2.3.4 5.6.7.9"},
	{"[5.6.7.8,$LIST]", "1.2.3.4", "5.6.7.8"},
};

START_TEST(test_addresses)
{
	check_all(address_rows[_i].text, address_rows[_i].in, true);
	check_all(address_rows[_i].text, address_rows[_i].out, false);
}
END_TEST

static const struct {
	const char *text, *why;
} address_faults[] = {
	{"", "'': there is nothing in it"},
	{"[]", "'[]': there is nothing in it"},
	{"10.0.0.0/33", "'10.0.0.0/33': a prefix of IPv4 has 0 to 32 bits"},
	{"10.0.0.0/", "'10.0.0.0/': a prefix of IPv4 has 0 to 32 bits"},
	{"10.0.0.0/-1", "'10.0.0.0/-1': a prefix of IPv4 has 0 to 32 bits"},
	{"10.0.0.0/8x", "'10.0.0.0/8x': a prefix of IPv4 has 0 to 32 bits"},
	{"10.0.0.0/4294967296", "'10.0.0.0/4294967296': a prefix of IPv4 has 0 to 32 bits"},
	{"2001:db8::/129", "'2001:db8::/129': a prefix of IPv6 has 0 to 128 bits"},
	{"10.0.0.0/255.0.255.0",
	 "'10.0.0.0/255.0.255.0': a netmask of IPv4 is ones and then zeros"},
	{"10.0.0.2-10.0.0.1", "'10.0.0.2-10.0.0.1': a range goes upwards"},
	{"10.0.0.2-::1", "'10.0.0.2-::1': a range goes to another address of the same version"},
	{"1.2.3", "'1.2.3': not an address of IPv4 or IPv6"},
	{"1.2.3.256", "'1.2.3.256': not an address of IPv4 or IPv6"},
	{"010.0.0.1", "'010.0.0.1': not an address of IPv4 or IPv6"},
	{"fe80::1%eth0", "'fe80::1%eth0': not an address of IPv4 or IPv6"},
	{"caf\x1b-x", "'caf?-x': not an address of IPv4 or IPv6"},
	{"[1.2.3.4", "'[1.2.3.4': a ']' is missing"},
	{"1.2.3.4]", "']': this ']' closes nothing"},
	{"[1.2.3.4][5.6.7.8]", "'[5.6.7.8]': a ',' is missing in front of this"},
	{"1.2.3.4 5.6.7.8", "'5.6.7.8': a ',' is missing in front of this"},
	{"[1.2.3.4,,5.6.7.8]", "',5.6.7.8]': a member is missing here"},
	{"[,1.2.3.4]", "',1.2.3.4]': a member is missing here"},
	{"!", "'!': a member is missing here"},
	{"!!1.2.3.4", "'!!1.2.3.4': one '!' will do"},
	{"1.2.3.4!5", "'1.2.3.4!5': '!' stands in front of a member"},
	{"!any", "'!any': nothing is left of this, as everything is negated"},
	{"[!0.0.0.0/1,!128.0.0.0/1]", "'[!0.0.0.0/1,!128.0.0.0/1]': nothing is left of this, "
				      "as everything is negated"},
	{"[1.2.3.4,!1.2.3.0/24]", "'[1.2.3.4,!1.2.3.0/24]': nothing is left of this, as all its "
				  "members are negated, too"},
	{"[9.9.9.9,![1.2.3.4,!1.2.3.4],8.8.8.8]", "'[1.2.3.4,!1.2.3.4]': nothing is left of this, "
						  "as all its members are negated, too"},
	{"[$HOME_NET,!$HOME_NET]",
	 "'[$HOME_NET,!$HOME_NET]': nothing is left of this, as all its members are negated, too; "
	 "see what its variables stand for"},
	{"$HOME_NT", "'$HOME_NT': there is no such variable; is $HOME_NET meant?"},
	{"!$WHATEVER_IT_IS", "'$WHATEVER_IT_IS': there is no such variable"},
	{"$", "'$': '$' wants a name (of less than 128 letters)"},
	{"$EMPTY", "in $EMPTY: '': the variable is empty (a '!' in front wants quotes in YAML)"},
	{"$WRONG", "in $WRONG: '10.0.0.0/33': a prefix of IPv4 has 0 to 32 bits"},
	{"$SELF", "in $SELF: '$SELF': a variable cannot be part of itself"},
	{"$A", "in $C: '$A': a variable cannot be part of itself"},
	{"$HTTP_PORTS", "in $HTTP_PORTS: '80': not an address of IPv4 or IPv6"},
};

START_TEST(test_wrong_addresses)
{
	const struct address_set *set = (const void *)&set;

	ck_assert_int_eq(
		address_set_parse(arena, vars, address_faults[_i].text, &set, error, sizeof(error)),
		-EINVAL);
	ck_assert_str_eq(error, address_faults[_i].why);
	ck_assert_ptr_eq(set, &set);
}
END_TEST

static const struct {
	const char *text, *ranges; /* as they are walked */
} port_rows[] = {
	{"any", "0-65535"},
	{"[ANY]", "0-65535"},
	{":", "0-65535"},
	{"[:1023,1024:]", "0-65535"},
	{"80", "80-80"},
	{"0080", "80-80"},
	{"0", "0-0"},
	{"65535", "65535-65535"},
	{":80", "0-80"},
	{"80:", "80-65535"},
	{"80:80", "80-80"},
	{"80,81", "80-81"},
	{"[80,90,85]", "80-80 85-85 90-90"},
	{"[1:5,3:9,20]", "1-9 20-20"},
	{"[1:9,3:5]", "1-9"},
	{"!80", "0-79 81-65535"},
	{"!0", "1-65535"},
	{"!65535", "0-65534"},
	{"!80:90", "0-79 91-65535"},
	{"[!80,!90]", "0-79 81-89 91-65535"},
	{"[80:90,!85]", "80-84 86-90"},
	{"[80:90,!80,!90]", "81-89"},
	{"[80:90,!70:85,!88:]", "86-87"},
	{"[1:10,20:30,!5:25]", "1-4 26-30"},
	{"[1:10,!3,!5,!7]", "1-2 4-4 6-6 8-10"},
	{"![80,[90,100:]]", "0-79 81-89 91-99"},
	{"![1024:,!5060]", "0-1023 5060-5060"},
	{"[ 80 , ! 81 , 81:82 ]", "80-80 82-82"},
	{"$HTTP_PORTS", "80-80"},
	{"!$HTTP_PORTS", "0-79 81-65535"},
	{"$SHELLCODE_PORTS", "0-79 81-65535"},
	{"!$SHELLCODE_PORTS", "80-80"},
	{"$FILE_DATA_PORTS", "80-80 110-110 143-143"},
	{"[$WEB,!8008]", "80-80 8000-8007 8009-8080"},
};

START_TEST(test_ports)
{
	const struct port_set *set = ports(port_rows[_i].text);
	char text[256] = "";
	unsigned int at = 0, next = 0;
	uint16_t low, high;
	bool wrong = false;

	while (port_set_walk(set, &at, &low, &high)) {
		size_t size = strlen(text);

		snprintf(&text[size], sizeof(text) - size, "%s%u-%u", size == 0 ? "" : " ", low,
			 high);
		while (next < low)
			wrong |= port_set_has(set, (uint16_t)next++);
		while (next <= high)
			wrong |= !port_set_has(set, (uint16_t)next++);
	}
	while (next <= UINT16_MAX)
		wrong |= port_set_has(set, (uint16_t)next++);
	ck_assert(!wrong);
	ck_assert_str_eq(text, port_rows[_i].ranges);
	ck_assert(!port_set_walk(set, &at, &low, &high));
	ck_assert(strcmp(text, "0-65535") != 0 || set == NULL);
}
END_TEST

static const struct {
	const char *text, *why;
} port_faults[] = {
	{"65536", "'65536': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"-1", "'-1': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"80-90", "'80-90': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"99999999999999999999999",
	 "'99999999999999999999999': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"0x50", "'0x50': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"http", "'http': not a port (0 to 65535) or a range of ports (1024:65535)"},
	{"80:x", "'80:x': a range of ports goes to another port (1024:65535)"},
	{"80:90:100", "'80:90:100': a range of ports goes to another port (1024:65535)"},
	{"90:80", "'90:80': a range goes upwards"},
	{"80:!90", "'80:!90': '!' stands in front of a member"},
	{"!0:65535", "'!0:65535': nothing is left of this, as everything is negated"},
	{"[$HTTP_PORTS,!80]", "'[$HTTP_PORTS,!80]': nothing is left of this, as all its members "
			      "are negated, too; see what its variables stand for"},
	{"$HTTP_PORT", "'$HTTP_PORT': there is no such variable; is $HTTP_PORTS meant?"},
	{"$HOME_NET", "in $HOME_NET: '192.168.0.0/16': not a port (0 to 65535) or a range of ports "
		      "(1024:65535)"},
	{"[80", "'[80': a ']' is missing"},
};

START_TEST(test_wrong_ports)
{
	const struct port_set *set = (const void *)&set;

	ck_assert_int_eq(
		port_set_parse(arena, vars, port_faults[_i].text, &set, error, sizeof(error)),
		-EINVAL);
	ck_assert_str_eq(error, port_faults[_i].why);
	ck_assert_ptr_eq(set, &set);
}
END_TEST

START_TEST(test_any_home_makes_the_rest_nothing)
{
	const struct address_set *set;

	ck_assert_int_eq(vars_set(vars, "HOME_NET", "any"), 0);
	ck_assert_ptr_null(addresses("$HOME_NET"));
	ck_assert_ptr_null(addresses("[$SQL_SERVERS,8.8.8.8]"));
	ck_assert_int_eq(
		address_set_parse(arena, vars, "$EXTERNAL_NET", &set, error, sizeof(error)),
		-EINVAL);
	ck_assert_str_eq(error, "'$EXTERNAL_NET': nothing is left of this, as everything is "
				"negated; see what its variables stand for");
	ck_assert_int_eq(vars_set(vars, "EXTERNAL_NET", "any"), 0);
	ck_assert_ptr_null(addresses("$EXTERNAL_NET"));
}
END_TEST

START_TEST(test_variables)
{
	ck_assert_str_eq(vars_get(vars, "EXTERNAL_NET"), "!$HOME_NET");
	ck_assert_ptr_null(vars_get(vars, "external_net"));
	ck_assert_ptr_null(vars_get(vars, "$EXTERNAL_NET"));
	ck_assert_ptr_null(vars_get(NULL, "EXTERNAL_NET"));
	ck_assert_int_eq(vars_set(vars, "EXTERNAL_NET", "any"), 0);
	ck_assert_str_eq(vars_get(vars, "EXTERNAL_NET"), "any");
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "V%d", (i * 7919) % 1000);
		ck_assert_int_eq(vars_set(vars, name, name), 0);
	}
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "V%d", i);
		ck_assert_str_eq(vars_get(vars, name), name);
	}
	ck_assert_str_eq(vars_get(vars, "HOME_NET"), "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]");
	vars_destroy(NULL);
}
END_TEST

START_TEST(test_sets_work_without_variables)
{
	const struct address_set *set;

	ck_assert_int_eq(address_set_parse(arena, NULL, "1.2.3.4", &set, error, sizeof(error)), 0);
	ck_assert(has(set, "1.2.3.4"));
	ck_assert_int_eq(address_set_parse(arena, NULL, "$HOME_NET", &set, error, sizeof(error)),
			 -EINVAL);
	ck_assert_str_eq(error, "'$HOME_NET': there is no such variable");
	ck_assert_int_eq(address_set_parse(arena, NULL, "x", &set, NULL, 0), -EINVAL);
	ck_assert_int_eq(address_set_parse(arena, NULL, "x", &set, error, 4), -EINVAL);
	ck_assert_str_eq(error, "'x'");
}
END_TEST

START_TEST(test_equal_sets)
{
	ck_assert(address_set_equal(addresses("any"), addresses("[::/0,0.0.0.0/0]")));
	ck_assert(!address_set_equal(addresses("any"), addresses("0.0.0.0/0")));
	ck_assert(!address_set_equal(addresses("::/0"), NULL));
	ck_assert(address_set_equal(addresses("$EXTERNAL_NET"), addresses("!$DC_SERVERS")));
	ck_assert(address_set_equal(addresses("[10.0.0.0/9,10.128.0.0/9,::1,::2/127]"),
				    addresses("[::1-::3,10.0.0.0/8]")));
	ck_assert(!address_set_equal(addresses("10.0.0.0/8"), addresses("10.0.0.0/9")));
	ck_assert(!address_set_equal(addresses("::1"), addresses("0.0.0.1")));
	ck_assert(port_set_equal(ports("[1:5,6:9]"), ports("1:9")));
	ck_assert(!port_set_equal(ports("[1:5,7:9]"), ports("1:9")));
	ck_assert(!port_set_equal(ports("any"), ports("1:")));
	ck_assert(port_set_equal(ports("any"), ports(":")));
}
END_TEST

START_TEST(test_versions_that_are_none_are_in_no_set)
{
	static const uint8_t zero[16];

	ck_assert(address_set_has(NULL, 0, zero));
	ck_assert(!address_set_has(addresses("0.0.0.0/0"), 0, zero));
	ck_assert(!address_set_has(addresses("::/0"), 5, zero));
}
END_TEST

/** Puts a text so many times in a row. */
static char *
repeat(char *out, const char *text, unsigned int n)
{
	while (n-- != 0)
		out = stpcpy(out, text);
	return out;
}

START_TEST(test_depth_has_a_limit)
{
	const struct address_set *set;
	char text[256];

	for (unsigned int depth = 32; depth <= 33; depth++) {
		repeat(stpcpy(repeat(text, _i == 0 ? "[" : "![", depth), "1.2.3.4"), "]", depth);
		ck_assert_int_eq(address_set_parse(arena, vars, text, &set, error, sizeof(error)),
				 depth == 32 ? 0 : -EINVAL);
	}
	ck_assert_ptr_nonnull(strstr(error, "more than 32 lists and variables in each other"));
}
END_TEST

/** Each variable is the one before it, twice, or all but that. */
START_TEST(test_variables_that_double_come_to_an_end)
{
	const struct address_set *set;
	char name[16], text[64];

	ck_assert_int_eq(vars_set(vars, "X0", "1.2.3.4"), 0);
	for (unsigned int i = 1; i < 30; i++) {
		const char *sign = _i == 0 ? "" : "!";

		snprintf(name, sizeof(name), "X%u", i);
		snprintf(text, sizeof(text), "%s$X%u,%s$X%u", sign, i - 1, sign, i - 1);
		ck_assert_int_eq(vars_set(vars, name, text), 0);
	}
	ck_assert_int_eq(address_set_parse(arena, vars, "$X29", &set, error, sizeof(error)),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "more than 65536 members in one set"));
	ck_assert(has(addresses("$X16"), "1.2.3.4"));
}
END_TEST

START_TEST(test_long_texts_are_refused)
{
	static char text[1 << 20];
	const struct address_set *set;

	memset(text, '1', sizeof(text) - 1);
	ck_assert_int_eq(address_set_parse(arena, vars, text, &set, error, sizeof(error)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "1...': this is too long to be right"));
	text[0] = '$';
	ck_assert_int_eq(address_set_parse(arena, vars, text, &set, error, sizeof(error)), -EINVAL);
	memset(text, '[', sizeof(text) - 1);
	ck_assert_int_eq(address_set_parse(arena, vars, text, &set, error, sizeof(error)), -EINVAL);
	*repeat(text, "1.1.1.1,", 65537) = '\0';
	ck_assert_int_eq(address_set_parse(arena, vars, text, &set, error, sizeof(error)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "more than 65536 members in one set"));
}
END_TEST

/** A random list of small ports, and which of them are in it by the definition. */
struct model {
	char *at;
	unsigned int seed;
	uint64_t yes, no; /* bit by bit */
};

static void
add_list(struct model *model, unsigned int depth)
{
	unsigned int n = 1 + (unsigned int)rand_r(&model->seed) % 4;

	while (n-- != 0) {
		bool negated = rand_r(&model->seed) % 3 == 0;
		unsigned int low = (unsigned int)rand_r(&model->seed) % 64;
		unsigned int high = low + (unsigned int)rand_r(&model->seed) % (64 - low);
		uint64_t bits = (~0ull >> (63 - high)) & (~0ull << low);

		model->at = stpcpy(model->at, negated ? "!" : "");
		if (depth < 3 && rand_r(&model->seed) % 3 == 0) {
			struct model inner = {.at = model->at + 1, .seed = model->seed};

			*model->at = '[';
			add_list(&inner, depth + 1);
			model->at = stpcpy(inner.at, "]");
			model->seed = inner.seed;
			bits = inner.yes == 0 && inner.no != 0 ? ~inner.no : inner.yes & ~inner.no;
			if (!negated) {
				model->yes |= inner.yes;
				model->no |= inner.no;
			}
		} else {
			/* Numbers from 64 on are as 63, so that there are 64 in all. */
			model->at += sprintf(model->at, high == 63 ? "%u:" : "%u:%u", low, high);
			if (!negated)
				model->yes |= bits;
		}
		if (negated)
			model->no |= bits;
		model->at = stpcpy(model->at, n == 0 ? "" : ",");
	}
}

START_TEST(test_random_lists)
{
	unsigned int n_right = 0;

	for (unsigned int i = 0; i < 3000; i++) {
		char text[4096];
		struct model model = {.at = text, .seed = (unsigned int)_i * 3000 + i};
		const struct port_set *set;
		uint64_t bits;

		add_list(&model, 0);
		bits = model.yes == 0 ? ~model.no : model.yes & ~model.no;
		if (port_set_parse(arena, vars, text, &set, error, sizeof(error)) != 0) {
			/* Something in it, or all of it, is nothing. */
			ck_assert_msg(strstr(error, "nothing is left of this") != NULL, "%s: %s",
				      text, error);
			ck_assert_msg(bits == 0 || model.no == ~0ull || strstr(text, "![") != NULL,
				      "%s", text);
			continue;
		}
		n_right++;
		for (unsigned int port = 0; port < 200; port++)
			if (port_set_has(set, (uint16_t)port) !=
			    (bits >> (port < 63 ? port : 63) & 1))
				ck_abort_msg("%s: %u", text, port);
	}
	ck_assert_uint_gt(n_right, 1000);
}
END_TEST

/** Many ranges: the search finds the right one, at both its ends. */
START_TEST(test_many_addresses)
{
	static char text[200000];
	const struct address_set *set;
	char address[64], *at = text;
	unsigned int n = (unsigned int)_i;
	bool wrong = false;

	for (unsigned int i = 0; i < n; i++)
		at += sprintf(at, "10.%u.%u.4-10.%u.%u.6,2001:db8:0:%x:8000::4/126,", i / 256,
			      i % 256, i / 256, i % 256, i);
	set = addresses(text);
	for (unsigned int i = 0; i < n + 1; i++) {
		for (unsigned int last = 2; last < 10; last++) {
			bool is_in = i < n && last >= 4;

			sprintf(address, "10.%u.%u.%u", i / 256, i % 256, last);
			wrong |= has(set, address) != (is_in && last <= 6);
			sprintf(address, "2001:db8:0:%x:8000::%x", i, last);
			wrong |= has(set, address) != (is_in && last <= 7);
		}
	}
	ck_assert(!wrong);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("address");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_addresses, 0, ROWS(address_rows));
	tcase_add_loop_test(tcase, test_wrong_addresses, 0, ROWS(address_faults));
	tcase_add_loop_test(tcase, test_ports, 0, ROWS(port_rows));
	tcase_add_loop_test(tcase, test_wrong_ports, 0, ROWS(port_faults));
	tcase_add_test(tcase, test_any_home_makes_the_rest_nothing);
	tcase_add_test(tcase, test_variables);
	tcase_add_test(tcase, test_sets_work_without_variables);
	tcase_add_test(tcase, test_equal_sets);
	tcase_add_test(tcase, test_versions_that_are_none_are_in_no_set);
	tcase_add_loop_test(tcase, test_depth_has_a_limit, 0, 2);
	tcase_add_loop_test(tcase, test_variables_that_double_come_to_an_end, 0, 2);
	tcase_add_test(tcase, test_long_texts_are_refused);
	tcase_add_loop_test(tcase, test_random_lists, 0, 5);
	tcase_add_loop_test(tcase, test_many_addresses, 1, 20);
	tcase_add_loop_test(tcase, test_many_addresses, 1000, 1002);
	return unit_main("ids address", tcase);
}
