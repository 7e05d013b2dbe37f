/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents that were committed, on disk: STATE_DIR/documents/EPOCH.json, the last 50, and
 * "current", which names the one that a restart returns to. What a function has written when it
 * returns 0 is there after a crash, whole. Control thread.
 */

#ifndef AGENT_HISTORY_H
#define AGENT_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define HISTORY_MAX 50
#define HISTORY_DELEGATED_MAX 25 /* of them by controllers of single tenants */
#define HISTORY_DIGEST_SIZE 65   /* of a document: SHA-256 in hex, and its end */

struct history;

/** What is known of a commit, but for its document. */
struct history_entry {
	uint64_t epoch;
	int64_t time; /* seconds since 1970 */
	char who[256];
	char comment[256];
	char idempotency_key[64];        /* "": none */
	char asked[HISTORY_DIGEST_SIZE]; /* digest of what was asked for; "": what was prepared */
	char tenant[64];  /* by a controller of single tenants, the first of them; else "" */
	uint64_t back_to; /* the epoch whose document it is again; 0: it is a new one */
};

/** What a restart goes by. */
struct history_current {
	uint64_t epoch;                 /* 0: nothing was committed yet */
	char base[HISTORY_DIGEST_SIZE]; /* of the operator's file then; if it has changed since, it
					   is newer */
};

/**
 * Opens, or makes, the folder. Files that are damaged are left where they are, and out.
 * @param[out] message  why not
 * @return 0 or a negative errno
 */
int history_open(const char *state_dir, struct history **history, char *message,
		 size_t message_size);

/** Accepts NULL. */
void history_close(struct history *history);

/** Puts a document down, and takes the oldest away. @return 0 or a negative errno */
int history_put(struct history *history, const struct history_entry *entry, json_t *document);

/** Takes a document away again that was not committed after all. */
void history_take_back(struct history *history, uint64_t epoch);

/** Says what a restart is to return to. @return 0 or a negative errno */
int history_set_current(struct history *history, const struct history_current *current);

const struct history_current *history_current(const struct history *history);

/** @return entries, oldest first; until the next change. */
const struct history_entry *history_list(const struct history *history, unsigned int *n);

/** @return a new reference to a document, or NULL. */
json_t *history_document(const struct history *history, uint64_t epoch);

/** @param[out] digest  of a value, however its members are ordered @return 0 or -ENOMEM */
int history_digest(const json_t *value, char digest[HISTORY_DIGEST_SIZE]);

/** @param[out] digest  of what a file says now @return 0 or a negative errno */
int history_file_digest(const char *file, char digest[HISTORY_DIGEST_SIZE]);

#endif
