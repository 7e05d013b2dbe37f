/* SPDX-License-Identifier: BSD-3-Clause */
/* See translate.h: the service's part. */

#include "tool/translate.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "say.h"

enum { PATH_SIZE = 4096 };

int
translate_usual(struct settings *settings)
{
	static const char *const usual[][2] = {
		{"host-os-policy.windows.0", "0.0.0.0/0"},
		{"stream.reassembly.depth", "1mb"},
		{"decoder.teredo.ports", "3544"},
	};
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < sizeof(usual) / sizeof(usual[0]); i++)
		err = settings_set(settings, usual[i][0], usual[i][1]);
	return err;
}

/* Help for all parts. */

void
translate_note(struct translation *to, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(to->notes, json_string(text));
}

static const struct wp_field *
find_field(const struct wp_field *fields, const char *member)
{
	for (; fields != NULL && fields->name != NULL; fields++)
		if (strcmp(fields->name, member) == 0)
			return fields;
	return NULL;
}

void
translate_number(json_t *object, const struct wp_field *fields, const char *member,
		 unsigned long long number)
{
	const struct wp_field *field = find_field(fields, member);

	if (field == NULL)
		return;
	if (number < field->min)
		number = field->min;
	if (number > field->max)
		number = field->max;
	json_object_set_new(object, member, json_integer((json_int_t)number));
}

/** What items of a list are given to. */
struct items {
	translate_item_fn fn;
	void *arg;
	unsigned int n;
};

static void
take_item(void *arg, const char *name, const char *text)
{
	struct items *items = arg;

	items->n++;
	items->fn(items->arg, text);
}

/** Takes a text apart: "[a, b]", "a, b", "a". */
static void
split(const struct items *items, const char *text)
{
	char *copy = strdup(text), *at = copy, *word;

	while ((word = strsep(&at, "[], \t")) != NULL)
		if (word[0] != '\0')
			items->fn(items->arg, word);
	free(copy);
}

void
translate_items(const struct settings *settings, const char *name, translate_item_fn fn, void *arg)
{
	struct items items = {.fn = fn, .arg = arg};
	const char *text = settings_get(settings, name);

	settings_each(settings, name, take_item, &items);
	if (items.n == 0 && text != NULL)
		split(&items, text);
}

/* Variables. */

/** Takes a variable; one that is a list of YAML's comes item by item: "HOME_NET.0". */
static void
take_variable(void *arg, const char *name, const char *text)
{
	json_t *variables = arg, *is_list;
	const char *dot = strchr(name, '.'), *before;
	char key[SETTINGS_NAME_SIZE];
	size_t size;

	snprintf(key, sizeof(key), "%.*s", dot == NULL ? (int)strlen(name) : (int)(dot - name),
		 name);
	if (dot == NULL) {
		json_object_set_new(variables, key, json_string(text));
		return;
	}
	is_list = json_object_get(variables, key);
	before = json_string_value(is_list);
	size = before == NULL ? 0 : strlen(before);
	if (size == 0 || before[size - 1] != ']')
		json_object_set_new(variables, key, json_sprintf("[%s]", text));
	else
		json_object_set_new(variables, key,
				    json_sprintf("%.*s,%s]", (int)size - 1, before, text));
}

/* Files. */

/** Writes where a file of rules is. */
static void
rule_path(const struct settings *settings, const char *name, char path[PATH_SIZE])
{
	const char *folder = settings_get(settings, "default-rule-path");

	snprintf(path, PATH_SIZE, "%s%s%s", name[0] == '/' || folder == NULL ? "" : folder,
		 name[0] == '/' || folder == NULL ? "" : "/", name);
}

/** Of translate_rules(). */
struct rule_files {
	const struct settings *settings;
	struct translation *to;
};

static void
take_rule_file(void *arg, const char *name)
{
	const struct rule_files *files = arg;
	char path[PATH_SIZE];
	glob_t found;

	rule_path(files->settings, name, path);
	if (glob(path, 0, NULL, &found) != 0) {
		translate_note(files->to, "%s: there is no such file of rules", path);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		json_array_append_new(files->to->rules, json_string(found.gl_pathv[i]));
	globfree(&found);
}

static void
add_words(json_t *array, const struct options_words *words)
{
	for (unsigned int i = 0; i < words->n; i++)
		json_array_append_new(array, json_string(words->words[i]));
}

/** Says which files of rules are read: those of -S alone, or the configuration's and those of -s.
 */
static void
find_rules(const struct options *options, const struct settings *settings, struct translation *to)
{
	struct rule_files files = {settings, to};

	if (options->rules.n != 0) {
		add_words(to->rules, &options->rules);
		return;
	}
	translate_items(settings, "rule-files", take_rule_file, &files);
	add_words(to->rules, &options->more_rules);
}

static void
take_action(void *arg, const char *text)
{
	json_array_append_new(arg, json_string(text));
}

/** Takes the order of actions, where a setting has one. */
static void
take_order(const struct settings *settings, json_t *service)
{
	json_t *order = json_array();

	translate_items(settings, "action-order", take_action, order);
	if (json_array_size(order) != 0)
		json_object_set(service, "order", order);
	json_decref(order);
}

/** Takes a file that a setting names, where it can be read. */
static void
take_file(const struct settings *settings, struct translation *to, const char *name,
	  const char *member)
{
	const char *file = settings_get(settings, name);

	if (file == NULL || file[0] == '\0')
		return;
	if (access(file, R_OK) != 0)
		translate_note(to, "%s: %s: %s", name, file, strerror(errno));
	else
		json_object_set_new(to->service, member, json_string(file));
}

/* Numbers. */

static const struct {
	const char *name, *member;
	bool zero_is_all;
} sizes[] = {
	{"app-layer.protocols.http.libhtp.default-config.request-body-limit", "body", true},
	{"app-layer.protocols.http.libhtp.default-config.response-body-limit", "body", true},
	{"stream.reassembly.toserver-chunk-size", "chunk", false},
	{"packet-alert-max", "alerts_max", false},
	{"detect.inspection-recursion-limit", "recursion_max", false},
	{"app-layer.protocols.http.libhtp.default-config.response-body-decompress-layer-limit",
	 "decompress_max", false},
	{"pcre.match-limit", "pcre_match_limit", false},
	{"asn1-max-frames", "asn1_frames_max", false},
};

static void
take_sizes(const struct settings *settings, const struct wp_field *fields, struct translation *to)
{
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *text = settings_get(settings, sizes[i].name);
		uint64_t number;

		if (text == NULL)
			continue;
		if (!settings_bytes(text, &number)) {
			translate_note(to, "%s: '%s' is no size", sizes[i].name, text);
			continue;
		}
		if (number == 0 && sizes[i].zero_is_all)
			number = UINT64_MAX;
		translate_number(to->service, fields, sizes[i].member, number);
	}
}

/* Tunnels. */

/** Takes the ports of a tunnel: "4789", "[4789, 4790]", "$VXLAN_PORTS", "any". */
static void
take_port(void *arg, const char *word)
{
	struct tunnel_ports *ports = arg;
	char *end;
	unsigned long port = strtoul(word, &end, 10);

	if (strcmp(word, "any") == 0)
		ports->is_any = true;
	if (*end == '\0' && port <= UINT16_MAX && ports->n < TUNNEL_PORTS_MAX)
		ports->ports[ports->n++] = (uint16_t)port;
}

static void
take_tunnel(const struct settings *settings, const char *kind, struct tunnel_ports *ports)
{
	char name[64], variable[SETTINGS_NAME_SIZE];
	struct tunnel_ports given = {0};
	const char *text;

	snprintf(name, sizeof(name), "decoder.%s.enabled", kind);
	ports->is_on = settings_flag(settings, name, ports->is_on);
	snprintf(name, sizeof(name), "decoder.%s.ports", kind);
	text = settings_get(settings, name);
	if (text != NULL && text[0] == '$')
		snprintf(variable, sizeof(variable), "vars.port-groups.%s", text + 1);
	else
		snprintf(variable, sizeof(variable), "%s", name);
	translate_items(settings, variable, take_port, &given);
	if (given.n == 0 && !given.is_any)
		return;
	given.is_on = ports->is_on;
	*ports = given;
}

static void
take_tunnels(const struct settings *settings, struct tunnel_conf *tunnels)
{
	*tunnels = tunnel_usual;
	take_tunnel(settings, "teredo", &tunnels->teredo);
	take_tunnel(settings, "vxlan", &tunnels->vxlan);
	take_tunnel(settings, "geneve", &tunnels->geneve);
}

/* All together. */

/** @return whether TLS is looked at behind its handshake, too. */
static bool
is_full(const struct settings *settings)
{
	const char *text = settings_get(settings, "app-layer.protocols.tls.encryption-handling");

	return text != NULL && strcmp(text, "full") == 0;
}

/** Leaves away what the service does not know. */
static void
drop_unknown(json_t *object, const struct wp_field *fields)
{
	const char *member;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, member, value)
	{
		if (find_field(fields, member) == NULL)
			json_object_del(object, member);
	}
}

static int
make_service(const struct options *options, const struct settings *settings,
	     const struct wp_field *fields, struct translation *to)
{
	json_t *events = json_array(), *details = json_array();
	const char *folder = settings_get(settings, "default-rule-path");
	int err = json_object_set(to->service, "rules", to->rules);

	err |= json_object_set(to->service, "variables", to->variables);
	err |= json_object_set_new(to->service, "events", events);
	err |= json_object_set_new(to->service, "details", details);
	err |= json_object_set_new(to->service, "eve", json_string(to->eve));
	err |= json_object_set_new(to->service, "mode",
				   json_string(options->is_inline ? "prevent" : "detect"));
	if (err != 0)
		return -ENOMEM;
	if (folder != NULL)
		json_object_set_new(to->service, "folder", json_string(folder));
	settings_each(settings, "vars.address-groups", take_variable, to->variables);
	settings_each(settings, "vars.port-groups", take_variable, to->variables);
	take_file(settings, to, "threshold-file", "thresholds");
	take_file(settings, to, "classification-file", "classification");
	take_file(settings, to, "geoip-database", "geo");
	take_file(settings, to, "reference-config-file", "references");
	take_sizes(settings, fields, to);
	take_order(settings, to->service);
	json_object_set_new(to->service, "midstream",
			    json_boolean(settings_flag(settings, "stream.midstream", false) ||
					 settings_flag(settings, "stream.async-oneside", false)));
	json_object_set_new(to->service, "drop_invalid",
			    json_boolean(settings_flag(settings, "stream.drop-invalid", true)));
	json_object_set_new(to->service, "encrypted", json_boolean(is_full(settings)));
	/* A capture waits: all of it is looked at, however long that takes. */
	json_object_set_new(to->service, "overload", json_string("pass"));
	translate_number(to->service, fields, "budget", UINT32_MAX);
	err = translate_events(settings, options->config != NULL, events, details);
	drop_unknown(to->service, fields);
	return err;
}

/** Works out where events go. */
static int
name_eve(const struct options *options, struct translation *to)
{
	const char *dir = options->dir[0] == '\0' ? "." : options->dir;

	return asprintf(&to->eve, "%s/eve.json", dir) < 0 ? -ENOMEM : 0;
}

int
translate(const struct options *options, const struct settings *settings,
	  const struct wp_field *fields, struct translation *to, char *why, size_t size)
{
	int err = -ENOMEM;

	*to = (struct translation){.service = json_object(),
				   .tracker = json_object(),
				   .rules = json_array(),
				   .variables = json_object(),
				   .notes = json_array()};
	if (to->service != NULL && to->tracker != NULL && to->rules != NULL &&
	    to->variables != NULL && to->notes != NULL)
		err = name_eve(options, to);
	if (err == 0) {
		take_tunnels(settings, &to->tunnels);
		find_rules(options, settings, to);
		err = make_service(options, settings, fields, to);
	}
	if (err == 0)
		err = translate_tracker(options, settings, to);
	return err == 0 ? 0 : wp_say(why, size, err, "no memory");
}

void
translate_free(struct translation *to)
{
	json_decref(to->service);
	json_decref(to->tracker);
	json_decref(to->rules);
	json_decref(to->variables);
	json_decref(to->notes);
	free(to->eve);
}
