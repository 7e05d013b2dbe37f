/* SPDX-License-Identifier: BSD-3-Clause */
/* Versions of TLS. */

#include "rule/keyword_condition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** Numbers on the wire, in the order of time. */
static const struct keyword_choice versions[] = {
	{"sslv2", 0x0002},  {"sslv3", 0x0300},  {"tls1.0", 0x0301}, {"tls1.1", 0x0302},
	{"tls1.2", 0x0303}, {"tls1.3", 0x0304}, {NULL, 0},
};

enum { VERSIONS = sizeof(versions) / sizeof(versions[0]) - 1 };

static int
add_version(struct rule_reader *reader, enum rule_compare compare, uint64_t low, uint64_t high)
{
	struct rule_match *match = reader_packet(reader, MATCH_TLS_VERSION);

	if (match == NULL)
		return -EINVAL;
	match->range = (struct rule_range){.compare = compare, .low = low, .high = high};
	return 0;
}

/** "1.2", "0x7f12" */
int
keyword_tls_version_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	uint64_t number = 0;
	int err = reader_needs_l7(reader, RULE_L7_TLS);

	if (err != 0)
		return err;
	if (strncmp(value, "0x", 2) == 0) {
		err = reader_number(reader, value, 0, UINT16_MAX, &number);
		return err != 0 ? err : add_version(reader, RULE_EQ, number, 0);
	}
	for (unsigned int i = 0; i < VERSIONS; i++)
		if (strncmp(versions[i].name, "tls", 3) == 0 &&
		    strcmp(versions[i].name + 3, value) == 0)
			return add_version(reader, RULE_EQ, versions[i].value, 0);
	return reader_fault(reader, "'%.30s' is no version of TLS", value);
}

/** Adds conditions that together hold for some versions. @param wanted  bits, by their index */
static int
add_versions(struct rule_reader *reader, unsigned int wanted)
{
	unsigned int first = 0, last = VERSIONS - 1;
	int err;

	while ((wanted >> first & 1) == 0)
		first++;
	while ((wanted >> last & 1) == 0)
		last--;
	if (first == last)
		return add_version(reader, RULE_EQ, versions[first].value, 0);
	err = add_version(reader, RULE_BETWEEN, versions[first].value - 1,
			  versions[last].value + 1);
	for (unsigned int i = first + 1; i < last && err == 0; i++)
		if ((wanted >> i & 1) == 0)
			err = add_version(reader, RULE_NE, versions[i].value, 0);
	return err;
}

static int
exclude_versions(struct rule_reader *reader, unsigned int unwanted)
{
	int err = 0;

	for (unsigned int i = 0; i < VERSIONS && err == 0; i++)
		if ((unwanted >> i & 1) != 0)
			err = add_version(reader, RULE_NE, versions[i].value, 0);
	return err;
}

/** @param[in,out] seen  bits of versions */
static int
read_version(struct rule_reader *reader, const char *name, unsigned int *seen)
{
	for (unsigned int i = 0; i < VERSIONS; i++) {
		if (strcasecmp(versions[i].name, name) != 0)
			continue;
		if ((*seen >> i & 1) != 0)
			return reader_fault(reader, "'%s' is there twice", name);
		*seen |= 1u << i;
		return 0;
	}
	return reader_fault(reader, "'%.30s' is no version of SSL or TLS", name);
}

/** "tls1.0,tls1.1", "!tls1.3,tls1.2": a "!" in front is for all */
int
keyword_ssl_version_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[VERSIONS + 1];
	unsigned int n = reader_split(value, parts, VERSIONS + 1), seen = 0;
	bool negated = *parts[0] == '!';
	int err = reader_needs_l7(reader, RULE_L7_TLS);

	for (unsigned int i = 0; i < n && err == 0; i++) {
		if (i > VERSIONS)
			return reader_fault(reader, "there are too many versions");
		if (*parts[i] == '\0' && i > 0) /* behind a comma at the end */
			continue;
		if (*parts[i] == '!' && !negated)
			return reader_fault(reader, "'%.30s' does not go with those in front",
					    parts[i]);
		err = read_version(reader, parts[i] + (*parts[i] == '!'), &seen);
	}
	if (err != 0)
		return err;
	return negated ? exclude_versions(reader, seen) : add_versions(reader, seen);
}
