/* SPDX-License-Identifier: BSD-3-Clause */
/* See inst.h. */

#include "inst.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/arena.h"
#include "marks.h"
#include "match/cache.h"
#include "rule/classification.h"
#include "rule/compiling.h"
#include "rule/geo.h"
#include "rule/text_file.h"
#include "rule/threshold_config.h"
#include "rule/vars.h"
#include "stamp.h"
#include "variables.h"

enum { WHY = 512, FAULTS_SHOWN = 20 };

static const char *
or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static int
set_vars(struct wp_env *env, const struct ids_conf *conf, struct ids *ids)
{
	char why[WHY];
	int err = variables_set(conf->variables, ids->arena, ids->vars, why, sizeof(why));

	if (err == -EINVAL)
		return wp_error(env, err, "variables", "%s", why);
	return err == 0 ? 0 : wp_error(env, err, NULL, "no memory for variables");
}

static int
read_classes(struct wp_env *env, const struct ids_conf *conf, struct wp_arena *arena,
	     struct classification **classes)
{
	char why[WHY] = "", of_references[WHY] = "";
	int err = classification_create(arena, or_null(conf->classification), classes, why,
					sizeof(why));

	if (err != 0)
		return wp_error(env, err, "classification", "%s: %s", conf->classification,
				text_file_why(err));
	if (why[0] != '\0')
		wp_log(env, "%s: %s", conf->classification, why);
	err = classification_add_references(*classes, or_null(conf->references), of_references,
					    sizeof(of_references));
	if (of_references[0] != '\0')
		wp_log(env, "%s: %s", conf->references, of_references);
	return err == 0 ? 0
			: wp_error(env, err, "references", "%s: %s", conf->references,
				   text_file_why(err));
}

static int
read_rules(struct wp_env *env, const struct ids_conf *conf, struct rule_set *set)
{
	const char *const *files = conf->rules.items;
	int err;

	for (uint32_t i = 0; i < conf->rules.n; i++) {
		err = rule_set_read(set, files[i]);
		if (err != 0)
			return wp_error(env, err, "rules", "%s: %s", files[i], text_file_why(err));
	}
	err = rule_set_finish(set);
	malloc_trim(0); /* the files' text: what is compiled next may not find that room */
	return err == 0 ? 0 : wp_error(env, err, NULL, "no memory for rules");
}

struct threshold_faults {
	struct wp_env *env;
	const char *file;
	uint32_t n;
};

static void
log_threshold_fault(void *arg, uint32_t line, const char *why)
{
	struct threshold_faults *of = arg;

	if (of->n++ < FAULTS_SHOWN)
		wp_log(of->env, "%s:%u: %s", of->file, line, why);
}

static void
log_more_thresholds(const struct threshold_faults *of)
{
	if (of->n > FAULTS_SHOWN)
		wp_log(of->env, "%s: and %u more: wp-ids -T shows all", of->file,
		       of->n - FAULTS_SHOWN);
}

static int
read_thresholds(struct wp_env *env, struct ids *ids, struct rule_set *set)
{
	struct threshold_faults faults = {env, ids->conf->thresholds, 0}, unused = faults;
	struct threshold_config *config;
	int err;

	if (ids->conf->thresholds[0] == '\0')
		return 0;
	err = threshold_config_read(ids->arena, ids->vars, ids->conf->thresholds, &config,
				    log_threshold_fault, &faults);
	if (err != 0)
		return wp_error(env, err, "thresholds", "%s: %s", ids->conf->thresholds,
				text_file_why(err));
	ids->n_threshold_faults = faults.n;
	log_more_thresholds(&faults);
	for (uint32_t i = 0; i < set->n && err == 0; i++)
		err = threshold_config_apply(config, set->rules[i]);
	if (err != 0)
		return wp_error(env, err, NULL, "no memory for thresholds");
	threshold_config_check(config, log_threshold_fault, &unused);
	log_more_thresholds(&unused);
	return 0;
}

/** Says which rules cannot be used, the first of them one by one. */
static void
log_faults(struct wp_env *env, const struct detector *detector)
{
	const struct rule_set *set = detector->set;

	wp_log(env, "%u rules serve, %u cannot be used", detector->n_serving, set->n_faults);
	if (detector->n_serving == 0)
		wp_log(env, "without rules nothing will be found");
	for (uint32_t i = 0; i < set->n_faults && i < FAULTS_SHOWN; i++) {
		const struct rule_fault *fault = &set->faults[i];

		wp_log(env, "%s:%u:%u: sid %u: %s%s%s", fault->file, fault->line, fault->column,
		       fault->sid, fault->why, fault->hint[0] == '\0' ? "" : ": ", fault->hint);
	}
	if (set->n_faults > FAULTS_SHOWN)
		wp_log(env, "and %u more: ask failed-rules", set->n_faults - FAULTS_SHOWN);
}

/** Says how many rules are of classes that nobody knows: they weigh least, unless they say more. */
static void
note_classless(struct wp_env *env, struct ids *ids, const struct classification *classes)
{
	const struct rule_set *set = ids->detector->set;
	const struct rule *first = NULL;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct rule *rule = set->rules[i];

		if (rule->classtype == NULL ||
		    classification_find(classes, rule->classtype) != NULL)
			continue;
		first = first == NULL ? rule : first;
		ids->n_classless++;
	}
	if (first != NULL)
		wp_log(env,
		       "%u rules are of classes that %s does not have, and weigh least; the first: "
		       "sid %u: '%s'",
		       ids->n_classless,
		       ids->conf->classification[0] == '\0' ? "the built-in classification"
							    : ids->conf->classification,
		       first->sid, first->classtype);
}

/** Files without a single good rule are something else than rules: a page of errors, half a
 * download. Nothing would be found with them. Who reads a capture tries rules out. */
static int
refuse_garbage(struct wp_env *env, const struct ids_conf *conf, const struct detector *detector)
{
	const struct rule_set *set = detector->set;

	if (detector->n_serving != 0 || set->n_faults == 0 || conf->capture)
		return 0;
	return wp_error(env, -EINVAL, "rules", "none of %u can be used; the first: %s:%u:%u: %s",
			set->n_faults, set->faults[0].file, set->faults[0].line,
			set->faults[0].column, set->faults[0].why);
}

static int
read_geo(struct wp_env *env, const struct ids_conf *conf, struct geo **geo)
{
	char why[WHY];
	int err = conf->geo[0] == '\0' ? 0 : geo_open(conf->geo, geo, why, sizeof(why));

	return err == 0 ? 0 : wp_error(env, err, "geo", "%s", why);
}

/** Ranks actions as the configuration has them: all of them, or none. */
static int
rank_actions(struct wp_env *env, const struct ids_conf *conf, uint8_t *ranks)
{
	static const char *const names[] = {[RULE_PASS] = "pass",
					    [RULE_DROP] = "drop",
					    [RULE_REJECT] = "reject",
					    [RULE_ALERT] = "alert"};
	const char *const *order = conf->order.items;
	unsigned int seen = 0;

	for (uint32_t i = 0; i < conf->order.n; i++) {
		unsigned int action = 0;

		while (action <= RULE_ALERT && strcmp(names[action], order[i]) != 0)
			action++;
		if (action > RULE_ALERT)
			return wp_error(env, -EINVAL, "order",
					"'%s' is no action: pass, drop, reject, alert", order[i]);
		ranks[action] = (uint8_t)i;
		seen |= 1U << action;
	}
	if (conf->order.n != 0 && (conf->order.n != RULE_ALERT + 1 || seen != 0xf))
		return wp_error(env, -EINVAL, "order",
				"each of pass, drop, reject, alert has to be there, once");
	return 0;
}

/** What is in the cache is run: nobody else may write there. Without it rules are compiled each
 * time. */
static int
check_cache(struct wp_env *env, const char *cache)
{
	struct stat is;

	if (cache[0] == '\0' || stat(cache, &is) != 0)
		return 0; /* what cannot be kept there is told, once it is made */
	if (!S_ISDIR(is.st_mode))
		return wp_error(env, -ENOTDIR, "cache", "%s: is no folder", cache);
	if ((is.st_uid != 0 && is.st_uid != geteuid()) || (is.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return wp_error(env, -EPERM, "cache",
				"%s: others may write there, and what it holds is run (chown root, "
				"chmod go-w)",
				cache);
	return 0;
}

/** @return whether a rule names a file. */
static bool
names_file(const struct rule *rule)
{
	static const char *const words[] = {"dataset:", "datarep:", "filemd5:", "filesha"};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(rule->text, words[i]) != NULL)
			return true;
	return false;
}

static int
open_rules(struct wp_env *env, struct ids *ids, struct classification *classes)
{
	int not_kept = 0;
	const struct compiling compiling = {or_null(ids->conf->cache), wp_env_is_over, env,
					    &not_kept};
	struct rule_set_conf conf = {.vars = ids->vars,
				     .classes = classes,
				     .ips = ids->conf->mode == IDS_PREVENT,
				     .geo = ids->geo,
				     .compiling = &compiling};
	char why[WHY];
	struct rule_set *set;
	int err = rank_actions(env, ids->conf, conf.ranks);

	if (err != 0)
		return err;
	err = rule_set_create(&conf, &set);
	if (err != 0)
		return wp_error(env, err, NULL, "no memory for rules");
	err = read_rules(env, ids->conf, set);
	if (err == 0)
		err = read_thresholds(env, ids, set);
	if (err == 0) {
		err = detector_create(set, &compiling, &ids->detector, why, sizeof(why));
		if (err != 0)
			wp_error(env, err, "rules", "%s", why);
	}
	if (err != 0) {
		rule_set_destroy(set);
		return err;
	}
	for (uint32_t i = 0; i < set->n; i++)
		ids->reads_more_files |= names_file(set->rules[i]);
	if (compiling.cache != NULL)
		cache_sweep(compiling.cache);
	if (not_kept != 0)
		wp_log(env, "cache: %s: %s: what it lacks is compiled each time", compiling.cache,
		       strerror(-not_kept));
	err = refuse_garbage(env, ids->conf, ids->detector);
	if (err == 0) {
		log_faults(env, ids->detector);
		note_classless(env, ids, classes);
	}
	return err;
}

/** @return what the schema says of a member. */
static const char *
help_of(const char *member)
{
	const struct wp_field *field = ids_fields;

	while (field->name != NULL && strcmp(field->name, member) != 0)
		field++;
	return field->name == NULL ? "" : field->help;
}

/** Reads which events are asked for, and notes whose they may be. */
static int
read_kinds(struct wp_env *env, const struct ids_conf *conf, struct ids *ids)
{
	uint32_t n = wp_env_tenants(env) + 1;
	const char *member, *word;

	if (kinds_read(conf, &ids->kinds, &member, &word) != 0)
		return wp_error(env, -EINVAL, member, "'%s' is not known here (%s)", word,
				help_of(member));
	ids->tenants = wp_arena_alloc(ids->arena, n * sizeof(*ids->tenants));
	if (ids->tenants == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory");
	for (; ids->n_tenants < n; ids->n_tenants++)
		ids->tenants[ids->n_tenants] = wp_env_tenant_name(env, (uint16_t)ids->n_tenants);
	return 0;
}

int
inst_open(struct wp_env *env, const struct ids_conf *conf, struct ids **inst)
{
	struct ids *new = calloc(1, sizeof(*new));
	struct classification *classes;
	int err;

	if (new == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory");
	new->conf = conf;
	new->stamp = stamp_of(conf);
	new->name = wp_env_instance(env, NULL);
	new->vars = vars_create();
	new->arena = wp_arena_create();
	if (new->vars == NULL || new->arena == NULL) {
		inst_close(new);
		return wp_error(env, -ENOMEM, NULL, "no memory");
	}
	err = set_vars(env, conf, new);
	if (err == 0)
		err = read_classes(env, conf, new->arena, &classes);
	if (err == 0)
		err = read_kinds(env, conf, new);
	if (err == 0)
		err = read_geo(env, conf, &new->geo);
	if (err == 0)
		err = check_cache(env, conf->cache);
	if (err == 0)
		err = open_rules(env, new, classes);
	if (err == 0 && marks_create(new->detector, &new->marks) != 0)
		err = wp_error(env, -ENOMEM, NULL, "no memory for names");
	if (err != 0) {
		inst_close(new);
		return err;
	}
	*inst = new;
	return 0;
}

bool
inst_is_current(const struct ids *inst)
{
	return !inst->reads_more_files && stamp_of(inst->conf) == inst->stamp;
}

void
inst_close(struct ids *inst)
{
	if (inst == NULL)
		return;
	marks_destroy(inst->marks);
	detector_destroy(inst->detector);
	geo_close(inst->geo);
	wp_arena_destroy(inst->arena);
	vars_destroy(inst->vars);
	free(inst);
	malloc_trim(0); /* a large set is no longer anybody's */
}
