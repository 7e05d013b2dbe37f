/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ASN.1 in DER (X.690), as much of it as certificates need: one item after the other, each bounded
 * by what it stands in. Lengths need not be the shortest ones; the indefinite form and tags above
 * 30 are not read.
 */

#ifndef WP_STREAM_L7_DER_H
#define WP_STREAM_L7_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/event.h"

/** Identifier octets. */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_TELETEX_STRING = 0x14,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

struct der_item {
	uint8_t tag;         /* identifier octet */
	struct wp_span body; /* content */
};

/** Takes an item from the front. @return false: there is none, or it is longer than what is left;
 * then @p from is as it was */
bool der_next(struct wp_span *from, struct der_item *item);

/** Takes an item of a tag from the front. @return false: it is not there; likewise */
bool der_take(struct wp_span *from, uint8_t tag, struct wp_span *body);

/** Goes into an item with that tag; of one that is cut, there is what is left. @return false: there
 * is none */
bool der_open(struct wp_span from, uint8_t tag, struct wp_span *body);

/** @param item  UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 has them; seconds may be
 * left out @param[out] seconds  since 1970 @return false: it is none */
bool der_time(const struct der_item *item, int64_t *seconds);

#endif
