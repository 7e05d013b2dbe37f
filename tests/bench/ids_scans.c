/* SPDX-License-Identifier: BSD-3-Clause */
/* See ids_scans.h. Databases of literals are known by the call that makes them: those from a cache
 * are not. */

#include "ids_scans.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

enum { DATABASES_MAX = 1024 };

struct scan {
	const hs_database_t *database;
	size_t at; /* byte in 'bytes' */
	unsigned int size;
};

typedef typeof(hs_scan) scan_fn;
typedef typeof(hs_compile_lit_multi) compile_fn;

static const hs_database_t *databases[DATABASES_MAX];
static unsigned int n_databases;
static hs_scratch_t *scratch; /* of the repetition */
static struct scan *scans;
static char *bytes;
static size_t n_scans, scans_room, n_bytes, bytes_room;
static bool is_keeping;

static void *
real(const char *name)
{
	void *call = dlsym(RTLD_NEXT, name);

	if (call == NULL) {
		fprintf(stderr, "ids_bench: %s: %s\n", name, dlerror());
		exit(EXIT_FAILURE);
	}
	return call;
}

static void *
grow(void *items, size_t size, size_t n, size_t *room)
{
	if (n <= *room)
		return items;
	*room = 2 * n;
	items = reallocarray(items, *room, size);
	if (items == NULL) {
		fprintf(stderr, "ids_bench: no memory for scans\n");
		exit(EXIT_FAILURE);
	}
	return items;
}

static bool
is_of_literals(const hs_database_t *database)
{
	for (unsigned int i = 0; i < n_databases; i++)
		if (databases[i] == database)
			return true;
	return false;
}

static void
keep(const hs_database_t *database, const char *data, unsigned int size)
{
	scans = grow(scans, sizeof(*scans), n_scans + 1, &scans_room);
	bytes = grow(bytes, 1, n_bytes + size, &bytes_room);
	scans[n_scans++] = (struct scan){database, n_bytes, size};
	memcpy(bytes + n_bytes, data, size);
	n_bytes += size;
}

/* In front of Hyperscan. */

hs_error_t
hs_scan(const hs_database_t *database, const char *data, unsigned int size, unsigned int flags,
	hs_scratch_t *room, match_event_handler found, void *arg)
{
	static scan_fn *next;

	if (next == NULL)
		next = (scan_fn *)real("hs_scan");
	if (is_keeping && is_of_literals(database))
		keep(database, data, size);
	return next(database, data, size, flags, room, found, arg);
}

hs_error_t
hs_compile_lit_multi(const char *const *literals, const unsigned int *flags,
		     const unsigned int *ids, const size_t *sizes, unsigned int n,
		     unsigned int mode, const hs_platform_info_t *platform,
		     hs_database_t **database, hs_compile_error_t **error)
{
	compile_fn *next = (compile_fn *)real("hs_compile_lit_multi");
	hs_error_t result = next(literals, flags, ids, sizes, n, mode, platform, database, error);

	if (result == HS_SUCCESS && n_databases < DATABASES_MAX) {
		databases[n_databases++] = *database;
		hs_alloc_scratch(*database, &scratch);
	}
	return result;
}

/* Again. */

void
scans_keep(bool keep)
{
	is_keeping = keep;
}

static int
count(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags,
      void *arg)
{
	++*(unsigned long *)arg;
	return 0;
}

unsigned long
scans_repeat(void)
{
	unsigned long n = 0;

	for (size_t i = 0; i < n_scans; i++)
		hs_scan(scans[i].database, bytes + scans[i].at, scans[i].size, 0, scratch, count,
			&n);
	return n;
}

unsigned long
scans_count(void)
{
	return n_scans;
}

size_t
scans_bytes(void)
{
	return n_bytes;
}
