/* SPDX-License-Identifier: BSD-3-Clause */
/* See pattern.h. */

#include "match/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <x86intrin.h>

#include <hs/hs.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "match/inspect.h"

enum {
	MATCH_LIMIT = 3500,         /* steps of PCRE2 at one place, */
	LEAST_LIMIT = 50,           /* and however tight: rules may share an expression */
	HEAP_LIMIT = 64,            /* KiB */
	JIT_STACK_START = 32 << 10, /* bytes */
	JIT_STACK_MAX = 256 << 10,
	ONCE = INSPECT_STEPS / 2, /* steps that a search may be taken for, however few there are */
	PLACES = 2,               /* that PCRE2 tries before it is asked how long that took */
	IMPOSSIBLE = 4096, /* steps of one search: the machine has had something else to do */
};

struct pattern {
	hs_database_t *hs; /* NULL: Hyperscan cannot have it */
	pcre2_code *pcre;  /* NULL: not needed */
	uint32_t limit;    /* steps of PCRE2 at one place */
	bool is_anchored;  /* there is but one place to try */
};

/** What is searched. */
struct pattern_bytes {
	const uint8_t *data;
	uint32_t size;
	uint32_t from; /* bytes that are only looked back at */
};

struct pattern_worker {
	hs_scratch_t *scratch;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	long interruptions; /* of the thread, when that was asked last */
};

unsigned int
pattern_hs_flags(const struct rule_pcre *pcre)
{
	unsigned int flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;

	if ((pcre->flags & PCRE_CASELESS) != 0)
		flags |= HS_FLAG_CASELESS;
	if ((pcre->flags & PCRE_DOTALL) != 0)
		flags |= HS_FLAG_DOTALL;
	if ((pcre->flags & PCRE_MULTILINE) != 0)
		flags |= HS_FLAG_MULTILINE;
	return flags;
}

static uint32_t
pcre2_flags(const struct rule_pcre *pcre)
{
	static const struct {
		uint16_t flag;
		uint32_t option;
	} options[] = {
		{PCRE_CASELESS, PCRE2_CASELESS},   {PCRE_DOTALL, PCRE2_DOTALL},
		{PCRE_MULTILINE, PCRE2_MULTILINE}, {PCRE_EXTENDED, PCRE2_EXTENDED},
		{PCRE_ANCHORED, PCRE2_ANCHORED},   {PCRE_DOLLAR_ENDONLY, PCRE2_DOLLAR_ENDONLY},
		{PCRE_UNGREEDY, PCRE2_UNGREEDY},
	};
	uint32_t all = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if ((pcre->flags & options[i].flag) != 0)
			all |= options[i].option;
	return all;
}

bool
pattern_suits_hs(const struct rule_pcre *pcre)
{
	const uint16_t alien = PCRE_EXTENDED | PCRE_ANCHORED | PCRE_DOLLAR_ENDONLY | PCRE_UNGREEDY;

	return (pcre->flags & alien) == 0;
}

hs_database_t *
pattern_compile_hs(const struct rule_pcre *pcre)
{
	hs_compile_error_t *error = NULL;
	hs_database_t *hs;

	if (hs_compile(pcre->text, pattern_hs_flags(pcre), HS_MODE_BLOCK, NULL, &hs, &error) ==
	    HS_SUCCESS)
		return hs;
	hs_free_compile_error(error);
	return NULL;
}

static int
compile_pcre2(const struct rule_pcre *pcre, struct pattern *pattern, char *why, size_t size)
{
	PCRE2_UCHAR message[128];
	uint32_t options = 0;
	PCRE2_SIZE at;
	int error;

	pattern->pcre =
		pcre2_compile((PCRE2_SPTR)pcre->text, PCRE2_ZERO_TERMINATED,
			      pcre2_flags(pcre) | PCRE2_USE_OFFSET_LIMIT, &error, &at, NULL);
	if (pattern->pcre == NULL) {
		pcre2_get_error_message(error, message, sizeof(message));
		snprintf(why, size, "pcre: %s, at its byte %zu", (const char *)message, at + 1);
		return -EINVAL;
	}
	pcre2_jit_compile(pattern->pcre, PCRE2_JIT_COMPLETE); /* where it cannot, it is slower */
	pcre2_pattern_info(pattern->pcre, PCRE2_INFO_ALLOPTIONS, &options);
	pattern->is_anchored = (options & PCRE2_ANCHORED) != 0 || strstr(pcre->text, "\\G") != NULL;
	return 0;
}

int
pattern_create(const struct rule_pcre *pcre, hs_database_t *hs, bool where,
	       struct pattern **pattern, char *why, size_t size)
{
	struct pattern *new = calloc(1, sizeof(*new));
	int err = 0;

	if (new == NULL)
		return -ENOMEM;
	if (hs == NULL || where)
		err = compile_pcre2(pcre, new, why, size);
	if (err != 0) {
		pattern_destroy(new);
		return err;
	}
	new->hs = hs;
	new->limit = MATCH_LIMIT;
	*pattern = new;
	return 0;
}

int
pattern_tighten(struct pattern *pattern, const struct rule_pcre *pcre)
{
	char why[128];
	int err = 0;

	if (pattern->pcre == NULL)
		err = compile_pcre2(pcre, pattern, why, sizeof(why));
	if (err != 0)
		return err;
	pattern->limit = pattern->limit / 4 > LEAST_LIMIT ? pattern->limit / 4 : LEAST_LIMIT;
	hs_free_database(pattern->hs);
	pattern->hs = NULL;
	return 0;
}

void
pattern_destroy(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	hs_free_database(pattern->hs);
	pcre2_code_free(pattern->pcre);
	free(pattern);
}

int
pattern_grow_scratch(const struct pattern *pattern, struct hs_scratch **scratch)
{
	if (pattern->hs == NULL)
		return 0;
	return hs_alloc_scratch(pattern->hs, scratch) == HS_SUCCESS ? 0 : -ENOMEM;
}

struct pattern_worker *
pattern_worker_create(struct hs_scratch *scratch)
{
	struct pattern_worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	worker->scratch = scratch;
	worker->data = pcre2_match_data_create(1, NULL); /* its groups are for nobody */
	worker->context = pcre2_match_context_create(NULL);
	worker->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
	if (worker->data == NULL || worker->context == NULL || worker->stack == NULL) {
		pattern_worker_destroy(worker);
		return NULL;
	}
	pcre2_set_depth_limit(worker->context, MATCH_LIMIT);
	pcre2_set_heap_limit(worker->context, HEAP_LIMIT);
	pcre2_jit_stack_assign(worker->context, NULL, worker->stack);
	return worker;
}

void
pattern_worker_destroy(struct pattern_worker *worker)
{
	if (worker == NULL)
		return;
	pcre2_match_data_free(worker->data);
	pcre2_match_context_free(worker->context);
	pcre2_jit_stack_free(worker->stack);
	free(worker);
}

static int
hs_found(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags,
	 void *arg)
{
	*(bool *)arg = true;
	return 1;
}

/** @return whether the thread has lost its core, or waited for memory, since this was asked last.
 */
static bool
was_interrupted(struct pattern_worker *worker)
{
	struct rusage usage;
	long before = worker->interruptions;

	if (getrusage(RUSAGE_THREAD, &usage) != 0)
		return false;
	worker->interruptions =
		usage.ru_nivcsw + usage.ru_nvcsw + usage.ru_minflt + usage.ru_majflt;
	return worker->interruptions != before;
}

/**
 * Takes the steps that a search was long. One that may have been interrupted, or was longer than
 * any can be, is done again; if that happens once more, it counts for a quarter of all.
 * @param is_again  it was done a second time
 * @return false: it is to be done again; no traffic must miss a rule because somebody else had the
 * core, or memory was not there yet
 */
static bool
pay(struct pattern_worker *worker, uint64_t start, bool is_again, struct pattern_steps *steps)
{
	uint64_t took = (__rdtsc() - start) / INSPECT_CYCLES_A_STEP;
	uint32_t most = steps->most / 4 > ONCE ? steps->most / 4 : ONCE;

	if (took > most && (was_interrupted(worker) || took > IMPOSSIBLE)) {
		if (!is_again)
			return false;
		took = most;
	}
	steps->left -= took < steps->left ? (uint32_t)took : steps->left;
	return true;
}

/** Hyperscan looks back at one byte at the most: it may find what PCRE2, who knows all of them,
 * does not, but not the other way round. */
static enum pattern_result
search_hs(const struct pattern *pattern, struct pattern_worker *worker, struct pattern_bytes bytes,
	  struct pattern_steps *steps, struct pattern_found *found)
{
	bool is_found, is_again = false, is_paid;
	uint32_t skipped = bytes.from - (bytes.from != 0);
	hs_error_t error;

	do {
		uint64_t start = __rdtsc();

		is_found = false;
		error = hs_scan(pattern->hs, (const char *)bytes.data + skipped,
				bytes.size - skipped, 0, worker->scratch, hs_found, &is_found);
		is_paid = pay(worker, start, is_again, steps);
		is_again = true;
	} while (!is_paid);
	*found = (struct pattern_found){bytes.from, bytes.size};
	if (error != HS_SUCCESS && error != HS_SCAN_TERMINATED)
		return PATTERN_GAVE_UP;
	return is_found ? PATTERN_PRESENT : PATTERN_ABSENT;
}

/** Tries the places [from, end). @return as pcre2_match() */
static int
try_places(const struct pattern *pattern, struct pattern_worker *worker, struct pattern_bytes bytes,
	   uint32_t from, uint32_t end, struct pattern_steps *steps)
{
	bool is_again = false, is_paid;
	int n;

	pcre2_set_match_limit(worker->context, pattern->limit);
	pcre2_set_offset_limit(worker->context, end - 1);
	do {
		uint64_t start = __rdtsc();

		n = pcre2_match(pattern->pcre, bytes.data, bytes.size, from, 0, worker->data,
				worker->context);
		is_paid = pay(worker, start, is_again, steps);
		is_again = true;
	} while (!is_paid);
	return n;
}

/** Tries all places, ever more of them at a time as long as that is quick. PCRE2 has a limit for
 * each place, but none for all of them. */
static int
try_all(const struct pattern *pattern, struct pattern_worker *worker, struct pattern_bytes bytes,
	struct pattern_steps *steps)
{
	uint32_t from = bytes.from, places = PLACES, left;
	int n;

	if (pattern->is_anchored)
		return try_places(pattern, worker, bytes, from, bytes.size + 1, steps);
	do {
		uint32_t end = bytes.size - from < places ? bytes.size + 1 : from + places;

		left = steps->left;
		n = try_places(pattern, worker, bytes, from, end, steps);
		if (n != PCRE2_ERROR_NOMATCH || end > bytes.size)
			return n;
		from = end;
		places = left - steps->left < steps->most / 64 ? 2 * places : places;
	} while (steps->left != 0);
	return PCRE2_ERROR_MATCHLIMIT;
}

static enum pattern_result
search_pcre2(const struct pattern *pattern, struct pattern_worker *worker,
	     struct pattern_bytes bytes, struct pattern_steps *steps, struct pattern_found *found)
{
	int n = try_all(pattern, worker, bytes, steps);
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(worker->data);

	if (n == PCRE2_ERROR_NOMATCH)
		return PATTERN_ABSENT;
	if (n < 0)
		return PATTERN_GAVE_UP;
	/* \K may set the start behind the end. */
	found->end = (uint32_t)ends[1];
	found->start = ends[0] < ends[1] ? (uint32_t)ends[0] : found->end;
	return PATTERN_PRESENT;
}

enum pattern_result
pattern_search(const struct pattern *pattern, struct pattern_worker *worker, const uint8_t *bytes,
	       uint32_t size, uint32_t from, struct pattern_steps *steps,
	       struct pattern_found *found)
{
	static const uint8_t nothing[1];
	struct pattern_bytes in = {bytes == NULL ? nothing : bytes, size, from};
	enum pattern_result result = PATTERN_PRESENT;

	if (pattern->hs != NULL)
		result = search_hs(pattern, worker, in, steps, found);
	if (result == PATTERN_PRESENT && pattern->pcre != NULL)
		result = search_pcre2(pattern, worker, in, steps, found);
	return result;
}
