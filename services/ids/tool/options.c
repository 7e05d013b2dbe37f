/* SPDX-License-Identifier: BSD-3-Clause */
/* See options.h. */

#include "tool/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Options without a letter. */
enum {
	OPTION_SET = 256,
	OPTION_INCLUDE,
	OPTION_INLINE,
	OPTION_REPEATABLE,
	OPTION_JSON,
	OPTION_FILTER_FILE,
	OPTION_WITHOUT_EFFECT,
};

static const struct option long_options[] = {
	{"set", required_argument, NULL, OPTION_SET},
	{"include", required_argument, NULL, OPTION_INCLUDE},
	{"simulate-ips", no_argument, NULL, OPTION_INLINE},
	{"no-random", no_argument, NULL, OPTION_REPEATABLE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	/* Taken so that command lines of Suricata's need not be changed. */
	{"runmode", required_argument, NULL, OPTION_WITHOUT_EFFECT},
	{"data-dir", required_argument, NULL, OPTION_WITHOUT_EFFECT},
	{"init-errors-fatal", no_argument, NULL, OPTION_WITHOUT_EFFECT},
	{"strict-rule-keywords", optional_argument, NULL, OPTION_WITHOUT_EFFECT},
	{NULL, 0, NULL, 0},
};

void
options_help(void)
{
	fputs("usage: wp-ids -r CAPTURE -S RULES [-S RULES ...] [-l DIR] [OPTION ...] [FILTER]\n"
	      "       wp-ids -T -S RULES [-S RULES ...] [--json]\n"
	      "\n"
	      "Reads a capture as an IDS with Suricata's rules would, and writes what it finds to\n"
	      "DIR/eve.json. FILTER is of tcpdump's kind: port 22\n"
	      "\n"
	      "  -r CAPTURE        pcap or pcapng; -: the standard input\n"
	      "  -S RULES          a file of rules; only such count\n"
	      "  -s RULES          likewise, beside those that the configuration names\n"
	      "  -l DIR            folder of logs; made if need be. Else the current one\n"
	      "  -c FILE           a configuration as suricata.yaml\n"
	      "      --include FILE  read behind it\n"
	      "      --set NAME=TEXT  sets one value of it: vars.address-groups.HOME_NET=any\n"
	      "  -k none|all       whether checksums are looked at\n"
	      "  -F FILE           reads FILTER from a file\n"
	      "  -T                only check rules: where they are wrong, and what to do\n"
	      "      --json        say so, or what was found, as JSON\n"
	      "      --simulate-ips  as if what rules drop did not go on\n"
	      "      --no-random   the same every time\n"
	      "  -q, --quiet       do not say what was found\n"
	      "  -V, --version\n"
	      "  -h, --help\n"
	      "\n"
	      "Exit status: 0 done; 1 failed, or there are rules that are wrong (-T); 2 wrong\n"
	      "usage.\n",
	      stdout);
}

static void
add_word(struct options_words *words, const char *word)
{
	words->words[words->n++] = word;
}

/** Makes room for as many words as there can be. */
static int
make_room(struct options *options, int argc)
{
	struct options_words *all[] = {&options->rules, &options->more_rules, &options->includes,
				       &options->sets};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		all[i]->words = calloc((size_t)argc + 1, sizeof(char *));
		if (all[i]->words == NULL)
			return -ENOMEM;
	}
	return 0;
}

void
options_free(struct options *options)
{
	free(options->rules.words);
	free(options->more_rules.words);
	free(options->includes.words);
	free(options->sets.words);
	free(options->filter);
}

static int
take_checksums(struct options *options, const char *word)
{
	if (strcmp(word, "none") == 0) {
		options->checksums = CHECKSUMS_NONE;
	} else if (strcmp(word, "all") == 0) {
		options->checksums = CHECKSUMS_ALL;
	} else {
		fprintf(stderr, "wp-ids: -k %s: it is \"none\" or \"all\"\n", word);
		return -EINVAL;
	}
	return 0;
}

/** Reads a filter from a file: its lines, without those that begin with '#'. */
static int
read_filter(struct options *options, const char *name)
{
	enum { FILTER_SIZE_MAX = 1 << 20 };
	FILE *file = fopen(name, "re");
	char *line = NULL, *text = calloc(1, FILTER_SIZE_MAX);
	size_t room = 0, used = 0;
	ssize_t size;

	while (file != NULL && text != NULL && (size = getline(&line, &room, file)) > 0) {
		if (line[0] == '#' || used + (size_t)size >= FILTER_SIZE_MAX)
			continue;
		memcpy(text + used, line, (size_t)size);
		used += (size_t)size;
	}
	free(line);
	free(options->filter);
	options->filter = text;
	if (file == NULL || text == NULL) {
		fprintf(stderr, "wp-ids: %s: %s\n", name, strerror(errno));
		if (file != NULL)
			fclose(file);
		return -EINVAL;
	}
	fclose(file);
	return 0;
}

/** Makes one text of the words that are left. */
static int
join_filter(struct options *options, char *const *words, int n)
{
	size_t size = 1, used = 0;

	if (n == 0)
		return 0;
	for (int i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	free(options->filter);
	options->filter = calloc(1, size);
	if (options->filter == NULL)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(options->filter + used, size - used, "%s%s",
					 i == 0 ? "" : " ", words[i]);
	return 0;
}

static int
take_capture(struct options *options, const char *name)
{
	if (options->capture != NULL) {
		fputs("wp-ids: -r is given twice: one capture at a time\n", stderr);
		return -EINVAL;
	}
	options->capture = name;
	return 0;
}

/** Takes an option that has a value. */
static int
take_value(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'r':
		return take_capture(options, value);
	case 'S':
		add_word(&options->rules, value);
		return 0;
	case 's':
		add_word(&options->more_rules, value);
		return 0;
	case 'l':
		options->dir = value;
		return 0;
	case 'c':
		options->config = value;
		return 0;
	case 'k':
		return take_checksums(options, value);
	case 'F':
		return read_filter(options, value);
	case OPTION_SET:
		add_word(&options->sets, value);
		return 0;
	case OPTION_INCLUDE:
		add_word(&options->includes, value);
		return 0;
	default:
		return -EINVAL; /* getopt has said why */
	}
}

static int
take_option(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'T':
		options->check = true;
		break;
	case OPTION_INLINE:
		options->is_inline = true;
		break;
	case OPTION_REPEATABLE:
		options->is_repeatable = true;
		break;
	case OPTION_JSON:
		options->json = true;
		break;
	case 'q':
		options->is_quiet = true;
		break;
	case 'h':
		options->help = true;
		break;
	case 'V':
		options->version = true;
		break;
	case 'v':
	case OPTION_WITHOUT_EFFECT:
		break;
	default:
		return take_value(options, letter, value);
	}
	return 0;
}

/** Says what is missing. */
static int
check(const struct options *options)
{
	if (options->help || options->version || options->check || options->capture != NULL)
		return 0;
	fputs("wp-ids: no capture; give one with -r, or check rules with -T; see --help\n", stderr);
	return -EINVAL;
}

int
options_parse(int argc, char **argv, struct options *options)
{
	int letter, err;

	*options = (struct options){.dir = ""};
	err = make_room(options, argc);
	while (err == 0 &&
	       (letter = getopt_long(argc, argv, "r:S:s:l:c:k:F:TqvhV", long_options, NULL)) != -1)
		err = take_option(options, letter, optarg);
	if (err == 0)
		err = join_filter(options, argv + optind, argc - optind);
	if (err == -ENOMEM)
		fputs("wp-ids: no memory\n", stderr);
	return err == 0 ? check(options) : err;
}
