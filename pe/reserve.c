/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A log of reservations: fixed-size records, each with a checksum, synced before anybody uses what
 * they reserve. A record cut short at the end is what a crash leaves, and is cut off; anything else
 * that is wrong, a whole last record too, is refused: a guess could give a number out twice.
 */

#include "pe/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "say.h"

enum { COMPACT_FROM = 64 << 10, SLOTS_MIN = 64, SECTOR = 512 };

/** One record, as on disk; numbers in the machine's order. */
struct record {
	char magic[4];
	uint32_t zero;
	uint8_t id[RESERVE_ID_SIZE];
	uint64_t limit;
	uint8_t sum[16]; /* SHA-256 of what stands before, cut */
};

_Static_assert(sizeof(struct record) == 48, "a record has no padding");

struct slot {
	bool used;
	uint8_t id[RESERVE_ID_SIZE];
	uint64_t limit;
};

struct reserve {
	int dir, log;
	bool was_used;      /* the folder says that numbers have been reserved in it */
	bool dir_is_synced; /* else the log's name may be lost, and what is in it with it */
	size_t size;        /* bytes of the log that are good */
	size_t compact_from;
	struct slot *slots;
	size_t n_slots, n;
};

/* Records. */

static void
sum_record(const struct record *record, uint8_t sum[16])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)record, offsetof(struct record, sum), digest);
	memcpy(sum, digest, 16);
}

static struct record
make_record(const uint8_t *id, uint64_t limit)
{
	struct record record = {.magic = "WPR1", .limit = limit};

	memcpy(record.id, id, RESERVE_ID_SIZE);
	sum_record(&record, record.sum);
	return record;
}

static bool
record_is_good(const struct record *record)
{
	uint8_t sum[16];

	sum_record(record, sum);
	return memcmp(record->magic, "WPR1", 4) == 0 && memcmp(sum, record->sum, 16) == 0;
}

static bool
is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/**
 * A crash may leave the length of a last record without its bytes: they read as zeros then, at
 * least in one of the sectors that it lies in. A record that is whole and wrong was changed later:
 * what it promised may be in use.
 *
 * @param at  its place in the file
 */
static bool
record_is_torn(const struct record *record, size_t at)
{
	const uint8_t *bytes = (const uint8_t *)record;
	size_t first = SECTOR - at % SECTOR;

	if (first >= sizeof(*record))
		return is_zero(bytes, sizeof(*record));
	return is_zero(bytes, first) || is_zero(bytes + first, sizeof(*record) - first);
}

/* The limits in memory: open addressing; ids are digests, so their first bytes are as good as a
 * hash. */

static struct slot *
find_slot(const struct reserve *reserve, const uint8_t *id)
{
	uint64_t at;

	memcpy(&at, id, 8);
	for (;; at++) {
		struct slot *slot = &reserve->slots[at & (reserve->n_slots - 1)];

		if (!slot->used || memcmp(slot->id, id, RESERVE_ID_SIZE) == 0)
			return slot;
	}
}

static int
grow(struct reserve *reserve)
{
	struct slot *old = reserve->slots;
	size_t n_old = reserve->n_slots;
	struct slot *new = calloc(n_old == 0 ? SLOTS_MIN : 2 * n_old, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	reserve->slots = new;
	reserve->n_slots = n_old == 0 ? SLOTS_MIN : 2 * n_old;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].used)
			*find_slot(reserve, old[i].id) = old[i];
	free(old);
	return 0;
}

/** Makes room for a further id, so that nothing can fail once it is on disk. */
static int
make_room(struct reserve *reserve)
{
	return 2 * (reserve->n + 1) > reserve->n_slots ? grow(reserve) : 0;
}

static void
remember(struct reserve *reserve, const uint8_t *id, uint64_t limit)
{
	struct slot *slot = find_slot(reserve, id);

	if (!slot->used) {
		slot->used = true;
		memcpy(slot->id, id, RESERVE_ID_SIZE);
		reserve->n++;
	}
	if (limit > slot->limit)
		slot->limit = limit;
}

/* The log. */

/** Reads the log. @return 0, -EBADMSG when it is damaged before its end, or another negative errno
 */
static int
read_log(struct reserve *reserve)
{
	struct stat st;
	struct record record;

	if (fstat(reserve->log, &st) != 0)
		return -errno;
	while (reserve->size + sizeof(record) <= (size_t)st.st_size) {
		ssize_t n = pread(reserve->log, &record, sizeof(record), (off_t)reserve->size);
		int err;

		if (n != (ssize_t)sizeof(record))
			return n < 0 ? -errno : -EIO;
		if (!record_is_good(&record)) {
			/* Never one with others behind it: each was synced before the next. */
			if (reserve->size + sizeof(record) == (size_t)st.st_size &&
			    record_is_torn(&record, reserve->size))
				break;
			return -EBADMSG;
		}
		err = make_room(reserve);
		if (err != 0)
			return err;
		remember(reserve, record.id, record.limit);
		reserve->size += sizeof(record);
	}
	return ftruncate(reserve->log, (off_t)reserve->size) == 0 ? 0 : -errno;
}

/** Writes all of it or nothing that counts. */
static int
write_at(int fd, const void *data, size_t size, size_t at)
{
	while (size != 0) {
		ssize_t n = pwrite(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data = (const char *)data + n;
		size -= (size_t)n;
		at += (size_t)n;
	}
	return 0;
}

/** Writes a log of the newest limits alone. @return its descriptor, locked, or a negative errno */
static int
write_compact(const struct reserve *reserve, size_t *size)
{
	int fd, err = 0;

	*size = 0;
	unlinkat(reserve->dir, "counters.new", 0); /* of a process that was killed meanwhile */
	fd = openat(reserve->dir, "counters.new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		err = -errno;
	for (size_t i = 0; err == 0 && i < reserve->n_slots; i++) {
		const struct slot *slot = &reserve->slots[i];
		struct record record;

		if (!slot->used)
			continue;
		record = make_record(slot->id, slot->limit);
		err = write_at(fd, &record, sizeof(record), *size);
		*size += sizeof(record);
	}
	if (err == 0 && fsync(fd) != 0)
		err = -errno;
	if (err == 0 && renameat(reserve->dir, "counters.new", reserve->dir, "counters") != 0)
		err = -errno;
	if (err != 0) {
		close(fd);
		unlinkat(reserve->dir, "counters.new", 0);
		return err;
	}
	return fd;
}

/** Makes sure that the log's name outlives a crash. @return 0 or a negative errno */
static int
sync_dir(struct reserve *reserve)
{
	if (!reserve->dir_is_synced && fsync(reserve->dir) != 0)
		return -errno;
	reserve->dir_is_synced = true;
	return 0;
}

/**
 * Drops what newer records have overtaken. A failure changes nothing: the long log is as true. Once
 * the new one has the name, a crash may still bring the old one back until the folder is synced; it
 * holds no less now, but would later. So nothing is promised in the new one before.
 */
static void
compact(struct reserve *reserve)
{
	size_t size;
	int fd;

	if (reserve->size <= reserve->compact_from ||
	    reserve->size <= 2 * reserve->n * sizeof(struct record))
		return;
	fd = write_compact(reserve, &size);
	if (fd < 0) {
		reserve->compact_from = 2 * reserve->size; /* not again each time */
		return;
	}
	close(reserve->log);
	reserve->log = fd;
	reserve->size = size;
	reserve->compact_from = COMPACT_FROM;
	reserve->dir_is_synced = false;
	sync_dir(reserve); /* if not now, then before the next promise */
}

/* Opening. */

/** Makes sure that the folder's own name outlives a crash, where its parent may be opened. */
static int
sync_parent(int dir)
{
	int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (parent < 0)
		return errno == EACCES ? 0 : -errno;
	if (fsync(parent) != 0)
		err = -errno;
	close(parent);
	return err;
}

/** Whoever else may write there could bring an older log back. @return 0 or a negative errno */
static int
check_owner(int fd, const char *name, char *message, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return wp_say(message, size, -errno, "%s: %s", name, strerror(errno));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return wp_say(message, size, -EPERM, "%s: belongs to user %u; run: chown %u %s",
			      name, st.st_uid, geteuid(), name);
	if ((st.st_mode & 022) != 0)
		return wp_say(message, size, -EPERM,
			      "%s: others may write it (mode %03o); run: chmod go-w %s", name,
			      st.st_mode & 0777, name);
	return 0;
}

static int
open_dir(struct reserve *reserve, const char *dir, char *message, size_t size)
{
	int err;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return wp_say(message, size, -errno, "%s cannot be made: %s", dir, strerror(errno));
	reserve->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reserve->dir < 0)
		return wp_say(message, size, -errno, "%s: %s", dir, strerror(errno));
	err = check_owner(reserve->dir, dir, message, size);
	if (err != 0)
		return err;
	err = sync_parent(reserve->dir);
	return err == 0 ? 0 : wp_say(message, size, err, "%s/..: %s", dir, strerror(-err));
}

/** @return whether the name still means the file that is open; compaction may have replaced it */
static bool
log_is_named(const struct reserve *reserve)
{
	struct stat named, opened;

	return fstat(reserve->log, &opened) == 0 &&
	       fstatat(reserve->dir, "counters", &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/** Opens and locks the log. @return 0, -EAGAIN when it was replaced meanwhile, or another errno */
static int
open_and_lock(struct reserve *reserve)
{
	struct stat st;

	reserve->log = openat(reserve->dir, "counters",
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (reserve->log < 0 || fstat(reserve->log, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (flock(reserve->log, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (log_is_named(reserve))
		return 0;
	close(reserve->log);
	reserve->log = -1;
	return -EAGAIN;
}

static int
open_log(struct reserve *reserve, const char *dir, char *message, size_t size)
{
	char name[PATH_MAX];
	int err;

	do
		err = open_and_lock(reserve);
	while (err == -EAGAIN);
	if (err == -EBUSY)
		return wp_say(message, size, err,
			      "%s/counters: another process has it; one waypointd for each "
			      "state_dir",
			      dir);
	if (err != 0)
		return wp_say(message, size, err, "%s/counters: %s", dir,
			      err == -EINVAL ? "is no regular file" : strerror(-err));
	snprintf(name, sizeof(name), "%s/counters", dir);
	return check_owner(reserve->log, name, message, size);
}

/** Reads the log of a folder that is ours. */
static int
load(struct reserve *reserve, const char *dir, char *message, size_t size)
{
	int err = grow(reserve);

	reserve->was_used = faccessat(reserve->dir, "reserved", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (err == 0)
		err = read_log(reserve);
	if (err == 0)
		err = sync_dir(reserve);
	if (err == 0 && reserve->was_used && reserve->n == 0)
		return wp_say(message, size, -EBADMSG,
			      "%s/counters is missing or empty, but sequence numbers were reserved "
			      "in it, and could repeat: put all keys that encrypt out of use, then "
			      "remove the folder",
			      dir);
	if (err == -EBADMSG)
		return wp_say(message, size, err,
			      "%s/counters is damaged at byte %zu; sequence numbers could repeat: "
			      "put all keys that encrypt out of use, then remove the folder",
			      dir, reserve->size);
	return err == 0 ? 0 : wp_say(message, size, err, "%s/counters: %s", dir, strerror(-err));
}

int
reserve_open(const char *dir, struct reserve **reserve, char *message, size_t message_size)
{
	struct reserve *new = calloc(1, sizeof(*new));
	int err;

	if (new == NULL)
		return wp_say(message, message_size, -ENOMEM, "no memory");
	new->dir = new->log = -1;
	new->compact_from = COMPACT_FROM;
	err = open_dir(new, dir, message, message_size);
	if (err == 0)
		err = open_log(new, dir, message, message_size);
	if (err == 0)
		err = load(new, dir, message, message_size);
	if (err != 0) {
		reserve_close(new);
		return err;
	}
	*reserve = new;
	return 0;
}

void
reserve_close(struct reserve *reserve)
{
	if (reserve == NULL)
		return;
	if (reserve->log >= 0)
		close(reserve->log);
	if (reserve->dir >= 0)
		close(reserve->dir);
	free(reserve->slots);
	free(reserve);
}

uint64_t
reserve_next(const struct reserve *reserve, const uint8_t id[RESERVE_ID_SIZE], uint64_t start)
{
	const struct slot *slot = find_slot(reserve, id);

	return slot->used && slot->limit > start ? slot->limit : start;
}

/** Leaves a mark beside the log, so that a log that is lost or emptied later is missed. Behind the
 * first record, before its promise: a crash in between leaves a record without a mark, which harms
 * nobody. @return 0 or a negative errno */
static int
mark_used(struct reserve *reserve)
{
	int fd, err = 0;

	if (reserve->was_used)
		return 0;
	fd = openat(reserve->dir, "reserved", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		err = -errno;
	close(fd);
	reserve->dir_is_synced = false;
	if (err == 0)
		err = sync_dir(reserve);
	reserve->was_used = err == 0;
	return err;
}

int
reserve_extend(struct reserve *reserve, const uint8_t id[RESERVE_ID_SIZE], uint64_t limit)
{
	struct record record = make_record(id, limit);
	int err;

	if (reserve_next(reserve, id, 0) >= limit)
		return 0; /* on disk already */
	err = make_room(reserve);
	if (err == 0)
		err = sync_dir(reserve);
	if (err != 0)
		return err;
	err = write_at(reserve->log, &record, sizeof(record), reserve->size);
	if (err == 0 && fdatasync(reserve->log) != 0)
		err = -errno;
	if (err != 0) {
		/* If it stays all the same: a limit that is too high costs numbers, never repeats
		 * one; half a record is overwritten by the next, or cut off at opening. */
		(void)!ftruncate(reserve->log, (off_t)reserve->size);
		return err;
	}
	reserve->size += sizeof(record);
	remember(reserve, id, limit);
	compact(reserve);
	return mark_used(reserve);
}
