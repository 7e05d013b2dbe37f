/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text as a file of rules, or, as the first byte says, as a threshold.config beside a few
 * rules. What is good of it may be made ready to be asked, too. Nothing may crash, stay behind, or
 * take long.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "match/detector.h"
#include "rule/classification.h"
#include "rule/set.h"
#include "rule/threshold_config.h"
#include "rule/vars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	READY_MAX = 16, /* rules that are made ready at the most: it takes its time */
	IS_THRESHOLD = 1,
	IS_INLINE = 2,
	RANKS = 4,
	IS_READ_ONLY = 8, /* which is much faster */
};

/* Rules for limits to be about. */
static const char few[] =
	"alert tcp any any -> any any (msg:\"one\"; content:\"one\"; sid:1; rev:1;)\n"
	"drop udp any any -> any 53 (msg:\"two\"; threshold:type limit,track by_src,count 1,"
	"seconds 60; sid:2;)\n"
	"alert icmp any any -> any any (msg:\"three\"; itype:8; gid:3; sid:3;)\n";

/** What all inputs are read with. */
static struct {
	struct wp_arena *arena;
	struct vars *vars;
	struct classification *classes;
} common;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
open_common(void)
{
	char why[256];

	common.arena = wp_arena_create();
	common.vars = vars_create();
	must(common.arena != NULL && common.vars != NULL && vars_defaults(common.vars) == 0);
	must(classification_create(common.arena, NULL, &common.classes, why, sizeof(why)) == 0);
	must(classification_add_references(common.classes, NULL, why, sizeof(why)) == 0);
}

/** A fault says where it is, and why. */
static void
check_faults(const struct rule_set *set)
{
	for (uint32_t i = 0; i < set->n_faults; i++) {
		const struct rule_fault *fault = &set->faults[i];

		must(fault->file != NULL && fault->text != NULL && fault->hint != NULL);
		must(fault->why != NULL && fault->why[0] != '\0');
	}
}

/** Rules stand in their order, and count on from 0. */
static void
check_rules(const struct rule_set *set)
{
	for (uint32_t i = 0; i < set->n; i++) {
		const struct rule *rule = set->rules[i];

		must(rule->number == i && rule->sid != 0 && rule->action <= RULE_ALERT);
		must(rule->text != NULL && rule->msg != NULL);
		for (unsigned int k = 0; k < rule->n_lists; k++)
			must(rule->lists[k].buffer < BUFFERS && rule->lists[k].data < set->n_data);
	}
}

static void
take_fault(void *context, uint32_t line, const char *why)
{
	must(line != 0 && why[0] != '\0');
}

static void
read_thresholds(struct rule_set *set, const char *text, size_t size)
{
	struct threshold_config *config;

	must(threshold_config_read_text(set->arena, common.vars, text, size, &config, take_fault,
					NULL) == 0);
	for (uint32_t i = 0; i < set->n; i++)
		must(threshold_config_apply(config, set->rules[i]) == 0);
	threshold_config_check(config, take_fault, NULL);
}

/** Makes rules ready. */
static void
make_ready(struct rule_set *set)
{
	struct detector *detector;
	char why[512] = "";

	if (set->n <= READY_MAX && detector_create(set, NULL, &detector, why, sizeof(why)) == 0) {
		check_faults(detector->set);
		detector_destroy(detector);
		return;
	}
	must(set->n > READY_MAX || why[0] != '\0');
	rule_set_destroy(set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule_set_conf conf = {.folder = "/nonexistent"};
	bool is_threshold;
	struct rule_set *set;
	const char *text;

	if (size < 1)
		return 0;
	if (common.arena == NULL)
		open_common();
	is_threshold = (data[0] & IS_THRESHOLD) != 0;
	text = (const char *)data + 1;
	conf.vars = common.vars;
	conf.classes = (data[0] & IS_INLINE) != 0 ? common.classes : NULL;
	conf.ips = (data[0] & IS_INLINE) != 0;
	for (unsigned int i = 0; (data[0] & RANKS) != 0 && i <= RULE_ALERT; i++)
		conf.ranks[i] = (uint8_t)(RULE_ALERT - i);
	must(rule_set_create(&conf, &set) == 0);
	if (is_threshold)
		must(rule_set_read_text(set, "few.rules", few, sizeof(few) - 1) == 0);
	else
		must(rule_set_read_text(set, "any.rules", text, size - 1) == 0);
	must(rule_set_finish(set) == 0);
	must(!is_threshold || set->n == 3);
	if (is_threshold)
		read_thresholds(set, text, size - 1);
	check_faults(set);
	check_rules(set);
	if ((data[0] & IS_READ_ONLY) != 0)
		rule_set_destroy(set);
	else
		make_ready(set);
	return 0;
}
