/* SPDX-License-Identifier: BSD-3-Clause */
/* See check.h. */

#include "tool/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "match/detector.h"
#include "rule/classification.h"
#include "rule/geo.h"
#include "rule/set.h"
#include "rule/threshold_config.h"
#include "rule/vars.h"
#include "tool/report.h"
#include "variables.h"

enum { EXIT_USAGE = 2 };

/** What rules are read with. */
struct check {
	struct wp_arena *arena;
	struct vars *vars;
	struct classification *classes;
	struct geo *geo; /* NULL: none */
	struct rule_set *set;
	struct detector *detector; /* has the set then */
	const char *thresholds;    /* file that is read */
	uint32_t n_good;           /* rules */
};

/** Sets the variables of a configuration; says which one cannot be read. */
static int
set_variables(struct check *check, const json_t *variables)
{
	char why[256];
	int err = variables_set(variables, check->arena, check->vars, why, sizeof(why));

	if (err == -EINVAL)
		fprintf(stderr, "wp-ids: variables: %s\n", why);
	return err;
}

/** Reads a file of classes or of references; says what is wrong with it. */
static int
read_classes(struct check *check, const struct translation *to)
{
	const char *file = json_string_value(json_object_get(to->service, "classification"));
	const char *references = json_string_value(json_object_get(to->service, "references"));
	char why[256] = "", why_references[256] = "";
	int err = classification_create(check->arena, file, &check->classes, why, sizeof(why));

	if (err != 0)
		return err;
	if (why[0] != '\0')
		fprintf(stderr, "wp-ids: %s: %s\n", file, why);
	err = classification_add_references(check->classes, references, why_references,
					    sizeof(why_references));
	if (why_references[0] != '\0')
		fprintf(stderr, "wp-ids: %s: %s\n", references, why_references);
	return err;
}

static int
read_geo(struct check *check, const struct translation *to)
{
	const char *file = json_string_value(json_object_get(to->service, "geo"));
	char why[256];
	int err = file == NULL ? 0 : geo_open(file, &check->geo, why, sizeof(why));

	if (err != 0)
		fprintf(stderr, "wp-ids: %s\n", why);
	return err;
}

static int
read_rules(struct check *check, const struct options *options, const struct translation *to)
{
	struct rule_set_conf conf = {.vars = check->vars,
				     .classes = check->classes,
				     .ips = options->is_inline,
				     .geo = check->geo};
	int err = rule_set_create(&conf, &check->set);
	const json_t *file;
	size_t i;

	json_array_foreach(to->rules, i, file)
	{
		if (err == 0 && rule_set_read(check->set, json_string_value(file)) == -ENOMEM)
			err = -ENOMEM;
	}
	return err == 0 ? rule_set_finish(check->set) : err;
}

static void
take_threshold_fault(void *arg, uint32_t line, const char *why)
{
	struct check *check = arg;
	struct rule_fault fault = {.file = check->thresholds,
				   .line = line,
				   .why = wp_arena_string(check->arena, why),
				   .hint = "",
				   .text = ""};

	if (fault.why != NULL)
		rule_set_add_fault(check->set, &fault);
}

/** Reads limits that stand beside the rules. */
static int
read_thresholds(struct check *check, const struct translation *to)
{
	struct threshold_config *config;
	int err;

	check->thresholds = json_string_value(json_object_get(to->service, "thresholds"));
	if (check->thresholds == NULL)
		return 0;
	err = threshold_config_read(check->arena, check->vars, check->thresholds, &config,
				    take_threshold_fault, check);
	for (uint32_t i = 0; i < check->set->n && err == 0; i++)
		err = threshold_config_apply(config, check->set->rules[i]);
	if (err == 0)
		threshold_config_check(config, take_threshold_fault, check);
	return err;
}

/** Makes the detector: some faults are found only then. */
static int
make_detector(struct check *check)
{
	uint32_t n_faults = check->set->n_faults;
	char why[512] = "";
	int err = detector_create(check->set, NULL, &check->detector, why, sizeof(why));

	if (err != 0)
		fprintf(stderr, "wp-ids: %s\n", why);
	check->n_good = check->set->n - (check->set->n_faults - n_faults);
	return err;
}

static int
read_all(struct check *check, const struct options *options, const struct translation *to)
{
	int err = -ENOMEM;

	check->arena = wp_arena_create();
	check->vars = vars_create();
	if (check->arena != NULL && check->vars != NULL)
		err = set_variables(check, to->variables);
	if (err == 0)
		err = read_classes(check, to);
	if (err == 0)
		err = read_geo(check, to);
	if (err == 0)
		err = read_rules(check, options, to);
	if (err == 0)
		err = read_thresholds(check, to);
	return err == 0 ? make_detector(check) : err;
}

/** By file and line. */
static int
compare_faults(const void *a, const void *b)
{
	const struct rule_fault *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	if (order != 0)
		return order;
	return left->line < right->line ? -1 : left->line > right->line;
}

static void
print_faults(struct rule_set *set, bool json)
{
	const struct report_style style = report_style(stdout);

	qsort(set->faults, set->n_faults, sizeof(set->faults[0]), compare_faults);
	for (uint32_t i = 0; i < set->n_faults; i++)
		if (json)
			report_fault_json(stdout, &set->faults[i]);
		else
			report_fault(stdout, &style, &set->faults[i]);
}

/** What the rules cost at the most. */
struct costs {
	unsigned int n;    /* rules that may be ended where their bound is, or are tightened */
	unsigned int most; /* cycles a byte */
	unsigned int sid;  /* the rule of which that is so */
};

/** @param detector  NULL: there is none */
static struct costs
costs_of(const struct detector *detector)
{
	struct costs costs = {0};

	for (uint32_t i = 0; detector != NULL && i < detector->set->n; i++) {
		const struct asked *asked = &detector->asked[i];

		costs.n += asked->cost.is_ended || asked->cost.is_tightened;
		if (asked->cost.cycles <= costs.most)
			continue;
		costs.most = asked->cost.cycles;
		costs.sid = asked->rule->sid;
	}
	return costs;
}

static void
print_summary(const struct check *check, const struct translation *to, bool json)
{
	unsigned int files = (unsigned int)json_array_size(to->rules);
	const struct rule_set *set = check->set;
	struct costs costs = costs_of(check->detector);

	if (json)
		printf("{\"files\":%u,\"rules\":%u,\"faults\":%u,\"skipped\":%u,"
		       "\"costly\":%u,\"cost_most\":%u,\"costliest\":%u}\n",
		       files, check->n_good, set->n_faults, set->n_skipped, costs.n, costs.most,
		       costs.sid);
	else
		printf("%u %s, %u good %s, %u %s\n", files, files == 1 ? "file" : "files",
		       check->n_good, check->n_good == 1 ? "rule" : "rules", set->n_faults,
		       set->n_faults == 1 ? "fault" : "faults");
}

int
check_run(const struct options *options, const struct translation *to)
{
	struct check check = {0};
	int status = EXIT_FAILURE, err;

	if (json_array_size(to->rules) == 0) {
		fputs("wp-ids: no rules; give a file with -S, or a configuration with -c; see "
		      "--help\n",
		      stderr);
		return EXIT_USAGE;
	}
	err = read_all(&check, options, to);

	if (err != 0 && err != -EINVAL) /* which has been told */
		fprintf(stderr, "wp-ids: rules cannot be read: %s\n", strerror(-err));
	if (check.set != NULL) {
		print_faults(check.set, options->json);
		print_summary(&check, to, options->json);
		if (err == 0 && check.set->n_faults == 0)
			status = EXIT_SUCCESS;
	}
	if (check.detector != NULL)
		detector_destroy(check.detector);
	else
		rule_set_destroy(check.set);
	geo_close(check.geo);
	vars_destroy(check.vars);
	wp_arena_destroy(check.arena);
	return status;
}
