/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two modules behind lines of text, for tests in another language. Each line of input gives one
 * line of output:
 *   key NAME HEX           key and salt; NAME begins with 128 or 256      -> ok
 *   seal JSON              opens an encrypt step                          -> its index
 *   open JSON              opens a decrypt step                           -> its index
 *   number STEP NUMBER     the next number that a sealing step uses       -> ok
 *   run STEP HEX           an IP packet through a step    -> outcome, then the packet when it goes
 * on
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { STEPS_MAX = 64, LINE_MAX_SIZE = 16384 };

static struct service *services[2];
static struct step steps[STEPS_MAX];
static unsigned int n_steps;
static struct frame frame;

static void
stop(const char *why)
{
	fprintf(stderr, "esp_helper: %s\n", why);
	exit(2);
}

static uint16_t
unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t n = strlen(hex) / 2;

	if (n > max)
		stop("too long");
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &out[i]) != 1)
			stop("not hexadecimal");
	return (uint16_t)n;
}

static void
do_key(char *rest)
{
	uint8_t bytes[64] = {0};
	char *hex = strchr(rest, ' ');

	if (hex == NULL)
		stop("key NAME HEX");
	*hex++ = '\0';
	unhex(hex, bytes, sizeof(bytes));
	key_add(rest, bytes);
	puts("ok");
}

static void
do_open(struct service *service, const char *json)
{
	if (n_steps == STEPS_MAX)
		stop("too many steps");
	if (step_open(service, &steps[n_steps], json) != 0)
		stop(service->message);
	printf("%u\n", n_steps++);
}

static struct step *
take_step(char **rest)
{
	unsigned long index = strtoul(*rest, rest, 10);

	if (index >= n_steps)
		stop("no such step");
	*rest += **rest == ' ';
	return &steps[index];
}

static void
do_number(char *rest)
{
	const struct step *step = take_step(&rest);

	counter_set(step->service->entries[step->first_entry], strtoull(rest, NULL, 10),
		    UINT64_MAX);
	puts("ok");
}

static void
do_run(char *rest)
{
	struct step *step = take_step(&rest);
	uint8_t bytes[LINE_MAX_SIZE / 2];
	uint16_t size = unhex(rest, bytes, sizeof(bytes));

	frame_bytes(&frame, bytes, size, false);
	fputs(step_one(step, &frame), stdout);
	if (frame.pkt.verdict == WP_NEXT) {
		putchar(' ');
		for (uint16_t i = 0; i < frame.pkt.len; i++)
			printf("%02x", wp_start(&frame.pkt)[i]);
	}
	putchar('\n');
}

int
main(void)
{
	static char line[LINE_MAX_SIZE];

	services[0] = service_open("encrypt");
	services[1] = service_open("decrypt");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *rest = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (rest == NULL)
			stop("a command and its arguments");
		*rest++ = '\0';
		if (strcmp(line, "key") == 0)
			do_key(rest);
		else if (strcmp(line, "seal") == 0)
			do_open(services[0], rest);
		else if (strcmp(line, "open") == 0)
			do_open(services[1], rest);
		else if (strcmp(line, "number") == 0)
			do_number(rest);
		else if (strcmp(line, "run") == 0)
			do_run(rest);
		else
			stop("key, seal, open, number or run");
		fflush(stdout);
	}
	while (n_steps-- > 0)
		step_close(&steps[n_steps]);
	service_close(services[0]);
	service_close(services[1]);
	return 0;
}
