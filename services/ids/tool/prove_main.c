/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ids-prove: whether rules alert on captures as expected. Reads a task from the standard input,
 * {"config": of the service, "proofs": [{"capture", "alerts": [sid, ...], "exactly"}], "each_ms":
 * that a capture may take, "all_ms": that all may}, and writes the first thing that is not so: a
 * line, and exit status 1. For the service, not for people.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "tool/capture.h"
#include "tool/host.h"

enum { WHY_SIZE = 400, SIDS_SHOWN = 10 };

/** What captures may take. */
struct limits {
	int64_t each_ms, all_ms;
	int64_t end_ms; /* when all have taken that; by now_ms() */
};

/** Status of a capture's process besides the usual ones: the file goes on with something else. */
enum { EXIT_CUT = 2 };

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In the process of one capture: where its sids go. */
static FILE *heard_to;

/** As in struct host_conf. */
static void
on_heard(void *arg, const char *text, size_t size)
{
	json_t *event = json_loadb(text, size, 0, NULL);
	uint32_t sid = (uint32_t)json_integer_value(
		json_object_get(json_object_get(event, "alert"), "signature_id"));

	if (sid != 0 && heard_to != NULL)
		fwrite(&sid, sizeof(sid), 1, heard_to);
	json_decref(event);
}

/** Reads a capture. @return the exit status of its process */
static int
read_capture(struct host *host, const char *file)
{
	struct capture_packet packet;
	struct capture *capture;
	char why[WHY_SIZE];
	int more;

	if (capture_open(file, NULL, &capture, why, sizeof(why)) != 0)
		return EXIT_FAILURE;
	while ((more = capture_next(capture, &packet)) == 1)
		host_packet(host, &packet);
	host_end(host);
	capture_close(capture);
	return more == 0 ? EXIT_SUCCESS : EXIT_CUT;
}

/** Has this process killed when the one that started it is no more: nobody waits for it then. */
static void
end_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/** Has this process ended by SIGALRM. @param ms  from now; more than 0 */
static void
set_alarm(int64_t ms)
{
	const struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/** Each capture has a process of its own: it begins with the same detector, and leaves nothing
 * behind. @param ms  it may take @return the descriptor that sids come from, or -1 */
static int
start_trial(struct host *host, const char *file, int64_t ms, pid_t *process)
{
	int ends[2];

	if (pipe(ends) != 0)
		return -1;
	*process = fork();
	if (*process == 0) {
		int status;

		close(ends[0]);
		end_with_parent();
		set_alarm(ms);
		heard_to = fdopen(ends[1], "w");
		status = read_capture(host, file);
		if (heard_to == NULL || fclose(heard_to) != 0)
			status = EXIT_FAILURE;
		_exit(status);
	}
	close(ends[1]);
	if (*process > 0)
		return ends[0];
	close(ends[0]);
	return -1;
}

/** Says why a trial was in vain. @param status  of its process; -1: there was none @param left_ms
 * of the time of all, when it began */
static void
complain(const struct limits *limits, const char *file, int64_t left_ms, int status,
	 char why[WHY_SIZE])
{
	bool is_late = status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;

	if (left_ms <= 0 || (is_late && left_ms < limits->each_ms))
		snprintf(why, WHY_SIZE,
			 "%.200s: no time was left for it: all captures together may take %ld "
			 "seconds",
			 file, (long)(limits->all_ms / 1000));
	else if (is_late)
		snprintf(why, WHY_SIZE, "%.200s: takes more than %ld seconds", file,
			 (long)(limits->each_ms / 1000));
	else
		snprintf(why, WHY_SIZE, "%.200s: %s", file,
			 status == -1              ? "no process for it"
			 : access(file, R_OK) != 0 ? strerror(errno)
			 : WIFSIGNALED(status)     ? "the detector has crashed"
			 : WEXITSTATUS(status) == EXIT_CUT
				 ? "breaks off, so nobody knows whether the rest would alert"
				 : "is no capture that can be read");
}

/** @return sids that come from a descriptor, which is closed, as keys of an object. */
static json_t *
read_sids(int fd)
{
	FILE *from = fdopen(fd, "r");
	json_t *found = json_object();
	char name[16];
	uint32_t sid;

	while (from != NULL && fread(&sid, sizeof(sid), 1, from) == 1) {
		snprintf(name, sizeof(name), "%u", sid);
		json_object_set_new(found, name, json_true());
	}
	if (from != NULL)
		fclose(from);
	return found;
}

/** @return sids that have alerted, as keys of an object; NULL: it was in vain, see @p why */
static json_t *
run_trial(struct host *host, const struct limits *limits, const char *file, char why[WHY_SIZE])
{
	int64_t left_ms = limits->end_ms - now_ms();
	json_t *found = NULL;
	int fd = -1, status = -1;
	pid_t process;

	if (left_ms > 0)
		fd = start_trial(host, file, left_ms < limits->each_ms ? left_ms : limits->each_ms,
				 &process);
	if (fd >= 0) {
		found = read_sids(fd);
		while (waitpid(process, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (status == 0)
		return found;
	complain(limits, file, left_ms, status, why);
	json_decref(found);
	return NULL;
}

/** Adds a sid to a list of them. */
static void
add_sid(char why[WHY_SIZE], const char *sid, unsigned int *n)
{
	size_t used = strlen(why);

	if (*n < SIDS_SHOWN)
		snprintf(why + used, WHY_SIZE - used, "%s %s", *n == 0 ? "" : ",", sid);
	(*n)++;
}

/** Compares. @return whether all is as expected; else @p why says what is not */
static bool
compare(const json_t *proof, json_t *found, char why[WHY_SIZE])
{
	const char *file = json_string_value(json_object_get(proof, "capture")), *name;
	const json_t *sid, *hit;
	unsigned int n = 0;
	char text[16];
	size_t i;

	snprintf(why, WHY_SIZE, "%.200s: these should alert and do not:", file);
	json_array_foreach(json_object_get(proof, "alerts"), i, sid)
	{
		snprintf(text, sizeof(text), "%u", (unsigned int)json_integer_value(sid));
		if (json_object_del(found, text) != 0)
			add_sid(why, text, &n);
	}
	if (n != 0 || !json_is_true(json_object_get(proof, "exactly")))
		return n == 0;
	snprintf(why, WHY_SIZE, "%.200s: these alert and should not:", file);
	json_object_foreach(found, name, hit)
	{
		add_sid(why, name, &n);
	}
	return n == 0;
}

static bool
prove_one(struct host *host, const struct limits *limits, const json_t *proof, char why[WHY_SIZE])
{
	const char *file = json_string_value(json_object_get(proof, "capture"));
	json_t *found = file == NULL ? NULL : run_trial(host, limits, file, why);
	bool good = found != NULL && compare(proof, found, why);

	json_decref(found);
	return good;
}

/** @return whether all is as expected. */
static bool
prove_all(const json_t *task, char why[WHY_SIZE])
{
	json_t *config = json_object_get(task, "config");
	json_t *tracker = json_pack("{sb}", "verify_checksums", 0);
	struct host_conf conf = {.service = &wp_service,
				 .config = config,
				 .tracker = tracker,
				 .heard = on_heard,
				 .is_repeatable = true};
	struct limits limits = {
		.each_ms = json_integer_value(json_object_get(task, "each_ms")),
		.all_ms = json_integer_value(json_object_get(task, "all_ms")),
	};
	const json_t *proof;
	struct host *host;
	size_t i;
	bool good = host_open(&conf, &host, why, WHY_SIZE) == 0;

	if (good) {
		limits.end_ms = now_ms() + limits.all_ms;
		json_array_foreach(json_object_get(task, "proofs"), i, proof)
		{
			good = good && prove_one(host, &limits, proof, why);
		}
		host_close(host);
	}
	json_decref(tracker);
	return good;
}

int
main(void)
{
	char why[WHY_SIZE] = "";
	json_t *task;
	bool good;

	end_with_parent();
	task = json_loadf(stdin, 0, NULL);
	good = task != NULL && prove_all(task, why);

	if (!good)
		puts(why[0] != '\0' ? why : "that is no task");
	json_decref(task);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
