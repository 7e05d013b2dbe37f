/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads key stores. A JSON library would copy the secrets into ordinary memory, which is swapped,
 * dumped and given back as it is; to make it wipe, its allocator would have to be changed under all
 * its other users. The format is fixed and small, so it is read here, where the text stands: every
 * byte of a key is in locked memory from the file to the end of the store.
 */

#include "pe/keystore.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "crypto/secret.h"
#include "hex.h"
#include "plain_file.h"
#include "say.h"

enum { NAME_SIZE = 64, NAME_LEN_MAX = 48, KEY_BYTES_MAX = 36, ENTRIES_MAX = 65536 };

struct secret_key {
	struct keystore_key key;
	char name[NAME_SIZE];
	uint8_t bytes[KEY_BYTES_MAX];
};

/** What is sorted instead of keys, for sorting leaves copies in heap. */
struct place {
	const struct secret_key *key;
};

struct keystore {
	unsigned int n;
	struct place *by_name;
	struct secret_key keys[];
};

/** The text, and how far it is read. */
struct reader {
	const char *text, *at, *end;
	char *message; /* why it is refused */
	size_t message_size;
};

/** A string of the text, without its quotes. */
struct word {
	const char *at; /* NULL: not there */
	size_t n;
};

enum member { NAME, ALGORITHM, KEY, SALT, NOT_AFTER, N_MEMBERS };

static const char *const members[N_MEMBERS] = {"name", "algorithm", "key", "salt", "not_after"};

/** What the text says of one key. */
struct entry {
	size_t index;
	struct word words[N_MEMBERS];
};

/* The text: the part of JSON that a key store needs. */

static void
skip_space(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '\0' &&
	       strchr(" \t\r\n", *reader->at) != NULL)
		reader->at++;
}

/** Reads one mark. @return whether it was there */
static bool
take(struct reader *reader, char mark)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != mark)
		return false;
	reader->at++;
	return true;
}

/** Reads a string. What a key store says needs no escapes: there are none. */
static bool
take_word(struct reader *reader, struct word *word)
{
	if (!take(reader, '"'))
		return false;
	word->at = reader->at;
	for (; reader->at < reader->end && *reader->at != '"'; reader->at++)
		if (*reader->at < ' ' || *reader->at > '~' || *reader->at == '\\')
			return false;
	word->n = (size_t)(reader->at - word->at);
	return take(reader, '"');
}

static bool
word_is(const struct word *word, const char *text)
{
	return word->at != NULL && word->n == strlen(text) && memcmp(word->at, text, word->n) == 0;
}

/** Says what should stand where the reader is; never what stands there. @return -EINVAL */
static int
expected(const struct reader *reader, const char *what)
{
	int line = 1, column = 1;

	for (const char *c = reader->text; c < reader->at; c++) {
		line += *c == '\n';
		column = *c == '\n' ? 1 : column + 1;
	}
	return wp_say(reader->message, reader->message_size, -EINVAL,
		      "line %d column %d: should be %s", line, column, what);
}

/** Reads one member of a key. A name that is no member may be a misplaced key: it is not told. */
static int
take_member(struct reader *reader, struct entry *entry)
{
	struct word name, value;
	unsigned int member = 0;

	if (!take_word(reader, &name))
		return expected(reader, "the name of a member, in quotes");
	while (member < N_MEMBERS && !word_is(&name, members[member]))
		member++;
	if (member == N_MEMBERS)
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "key %zu: has a member that is none of name, algorithm, key, salt, "
			      "not_after",
			      entry->index);
	if (entry->words[member].at != NULL)
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "key %zu: member '%s' is there twice", entry->index, members[member]);
	if (!take(reader, ':'))
		return expected(reader, "':'");
	if (!take_word(reader, &value))
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "key %zu: member '%s' is not a string of printable characters "
			      "without \\",
			      entry->index, members[member]);
	entry->words[member] = value;
	return 0;
}

static int
take_entry(struct reader *reader, struct entry *entry)
{
	if (!take(reader, '{'))
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "key %zu is not an object", entry->index);
	if (take(reader, '}'))
		return 0;
	do {
		int err = take_member(reader, entry);

		if (err != 0)
			return err;
	} while (take(reader, ','));
	return take(reader, '}') ? 0 : expected(reader, "',' or '}'");
}

/* One key. */

static bool
is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

/** @return whether it is NAME@VERSION as documents may use it. */
static bool
name_is_good(const struct word *name)
{
	const char *at = memchr(name->at, '@', name->n);
	uint64_t version = 0;
	size_t n, n_version;

	if (at == NULL)
		return false;
	n = (size_t)(at - name->at);
	n_version = name->n - n - 1;
	if (n == 0 || n > NAME_LEN_MAX || n_version == 0 || n_version > 10 || at[1] == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_name_letter(name->at[i]))
			return false;
	for (const char *c = at + 1; c < name->at + name->n; c++) {
		if (*c < '0' || *c > '9')
			return false;
		version = 10 * version + (uint64_t)(*c - '0');
	}
	return version <= UINT32_MAX;
}

/** Reads exactly @p size bytes of hex. */
static bool
read_hex(const struct word *word, uint8_t *out, size_t size)
{
	return word->at != NULL && word->n == 2 * size && wp_hex_read(word->at, size, out);
}

static bool
find_alg(const struct word *name, enum wp_aead_alg *alg)
{
	for (unsigned int i = 0; i < WP_N_AEAD_ALGS; i++) {
		*alg = (enum wp_aead_alg)i;
		if (word_is(name, wp_aead_alg_name(*alg)))
			return true;
	}
	return false;
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

	EVP_MD_CTX_free(ctx); /* wiped by OpenSSL */
	if (done)
		memcpy(out, digest, KEYSTORE_FINGERPRINT_SIZE);
	explicit_bzero(digest, sizeof(digest));
	return done ? 0 : -ENOMEM;
}

/** Reads "2027-01-31T12:00:00Z" (RFC 3339, in UTC). @return whether it is one */
static bool
read_time(const struct word *word, time_t *time)
{
	char text[KEYSTORE_TIME_SIZE], again[KEYSTORE_TIME_SIZE];
	struct tm tm = {0};

	if (word->n != sizeof(text) - 1)
		return false;
	memcpy(text, word->at, word->n);
	text[word->n] = '\0';
	if (strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) != text + word->n)
		return false;
	*time = timegm(&tm);
	keystore_time(*time, again);
	return *time > 0 && strcmp(text, again) == 0; /* there is such a day */
}

/** Makes a key of what the text says. */
static int
read_key(const struct entry *entry, struct secret_key *key, char *message, size_t size)
{
	const struct word *name = &entry->words[NAME];
	enum wp_aead_alg alg;
	unsigned int n;
	int err;

	if (name->at == NULL || !name_is_good(name))
		return wp_say(message, size, -EINVAL,
			      "key %zu: name is not NAME@VERSION, such as hq@1 (letters, digits, "
			      "'_', '.', '-'; version from 1)",
			      entry->index);
	memcpy(key->name, name->at, name->n); /* zeros follow */
	if (!find_alg(&entry->words[ALGORITHM], &alg))
		return wp_say(message, size, -EINVAL,
			      "key '%s': algorithm is not one of aes-128-gcm, aes-256-gcm",
			      key->name);
	n = wp_aead_key_size(alg) - WP_AEAD_SALT_SIZE;
	if (!read_hex(&entry->words[KEY], key->bytes, n))
		return wp_say(message, size, -EINVAL, "key '%s': key is not %u bytes of hex",
			      key->name, n);
	if (!read_hex(&entry->words[SALT], key->bytes + n, WP_AEAD_SALT_SIZE))
		return wp_say(message, size, -EINVAL, "key '%s': salt is not 4 bytes of hex",
			      key->name);
	key->key = (struct keystore_key){.name = key->name, .alg = alg, .bytes = key->bytes};
	if (entry->words[NOT_AFTER].at != NULL &&
	    !read_time(&entry->words[NOT_AFTER], &key->key.not_after))
		return wp_say(message, size, -EINVAL,
			      "key '%s': not_after is no time as 2027-01-31T12:00:00Z", key->name);
	err = fingerprint(key->bytes, n, key->key.fingerprint);
	return err == 0 ? 0 : wp_say(message, size, err, "key '%s': no memory", key->name);
}

/* All keys. */

static int
take_key(struct reader *reader, struct keystore *store)
{
	struct entry entry = {.index = store->n};
	int err = take_entry(reader, &entry);

	if (err == 0)
		err = read_key(&entry, &store->keys[store->n], reader->message,
			       reader->message_size);
	store->n += err == 0;
	return err;
}

/** Reads {"keys": [KEY, ...]} to its end. */
static int
take_keys(struct reader *reader, struct keystore *store)
{
	struct word list;

	if (!take(reader, '{') || !take_word(reader, &list) || !word_is(&list, "keys") ||
	    !take(reader, ':') || !take(reader, '['))
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "is not {\"keys\": [...]} and nothing else");
	if (!take(reader, ']')) {
		do {
			int err = take_key(reader, store);

			if (err != 0)
				return err;
		} while (take(reader, ','));
		if (!take(reader, ']'))
			return expected(reader, "',' or ']'");
	}
	if (!take(reader, '}'))
		return expected(reader, "'}': there is nothing but keys");
	skip_space(reader);
	return reader->at == reader->end ? 0 : expected(reader, "the end");
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->key->name, ((const struct place *)b)->key->name);
}

static int
sort_keys(struct keystore *store, char *message, size_t size)
{
	store->by_name = calloc(store->n + 1, sizeof(store->by_name[0]));
	if (store->by_name == NULL)
		return wp_say(message, size, -ENOMEM, "no memory for %u keys", store->n);
	for (unsigned int i = 0; i < store->n; i++)
		store->by_name[i].key = &store->keys[i];
	qsort(store->by_name, store->n, sizeof(store->by_name[0]), compare_names);
	for (unsigned int i = 1; i < store->n; i++)
		if (compare_names(&store->by_name[i - 1], &store->by_name[i]) == 0)
			return wp_say(message, size, -EINVAL, "key '%s' is there twice",
				      store->by_name[i].key->name);
	return 0;
}

/** @return how many keys the text has at most: each begins with a brace, and so does the whole. */
static size_t
count_braces(const char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '{';
	return n;
}

static int
parse(struct reader *reader, struct keystore **store)
{
	size_t n = count_braces(reader->text, (size_t)(reader->end - reader->text));
	struct keystore *new;
	int err;

	if (n > ENTRIES_MAX + 1)
		return wp_say(reader->message, reader->message_size, -EINVAL,
			      "has more than %d keys", ENTRIES_MAX);
	new = wp_secret_alloc(sizeof(*new) + n * sizeof(new->keys[0]));
	if (new == NULL)
		return wp_say(reader->message, reader->message_size, -ENOMEM,
			      "no memory for %zu keys", n);
	err = take_keys(reader, new);
	if (err == 0)
		err = sort_keys(new, reader->message, reader->message_size);
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
	struct reader reader = {.text = text,
				.at = text,
				.end = text + size,
				.message = message,
				.message_size = message_size};
	int err = parse(&reader, store);

	explicit_bzero(text, size);
	return err;
}

/* The file. */

/** Opens a key store file and looks who may read it. */
static int
open_file(const char *file, size_t *size, char *message, size_t message_size)
{
	struct stat st;
	int fd = wp_open_plain(file, O_RDONLY, 0, &st), err = -EPERM;

	if (fd < 0)
		return wp_say(message, message_size, fd == -EINVAL ? -EPERM : fd, "%s: %s", file,
			      fd == -ELOOP    ? "is a symbolic link; name the file itself"
			      : fd == -EINVAL ? "is no regular file"
					      : strerror(-fd));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		wp_say_why(message, message_size, "%s: belongs to user %u; run: chown %u %s", file,
			   st.st_uid, geteuid(), file);
	else if ((st.st_mode & 077) != 0)
		wp_say_why(message, message_size,
			   "%s: others may use it (mode %03o); run: chmod 600 %s", file,
			   st.st_mode & 0777, file);
	else if (st.st_size > (off_t)KEYSTORE_SIZE_MAX)
		err = wp_say(message, message_size, -EFBIG, "%s: is larger than %u bytes", file,
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

		if (n < 0 && errno == EINTR)
			continue;
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
			wp_say_why(message, message_size, "%s: %s", file, why);
	}
	wp_secret_free(text);
	return err;
}

int
keystore_disguise(struct keystore *store)
{
	for (unsigned int i = 0; i < store->n; i++)
		if (getrandom(store->keys[i].bytes, KEY_BYTES_MAX, 0) != KEY_BYTES_MAX)
			return -EIO;
	return 0;
}

void
keystore_close(struct keystore *store)
{
	if (store == NULL)
		return;
	free(store->by_name);
	wp_secret_free(store);
}

static int
compare_name(const void *name, const void *place)
{
	return strcmp(name, ((const struct place *)place)->key->name);
}

void
keystore_time(time_t time, char text[KEYSTORE_TIME_SIZE])
{
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL ||
	    strftime(text, KEYSTORE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
}

const struct keystore_key *
keystore_find(const struct keystore *store, const char *name)
{
	const struct place *found =
		bsearch(name, store->by_name, store->n, sizeof(store->by_name[0]), compare_name);

	return found == NULL ? NULL : &found->key->key;
}

unsigned int
keystore_size(const struct keystore *store)
{
	return store->n;
}

const struct keystore_key *
keystore_key(const struct keystore *store, unsigned int index)
{
	return &store->keys[index].key;
}
