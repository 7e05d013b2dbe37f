/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's command line, made from a document; its log is kept back and shown as evidence. */

#include "pe/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

enum { HUGE_KB_MIN = 256 << 10, PLAIN_MB = 512, ARGS_MAX = 24 };

/** @return KiB of free 2 MiB pages. */
static unsigned long
free_huge_kb(void)
{
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	char line[32] = "0";
	unsigned long n;

	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	n = strtoul(line, NULL, 10);
	fclose(file);
	return n * 2048;
}

/** @return whether this machine lets us use core @p core. */
static bool
core_usable(unsigned int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) == 0 && core < CPU_SETSIZE &&
	       CPU_ISSET(core, &set);
}

/** Writes "0@(0-7),1@2,2@3": control may run anywhere, each worker on its core. */
static int
lcores(const struct document *document, bool workers, char *text, size_t size, char *message,
       size_t message_size)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t used = 0;
	int first = 0;

	while (first < n_cpus && !core_usable((unsigned int)first))
		first++;
	used = (size_t)snprintf(text, size, "0@%d", first);
	for (uint32_t i = 0; workers && i < document->n_cores; i++) {
		if (!core_usable(document->cores[i])) {
			snprintf(message, message_size,
				 "/workers/cores: core %u is not there or not ours; see: nproc, "
				 "lscpu "
				 "-e, taskset -p $$",
				 document->cores[i]);
			return -EINVAL;
		}
		used += (size_t)snprintf(text + used, size - used, ",%u@%u", eal_lcore(i),
					 document->cores[i]);
	}
	return 0;
}

/** Lets control run on all cores again that no worker has; EAL has tied it to one. */
static void
untie(cpu_set_t set, const struct document *document, bool workers)
{
	cpu_set_t left = set;

	for (uint32_t i = 0; workers && i < document->n_cores; i++)
		CPU_CLR(document->cores[i], &left);
	sched_setaffinity(0, sizeof(left), CPU_COUNT(&left) != 0 ? &left : &set);
}

/** Cuts DPDK's own words down to the last lines that say something is wrong. */
static void
evidence(const char *log, char *message, size_t message_size)
{
	size_t n = strlen(log), used = strlen(message);

	if (n > 400)
		log += n - 400;
	snprintf(message + used, message_size - used, "; DPDK says: %s", log);
	for (char *c = message; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
}

int
eal_start(const struct document *document, bool workers, char *message, size_t message_size)
{
	char cores[16 * (DOCUMENT_WORKERS_MAX + 1)], plain[16], prefix[32];
	bool huge = free_huge_kb() >= HUGE_KB_MIN && geteuid() == 0;
	char *argv[ARGS_MAX], *log = NULL;
	size_t log_size = 0;
	cpu_set_t set;
	FILE *stream;
	int argc = 0, err;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	err = lcores(document, workers, cores, sizeof(cores), message, message_size);
	if (err != 0)
		return err;
	snprintf(plain, sizeof(plain), "%d", PLAIN_MB);
	snprintf(prefix, sizeof(prefix), "waypoint%d", getpid());
	argv[argc++] = "waypointd";
	argv[argc++] = "--lcores";
	argv[argc++] = cores;
	argv[argc++] = "--no-telemetry";
	argv[argc++] = "--log-level=warning";
	if (huge) {
		argv[argc++] = "--in-memory";
		argv[argc++] = "--single-file-segments";
	} else {
		argv[argc++] = "--no-huge";
		argv[argc++] = "-m";
		argv[argc++] = plain;
		argv[argc++] = "--no-shconf";
		argv[argc++] = "--file-prefix";
		argv[argc++] = prefix;
		argv[argc++] = "--no-pci"; /* NICs need pages that stay where they are */
	}
	argv[argc] = NULL;
	stream = open_memstream(&log, &log_size);
	if (stream != NULL)
		rte_openlog_stream(stream);
	err = rte_eal_init(argc, argv) < 0 ? -rte_errno : 0;
	rte_openlog_stream(NULL);
	if (stream != NULL)
		fclose(stream);
	untie(set, document, workers);
	if (err != 0) {
		snprintf(message, message_size, "DPDK does not start (%s)", strerror(-err));
		if (log != NULL)
			evidence(log, message, message_size);
	}
	free(log);
	return err;
}

void
eal_stop(void)
{
	rte_eal_cleanup();
}
