/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a message of mail, however its bytes are cut. Nothing of it waits but the line at hand. */

#ifndef STREAM_L7_MIME_VIEW_H
#define STREAM_L7_MIME_VIEW_H

#include "stream/l7/mime.h"
#include "stream/l7/view.h"

enum {
	MIME_BOUNDARY_MAX = 160, /* bytes that are compared; RFC 2046 section 5.1.1 has 70 */
	MIME_DEPTH_MAX = 8,      /* multiparts within each other; what is deeper is one part */
	MIME_FIELD_MAX = 1024,   /* bytes of a header that are read, its further lines included */
	MIME_NAME_MAX = 256,     /* bytes of a file's name */
	MIME_TYPE_MAX = 128,     /* likewise of a media type */
	MIME_LINE_MAX = 1024,    /* bytes of a line that are kept until it is known what it is */
};

/** Events of mail. */
#define MIME_EVENTS                                                                                \
	(WP_EVENT_BIT(WP_MIME_PART) | WP_EVENT_BIT(WP_MIME_DATA) | WP_EVENT_BIT(WP_MIME_END))

/** What the next bytes are. */
enum mime_phase {
	MIME_HEAD,
	MIME_PART,
	MIME_PASSED, /* for nobody: in front of parts, between them, behind them */
};

/** How a part is coded (RFC 2045 section 6). */
enum mime_coding { MIME_PLAIN, MIME_BASE64, MIME_QUOTED };

/** The end of a line that is not told yet: it may be of a boundary. */
enum mime_eol { MIME_NO_EOL, MIME_CR, MIME_LF, MIME_CRLF };

/** What the headers of a part say. */
struct mime_said {
	uint8_t coding; /* enum mime_coding */
	bool has_type, has_name, name_is_of_type, is_multipart, is_message;
	uint16_t n_boundary, n_name, n_type;
	uint8_t boundary[MIME_BOUNDARY_MAX];
	uint8_t name[MIME_NAME_MAX];
	uint8_t type[MIME_TYPE_MAX];
};

struct mime_boundary {
	uint8_t size;
	bool has_other; /* the next one is of the same part, whose type is there twice */
	uint8_t bytes[MIME_BOUNDARY_MAX];
};

/** What of a part's coding waits for more. */
struct mime_decoder {
	uint32_t bits; /* BASE64: of characters so far */
	uint8_t n;     /* characters: BASE64: 0 to 3; QUOTED: 0 to 2, the first of them "=" */
	uint8_t digit; /* QUOTED: the second of them */
};

/** One message. All zero: at its beginning. */
struct mime {
	uint8_t phase;    /* enum mime_phase */
	uint8_t eol;      /* enum mime_eol: behind the last byte of a part that was read */
	uint8_t depth;    /* of boundaries */
	bool is_within;   /* the next byte is not the first of a line, which is no boundary */
	bool is_told;     /* a part was told, and its end was not */
	uint16_t n_line;  /* bytes of line */
	uint16_t n_field; /* bytes of field; 0: none */
	uint32_t number;  /* of parts told */
	uint64_t offset;  /* of the next byte in the part */
	struct mime_decoder decoder;
	struct mime_said said;
	uint8_t field[MIME_FIELD_MAX]; /* the header at hand */
	uint8_t line[MIME_LINE_MAX];   /* what was read of the line at hand */
	struct mime_boundary boundaries[MIME_DEPTH_MAX];
};

_Static_assert(sizeof(struct mime) <= 4096, "it takes a chunk of that size");

/** Reads the next bytes of a message. */
void mime_read(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size);

/** The message is at its end, or bytes of it are missing: then up to the next boundary nothing is
 * told. */
void mime_end(struct l7_run *run, struct mime *mime, enum wp_mime_end how);

/** Takes a header, its lines joined, for what it says. @param field  is changed */
void mime_field_read(struct mime_said *said, uint8_t *field, uint32_t size);

/** @return whether a header says what type a part is. */
bool mime_field_is_type(const uint8_t *field, uint32_t size);

/** Tells bytes of a part, decoded. */
void mime_decode(struct l7_run *run, struct mime *mime, const uint8_t *data, uint32_t size);

/** Tells the end of a line, if it is of the part. @param eol  enum mime_eol */
void mime_decode_eol(struct l7_run *run, struct mime *mime, unsigned int eol);

/** Tells what waits, as the part is at its end. */
void mime_decode_rest(struct l7_run *run, struct mime *mime);

#endif
