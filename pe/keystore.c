/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads key stores. The JSON parser copies strings, so while it works every block that it gives
 * back is wiped first. Its allocator is process-wide; only control uses JSON.
 */

#include "pe/keystore.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "conf/conf.h"
#include "crypto/secret.h"
#include "say.h"

enum { NAME_MAX_SIZE = 64, KEY_BYTES_MAX = 36, ENTRIES_MAX = 65536, DEPTH_MAX = 4 };

struct secret_key {
	struct keystore_key key;
	char name[NAME_MAX_SIZE];
	uint8_t bytes[KEY_BYTES_MAX];
};

struct keystore {
	unsigned int n;
	struct secret_key keys[]; /* by name */
};

/* An allocator that wipes. */

static void *
wiping_malloc(size_t size)
{
	size_t *block = malloc(size + 16);

	if (block == NULL)
		return NULL;
	block[0] = size;
	return (uint8_t *)block + 16;
}

static void
wiping_free(void *memory)
{
	size_t *block;

	if (memory == NULL)
		return;
	block = (size_t *)((uint8_t *)memory - 16);
	explicit_bzero(memory, block[0]);
	free(block);
}

/* One key. */

/** @return whether @p name is NAME@VERSION as documents may use it. */
static bool
name_is_good(const char *name)
{
	const char *at = strchr(name, '@'), *c;
	size_t n = at == NULL ? 0 : (size_t)(at - name);

	if (n == 0 || n > 48 || strlen(at + 1) == 0 || strlen(at + 1) > 10 || at[1] == '0')
		return false;
	for (c = name; c < at; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.' && *c != '-')
			return false;
	for (c = at + 1; *c != '\0'; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return strtoull(at + 1, NULL, 10) <= UINT32_MAX;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Reads exactly @p size bytes of hex. */
static bool
read_hex(const char *text, uint8_t *out, size_t size)
{
	if (text == NULL || strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int
find_alg(const char *name, enum wp_aead_alg *alg)
{
	for (unsigned int i = 0; name != NULL && i < WP_N_AEAD_ALGS; i++) {
		if (strcmp(name, wp_aead_alg_name((enum wp_aead_alg)i)) == 0) {
			*alg = (enum wp_aead_alg)i;
			return 0;
		}
	}
	return -EINVAL;
}

/** The first half of SHA-256 of a label and the key; the salt does not count. */
static int
fingerprint(const uint8_t *key, size_t size, uint8_t out[KEYSTORE_FINGERPRINT_SIZE])
{
	static const char label[] = "waypoint key fingerprint";
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(ctx, label, sizeof(label) - 1) == 1 &&
		    EVP_DigestUpdate(ctx, key, size) == 1 &&
		    EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	if (done)
		memcpy(out, digest, KEYSTORE_FINGERPRINT_SIZE);
	return done ? 0 : -ENOMEM;
}

static const char *const members[] = {"name", "algorithm", "key", "salt"};

/** Refuses members that a key has not. */
static int
check_members(json_t *entry, size_t index, char *message, size_t size)
{
	const char *member;
	json_t *value;

	json_object_foreach(entry, member, value)
	{
		bool known = false;

		for (unsigned int i = 0; i < 4; i++)
			known = known || strcmp(member, members[i]) == 0;
		if (!known || !json_is_string(value))
			return wp_say(message, size, -EINVAL,
				      "key %zu: member '%.32s' is unknown or not a string "
				      "(members: name, "
				      "algorithm, key, salt)",
				      index, member);
	}
	return 0;
}

static int
read_key(json_t *entry, size_t index, struct secret_key *key, char *message, size_t size)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	enum wp_aead_alg alg;
	unsigned int n;
	int err;

	if (!json_is_object(entry))
		return wp_say(message, size, -EINVAL, "key %zu is not an object", index);
	err = check_members(entry, index, message, size);
	if (err != 0)
		return err;
	if (name == NULL || !name_is_good(name))
		return wp_say(message, size, -EINVAL,
			      "key %zu: name is not NAME@VERSION, such as hq@1 (letters, digits, "
			      "'_', '.', '-'; "
			      "version from 1)",
			      index);
	if (find_alg(json_string_value(json_object_get(entry, "algorithm")), &alg) != 0)
		return wp_say(message, size, -EINVAL,
			      "key '%s': algorithm is not one of aes-128-gcm, aes-256-gcm", name);
	n = wp_aead_key_size(alg) - WP_AEAD_SALT_SIZE;
	if (!read_hex(json_string_value(json_object_get(entry, "key")), key->bytes, n))
		return wp_say(message, size, -EINVAL, "key '%s': key is not %u bytes of hex", name,
			      n);
	if (!read_hex(json_string_value(json_object_get(entry, "salt")), key->bytes + n,
		      WP_AEAD_SALT_SIZE))
		return wp_say(message, size, -EINVAL, "key '%s': salt is not 4 bytes of hex", name);
	snprintf(key->name, sizeof(key->name), "%s", name);
	key->key = (struct keystore_key){.name = key->name, .alg = alg, .bytes = key->bytes};
	err = fingerprint(key->bytes, n, key->key.fingerprint);
	return err == 0 ? 0 : wp_say(message, size, err, "key '%s': no memory", name);
}

/* All keys. */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct secret_key *)a)->name, ((const struct secret_key *)b)->name);
}

/** Sorts keys; their pointers into themselves are set anew. */
static int
sort_keys(struct keystore *store, char *message, size_t size)
{
	qsort(store->keys, store->n, sizeof(store->keys[0]), by_name);
	for (unsigned int i = 0; i < store->n; i++) {
		store->keys[i].key.name = store->keys[i].name;
		store->keys[i].key.bytes = store->keys[i].bytes;
		if (i > 0 && by_name(&store->keys[i - 1], &store->keys[i]) == 0)
			return wp_say(message, size, -EINVAL, "key '%s' is there twice",
				      store->keys[i].name);
	}
	return 0;
}

static int
read_keys(json_t *root, struct keystore **store, char *message, size_t size)
{
	json_t *list = json_object_get(root, "keys");
	size_t n = json_array_size(list);
	struct keystore *new;
	int err = 0;

	if (!json_is_array(list) || json_object_size(root) != 1)
		return wp_say(message, size, -EINVAL, "is not {\"keys\": [...]} and nothing else");
	if (n > ENTRIES_MAX)
		return wp_say(message, size, -EINVAL, "has %zu keys, more than %d", n, ENTRIES_MAX);
	new = wp_secret_alloc(sizeof(*new) + n * sizeof(new->keys[0]));
	if (new == NULL)
		return wp_say(message, size, -ENOMEM, "no memory for %zu keys", n);
	for (; err == 0 && new->n < n; new->n++)
		err = read_key(json_array_get(list, new->n), new->n, &new->keys[new->n], message,
			       size);
	if (err == 0)
		err = sort_keys(new, message, size);
	if (err != 0) {
		keystore_close(new);
		return err;
	}
	*store = new;
	return 0;
}

int
keystore_parse(char *text, size_t size, struct keystore **store, char *message, size_t message_size)
{
	json_malloc_t plain_malloc;
	json_free_t plain_free;
	int line, column, err = -EINVAL;
	char why[160];
	json_t *root;

	json_get_alloc_funcs(&plain_malloc, &plain_free);
	json_set_alloc_funcs(wiping_malloc, wiping_free);
	root = wp_conf_load(text, size, DEPTH_MAX, why, sizeof(why), &line, &column);
	explicit_bzero(text, size);
	if (root != NULL)
		err = read_keys(root, store, message, message_size);
	else /* what the parser says may quote the text: only the place is told */
		wp_say(message, message_size, -EINVAL,
		       "is not JSON as it should be, at line %d column %d", line, column);
	json_decref(root);
	json_set_alloc_funcs(plain_malloc, plain_free);
	explicit_bzero(why, sizeof(why));
	return err;
}

/** Opens a key store file and looks who may read it. */
static int
open_file(const char *file, size_t *size, char *message, size_t message_size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = -EPERM;
	struct stat st;

	if (fd < 0)
		return wp_say(message, message_size, -errno, "%s: %s", file, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		wp_say(message, message_size, 0, "%s: is no regular file", file);
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		wp_say(message, message_size, 0, "%s: belongs to user %u; run: chown %u %s", file,
		       st.st_uid, geteuid(), file);
	else if ((st.st_mode & 077) != 0)
		wp_say(message, message_size, 0,
		       "%s: others may use it (mode %03o); run: chmod 600 %s", file,
		       st.st_mode & 0777, file);
	else if (st.st_size > (off_t)KEYSTORE_SIZE_MAX)
		wp_say(message, message_size, 0, "%s: is larger than %u bytes", file,
		       KEYSTORE_SIZE_MAX);
	else
		err = 0;
	if (err != 0) {
		close(fd);
		return err;
	}
	*size = (size_t)st.st_size;
	return fd;
}

/** Reads a file whole. @return bytes read, or a negative errno */
static ssize_t
read_whole(int fd, char *text, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, text + got, size - got);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int
keystore_open(const char *file, struct keystore **store, char *message, size_t message_size)
{
	char why[256];
	size_t size = 0;
	ssize_t got;
	char *text;
	int fd = open_file(file, &size, message, message_size), err;

	if (fd < 0)
		return fd;
	text = wp_secret_alloc(size + 1);
	if (text == NULL) {
		close(fd);
		return wp_say(message, message_size, -ENOMEM, "%s: no memory", file);
	}
	got = read_whole(fd, text, size);
	close(fd);
	if (got < 0) {
		err = wp_say(message, message_size, (int)got, "%s: %s", file, strerror((int)-got));
	} else {
		err = keystore_parse(text, (size_t)got, store, why, sizeof(why));
		if (err != 0)
			wp_say(message, message_size, err, "%s: %s", file, why);
	}
	wp_secret_free(text);
	return err;
}

void
keystore_close(struct keystore *store)
{
	wp_secret_free(store);
}

const struct keystore_key *
keystore_find(const struct keystore *store, const char *name)
{
	unsigned int low = 0, high = store->n;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		int order = strcmp(name, store->keys[middle].name);

		if (order == 0)
			return &store->keys[middle].key;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

unsigned int
keystore_size(const struct keystore *store)
{
	return store->n;
}
