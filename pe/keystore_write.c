/* SPDX-License-Identifier: BSD-3-Clause */
/* See keystore_write.h. A new store is written as text, and read back, before it takes the old
 * one's place: what cannot be read is never written. */

#include "pe/keystore_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "pe/keystore.h"
#include "replace.h"
#include "say.h"

/* The longest name, two numbers in hex, and what stands around them. */
enum { ENTRY_SIZE = 384, FRAME_SIZE = 32 };

/** A text that grows in locked memory. */
struct text {
	char *bytes;
	size_t n, room;
};

static void
add(struct text *text, const char *bytes)
{
	size_t n = strlen(bytes);

	if (n > text->room - text->n)
		n = text->room - text->n; /* it is read back: cut short, it is refused */
	memcpy(text->bytes + text->n, bytes, n);
	text->n += n;
}

static void
add_hex(struct text *text, const uint8_t *bytes, unsigned int n)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < n && text->room - text->n >= 2; i++) {
		text->bytes[text->n++] = digits[bytes[i] >> 4];
		text->bytes[text->n++] = digits[bytes[i] & 15];
	}
}

/** Begins an entry, up to its key. */
static void
add_head(struct text *text, const char *name, const char *algorithm)
{
	add(text, text->n < FRAME_SIZE / 2 ? "\n {\"name\": \"" : ",\n {\"name\": \"");
	add(text, name);
	add(text, "\", \"algorithm\": \"");
	add(text, algorithm);
	add(text, "\", \"key\": \"");
}

/** Ends an entry, behind its salt. */
static void
add_tail(struct text *text, const char *not_after)
{
	if (not_after[0] != '\0') {
		add(text, "\", \"not_after\": \"");
		add(text, not_after);
	}
	add(text, "\"}");
}

static void
add_key(struct text *text, const struct keystore_key *key)
{
	unsigned int n = wp_aead_key_size(key->alg) - WP_AEAD_SALT_SIZE;
	char end[KEYSTORE_TIME_SIZE] = "";

	add_head(text, key->name, wp_aead_alg_name(key->alg));
	add_hex(text, key->bytes, n);
	add(text, "\", \"salt\": \"");
	add_hex(text, key->bytes + n, WP_AEAD_SALT_SIZE);
	if (key->not_after != 0)
		keystore_time(key->not_after, end);
	add_tail(text, end);
}

/** Writes a store down, without one key and with another. Each may be NULL. */
static int
compose(const struct keystore *store, const char *without, const struct keystore_text *with,
	struct text *text)
{
	unsigned int n = store == NULL ? 0 : keystore_size(store);

	text->room = FRAME_SIZE + (n + 1) * (size_t)ENTRY_SIZE;
	text->bytes = wp_secret_alloc(text->room);
	if (text->bytes == NULL)
		return -ENOMEM;
	add(text, "{\"keys\": [");
	for (unsigned int i = 0; i < n; i++) {
		const struct keystore_key *key = keystore_key(store, i);

		if (without == NULL || strcmp(key->name, without) != 0)
			add_key(text, key);
	}
	if (with != NULL) {
		add_head(text, with->name, with->algorithm);
		add(text, with->key);
		add(text, "\", \"salt\": \"");
		add(text, with->salt);
		add_tail(text, with->not_after);
	}
	add(text, "\n]}\n");
	return 0;
}

/** Reads a text back, as the next opening will. @return the store, or NULL with @p message filled
 */
static struct keystore *
read_back(const struct text *text, int *err, char *message, size_t message_size)
{
	char *copy = wp_secret_alloc(text->n);
	struct keystore *store = NULL;

	if (copy == NULL) {
		*err = wp_say(message, message_size, -ENOMEM, "no memory");
		return NULL;
	}
	memcpy(copy, text->bytes, text->n);
	*err = keystore_parse(copy, text->n, &store, message, message_size);
	wp_secret_free(copy);
	return *err == 0 ? store : NULL;
}

/** Puts a text in the place of a file, on disk when it returns 0. */
static int
replace(const char *file, const struct text *text)
{
	char of_folder[PATH_MAX], of_name[PATH_MAX];
	int folder, err;

	snprintf(of_folder, sizeof(of_folder), "%s", file);
	snprintf(of_name, sizeof(of_name), "%s", file);
	folder = open(dirname(of_folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	err = wp_replace_at(folder, basename(of_name), text->bytes, text->n);
	close(folder);
	return err;
}

/** @return a new store, or NULL with @p err and @p message filled; @p text is its text, to be given
 * back */
static struct keystore *
make(const struct keystore *store, const char *without, const struct keystore_text *with,
     struct text *text, int *err, char *message, size_t message_size)
{
	*err = compose(store, without, with, text);
	if (*err == 0)
		return read_back(text, err, message, message_size);
	wp_say_why(message, message_size, "no memory");
	return NULL;
}

/** Writes a changed store. Takes the old one. */
static int
change(const char *file, struct keystore *store, const char *without,
       const struct keystore_text *with, char *message, size_t message_size)
{
	struct text text = {0};
	struct keystore *new;
	int err;

	new = make(store, without, with, &text, &err, message, message_size);
	if (new != NULL) {
		err = replace(file, &text);
		if (err != 0)
			wp_say_why(message, message_size, "%s: %s", file, strerror(-err));
	}
	keystore_close(new);
	keystore_close(store);
	wp_secret_free(text.bytes);
	return err;
}

/** Opens a store that is to have a further key: no file is an empty one. */
static int
open_or_begin(const char *file, struct keystore **store, char *message, size_t message_size)
{
	int err = keystore_open(file, store, message, message_size);
	struct text text = {0};

	if (err != -ENOENT)
		return err;
	*store = make(NULL, NULL, NULL, &text, &err, message, message_size);
	wp_secret_free(text.bytes);
	return err;
}

/** @return whether a key of the store is the one that a text says. */
static bool
is_same(const struct keystore_key *old, const struct keystore_text *key)
{
	struct text text = {0};
	struct keystore *store;
	char ignored[256];
	bool same = false;
	int err;

	store = make(NULL, NULL, key, &text, &err, ignored, sizeof(ignored));
	if (store != NULL) {
		const struct keystore_key *new = keystore_key(store, 0);

		same = new->alg == old->alg &&new->not_after == old->not_after;
		same = same && memcmp(new->bytes, old->bytes, wp_aead_key_size(new->alg)) == 0;
	}
	keystore_close(store);
	wp_secret_free(text.bytes);
	return same;
}

/** @return whether a text has only what a key store has between quotes. */
static bool
is_plain(const char *text)
{
	return strpbrk(text, "\"\\") == NULL;
}

int
keystore_put(const char *file, const struct keystore_text *key, bool *repeated, char *message,
	     size_t message_size)
{
	const struct keystore_key *old;
	struct keystore *store;
	int err;

	*repeated = false;
	if (!is_plain(key->name) || !is_plain(key->algorithm) || !is_plain(key->key) ||
	    !is_plain(key->salt) || !is_plain(key->not_after))
		return wp_say(message, message_size, -EINVAL, "no quotes and no \\ in a key");
	err = open_or_begin(file, &store, message, message_size);
	if (err != 0)
		return err;
	old = keystore_find(store, key->name);
	if (old == NULL)
		return change(file, store, NULL, key, message, message_size);
	*repeated = is_same(old, key);
	keystore_close(store);
	return *repeated ? 0
			 : wp_say(message, message_size, -EEXIST,
				  "there is another key '%.64s': a version never changes, so count "
				  "on",
				  key->name);
}

int
keystore_delete(const char *file, const char *name, char *message, size_t message_size)
{
	struct keystore *store;
	int err = keystore_open(file, &store, message, message_size);

	if (err != 0)
		return err;
	if (keystore_find(store, name) != NULL)
		return change(file, store, name, NULL, message, message_size);
	keystore_close(store);
	return wp_say(message, message_size, -ENOKEY, "there is no key '%.64s'", name);
}
