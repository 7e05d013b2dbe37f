/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of EVE of the records of record.h. Any thread; no heap, no locks. */

#ifndef IDS_JSON_H
#define IDS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule;

/** Names of kinds of records, as EVE has them. Index: enum record_kind. */
extern const char *const json_kinds[];

/** Bytes of a line at the most, '\n' included: a byte of a record may become twelve. */
enum { JSON_LINE_MAX = 224 * 1024 };

/** What a line says that its record does not. Its calls may be NULL. */
struct json_names {
	const void *of; /* for the calls */
	/** @return the rule of a number (rule.number); NULL: its sid is told alone */
	const struct rule *(*rule)(const void *of, uint32_t number);
	/** @return a tenant's name by its dense id; NULL: its id is told */
	const char *(*tenant)(const void *of, uint16_t tenant);
	bool has_paths;            /* tell tenants, paths and steps */
	bool metadata;             /* tell the metadata of rules */
	bool rule_text;            /* tell the text of rules */
	bool brief;                /* tell less of HTTP, but with alerts */
	bool verdict;              /* tell what became of an alert's packet */
	bool payload;              /* tell payloads as they are, */
	bool printable;            /* or readable */
	bool body, body_printable; /* likewise, bodies of HTTP */
	uint16_t link; /* layer of packets that do not begin with Ethernet, by libpcap's numbers */
	uint16_t link_size; /* bytes of its headers: are counted with the bytes of flows */
};

/**
 * Writes the line of a record; a query of DNS has one for each question.
 * @param room  bytes of @p line: JSON_LINE_MAX
 * @param record, size  struct record's bytes; aligned to 8
 * @param time_ns  UTC, of the record
 * @return bytes, '\n' included, no '\0' behind; 0: it is no record, or its line does not fit
 */
size_t json_line(char *line, size_t room, const void *record, size_t size, uint64_t time_ns,
		 const struct json_names *names);

#endif
