/* SPDX-License-Identifier: BSD-3-Clause */
/* What records are made of and about: one flow, one rule; and their lines of EVE, read back. */

#ifndef TESTS_RECORD_BED_H
#define TESTS_RECORD_BED_H

#include <check.h>
#include <jansson.h>
#include <stdint.h>

#include "bytes.h"
#include "out/field.h"
#include "out/json.h"
#include "out/record.h"
#include "state/state.h"
#include "unit.h"

#define BED_TIME_NS 1700000000123456789u /* 2023-11-14T22:13:20.123456789 */

extern struct record record;
extern char line[JSON_LINE_MAX]; /* the one that was read back last */
extern uint8_t kept[RECORD_KEPT_MAX];
extern struct wp_flow flow;
extern struct rule rule;
extern struct json_names names;

/** Makes flow, rule and names what they are before each test: a flow of tenant "red" from
 * 10.0.0.1:1025 to 10.0.0.2:80. */
void bed_set_up(void);

struct wp_span bed_span(const char *text);

/** @return what is known of an event of the flow. @param event  NULL: none */
struct record_context bed_context(const struct wp_stream_event *event);

/** @return the line of the record, read back. */
json_t *bed_parse(void);

/** Checks that a member has a value. @param path  as in "name[1].name" @param expected  its text as
 * JSON; NULL: there is none */
void bed_check(const json_t *root, const char *path, const char *expected);

/** A member and what it should be. */
struct bed_row {
	const char *path, *value;
};

/** Reads the line of the record back, and checks some of its members. */
void bed_check_rows(const struct bed_row *rows, int n);

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		const struct bed_row rows_[] = {__VA_ARGS__};                                      \
                                                                                                   \
		bed_check_rows(rows_, ROWS(rows_));                                                \
	} while (0)

#endif
