/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which command a reply is to: replies come in the commands' order (RFC 2920 section 3.2). Codes
 * that one command gets alone put the count right where a server has left a reply out.
 */

#include "stream/l7/smtp_view.h"

bool
smtp_queue_add(struct smtp_queue *queue, unsigned int command)
{
	if (queue->n == SMTP_QUEUE_MAX)
		return false;
	queue->commands[(queue->first + queue->n) % SMTP_QUEUE_MAX] = (uint8_t)command;
	queue->n++;
	return true;
}

static unsigned int
nth(const struct smtp_queue *queue, unsigned int i)
{
	return queue->commands[(queue->first + i) % SMTP_QUEUE_MAX];
}

bool
smtp_queue_has(const struct smtp_queue *queue, unsigned int command)
{
	for (unsigned int i = 0; i < queue->n; i++)
		if (nth(queue, i) == command)
			return true;
	return false;
}

static unsigned int
drop(struct smtp_queue *queue, unsigned int n)
{
	unsigned int last = nth(queue, n - 1);

	queue->first = (uint8_t)((queue->first + n) % SMTP_QUEUE_MAX);
	queue->n = (uint8_t)(queue->n - n);
	return last;
}

/** @return whether a reply is one that this command gets, and hardly another. */
static bool
is_its_own(unsigned int command, unsigned int code)
{
	switch (code) {
	case 220:
		return command == WP_SMTP_STARTTLS || command == WP_SMTP_XCLIENT;
	case 235:
	case 334:
		return command == WP_SMTP_AUTH;
	case 354:
		return command == WP_SMTP_DATA_BEGINS;
	default:
		return false;
	}
}

/** A 354 and a 334 are to no other command; DATA is not fulfilled by anything else. */
static bool
is_possible(unsigned int command, unsigned int code)
{
	if (code == 334 || code == 354)
		return false;
	return command != WP_SMTP_DATA_BEGINS || code >= 400;
}

unsigned int
smtp_queue_take(struct smtp_queue *queue, unsigned int code)
{
	for (unsigned int i = 0; i < queue->n; i++) {
		if (!is_its_own(nth(queue, i), code))
			continue;
		if (code != 334)
			return drop(queue, i + 1);
		/* AUTH goes on: it stays. */
		if (i != 0)
			drop(queue, i);
		return WP_SMTP_AUTH;
	}
	if (queue->n == 0 || !is_possible(nth(queue, 0), code))
		return WP_SMTP_OTHER;
	return drop(queue, 1);
}
