/* SPDX-License-Identifier: BSD-3-Clause */
/* See history.h. */

#include "ctl/agent/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "hex.h"
#include "replace.h"

struct history {
	int folder;
	struct history_current current;
	unsigned int n;
	struct history_entry entries[HISTORY_MAX + 1]; /* by epoch */
};

static void
name_of(uint64_t epoch, char name[40])
{
	snprintf(name, 40, "%" PRIu64 ".json", epoch);
}

/** Replaces a file, so that it is the old one or the new one whatever happens. */
static int
put_file(int folder, const char *name, json_t *content)
{
	char *text = json_dumps(content, JSON_INDENT(1));
	int err = text == NULL ? -ENOMEM : wp_replace_at(folder, name, text, strlen(text));

	free(text);
	return err;
}

/* Reading. */

static json_t *
get_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *file =
		fd < 0 ? NULL : fdopen(fd, "r"); /* by descriptor it would be read byte by byte */
	json_t *content;

	if (file == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	content = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	fclose(file);
	return content;
}

static void
copy_text(char *to, size_t size, const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	snprintf(to, size, "%s", text == NULL ? "" : text);
}

/** @return whether a file's content is a commit. */
static bool
read_entry(const json_t *content, uint64_t epoch, struct history_entry *entry)
{
	*entry = (struct history_entry){.epoch = epoch};
	if (json_integer_value(json_object_get(content, "epoch")) != (json_int_t)epoch ||
	    !json_is_object(json_object_get(content, "document")))
		return false;
	entry->time = json_integer_value(json_object_get(content, "time"));
	copy_text(entry->who, sizeof(entry->who), content, "who");
	copy_text(entry->comment, sizeof(entry->comment), content, "comment");
	copy_text(entry->idempotency_key, sizeof(entry->idempotency_key), content,
		  "idempotency_key");
	copy_text(entry->asked, sizeof(entry->asked), content, "asked");
	copy_text(entry->tenant, sizeof(entry->tenant), content, "tenant");
	entry->back_to = (uint64_t)json_integer_value(json_object_get(content, "back_to"));
	return true;
}

/** Forgets a commit, on disk too. */
static void
forget(struct history *history, unsigned int at)
{
	char name[40];

	name_of(history->entries[at].epoch, name);
	unlinkat(history->folder, name, 0);
	history->n--;
	memmove(&history->entries[at], &history->entries[at + 1],
		(history->n - at) * sizeof(history->entries[0]));
}

/** @return how many commits are of a tenant. */
static unsigned int
count_of(const struct history *history, const char *tenant)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < history->n; i++)
		n += strcmp(history->entries[i].tenant, tenant) == 0;
	return n;
}

/** @return the tenant that has most commits, "": none has any. */
static const char *
busiest_tenant(const struct history *history)
{
	const char *busiest = "";
	unsigned int most = 0;

	for (unsigned int i = 0; i < history->n; i++) {
		const char *tenant = history->entries[i].tenant;
		unsigned int n = tenant[0] == '\0' ? 0 : count_of(history, tenant);

		if (n > most) {
			most = n;
			busiest = tenant;
		}
	}
	return busiest;
}

/** @return which entry is to make room: the oldest; when tenants' controllers have so many that
 * others' would go, the oldest of the tenant that has most. Never the one that a restart returns
 * to.
 */
static unsigned int
one_too_many(const struct history *history)
{
	bool crowded = history->n - count_of(history, "") > HISTORY_DELEGATED_MAX;
	const char *busiest = crowded ? busiest_tenant(history) : "";
	unsigned int oldest = 0;

	for (unsigned int i = history->n; i-- != 0;)
		if (history->entries[i].epoch != history->current.epoch &&
		    (!crowded || strcmp(history->entries[i].tenant, busiest) == 0))
			oldest = i;
	return oldest;
}

/** Enters a commit in its place. */
static void
add_entry(struct history *history, const struct history_entry *entry)
{
	unsigned int at = history->n;

	while (at != 0 && history->entries[at - 1].epoch > entry->epoch)
		at--;
	memmove(&history->entries[at + 1], &history->entries[at],
		(history->n - at) * sizeof(*entry));
	history->entries[at] = *entry;
	if (++history->n > HISTORY_MAX)
		forget(history, one_too_many(history));
}

static void
read_file(struct history *history, const char *name)
{
	struct history_entry entry;
	char *end, whole[40];
	uint64_t epoch = strtoull(name, &end, 10);
	json_t *content;

	name_of(epoch, whole);
	if (epoch == 0 || strcmp(whole, name) != 0)
		return;
	content = get_file(history->folder, name);
	if (read_entry(content, epoch, &entry))
		add_entry(history, &entry);
	json_decref(content);
}

static int
read_folder(struct history *history)
{
	int fd = openat(history->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *file;
	json_t *current;

	if (folder == NULL) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	current = get_file(history->folder, "current");
	history->current.epoch = (uint64_t)json_integer_value(json_object_get(current, "epoch"));
	copy_text(history->current.base, sizeof(history->current.base), current, "base");
	json_decref(current);
	while ((file = readdir(folder)) != NULL)
		read_file(history, file->d_name);
	closedir(folder);
	return 0;
}

int
history_open(const char *state_dir, struct history **history, char *message, size_t message_size)
{
	struct history *new = calloc(1, sizeof(*new));
	char path[4096];
	int err = new == NULL ? -ENOMEM : 0;

	snprintf(path, sizeof(path), "%s/documents", state_dir);
	if (err == 0 && ((mkdir(state_dir, 0700) != 0 && errno != EEXIST) ||
			 (mkdir(path, 0700) != 0 && errno != EEXIST)))
		err = -errno;
	if (err == 0) {
		new->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		err = new->folder < 0 || flock(new->folder, LOCK_EX | LOCK_NB) != 0
			      ? -errno
			      : read_folder(new);
	}
	if (err == 0) {
		*history = new;
		return 0;
	}
	snprintf(message, message_size, "%s: %s", path,
		 err == -EWOULDBLOCK ? "another process has it" : strerror(-err));
	if (new != NULL &&new->folder > 0)
		close(new->folder);
	free(new);
	return err;
}

void
history_close(struct history *history)
{
	if (history == NULL)
		return;
	close(history->folder);
	free(history);
}

int
history_put(struct history *history, const struct history_entry *entry, json_t *document)
{
	json_t *content = json_pack(
		"{sI sI ss ss ss ss ss sI sO}", "epoch", (json_int_t)entry->epoch, "time",
		(json_int_t)entry->time, "who", entry->who, "comment", entry->comment,
		"idempotency_key", entry->idempotency_key, "asked", entry->asked, "tenant",
		entry->tenant, "back_to", (json_int_t)entry->back_to, "document", document);
	char name[40];
	int err;

	name_of(entry->epoch, name);
	err = content == NULL ? -ENOMEM : put_file(history->folder, name, content);
	json_decref(content);
	if (err == 0)
		add_entry(history, entry);
	return err;
}

void
history_take_back(struct history *history, uint64_t epoch)
{
	for (unsigned int i = 0; i < history->n; i++)
		if (history->entries[i].epoch == epoch) {
			forget(history, i);
			return;
		}
}

int
history_set_current(struct history *history, const struct history_current *current)
{
	json_t *content =
		json_pack("{sI ss}", "epoch", (json_int_t)current->epoch, "base", current->base);
	int err = content == NULL ? -ENOMEM : put_file(history->folder, "current", content);

	json_decref(content);
	if (err == 0)
		history->current = *current;
	return err;
}

const struct history_current *
history_current(const struct history *history)
{
	return &history->current;
}

const struct history_entry *
history_list(const struct history *history, unsigned int *n)
{
	*n = history->n;
	return history->entries;
}

json_t *
history_document(const struct history *history, uint64_t epoch)
{
	char name[40];
	json_t *content, *document;

	name_of(epoch, name);
	content = get_file(history->folder, name);
	document = json_incref(json_object_get(content, "document"));
	json_decref(content);
	return document;
}

int
history_digest(const json_t *value, char digest[HISTORY_DIGEST_SIZE])
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	bool done =
		text != NULL && EVP_Digest(text, strlen(text), bytes, &n, EVP_sha256(), NULL) == 1;

	wp_hex(bytes, n, digest);
	free(text);
	return done ? 0 : -ENOMEM;
}

int
history_file_digest(const char *file, char digest[HISTORY_DIGEST_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char bytes[EVP_MAX_MD_SIZE], buffer[4096];
	unsigned int n = 0;
	ssize_t got = 0;
	bool done =
		context != NULL && fd >= 0 && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	while (done && (got = read(fd, buffer, sizeof(buffer))) > 0)
		done = EVP_DigestUpdate(context, buffer, (size_t)got) == 1;
	done = done && got == 0 && EVP_DigestFinal_ex(context, bytes, &n) == 1;
	EVP_MD_CTX_free(context);
	if (fd >= 0)
		close(fd);
	wp_hex(bytes, n, digest);
	return done ? 0 : -EIO;
}
