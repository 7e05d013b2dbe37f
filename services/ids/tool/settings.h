/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings as suricata.yaml has them: a tree of which each leaf is a name with dots and a text,
 * "vars.address-groups.HOME_NET", "outputs.1.eve-log.enabled". Items of lists are numbered from 0.
 * Files are hostile: depth, sizes and numbers of settings and of included files are bounded.
 */

#ifndef IDS_SETTINGS_H
#define IDS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a setting's name at the most, its end included. */
#define SETTINGS_NAME_SIZE 512

struct settings;

/** @return 0 or -ENOMEM */
int settings_create(struct settings **settings);

/** Accepts NULL. */
void settings_destroy(struct settings *settings);

/**
 * Reads a YAML file; what it says replaces what is there. A file that it includes and that is not
 * there is only noted: see settings_missing().
 * @param[out] why  on failure: "file:line:column: reason", room for @p size bytes
 * @return 0, -EINVAL, -ENOMEM, or what opening the file gave
 */
int settings_read(struct settings *settings, const char *file, char *why, size_t size);

/** Likewise, from memory. @param name  for faults; files that it includes are looked for beside it
 */
int settings_read_text(struct settings *settings, const char *name, const char *text, size_t length,
		       char *why, size_t size);

/** Sets one. @return 0, -EINVAL: no name or text can be like that, -E2BIG: there are too many, or
 * -ENOMEM */
int settings_set(struct settings *settings, const char *name, const char *text);

/** Likewise, of "name=text", with white space around either. */
int settings_assign(struct settings *settings, const char *assignment);

/** @return the text of a setting; NULL: it is not given. Stays until it is set again. */
const char *settings_get(const struct settings *settings, const char *name);

/** @return whether a setting says yes; @p otherwise when it says neither yes nor no. */
bool settings_flag(const struct settings *settings, const char *name, bool otherwise);

/** Reads "4096", "32kb", "1mb", "2 gb". @return whether it is one */
bool settings_bytes(const char *text, uint64_t *bytes);

/** Takes one setting. @param name  behind the common part and its dot */
typedef void (*settings_fn)(void *arg, const char *name, const char *text);

/** Calls @p fn for all settings below @p name, in the order they were first given. */
void settings_each(const struct settings *settings, const char *name, settings_fn fn, void *arg);

/** @return the name of an included file that was not there, from 0; NULL: there are no more. */
const char *settings_missing(const struct settings *settings, size_t i);

#endif
