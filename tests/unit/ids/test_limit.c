/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/state/limit.c, rule/limit_parse.c, rule/threshold_config.c: which hits of a rule
 * alert, and what may be written about it. The series are what Suricata 7.0.10 gives. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rule/limit_parse.h"
#include "rule/threshold_config.h"
#include "rule/vars.h"
#include "state/limit.h"
#include "unit.h"

#define SECOND 1000000000ull

static struct wp_arena *arena;
static struct vars *vars;
static struct limit_table *table;
static char faults[1024];

static void
set_up(void)
{
	arena = wp_arena_create();
	vars = vars_create();
	table = limit_table_create(1024, 1, 2);
	faults[0] = '\0';
	ck_assert_ptr_nonnull(arena);
	ck_assert_ptr_nonnull(vars);
	ck_assert_ptr_nonnull(table);
	ck_assert_int_eq(vars_set(vars, "NET", "[10.0.0.0/8,!10.0.0.1]"), 0);
}

static void
tear_down(void)
{
	limit_table_destroy(table);
	vars_destroy(vars);
	wp_arena_destroy(arena);
}

static void
note_fault(void *context, uint32_t line, const char *why)
{
	size_t size = strlen(faults);

	ck_assert_ptr_null(context);
	snprintf(faults + size, sizeof(faults) - size, "%u: %s\n", line, why);
}

static const struct limit *
read_limit(enum limit_form form, const char *text)
{
	struct limit *limit = wp_arena_alloc(arena, sizeof(*limit));
	char copy[256], why[128] = "";

	if (text[0] == '\0')
		return NULL;
	snprintf(copy, sizeof(copy), "%s", text);
	ck_assert_msg(limit_parse(arena, vars, form, copy, limit, why, sizeof(why)) == 0, "%s: %s",
		      text, why);
	return limit;
}

static struct threshold_config *
read_config(const char *text)
{
	struct threshold_config *config = NULL;

	ck_assert_int_eq(threshold_config_read_text(arena, vars, text, strlen(text), &config,
						    note_fault, NULL),
			 0);
	return config;
}

/** @return a letter for what becomes of one hit: 'a' alert, 's' silent, '.' neither, and those of
 * other actions */
static char
ask(const struct rule *rule, const char *source, const char *destination, uint64_t now_ns)
{
	struct limit_hit hit = {.version = strchr(source, ':') != NULL ? 6 : 4, .flow = 7};
	enum rule_action action = RULE_ALERT;
	uint8_t from[16], to[16];
	int family = hit.version == 6 ? AF_INET6 : AF_INET;

	hit.source = from;
	hit.destination = to;
	ck_assert_int_eq(inet_pton(family, source, from), 1);
	ck_assert_int_eq(inet_pton(family, destination, to), 1);
	switch (limit_check(table, rule, &hit, now_ns, &action)) {
	case LIMIT_PASSES:
		return action == RULE_DROP ? 'D' : action == RULE_REJECT ? 'R' : 'a';
	case LIMIT_SILENT:
		return action == RULE_PASS ? 'p' : 's';
	default:
		return '.';
	}
}

/* Tenths of seconds. */
static const unsigned int uneven[] = {0,   10,  20,  30,  40,  50,  55,  60,  70,
				      80,  90,  100, 105, 110, 120, 130, 140, 150,
				      160, 200, 210, 220, 230, 240, 250, 260, 300};
static const unsigned int even[] = {0,   10,  20,  30,  40,  50,  60,  70,  80,  90, 100,
				    110, 120, 130, 140, 150, 160, 170, 180, 190, 200};

static const struct {
	enum limit_form form;
	const char *text;
	const char *outcomes;
} series[] = {
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 2,seconds 5",
	 "aassssaasssssaassssaassssaa"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_rule,count 2,seconds 5",
	 "aassssaasssssaassssaassssaa"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 5",
	 "asssssassssssasssssasssssas"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 0,seconds 5",
	 "asssssassssssasssssasssssas"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 0",
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	{LIMIT_FORM_THRESHOLD, "type threshold,track by_src,count 3,seconds 5",
	 "..a..a..a..a...a..a..a..a.."},
	{LIMIT_FORM_THRESHOLD, "type threshold,track by_src,count 1,seconds 5",
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaa"},
	{LIMIT_FORM_THRESHOLD, "type threshold,track by_src,count 0,seconds 5",
	 ".aaaaa.aaaaaa.aaaaa.aaaaa.a"},
	{LIMIT_FORM_THRESHOLD, "type threshold,track by_src,count 2,seconds 0",
	 "..........................."},
	{LIMIT_FORM_THRESHOLD, "type both,track by_src,count 3,seconds 5",
	 "..asss..assss..asss..asss.."},
	{LIMIT_FORM_THRESHOLD, "type both,track by_both,count 1,seconds 5",
	 "asssssassssssasssssasssssas"},
	{LIMIT_FORM_THRESHOLD, "type both,track by_dst,count 2,seconds 0",
	 "..........................."},
	{LIMIT_FORM_DETECTION, "track by_src,count 3,seconds 5", "...aaa...aaaa...aaa...aaa.."},
	{LIMIT_FORM_DETECTION, "track by_dst,count 1,seconds 5", ".aaaaa.aaaaaa.aaaaa.aaaaa.a"},
	{LIMIT_FORM_THRESHOLD, "type backoff,track by_flow,count 2,multiplier 3",
	 "sasssasssssssssssasssssssss"},
};

START_TEST(test_series)
{
	struct rule rule = {.sid = 1, .gid = 1};

	rule.limit = read_limit(series[_i].form, series[_i].text);
	ck_assert_uint_eq(strlen(series[_i].outcomes), ROWS(uneven));
	for (int i = 0; i < ROWS(uneven); i++) {
		uint64_t now = 100 * SECOND + uneven[i] * (SECOND / 10);
		char outcome = ask(&rule, "10.0.0.1", "10.0.0.2", now);

		ck_assert_msg(outcome == series[_i].outcomes[i], "%s: hit %d (%u): %c",
			      series[_i].text, i, uneven[i], outcome);
	}
}
END_TEST

/** Rate filters, on hits a second apart. */
static const struct {
	unsigned int count, seconds, timeout;
	const char *outcomes;
} rates[] = {
	{2, 5, 3, "aaDDDDaaaDDDDaaaDDDDa"}, {2, 5, 0, "aaDaDaaaDaDaaaDaDaaaD"},
	{1, 5, 3, "aDDDDaaDDDDaaDDDDaaDD"}, {3, 1, 5, "aaaaaaaaaaaaaaaaaaaaa"},
	{2, 1, 3, "aaaaaaaaaaaaaaaaaaaaa"}, {3, 5, 10, "aaaDDDDDDDDDDDaaaaDDD"},
};

START_TEST(test_rates)
{
	static const char *const track[] = {"src", "dst", "both", "rule", "flow"};
	char text[160];

	for (unsigned int t = 0; t < 5; t++) {
		struct rule rule = {.sid = t + 1, .gid = 1};

		snprintf(text, sizeof(text),
			 "track by_%s, count %u, seconds %u, new_action drop, timeout %u", track[t],
			 rates[_i].count, rates[_i].seconds, rates[_i].timeout);
		rule.limit = read_limit(LIMIT_FORM_RATE, text);
		for (int i = 0; i < ROWS(even); i++)
			ck_assert_msg(ask(&rule, "10.0.0.1", "10.0.0.2", even[i] * (SECOND / 10)) ==
					      rates[_i].outcomes[i],
				      "%s: hit %d", text, i);
	}
}
END_TEST

START_TEST(test_rate_takes_any_action)
{
	static const struct {
		const char *action;
		char outcome;
	} rows[] = {{"alert", 'a'}, {"drop", 'D'}, {"reject", 'R'}, {"pass", 'p'}};
	struct rule rule = {.sid = 1, .gid = 1};
	char text[160];

	snprintf(text, sizeof(text), "track by_src, count 1, seconds 9, new_action %s, timeout 9",
		 rows[_i].action);
	rule.limit = read_limit(LIMIT_FORM_RATE, text);
	ck_assert_int_eq(ask(&rule, "1.1.1.1", "2.2.2.2", SECOND), 'a');
	ck_assert_int_eq(ask(&rule, "1.1.1.1", "2.2.2.2", SECOND), rows[_i].outcome);
}
END_TEST

/** What is counted together has one alert. */
static const struct {
	const char *track, *outcomes;
} tracked[] = {
	{"by_src", "aassas"},
	{"by_dst", "aasass"},
	{"by_both", "assasa"},
	{"by_rule", "asssss"},
};

START_TEST(test_what_is_tracked)
{
	static const char *const hits[][2] = {
		{"1.1.1.1", "2.2.2.2"}, {"2.2.2.2", "1.1.1.1"}, {"1.1.1.1", "2.2.2.2"},
		{"1.1.1.1", "3.3.3.3"}, {"3.3.3.3", "1.1.1.1"}, {"3.3.3.3", "2.2.2.2"},
	};
	struct rule rule = {.sid = 1, .gid = 1};
	char text[128];

	snprintf(text, sizeof(text), "type limit, track %s, count 1, seconds 60",
		 tracked[_i].track);
	rule.limit = read_limit(LIMIT_FORM_THRESHOLD, text);
	for (int i = 0; i < ROWS(hits); i++)
		ck_assert_msg(ask(&rule, hits[i][0], hits[i][1], SECOND) == tracked[_i].outcomes[i],
			      "%s: hit %d", text, i);
}
END_TEST

START_TEST(test_counts_are_kept_apart)
{
	const char *text = "type limit, track by_src, count 1, seconds 60";
	struct rule rules[] = {{.sid = 1, .gid = 1}, {.sid = 2, .gid = 1}, {.sid = 1, .gid = 2}};
	const uint8_t address[16] = {0};
	struct limit_hit hit = {.source = address, .destination = address, .version = 4};
	enum rule_action action = RULE_ALERT;

	for (int i = 0; i < ROWS(rules); i++) {
		rules[i].limit = read_limit(LIMIT_FORM_THRESHOLD, text);
		ck_assert_int_eq(limit_check(table, &rules[i], &hit, 1, &action), LIMIT_PASSES);
		ck_assert_int_eq(limit_check(table, &rules[i], &hit, 1, &action), LIMIT_SILENT);
	}
	hit.version = 6;
	ck_assert_int_eq(limit_check(table, &rules[0], &hit, 1, &action), LIMIT_PASSES);
	hit.tenant = 1;
	ck_assert_int_eq(limit_check(table, &rules[0], &hit, 1, &action), LIMIT_PASSES);
	ck_assert_int_eq(limit_check(table, &rules[0], &hit, 1, &action), LIMIT_SILENT);
	hit.version = 0; /* it is not IP */
	ck_assert_int_eq(limit_check(table, &rules[0], &hit, 1, &action), LIMIT_PASSES);
	ck_assert_int_eq(limit_check(table, &rules[0], &hit, 1, &action), LIMIT_PASSES);
}
END_TEST

START_TEST(test_ports_count_once)
{
	static const struct {
		unsigned int second;
		uint16_t port;
		enum limit_outcome outcome;
	} rows[] = {
		{1, 80, LIMIT_NO_MATCH}, {2, 80, LIMIT_NO_MATCH},  {3, 81, LIMIT_NO_MATCH},
		{3, 81, LIMIT_NO_MATCH}, {4, 82, LIMIT_PASSES},    {5, 80, LIMIT_PASSES},
		{6, 83, LIMIT_PASSES},   {12, 80, LIMIT_NO_MATCH}, {13, 81, LIMIT_NO_MATCH},
		{14, 82, LIMIT_PASSES},
	};
	const uint8_t address[16] = {0};
	struct limit_hit hit = {.source = address, .destination = address, .version = 4};
	struct rule rule = {.sid = 1, .gid = 1};
	enum rule_action action = RULE_ALERT;

	rule.limit = read_limit(LIMIT_FORM_DETECTION,
				"track by_dst, count 2, seconds 10, unique_on dst_port");
	for (int i = 0; i < ROWS(rows); i++) {
		hit.destination_port = rows[i].port;
		hit.source_port = (uint16_t)i;
		ck_assert_msg(limit_check(table, &rule, &hit, rows[i].second * SECOND, &action) ==
				      rows[i].outcome,
			      "hit %d", i);
	}
}
END_TEST

START_TEST(test_time_may_go_back)
{
	struct rule rule = {.sid = 1, .gid = 1};
	static const struct {
		unsigned int second;
		char outcome;
	} rows[] = {{10, 'a'}, {11, 's'}, {5, 's'}, {3, 's'}, {15, 's'}, {16, 'a'}, {15, 's'}};

	rule.limit = read_limit(LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 5");
	for (int i = 0; i < ROWS(rows); i++)
		ck_assert_int_eq(ask(&rule, "1.1.1.1", "2.2.2.2", rows[i].second * SECOND),
				 rows[i].outcome);
}
END_TEST

START_TEST(test_a_full_table_goes_on)
{
	struct rule rule = {.sid = 1, .gid = 1};
	char source[32];

	rule.limit = read_limit(LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 60");
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(source, sizeof(source), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		ck_assert_int_eq(ask(&rule, source, "2.2.2.2", SECOND + i), 'a');
		ck_assert_int_eq(ask(&rule, source, "2.2.2.2", SECOND + i), 's');
	}
}
END_TEST

static enum limit_outcome
hit_of_flow(const struct rule *rule, uint64_t flow, uint64_t now_ns)
{
	const uint8_t address[16] = {0};
	const struct limit_hit hit = {
		.source = address, .destination = address, .version = 4, .flow = flow};
	enum rule_action action = RULE_ALERT;

	return limit_check(table, rule, &hit, now_ns, &action);
}

START_TEST(test_backoff_ends_when_its_flow_is_quiet_for_long)
{
	struct rule rule = {.sid = 1, .gid = 1};

	rule.limit = read_limit(LIMIT_FORM_THRESHOLD,
				"type backoff,track by_flow,count 1,multiplier 10");
	ck_assert_int_eq(hit_of_flow(&rule, 1, SECOND), LIMIT_PASSES);
	for (unsigned int i = 1; i < 9; i++)
		ck_assert_int_eq(hit_of_flow(&rule, 1, 250 * i * SECOND), LIMIT_SILENT);
	ck_assert_int_eq(hit_of_flow(&rule, 1, 2001 * SECOND), LIMIT_PASSES); /* the tenth */
	ck_assert_int_eq(hit_of_flow(&rule, 1, 2302 * SECOND), LIMIT_PASSES); /* the first */
	ck_assert_int_eq(hit_of_flow(&rule, 1, 2303 * SECOND), LIMIT_SILENT);
}
END_TEST

/** Neither by counts that last, nor by those of its own length. */
START_TEST(test_one_rule_does_not_take_the_places_of_others)
{
	static const char *const texts[] = {"type backoff,track by_flow,count 1,multiplier 10",
					    "type limit,track by_flow,count 1,seconds 3600",
					    "type limit,track by_flow,count 1,seconds 5"};
	enum { HOSTS = 30, FLOOD = 6000 };
	struct rule flooded = {.sid = 1, .gid = 1}, rule = {.sid = 2, .gid = 1};
	char source[32];

	flooded.limit = read_limit(LIMIT_FORM_THRESHOLD, texts[_i]);
	rule.limit =
		read_limit(LIMIT_FORM_THRESHOLD, "type threshold,track by_src,count 3,seconds 60");
	for (unsigned int i = 0; i < 3 * HOSTS; i++) {
		for (unsigned int k = 0; k < FLOOD / HOSTS; k++)
			hit_of_flow(&flooded, 1 + i * FLOOD + k, SECOND + i);
		snprintf(source, sizeof(source), "10.0.0.%u", i % HOSTS);
		ck_assert_int_eq(ask(&rule, source, "2.2.2.2", SECOND + i),
				 i < 2 * HOSTS ? '.' : 'a');
	}
}
END_TEST

/** What may be written. why NULL: it is right. */
static const struct {
	enum limit_form form;
	const char *text, *why;
} texts[] = {
	{LIMIT_FORM_THRESHOLD, "track by_src , type limit, seconds 60 ,  count  1", NULL},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 60,", NULL},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 4294967295,seconds 0", NULL},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 4294967296,seconds 0",
	 "'4294967296' is not a number below 2^32"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count -1,seconds 1",
	 "'-1' is not a number below 2^32"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 0x1,seconds 1",
	 "'0x1' is not a number below 2^32"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count,seconds 1",
	 "'' is not a number below 2^32"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1", "'seconds' is missing"},
	{LIMIT_FORM_THRESHOLD, "type limit,count 1,seconds 1", "'track' is missing"},
	{LIMIT_FORM_THRESHOLD, "track by_src,count 1,seconds 1", "'type' is missing"},
	{LIMIT_FORM_THRESHOLD, "type limit,,track by_src,count 1,seconds 60",
	 "'' is not known here"},
	{LIMIT_FORM_THRESHOLD, "type limit track by_src count 1 seconds 60",
	 "type 'limit track by_src count 1 secon' is none of limit, threshold, both, backoff"},
	{LIMIT_FORM_THRESHOLD, "type LIMIT,track by_src,count 1,seconds 60",
	 "type 'LIMIT' is none of limit, threshold, both, backoff"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_either,count 1,seconds 60",
	 "it cannot be tracked 'by_either'"},
	{LIMIT_FORM_THRESHOLD, "type limit,type limit,track by_src,count 1,seconds 60",
	 "'type' is there twice"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_src,count 1,seconds 60,zork 1",
	 "'zork' is not known here"},
	{LIMIT_FORM_THRESHOLD, "type limit,track by_flow,count 1,seconds 60,multiplier 2",
	 "a multiplier is of backoff"},
	{LIMIT_FORM_THRESHOLD, "type backoff,track by_flow,count 1,multiplier 10", NULL},
	{LIMIT_FORM_THRESHOLD, "type backoff,track by_src,count 1,multiplier 10",
	 "backoff is tracked by_flow only"},
	{LIMIT_FORM_THRESHOLD, "type backoff,track by_flow,count 1,multiplier 10,seconds 1",
	 "backoff has no seconds"},
	{LIMIT_FORM_DETECTION, "seconds 5, count 1, track by_src", NULL},
	{LIMIT_FORM_DETECTION, "track by_both, count 1, seconds 5",
	 "it cannot be tracked 'by_both'"},
	{LIMIT_FORM_DETECTION, "track by_src, count 0, seconds 5", "0 is too small"},
	{LIMIT_FORM_DETECTION, "track by_src, count 1, seconds 0", "0 is too small"},
	{LIMIT_FORM_DETECTION, "type limit, track by_src, count 1, seconds 5",
	 "'type' is not known here"},
	{LIMIT_FORM_DETECTION, "track by_dst, count 1, seconds 60, unique_on dst_port", NULL},
	{LIMIT_FORM_DETECTION, "track by_dst, count 1, seconds 60, unique_on port",
	 "'port' is neither src_port nor dst_port"},
	{LIMIT_FORM_FILTER, "type limit,track by_src,count 0,seconds 60", "0 is too small"},
	{LIMIT_FORM_RATE, "track by_src, count 1, seconds 6, new_action drop, timeout 0", NULL},
	{LIMIT_FORM_RATE, "track by_src, count 1, seconds 6, new_action sdrop, timeout 0",
	 "action 'sdrop' is none of alert, drop, pass, reject"},
	{LIMIT_FORM_RATE, "track by_src, count 1, seconds 6, new_action drop",
	 "'timeout' is missing"},
	{LIMIT_FORM_SUPPRESS, "", NULL},
	{LIMIT_FORM_SUPPRESS, "track by_src", "'track' and 'ip' go together"},
	{LIMIT_FORM_SUPPRESS, "ip 1.1.1.1", "'track' and 'ip' go together"},
	{LIMIT_FORM_SUPPRESS, "track by_either, ip 1.1.1.1, 2.2.2.2", NULL},
	{LIMIT_FORM_SUPPRESS, "track by_both, ip 1.1.1.1", "it cannot be tracked 'by_both'"},
};

START_TEST(test_texts)
{
	char copy[256], why[128] = "";
	struct limit limit;
	int err;

	snprintf(copy, sizeof(copy), "%s", texts[_i].text);
	err = limit_parse(arena, vars, texts[_i].form, copy, &limit, why, sizeof(why));
	ck_assert_int_eq(err, texts[_i].why == NULL ? 0 : -EINVAL);
	ck_assert_str_eq(why, texts[_i].why == NULL ? "" : texts[_i].why);
}
END_TEST

/** Twelve hits of a rule 1:1 that drops nothing, a second apart: own limit, file, outcomes. */
static const struct {
	enum limit_form form;
	const char *own, *config, *outcomes;
} configs[] = {
#define LIMIT(GID, SID, N)                                                                         \
	"threshold gen_id " #GID ", sig_id " #SID ", type limit, track by_src, count " #N          \
	", seconds 50\n"
#define RATE(GID, SID, N)                                                                          \
	"rate_filter gen_id " #GID ", sig_id " #SID ", track by_src, count " #N                    \
	", seconds 50, new_action drop, timeout 100\n"
#define OWN(N) "type limit,track by_src,count " #N ",seconds 50"
	/* One for the rule takes the place of what is there. */
	{LIMIT_FORM_THRESHOLD, OWN(2), LIMIT(1, 1, 4), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, OWN(4), LIMIT(1, 1, 2), "aassssssssss"},
	{LIMIT_FORM_THRESHOLD, "", LIMIT(0, 0, 2) LIMIT(1, 1, 3), "aaasssssssss"},
	{LIMIT_FORM_THRESHOLD, "", LIMIT(1, 1, 3) LIMIT(1, 1, 2), "aassssssssss"},
	{LIMIT_FORM_DETECTION, "track by_src,count 3,seconds 50", LIMIT(1, 1, 4), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, "", RATE(1, 1, 2) LIMIT(1, 1, 4), "aaaassssssss"},
	/* One for all does not. */
	{LIMIT_FORM_THRESHOLD, OWN(4), LIMIT(1, 0, 2), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, OWN(4), LIMIT(0, 0, 2), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, "", LIMIT(0, 0, 4) LIMIT(1, 0, 2), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, "", LIMIT(1, 0, 2), "aassssssssss"},
	/* Nor does a rate filter. */
	{LIMIT_FORM_THRESHOLD, OWN(4), RATE(1, 1, 2), "aaaassssssss"},
	{LIMIT_FORM_DETECTION, "track by_src,count 3,seconds 50", RATE(1, 1, 5), "...aaaaaaaaa"},
	{LIMIT_FORM_THRESHOLD, "", LIMIT(1, 1, 4) RATE(1, 1, 2), "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, "", RATE(1, 1, 4) RATE(1, 1, 2), "aaaaDDDDDDDD"},
	{LIMIT_FORM_THRESHOLD, "", RATE(0, 0, 2), "aaDDDDDDDDDD"},
	/* Others. */
	{LIMIT_FORM_THRESHOLD, "", LIMIT(1, 2, 2) LIMIT(2, 1, 2) LIMIT(2, 0, 2), "aaaaaaaaaaaa"},
	/* What suppresses comes first, all of it. */
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1, sig_id 1", "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1, sig_id 0", "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 0, sig_id 0", "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, OWN(4), "suppress gen_id 1, sig_id 1, track by_src, ip 9.9.9.9",
	 "aaaassssssss"},
	{LIMIT_FORM_THRESHOLD, OWN(4),
	 "suppress gen_id 1, sig_id 1, track by_src, ip 9.9.9.9\n"
	 "suppress gen_id 1, sig_id 0, track by_dst, ip [8.8.8.8, 10.0.0.2]",
	 "ssssssssssss"},
	{LIMIT_FORM_DETECTION, "track by_src,count 3,seconds 50", "suppress gen_id 1, sig_id 1",
	 "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1,sig_id 1,track by_either,ip 10.0.0.2",
	 "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1, sig_id 1, track by_src, ip $NET",
	 "aaaaaaaaaaaa"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1, sig_id 1, track by_dst, ip $NET",
	 "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "", "suppress gen_id 1, sig_id 1, track by_src, ip any",
	 "ssssssssssss"},
	/* Lines. */
	{LIMIT_FORM_THRESHOLD, "", "\n # suppress gen_id 1, sig_id 1\n\n", "aaaaaaaaaaaa"},
	{LIMIT_FORM_THRESHOLD, "", "\tsuppress  gen_id  1 , \\\n\t sig_id 1 \r\n", "ssssssssssss"},
	{LIMIT_FORM_THRESHOLD, "",
	 "suppress gen_id 1, \\\r\n sig_id 1, \\\r\n track by_src, ip 10.0.0.1\r\n",
	 "ssssssssssss"},
};

START_TEST(test_configs)
{
	struct rule rule = {.sid = 1, .gid = 1, .action = RULE_ALERT};

	rule.limit = read_limit(configs[_i].form, configs[_i].own);
	ck_assert_int_eq(threshold_config_apply(read_config(configs[_i].config), &rule), 0);
	ck_assert_str_eq(faults, "");
	for (unsigned int i = 0; i < 12; i++) {
		char outcome = ask(&rule, "10.0.0.1", "10.0.0.2", (1 + i) * SECOND);

		ck_assert_msg(outcome == configs[_i].outcomes[i], "%s: %s: hit %u: %c",
			      configs[_i].own, configs[_i].config, i, outcome);
	}
}
END_TEST

START_TEST(test_faults_have_their_lines)
{
	struct rule rule = {.sid = 1, .gid = 1};
	struct threshold_config *config =
		read_config("# one\n"
			    "zork gen_id 1, sig_id 1\n"
			    "suppress sig_id 1, gen_id 1\n"
			    "suppress gen_id 1, \\\n"
			    " sig_id abc\n"
			    "suppress gen_id 0, sig_id 1\n"
			    "suppress gen_id 1 sig_id 1\n"
			    "suppress gen_id 1, sig_id 4294967296\n"
			    "suppress gen_id 1, sig_id 77\n"
			    "suppress gen_id 1, sig_id 1, track by_src, ip 1.1.1\n"
			    "threshold gen_id 1, sig_id 1, type limit, track by_src, count 1\n"
			    "suppress gen_id 1, sig_id 1, track by_src, ip 9.9.9.9 \\");
	const char *ids = "'gen_id NUMBER, sig_id NUMBER' must stand in front";
	char expected[1024];

	ck_assert_int_eq(threshold_config_apply(config, &rule), 0);
	threshold_config_check(config, note_fault, NULL);
	*strstr(strstr(faults, "10: ") + 4, "\n") = '!'; /* what address.c says of it */
	snprintf(expected, sizeof(expected),
		 "2: it is none of suppress, threshold, event_filter, rate_filter\n3: %s\n4: %s\n"
		 "6: a gen_id of 0 is for all rules: its sig_id must be 0, too\n7: %s\n8: %s\n10: ",
		 ids, ids, ids, ids);
	ck_assert_int_eq(strncmp(faults, expected, strlen(expected)), 0);
	ck_assert_str_eq(strchr(faults, '!') + 1, "11: 'seconds' is missing\n"
						  "9: there is no rule of gen_id 1, sig_id 77\n");
}
END_TEST

START_TEST(test_files)
{
	static const char text[] = "suppress gen_id 1, sig_id 1\nsuppress gen_id 1,\0 sig_id 2\n";
	char name[] = "/tmp/test_limit_XXXXXX";
	struct threshold_config *config = NULL;
	struct rule rule = {.sid = 1, .gid = 1, .action = RULE_ALERT};
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	ck_assert_int_eq(threshold_config_read(arena, vars, name, &config, note_fault, NULL), 0);
	ck_assert_int_eq(threshold_config_apply(config, &rule), 0);
	ck_assert_int_eq(ask(&rule, "1.1.1.1", "2.2.2.2", SECOND), 's');
	ck_assert_str_eq(faults, "2: 'gen_id NUMBER, sig_id NUMBER' must stand in front\n");
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(threshold_config_read(arena, vars, name, &config, NULL, NULL), -ENOENT);
	ck_assert_int_eq(threshold_config_read(arena, vars, "/dev/null", &config, NULL, NULL),
			 -EINVAL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("limit");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_series, 0, ROWS(series));
	tcase_add_loop_test(tcase, test_rates, 0, ROWS(rates));
	tcase_add_loop_test(tcase, test_rate_takes_any_action, 0, 4);
	tcase_add_loop_test(tcase, test_what_is_tracked, 0, ROWS(tracked));
	tcase_add_test(tcase, test_counts_are_kept_apart);
	tcase_add_test(tcase, test_ports_count_once);
	tcase_add_test(tcase, test_time_may_go_back);
	tcase_add_test(tcase, test_a_full_table_goes_on);
	tcase_add_test(tcase, test_backoff_ends_when_its_flow_is_quiet_for_long);
	tcase_add_loop_test(tcase, test_one_rule_does_not_take_the_places_of_others, 0, 3);
	tcase_add_loop_test(tcase, test_texts, 0, ROWS(texts));
	tcase_add_loop_test(tcase, test_configs, 0, ROWS(configs));
	tcase_add_test(tcase, test_faults_have_their_lines);
	tcase_add_test(tcase, test_files);
	return unit_main("limit", tcase);
}
