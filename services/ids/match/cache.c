/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See cache.h. A file's name is a digest of the source, of Hyperscan's version and of the processor
 * that it compiles for. A digest of the rest stands at its beginning, and a size in front of each
 * database. Only who may write to the folder may say what is run: it is to be root's.
 */

#include "match/cache.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hs/hs.h>
#include <openssl/evp.h>

#include "hex.h"
#include "plain_file.h"

enum { DIGEST = 32, PATH = 4096 };

/** Bytes of a file. */
struct contents {
	uint8_t *bytes;
	size_t size, room;
};

/** Writes the name of the file of a source. @return whether it fits */
static bool
name_of(const char *folder, const struct cache_source *source, char path[PATH])
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	hs_platform_info_t platform;
	uint8_t bytes[DIGEST];
	char hex[2 * DIGEST + 1];
	bool good;

	memset(&platform, 0, sizeof(platform));
	good = digest != NULL && hs_populate_platform(&platform) == HS_SUCCESS &&
	       EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
	if (good) {
		EVP_DigestUpdate(digest, hs_version(), strlen(hs_version()));
		EVP_DigestUpdate(digest, &platform, sizeof(platform));
	}
	for (unsigned int i = 0; good && i < source->n; i++) {
		EVP_DigestUpdate(digest, &source->sizes[i], sizeof(source->sizes[i]));
		EVP_DigestUpdate(digest, &source->flags[i], sizeof(source->flags[i]));
		EVP_DigestUpdate(digest, source->bytes[i], source->sizes[i]);
	}
	good = good && EVP_DigestFinal_ex(digest, bytes, NULL) == 1;
	EVP_MD_CTX_free(digest);
	if (!good)
		return false;
	wp_hex(bytes, DIGEST, hex);
	return snprintf(path, PATH, "%s/%s.hs", folder, hex) < PATH;
}

static bool
digest_of(const void *bytes, size_t size, uint8_t digest[DIGEST])
{
	return EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* Loading. */

/** Reads a whole file. @return whether it is one of ours */
static bool
read_file(const char *path, struct contents *file)
{
	uint8_t digest[DIGEST];
	struct stat is;
	int fd = wp_open_plain(path, O_RDONLY, 0, &is);
	ssize_t n = 1;

	if (fd < 0)
		return false;
	file->room = (size_t)is.st_size;
	file->bytes = file->room > DIGEST ? malloc(file->room) : NULL;
	while (file->bytes != NULL && file->size < file->room && n > 0) {
		n = read(fd, file->bytes + file->size, file->room - file->size);
		file->size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return file->bytes != NULL && file->size == file->room &&
	       digest_of(file->bytes + DIGEST, file->size - DIGEST, digest) &&
	       memcmp(digest, file->bytes, DIGEST) == 0;
}

/** Takes the next database of a file. */
static bool
take(const struct contents *file, size_t *at, hs_database_t **database)
{
	uint64_t size;

	*database = NULL;
	if (file->size - *at < sizeof(size))
		return false;
	memcpy(&size, file->bytes + *at, sizeof(size));
	*at += sizeof(size);
	if (size > file->size - *at)
		return false;
	*at += size;
	return size == 0 || hs_deserialize_database((const char *)file->bytes + *at - size, size,
						    database) == HS_SUCCESS;
}

bool
cache_load(const char *folder, const struct cache_source *source, hs_database_t **databases,
	   unsigned int n)
{
	struct contents file = {0};
	size_t at = DIGEST;
	unsigned int done = 0;
	char path[PATH];
	bool good = name_of(folder, source, path) && read_file(path, &file);

	while (good && done < n && (good = take(&file, &at, &databases[done])))
		done++;
	good = good && at == file.size;
	free(file.bytes);
	while (!good && done-- > 0) {
		hs_free_database(databases[done]);
		databases[done] = NULL;
	}
	if (good)
		utimensat(AT_FDCWD, path, NULL, 0); /* cache_sweep() is to leave it */
	return good;
}

/* Saving. */

static int
append(struct contents *file, const void *bytes, size_t size)
{
	if (size > file->room - file->size) {
		size_t room = 2 * (file->size + size);
		uint8_t *grown = realloc(file->bytes, room);

		if (grown == NULL)
			return -ENOMEM;
		file->bytes = grown;
		file->room = room;
	}
	if (size != 0)
		memcpy(file->bytes + file->size, bytes, size);
	file->size += size;
	return 0;
}

static int
append_database(struct contents *file, const hs_database_t *database)
{
	char *bytes = NULL;
	size_t length = 0;
	uint64_t size;
	int err;

	if (database != NULL && hs_serialize_database(database, &bytes, &length) != HS_SUCCESS)
		return -ENOMEM;
	size = length;
	err = append(file, &size, sizeof(size));
	if (err == 0)
		err = append(file, bytes, length);
	free(bytes);
	return err;
}

/** Writes a file under another name first, so that nobody reads a part of it. */
static int
write_file(const char *path, const struct contents *contents)
{
	char new[PATH + 32];
	FILE *file;
	int err = 0;

	snprintf(new, sizeof(new), "%s.%d", path, getpid());
	file = fopen(new, "wxe");
	if (file == NULL && errno == EEXIST && unlink(new) == 0)
		file = fopen(new, "wxe"); /* it was of an earlier process with our number */
	if (file == NULL)
		return -errno;
	if (fwrite(contents->bytes, 1, contents->size, file) != contents->size)
		err = -errno;
	if (fclose(file) != 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(new, path) != 0)
		err = -errno;
	if (err != 0)
		unlink(new);
	return err;
}

int
cache_save(const char *folder, const struct cache_source *source, hs_database_t *const *databases,
	   unsigned int n)
{
	struct contents file = {0};
	uint8_t digest[DIGEST] = {0};
	char path[PATH];
	int err;

	if (!name_of(folder, source, path))
		return -EINVAL;
	err = append(&file, digest, DIGEST);
	for (unsigned int i = 0; i < n && err == 0; i++)
		err = append_database(&file, databases[i]);
	if (err == 0 && !digest_of(file.bytes + DIGEST, file.size - DIGEST, file.bytes))
		err = -ENOMEM;
	if (err == 0)
		err = write_file(path, &file);
	free(file.bytes);
	return err;
}

/* What was never finished, and what nobody needs any more. */

/** @return whether a name is write_file()'s of a process that is no more. */
static bool
is_left_over(const char *name)
{
	const char *suffix = strstr(name, ".hs.");
	char *end;
	long process;

	if (suffix == NULL)
		return false;
	process = strtol(suffix + 4, &end, 10);
	return process > 0 && *end == '\0' && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/** @return whether a file is ours, and of rules that are no more. */
static bool
is_old(int folder, const char *name)
{
	const char *suffix = strrchr(name, '.');
	struct stat is;

	return suffix != NULL && strcmp(suffix, ".hs") == 0 && suffix - name == 2L * DIGEST &&
	       fstatat(folder, name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
	       is.st_mtim.tv_sec + CACHE_KEPT_S < time(NULL);
}

void
cache_sweep(const char *folder)
{
	DIR *all = opendir(folder);
	const struct dirent *entry;

	if (all == NULL)
		return;
	while ((entry = readdir(all)) != NULL)
		if (is_left_over(entry->d_name) || is_old(dirfd(all), entry->d_name))
			unlinkat(dirfd(all), entry->d_name, 0);
	closedir(all);
}
