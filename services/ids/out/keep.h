/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of application protocols as fields. */

#ifndef IDS_KEEP_H
#define IDS_KEEP_H

#include "out/field.h"
#include "stream/event.h"

/** Adds what is told of a message, of whatever protocol; nothing for other events. */
void keep_message(struct fields *fields, const struct wp_stream_event *event);

void keep_http(struct fields *fields, const struct wp_stream_event *event);
void keep_dns(struct fields *fields, const struct wp_stream_event *event);
void keep_tls_hello(struct fields *fields, const struct wp_stream_event *event);
void keep_tls_certificates(struct fields *fields, const struct wp_stream_event *event);
void keep_ssh(struct fields *fields, const struct wp_stream_event *event);
void keep_smtp(struct fields *fields, const struct wp_stream_event *event);
void keep_ftp(struct fields *fields, const struct wp_stream_event *event);
void keep_smb(struct fields *fields, const struct wp_stream_event *event);

#endif
