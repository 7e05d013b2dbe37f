/* SPDX-License-Identifier: BSD-3-Clause */
/* See translate.h: which kinds of events suricata.yaml asks for, in outputs.N.eve-log.types. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/translate.h"

/** Kinds of events by the names they are asked for, and those they have. */
static const struct {
	const char *name, *kind;
	bool is_usual; /* in Suricata's own configuration file */
} kinds[] = {
	{"anomaly", "anomaly", true}, {"http", "http", true},  {"dns", "dns", true},
	{"tls", "tls", true},         {"ssh", "ssh", true},    {"smtp", "smtp", true},
	{"ftp", "ftp", true},         {"smb", "smb", true},    {"files", "fileinfo", true},
	{"flow", "flow", true},       {"drop", "drop", false},
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/** What events tell: the word for it here, and the setting that asks for it. Behind another one of
 * the same word: both have to. */
static const struct {
	const char *name, *word;
	bool is_usual;
} details[] = {
	{"types.alert.metadata.app-layer", "app-layer", true},
	{"types.alert.metadata", "app-layer", true},
	{"metadata", "metadata", true},
	{"types.alert.metadata.rule.metadata", "metadata", true},
	{"types.alert.metadata.rule.raw", "rule", false},
	{"types.alert.verdict", "verdict", false},
	{"types.alert.payload", "payload", false},
	{"types.alert.payload-printable", "payload-printable", false},
	{"types.alert.packet", "packet", false},
	{"types.alert.http-body", "http-body", false},
	{"types.alert.http-body-printable", "http-body-printable", false},
	{"types.http.extended", "extended", false},
	{"types.drop.alerts", "alerts", false},
	{"types.drop.verdict", "verdict", false},
	{"types.anomaly.types.decode", "decode", false},
	{"types.anomaly.types.stream", "stream", false},
	{"types.files.force-hash.md5", "md5", false},
	{"types.files.force-hash.sha1", "sha1", false},
	{"types.files.force-hash.sha256", "sha256", false},
	{"ethernet", "ethernet", false},
};

enum { N_DETAILS = sizeof(details) / sizeof(details[0]) };

/** What is asked for. */
struct asked {
	enum { NOT_ASKED, ASKED, REFUSED } kinds[N_KINDS], details[N_DETAILS];
	bool is_off; /* the log of its own */
};

static bool
says_yes(const char *text)
{
	static const char *const words[] = {"yes", "true", "on", "1"};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/** @return the index of the kind whose name is the first part of @p name; N_KINDS: none. */
static unsigned int
find_kind(const char *name)
{
	size_t size = strcspn(name, ".");

	for (unsigned int i = 0; i < N_KINDS; i++)
		if (strlen(kinds[i].name) == size && strncmp(kinds[i].name, name, size) == 0)
			return i;
	return N_KINDS;
}

/** Takes a setting of a kind: "http", "http.extended". */
static void
take_kind(struct asked *asked, const char *name, const char *text)
{
	unsigned int kind = find_kind(name);
	const char *part = strchr(name, '.');

	if (kind == N_KINDS)
		return;
	if (part != NULL && strcmp(part, ".enabled") == 0 && !says_yes(text))
		asked->kinds[kind] = REFUSED;
	if (asked->kinds[kind] == NOT_ASKED)
		asked->kinds[kind] = ASKED;
}

/** Takes a setting of the log, without numbers: "types.alert.payload". */
static void
take_detail(struct asked *asked, const char *name, const char *text)
{
	for (unsigned int i = 0; i < N_DETAILS; i++)
		if (strcmp(details[i].name, name) == 0)
			asked->details[i] = says_yes(text) ? ASKED : REFUSED;
}

/** Takes a setting below "outputs": "1.eve-log.types.2.http.extended", or with "http" as its text.
 */
static void
take_output(void *arg, const char *name, const char *text)
{
	static const char log[] = ".eve-log.", types[] = "types.", hash[] = "files.force-hash.";
	char plain[SETTINGS_NAME_SIZE];
	struct asked *asked = arg;
	const char *at = name + strspn(name, "0123456789");

	if (strncmp(at, log, sizeof(log) - 1) != 0)
		return;
	at += sizeof(log) - 1;
	if (strcmp(at, "enabled") == 0)
		asked->is_off = !says_yes(text);
	if (strncmp(at, types, sizeof(types) - 1) != 0) {
		take_detail(asked, at, text);
		return;
	}
	at += sizeof(types) - 1;
	at += strspn(at, "0123456789");
	if (*at != '.') {
		take_kind(asked, text, "");
		return;
	}
	take_kind(asked, at + 1, text);
	if (strncmp(at + 1, hash, sizeof(hash) - 1) == 0) { /* a list of words */
		snprintf(plain, sizeof(plain), "%s%s%s", types, hash, text);
		text = "yes";
	} else {
		snprintf(plain, sizeof(plain), "%s%s", types, at + 1);
	}
	take_detail(asked, plain, text);
}

/** @return whether a detail is to be told: every setting of its word has to say so. */
static bool
is_told(const struct asked *asked, unsigned int which)
{
	bool tells = false;

	for (unsigned int i = 0; i < N_DETAILS; i++) {
		if (strcmp(details[i].word, details[which].word) != 0)
			continue;
		if (asked->details[i] == REFUSED && details[i].is_usual)
			return false;
		tells |= asked->details[i] == ASKED || details[i].is_usual;
	}
	return tells;
}

/** @return whether an earlier row has the same word. */
static bool
is_again(unsigned int which)
{
	for (unsigned int i = 0; i < which; i++)
		if (strcmp(details[i].word, details[which].word) == 0)
			return true;
	return false;
}

int
translate_events(const struct settings *settings, bool is_configured, json_t *events, json_t *told)
{
	struct asked asked = {.is_off = false};
	int err = json_array_append_new(events, json_string("alert"));

	for (unsigned int i = 0; !is_configured && i < N_KINDS; i++)
		asked.kinds[i] = kinds[i].is_usual ? ASKED : NOT_ASKED;
	if (!is_configured)
		take_detail(&asked, "types.http.extended", "yes");
	settings_each(settings, "outputs", take_output, &asked);
	for (unsigned int i = 0; err == 0 && i < N_KINDS; i++)
		if (asked.kinds[i] == ASKED && !asked.is_off)
			err = json_array_append_new(events, json_string(kinds[i].kind));
	for (unsigned int i = 0; err == 0 && i < N_DETAILS; i++)
		if (!is_again(i) && is_told(&asked, i))
			err = json_array_append_new(told, json_string(details[i].word));
	return err == 0 ? 0 : -ENOMEM;
}
