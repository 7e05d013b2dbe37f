/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of lines, one file for each kind of event. For this folder only. */

#ifndef IDS_LINE_H
#define IDS_LINE_H

#include "out/field.h"
#include "out/json.h"
#include "out/text.h"

/** A record whose line is written. */
struct line {
	const struct record_head *head;
	struct wp_span fields;
	const struct json_names *names;
	uint64_t time_ns;
	struct text *text;
};

/** What stands behind the members that all events have. */
void line_alert(const struct line *line);
void line_drop(const struct line *line);
void line_flow(const struct line *line);
void line_http(const struct line *line);
void line_dns_answer(const struct line *line);
void line_dns_query(const struct line *line, const struct field *question);
void line_tls(const struct line *line);
void line_ssh(const struct line *line);
void line_smtp(const struct line *line);
void line_ftp(const struct line *line);
void line_smb(const struct line *line);
void line_file(const struct line *line);
void line_anomaly(const struct line *line);
void line_stats(const struct line *line);

/** Their objects as they stand in alerts, too. */
void line_http_object(const struct line *line);
void line_dns_of_alert(const struct line *line);
void line_ssh_object(const struct line *line);
void line_smtp_object(const struct line *line);
void line_ftp_object(const struct line *line);
void line_flow_of_alert(const struct line *line);
void line_files_of_alert(const struct line *line);

/** The object of the record's application protocol, where there is one. */
void line_message(const struct line *line);

/** The members "alert", "verdict". */
void line_rule(const struct line *line, const struct field_alert *alert);
void line_verdict(const struct line *line, const struct field_alert *alert);

/** "app_proto", "direction", "tx_id". */
void line_app_proto(const struct line *line);
void line_direction(const struct line *line);
void line_tx(const struct line *line);

/** "metadata": what rules have left with a flow and a packet. */
void line_marks(const struct line *line);

/** @return whether there is a field of one of these kinds. */
bool line_has(const struct line *line, enum field_kind first, enum field_kind last);

/** Writes the first field of a kind, as any bytes, if there is one. */
void line_bytes(const struct line *line, const char *name, enum field_kind kind);

#endif
