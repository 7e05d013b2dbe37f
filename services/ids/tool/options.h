/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of wp-ids: Suricata's, as far as it is about captures. */

#ifndef IDS_OPTIONS_H
#define IDS_OPTIONS_H

#include <stdbool.h>

/** Whether checksums are looked at. */
enum options_checksums { CHECKSUMS_BY_CONFIG, CHECKSUMS_NONE, CHECKSUMS_ALL };

/** Words of the command line that are given several times. */
struct options_words {
	const char **words;
	unsigned int n;
};

struct options {
	const char *capture;             /* NULL: none */
	const char *dir;                 /* that logs go to; "": the current one */
	const char *config;              /* suricata.yaml; NULL: none */
	char *filter;                    /* packets that are wanted; NULL: all */
	struct options_words rules;      /* these alone */
	struct options_words more_rules; /* beside those of the configuration */
	struct options_words includes;   /* read behind the configuration */
	struct options_words sets;       /* "name=text" */
	enum options_checksums checksums;
	bool is_inline;     /* as an IPS would */
	bool is_repeatable; /* no random numbers */
	bool check, json, is_quiet, help, version;
};

/** Reads the command line. @return 0, or -EINVAL or -ENOMEM: it has been said why. In any case
 * options_free() */
int options_parse(int argc, char **argv, struct options *options);

void options_free(struct options *options);

/** Writes what the options are. */
void options_help(void);

#endif
