/* SPDX-License-Identifier: BSD-3-Clause */
/* See doctor.h. Counters are of the PE's whole life: what still rises is told apart from what was
 * once. */

#include "ctl/cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/cli/member.h"

enum level { NOTE, WARNING, FAULT };

static const char *const level_names[] = {"note", "warning", "fault"};

enum { SOON_S = 7 * 86400, BUSY_PERMILLE = 900, FULL_PERCENT = 90 };

/** What to do about packets that the runtime drops, by reason. */
static const char *const advice_for_drops[][2] = {
	{"flow-blocked", "a service that prevents has ended their flows: its events, and its "
			 "steps' drops, say why"},
	{"stream-limit",
	 "limits of the service stream: its counters say which, and docs/streams.md"},
	{"fail-no-key",
	 "a key is missing, used up or over: wpctl key list, put a new one into force"},
	{"fail-overload", "more work than a worker can do: more workers, or less on the path"},
	{"fail-table-full", "no room for state: /tables in the document"},
	{"fail-down", "a service cannot work: see its counters, and the log"},
	{"ring-full", "one worker has more than it can do: workers.balance, another steering"},
	{"tx-full", "the other side of the port takes less than it is sent"},
	{"link-down", "the port to send on has no link"},
	{"no-reverse", "the path needs a reverse for answers of its services"},
	{"bad-view", "a module is faulty: tell its author"},
	{"bad-verdict", "a module is faulty: tell its author"},
};

/** What is known. */
struct patient {
	json_t *config, *before, *now; /* the counters, a second apart */
	json_t *keys;                  /* NULL: not to be had */
	json_t *alerts;                /* by service: names of counters that should not rise */
	json_t *faults;                /* by instance: lines, of its configuration */
	json_t *findings;
	unsigned int n_unused; /* paths that never had a packet */
	char unused[128];      /* the first of them */
};

__attribute__((format(printf, 5, 6))) static void
find(struct patient *patient, enum level level, const char *where, const char *advice,
     const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	json_array_append_new(patient->findings,
			      json_pack("{ss ss ss ss}", "level", level_names[level], "where",
					where, "what", what, "advice", advice));
}

/** @return in words whether something still rises. */
static const char *
tendency(json_int_t before, json_int_t now)
{
	return now > before ? "still going on" : "not in the last second";
}

/** @return how bad it is that something has risen. */
static enum level
severity(json_int_t before, json_int_t now)
{
	return now > before ? WARNING : NOTE;
}

static void
look_at_config(struct patient *patient)
{
	json_int_t left = member_number(patient->config, "confirm_within");
	json_int_t prepared = member_number(patient->config, "prepared");
	const json_t *refused = json_object_get(patient->config, "refused");

	if (refused != NULL)
		find(patient, WARNING, "config", "mend that, and SIGHUP again: what was goes on",
		     "the file was refused at SIGHUP: %s%s%s", member_text(refused, "path"),
		     member_text(refused, "path")[0] == '\0' ? "" : ": ",
		     member_text(refused, "message"));
	if (left != 0)
		find(patient, WARNING, "config", "wpctl config confirm, or wpctl config rollback",
		     "epoch %lld is taken back in %lld seconds unless it is confirmed",
		     (long long)member_number(patient->config, "epoch"), (long long)left);
	if (prepared != 0)
		find(patient, NOTE, "config", "wpctl config commit, or wpctl config abort",
		     "epoch %lld is prepared: other changes wait", (long long)prepared);
	if (member_number(json_object_get(patient->now, "audit"), "failures") != 0)
		find(patient, FAULT, "audit",
		     "packets are not accounted for: report it, with the log",
		     "the packet accounts do not close: %s",
		     member_text(json_object_get(patient->now, "audit"), "last"));
}

static void
look_at_port(struct patient *patient, const json_t *before, const json_t *now)
{
	const json_t *refused = json_object_get(now, "refused");
	const json_t *refused_before = json_object_get(before, "refused");
	json_int_t missed = member_number(now, "missed");
	const char *reason;
	char where[128];
	json_t *value;

	snprintf(where, sizeof(where), "port %s", member_text(now, "name"));
	if (!json_is_true(json_object_get(now, "up")))
		find(patient, FAULT, where, "ip link, cable, or the other side", "has no link");
	if (missed != 0)
		find(patient, severity(member_number(before, "missed"), missed), where,
		     "its workers have more than they can do: more workers or queues",
		     "%lld packets were lost in front of it, %s", (long long)missed,
		     tendency(member_number(before, "missed"), missed));
	if (member_number(json_object_get(now, "xdp"), "no_socket") != 0)
		find(patient, WARNING, where, "queues of the port: as many as ethtool -l shows",
		     "tagged frames come on queues that nobody reads");
	json_object_foreach((json_t *)(size_t)refused, reason, value)
	{
		json_int_t was = member_number(refused_before, reason),
			   is = json_integer_value(value);

		if (is != 0)
			find(patient, severity(was, is), where,
			     "the router's rules and the document differ: wpctl explain a frame",
			     "%lld frames came with no tag that leads somewhere (%s), %s",
			     (long long)is, reason, tendency(was, is));
	}
}

static const char *
advice_of(const char *reason)
{
	for (size_t i = 0; i < sizeof(advice_for_drops) / sizeof(advice_for_drops[0]); i++)
		if (strcmp(advice_for_drops[i][0], reason) == 0)
			return advice_for_drops[i][1];
	return "docs/operate.md says what it means";
}

/** @return how bad it is that packets are dropped. Who prevents means to. */
static enum level
drop_severity(const char *reason, json_int_t before, json_int_t now)
{
	return strcmp(reason, "flow-blocked") == 0 ? NOTE : severity(before, now);
}

static void
look_at_path(struct patient *patient, const json_t *before, const json_t *now)
{
	const json_t *drops = json_object_get(now, "drops");
	const char *reason;
	char where[128];
	json_t *value;

	snprintf(where, sizeof(where), "path %s", member_text(now, "name"));
	if (member_number(now, "rx") == 0 && patient->n_unused++ == 0)
		snprintf(patient->unused, sizeof(patient->unused), "%s", where);
	json_object_foreach((json_t *)(size_t)drops, reason, value)
	{
		json_int_t was = member_number(json_object_get(before, "drops"), reason);
		json_int_t is = json_integer_value(value);

		if (is != 0)
			find(patient, drop_severity(reason, was, is), where, advice_of(reason),
			     "%lld of %lld packets were dropped (%s), %s", (long long)is,
			     (long long)member_number(now, "rx"), reason, tendency(was, is));
	}
}

static void
look_at_worker(struct patient *patient, size_t index, const json_t *now)
{
	char where[32];

	snprintf(where, sizeof(where), "worker %zu", index);
	if (member_number(now, "busy_permille") >= BUSY_PERMILLE)
		find(patient, WARNING, where, "more workers, or workers.balance",
		     "was busy for %lld %% of the last second",
		     (long long)member_number(now, "busy_permille") / 10);
}

static void
look_at_table(struct patient *patient, const json_t *before, const json_t *now)
{
	json_int_t entries = member_number(now, "entries"), max = member_number(now, "max");
	json_int_t was =
		member_number(before, "refused_full") + member_number(before, "refused_tenant");
	json_int_t is = member_number(now, "refused_full") + member_number(now, "refused_tenant");
	char where[160];

	snprintf(where, sizeof(where), "table %s/%s", member_text(now, "service"),
		 member_text(now, "table"));
	if (max != 0 && entries >= max / 100 * FULL_PERCENT && entries != 0)
		find(patient, WARNING, where,
		     "/tables in the document (more than at the start: restart)",
		     "has %lld of %lld entries", (long long)entries, (long long)max);
	if (is != 0)
		find(patient, severity(was, is), where, "/tables, or a tenant's max_entries",
		     "has refused %lld entries, %s", (long long)is, tendency(was, is));
}

/** What an instance finds wrong with its own configuration has not kept it from serving. */
static void
look_at_faults(struct patient *patient, const char *where, const char *instance)
{
	const json_t *line;
	char advice[160];
	size_t i;

	snprintf(advice, sizeof(advice), "wpctl service call instance=%s question=...", instance);
	json_array_foreach(json_object_get(patient->faults, instance), i, line)
		find(patient, NOTE, where, advice, "%s", json_string_value(line));
}

static void
look_at_instance(struct patient *patient, const json_t *before, const json_t *now)
{
	const char *service = member_text(now, "service");
	const json_t *name;
	char where[160], advice[256];
	size_t i;

	if (strcmp(service, "stream") == 0)
		snprintf(advice, sizeof(advice), "docs/streams.md says what it counts");
	else
		snprintf(advice, sizeof(advice), "services/%s/%s.md says what it counts", service,
			 service);
	snprintf(where, sizeof(where), "instance %s", member_text(now, "name"));
	look_at_faults(patient, where, member_text(now, "name"));
	json_array_foreach(json_object_get(patient->alerts, service), i, name)
	{
		const char *counter = json_string_value(name);
		json_int_t is = member_number(json_object_get(now, "counters"), counter);
		json_int_t was = member_number(json_object_get(before, "counters"), counter);

		if (is != 0)
			find(patient, severity(was, is), where, advice, "%s is at %lld, %s",
			     counter, (long long)is, tendency(was, is));
	}
}

/** @return seconds until a time such as 2027-01-31T12:00:00Z. */
static double
seconds_until(const char *when)
{
	struct tm tm = {0};

	if (strptime(when, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return 0;
	return difftime(timegm(&tm), time(NULL));
}

static void
look_at_key(struct patient *patient, const json_t *key)
{
	const char *end = member_text(key, "not_after");
	bool in_use = json_is_true(json_object_get(key, "in_use"));
	char where[96];

	snprintf(where, sizeof(where), "key %s", member_text(key, "name"));
	if (!in_use)
		find(patient, NOTE, where, "wpctl key delete, when nothing needs it any more",
		     "no path uses it");
	else if (end[0] != '\0' && seconds_until(end) <= 0)
		find(patient, FAULT, where, "put a new version, and commit a document with it",
		     "its lifetime is over since %s", end);
	else if (end[0] != '\0' && seconds_until(end) < SOON_S)
		find(patient, WARNING, where, "put a new version, and commit a document with it",
		     "its lifetime ends at %s", end);
}

static void
look_at_unused(struct patient *patient)
{
	static const char advice[] =
		"does the router send any there? the path's spi is its rules' nsh_spi";

	if (patient->n_unused == 1)
		find(patient, NOTE, patient->unused, advice, "has never had a packet");
	else if (patient->n_unused > 1)
		find(patient, NOTE, patient->unused, advice,
		     "has never had a packet, nor have %u others", patient->n_unused - 1);
}

static void
examine(struct patient *patient)
{
	static const struct {
		const char *list;
		void (*look)(struct patient *patient, const json_t *before, const json_t *now);
	} lists[] = {{"ports", look_at_port},
		     {"paths", look_at_path},
		     {"instances", look_at_instance},
		     {"tables", look_at_table}};
	const json_t *item;
	size_t i, list;

	look_at_config(patient);
	json_array_foreach(json_object_get(patient->now, "workers"), i, item)
		look_at_worker(patient, i, item);
	for (list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
		const json_t *before = json_object_get(patient->before, lists[list].list);

		json_array_foreach(json_object_get(patient->now, lists[list].list), i, item)
			lists[list]
				.look(patient, json_array_get(before, i), item);
	}
	look_at_unused(patient);
	json_array_foreach(json_object_get(patient->keys, "keys"), i, item)
		look_at_key(patient, item);
}

static void
print(const struct patient *patient, bool is_well)
{
	bool colours = isatty(STDOUT_FILENO) != 0;
	const json_t *finding;
	size_t i;

	for (int level = FAULT; level >= NOTE; level--)
		json_array_foreach(patient->findings, i, finding)
		{
			if (strcmp(member_text(finding, "level"), level_names[level]) != 0)
				continue;
			printf("%s%-8s%s %s: %s\n         %s\n",
			       !colours         ? ""
			       : level == FAULT ? "\033[31m"
			       : level == NOTE  ? ""
						: "\033[33m",
			       level_names[level], colours ? "\033[0m" : "",
			       member_text(finding, "where"), member_text(finding, "what"),
			       member_text(finding, "advice"));
		}
	printf("epoch %lld, %zu paths, %zu workers: %s\n",
	       (long long)member_number(patient->config, "epoch"),
	       json_array_size(json_object_get(patient->now, "paths")),
	       json_array_size(json_object_get(patient->now, "workers")),
	       is_well ? "well" : "see above");
}

static unsigned int
count_bad(const json_t *findings)
{
	const json_t *finding;
	unsigned int bad = 0;
	size_t i;

	json_array_foreach(findings, i, finding) bad +=
		strcmp(member_text(finding, "level"), "note") != 0;
	return bad;
}

/** @return a new reference to what a method answers, or NULL; without @p message it may be refused
 */
static json_t *
ask(struct client *client, const char *method, json_t *params, char *message, size_t message_size)
{
	char unheard[256];
	json_t *answer = client_call(client, method, params, message != NULL ? message : unheard,
				     message != NULL ? message_size : sizeof(unheard));
	json_t *result = json_incref(json_object_get(answer, "result"));

	if (answer != NULL && result == NULL && message != NULL)
		snprintf(message, message_size, "%s: %s", method,
			 member_text(json_object_get(answer, "error"), "message"));
	json_decref(answer);
	return result;
}

/** What is asked once about each value that a member of instances has. */
struct question {
	const char *method, *member;
	const char *param;  /* of the method: that value */
	const char *asks;   /* its parameter "question"; NULL: none */
	const char *answer; /* member of the result */
};

/** Which counters of a service should not rise; what an instance finds wrong with its own
 * configuration. */
static const struct question alerts = {"service.describe", "service", "service", NULL, "alerts"},
			     faults = {"service.call", "name", "instance", "faults", "answers"};

/** @return by those values, the answers of those who understand. */
static json_t *
ask_each(struct client *client, const json_t *stats, const struct question *question)
{
	json_t *all = json_object(), *instance, *params, *said;
	size_t i;

	json_array_foreach(json_object_get(stats, "instances"), i, instance)
	{
		const char *about = member_text(instance, question->member);

		if (json_object_get(all, about) != NULL)
			continue;
		params = json_pack("{ss ss*}", question->param, about, "question", question->asks);
		said = ask(client, question->method, params, NULL, 0);
		json_object_set(all, about, json_object_get(said, question->answer));
		json_decref(said);
	}
	return all;
}

enum diagnosis
doctor(struct client *client, bool json, char *message, size_t message_size)
{
	struct patient patient = {.findings = json_array()};
	enum diagnosis diagnosis = DOCTOR_NO_SERVER;

	patient.config = ask(client, "config.get", NULL, message, message_size);
	if (patient.config != NULL)
		patient.before = ask(client, "stats.get", NULL, message, message_size);
	if (patient.before != NULL) {
		sleep(1);
		patient.now = ask(client, "stats.get", NULL, message, message_size);
	}
	if (patient.now != NULL) {
		patient.alerts = ask_each(client, patient.now, &alerts);
		patient.faults = ask_each(client, patient.now, &faults);
		patient.keys = ask(client, "key.list", NULL, NULL, 0);
		examine(&patient);
		diagnosis = count_bad(patient.findings) == 0 ? DOCTOR_WELL : DOCTOR_ILL;
		if (json) {
			json_dumpf(patient.findings, stdout, JSON_INDENT(2));
			putchar('\n');
		} else {
			print(&patient, diagnosis == DOCTOR_WELL);
		}
	}
	json_decref(patient.config);
	json_decref(patient.before);
	json_decref(patient.now);
	json_decref(patient.keys);
	json_decref(patient.alerts);
	json_decref(patient.faults);
	json_decref(patient.findings);
	return diagnosis;
}
