/* SPDX-License-Identifier: BSD-3-Clause */
/* See teller.h. */

#include "pe/teller.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct told {
	STAILQ_ENTRY(told) next;
	char instance[64];
	size_t size;
	char text[];
};

STAILQ_HEAD(told_list, told);

struct wp_teller {
	pthread_mutex_t lock; /* the log thread and control only; never held for long */
	/* Under the lock. */
	struct told_list waiting;
	unsigned int n;
	/* Control. */
	uint64_t turns_ns; /* time that has not been used up: a turn takes a part of a second */
	uint64_t seen_ns;
};

static const uint64_t turn_ns = 1000000000 / TELLER_A_SECOND;

int
teller_create(struct wp_teller **teller)
{
	struct wp_teller *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	pthread_mutex_init(&new->lock, NULL);
	STAILQ_INIT(&new->waiting);
	new->turns_ns = TELLER_MAX *turn_ns;
	*teller = new;
	return 0;
}

void
teller_destroy(struct wp_teller *teller)
{
	struct told *told;

	if (teller == NULL)
		return;
	while ((told = STAILQ_FIRST(&teller->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&teller->waiting, next);
		free(told);
	}
	pthread_mutex_destroy(&teller->lock);
	free(teller);
}

bool
wp_tell(struct wp_teller *teller, const char *instance, const char *text, size_t size)
{
	struct told *told;
	bool has_room;

	if (teller == NULL || size > TELLER_SIZE_MAX)
		return false;
	told = malloc(sizeof(*told) + size);
	if (told == NULL)
		return false;
	strncpy(told->instance, instance, sizeof(told->instance) - 1);
	told->instance[sizeof(told->instance) - 1] = '\0';
	told->size = size;
	memcpy(told->text, text, size);
	pthread_mutex_lock(&teller->lock);
	has_room = teller->n < TELLER_MAX;
	if (has_room) {
		STAILQ_INSERT_TAIL(&teller->waiting, told, next);
		teller->n++;
	}
	pthread_mutex_unlock(&teller->lock);
	if (!has_room)
		free(told);
	return has_room;
}

/** @return the next record, the caller's; NULL: none waits */
static struct told *
take(struct wp_teller *teller)
{
	struct told *told;

	pthread_mutex_lock(&teller->lock);
	told = STAILQ_FIRST(&teller->waiting);
	if (told != NULL) {
		STAILQ_REMOVE_HEAD(&teller->waiting, next);
		teller->n--;
	}
	pthread_mutex_unlock(&teller->lock);
	return told;
}

void
teller_hand_on(struct wp_teller *teller, uint64_t now_ns, teller_fn fn, void *arg)
{
	struct told *told;

	teller->turns_ns += now_ns - teller->seen_ns;
	teller->seen_ns = now_ns;
	if (teller->turns_ns > TELLER_MAX * turn_ns)
		teller->turns_ns = TELLER_MAX * turn_ns;
	while (teller->turns_ns >= turn_ns && (told = take(teller)) != NULL) {
		if (fn != NULL)
			fn(arg, told->instance, told->text, told->size);
		teller->turns_ns -= turn_ns;
		free(told);
	}
}
