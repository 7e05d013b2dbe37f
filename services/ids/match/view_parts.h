/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that make buffers of messages have in common. */

#ifndef IDS_VIEW_PARTS_H
#define IDS_VIEW_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ascii.h"
#include "match/view.h"

/** No bytes, but they are there. */
#define VIEW_EMPTY ((struct wp_span){.data = (const uint8_t *)"", .size = 0})

/** There is no such buffer. */
#define VIEW_NONE ((struct wp_span){.data = NULL, .size = 0})

/** Makes the buffers of one kind of message. @return its bytes, or VIEW_NONE; of a buffer that may
 * be there several times: view_list() of them */
typedef struct wp_span (*view_make)(struct view *view, enum buffer_id buffer);

struct wp_span view_http_make(struct view *view, enum buffer_id buffer);
struct wp_span view_dns_make(struct view *view, enum buffer_id buffer);
struct wp_span view_tls_make(struct view *view, enum buffer_id buffer);
struct wp_span view_certificate_make(struct view *view, enum buffer_id buffer);
struct wp_span view_ssh_make(struct view *view, enum buffer_id buffer);
struct wp_span view_smtp_make(struct view *view, enum buffer_id buffer);
struct wp_span view_mail_make(struct view *view, enum buffer_id buffer);
struct wp_span view_smb_make(struct view *view, enum buffer_id buffer);

/* Room: what is taken stays until the next view_open(). */

/** @return zeroed room for @p n things of @p size bytes; NULL: there is too little left */
void *view_take(struct view *view, size_t n, size_t size);

/** @return several buffers as view_get() finds them again. @param spans  in room, or constant */
struct wp_span view_list(const struct wp_span *spans, uint32_t n);

/** A buffer that is being put together at the end of the room. One at a time, and nothing else is
 * taken meanwhile. What has no room is left away. */
struct view_text {
	struct view *view;
	uint32_t begin; /* in room */
};

struct view_text view_text_begin(struct view *view);
void view_text_add(struct view_text *text, const void *bytes, uint32_t size);
void view_text_byte(struct view_text *text, uint8_t byte);
struct wp_span view_text_end(const struct view_text *text);

/** @return what is left of a span from @p at on */
struct wp_span view_from(struct wp_span span, uint32_t at);

/** @return the first @p size bytes of a span */
struct wp_span view_first(struct wp_span span, uint32_t size);

/** @return where a byte is in a span; its size: nowhere */
uint32_t view_find(struct wp_span span, uint8_t byte);

/** @return whether a span is a word, in any case. @param word  in lower case */
bool view_is(struct wp_span span, const char *word);

/* First lines of HTTP: view_line.c. */

/** A first line's parts. NULL: it has none such. */
struct view_line {
	struct wp_span whole; /* without its end */
	struct wp_span method, target;
	struct wp_span protocol;
	struct wp_span status, reason;
};

struct view_line view_line_read(const struct wp_http_head *head);

/** @return what stands behind the first line of a head */
struct wp_span view_line_rest(const struct wp_http_head *head);

/** @return whether CR alone ends lines of a head: in responses it does, but at the beginning of a
 * line */
bool view_line_is_lax(const struct wp_http_head *head);

/** Takes the next line off. @param[out] line  without its end @return false: it is the empty one */
bool view_line_take(struct wp_span *rest, bool cr_ends, struct wp_span *line);

/* Header lines of HTTP: view_fields.c. */

/** A header, those of the same name joined. */
struct view_field {
	struct wp_span name, value;
	uint16_t next; /* line of the same name behind it; 0: none */
	uint16_t last; /* of these; 0: there is one line alone */
	bool is_more;  /* a line that another one has taken in: to be passed over */
};

/** Reads them, unless that was done: view->fields. */
void view_fields_read(struct view *view);

/** @return the value of a header. @param name  in lower case */
struct wp_span view_fields_find(struct view *view, const char *name);

/* Which header has a name: view_names.c. */

/** Begins with none, and takes room for @p n different names. @return false: there is too little
 * left */
bool view_names_open(struct view *view, uint32_t n);

/** @return which of @p n fields is the first of a name, in any case; @p n: none is @param adds  the
 * next field will be: it is found from then on */
uint32_t view_names_find(const struct view *view, const struct view_field *fields, uint32_t n,
			 struct wp_span name, bool adds);

/* Targets of HTTP: view_uri.c. */

/** A target's parts as they were sent. NULL: it has none such. */
struct view_uri {
	struct wp_span host; /* without port and credentials */
	struct wp_span path; /* up to its query or fragment */
	struct wp_span rest; /* path and all behind it */
};

/** Takes a target apart. @param is_connect  of the method CONNECT: it is a host and a port */
struct view_uri view_uri_split(struct wp_span target, bool is_connect);

/** @return http.uri of a target */
struct wp_span view_uri_make(struct view *view, const struct view_uri *uri);

/** @return a path alone, as it is in http.uri */
struct wp_span view_uri_path(struct view *view, struct wp_span path);

/* Hosts of HTTP: view_host.c. */

/** Takes the port off. @return VIEW_NONE: there is no host */
struct wp_span view_host_split(struct wp_span authority, bool *has_port);

/** @return a target's host as rules see it */
struct wp_span view_host_of_target(struct view *view, struct wp_span host);

/** @return http.host. @param host_of_target  view_uri.host */
struct wp_span view_host_make(struct view *view, struct wp_span host_of_target);

/* Percent-encoding: view_decode.c. */

/** Decodes percent-encoding. @param decodes_u  %uXXXX as well. @return bytes written to @p to, at
 * most as many as were read; it may be where @p from is */
uint32_t view_decode(struct wp_span from, bool decodes_u, uint8_t *to);

/** Decodes a path: like view_decode(), slashes made of backslashes, runs of slashes made one, UTF-8
 * made bytes, dot segments taken out. @return likewise */
uint32_t view_decode_path(struct wp_span from, uint8_t *to);

/** @return the byte that stands best for a character of Unicode. */
uint8_t view_best_fit(uint32_t character);

/* Names of files: view_file.c. */

/** @return filename of Content-Disposition, or VIEW_NONE */
struct wp_span view_file_disposition(struct wp_span value);

/** @return whether a body is a form, whose parts have names of their own. */
bool view_file_is_form(struct wp_span content_type);

/** @return BUFFER_FILE_NAME of a form: names of its parts that begin in view->body */
struct wp_span view_file_parts(struct view *view, struct wp_span content_type);

/** @return BUFFER_FILE_EXTENSION: what stands behind the last dots of BUFFER_FILE_NAME */
struct wp_span view_file_extensions(struct view *view);

#endif
