/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that HTTP or mail carries, one at a time for each side of a flow: how long they are, and
 * their digests, made bit by bit. Only where a rule or the events ask for them. */

#ifndef IDS_FILE_H
#define IDS_FILE_H

/* These work on a struct of ours; what has replaced them allocates. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>

#include "match/file_facts.h"
#include "service.h"
#include "stream/l7/http.h"

struct detect;

/** Value of TABLE_FILES. */
struct file {
	uint64_t size;   /* bytes so far */
	uint8_t digests; /* bits: enum file_digest: those that are made */
	bool has_gaps;
	bool is_over; /* 'facts' says how it was */
	struct file_facts facts;
	MD5_CTX md5;
	SHA_CTX sha1;
	SHA256_CTX sha256;
	uint8_t md5_sum[MD5_DIGEST_LENGTH];
	uint8_t sha1_sum[SHA_DIGEST_LENGTH];
	uint8_t sha256_sum[SHA256_DIGEST_LENGTH];
};

/** Decides what of files is followed: behind tell_create(). Control. */
void file_open(struct detect *detect);

/** @return whether the body of a message is a file. */
bool file_is(const struct wp_http_head *head);

/** Takes a head: WP_HTTP_HEAD, WP_MIME_PART. What the side sent before is forgotten. */
void file_begin(struct detect *detect, const struct wp_stream_event *event);

/** Takes the next bytes: WP_HTTP_BODY, WP_MIME_DATA, or what is missing: WP_FLOW_GAP. */
void file_take(struct detect *detect, const struct wp_stream_event *event);

/** Nothing more of it comes. @param is_whole  its message is at its end */
void file_end(struct detect *detect, struct wp_flow *flow, unsigned int side, bool is_whole);

/** Forgets it. */
void file_drop(struct detect *detect, struct wp_flow *flow, unsigned int side);

/** @return what is known of the file that a side has sent; NULL: there is none, or it is not over.
 */
const struct file_facts *file_known(struct detect *detect, struct wp_flow *flow, unsigned int side);

#endif
