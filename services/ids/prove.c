/* SPDX-License-Identifier: BSD-3-Clause */
/* See prove.h. */

#include "prove.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

enum {
	PATH_SIZE = 4096,
	WHY_SIZE = 400,
	LOOK_MS = 50,
	EACH_MS = 60000, /* that a capture may take */
	ALL_MS = 120000, /* that all may take */
};

const struct wp_field prove_fields[] = {
	{.name = "capture",
	 .type = WP_FILE,
	 .offset = offsetof(struct ids_proof, capture),
	 .min = 1,
	 .max = 4095,
	 .help = "a capture, pcap or pcapng"},
	{.name = "alerts",
	 .type = WP_U32_LIST,
	 .offset = offsetof(struct ids_proof, alerts),
	 .max = UINT32_MAX,
	 .help = "sids of rules that have to alert on it"},
	{.name = "exactly",
	 .type = WP_BOOL,
	 .offset = offsetof(struct ids_proof, exactly),
	 .dflt = "false",
	 .help = "whether no other may"},
	{.name = NULL},
};

/* The task: what ids-prove reads. */

static json_t *
texts(const struct wp_list *list)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(((const char *const *)list->items)[i]));
	return array;
}

/** What rules are read with, and what decides on alerts; what is told of them does not matter. */
static json_t *
config_of(const struct ids_conf *conf)
{
	return json_pack("{so sO* ss so ss ss ss ss ss sb sb sb si si si}", "rules",
			 texts(&conf->rules), "variables", (json_t *)(uintptr_t)conf->variables,
			 "mode", conf->mode == IDS_PREVENT ? "prevent" : "detect", "order",
			 texts(&conf->order), "thresholds", conf->thresholds, "classification",
			 conf->classification, "references", conf->references, "geo", conf->geo,
			 "cache", conf->cache, "midstream", (int)conf->midstream, "drop_invalid",
			 (int)conf->drop_invalid, "encrypted", (int)conf->encrypted, "chunk",
			 (int)conf->chunk, "alerts_max", (int)conf->alerts_max, "body",
			 (int)conf->body);
}

static json_t *
proofs_of(const struct ids_conf *conf)
{
	const struct ids_proof *proofs = conf->proofs.items;
	json_t *array = json_array();

	for (uint32_t i = 0; i < conf->proofs.n; i++) {
		const uint32_t *sids = proofs[i].alerts.items;
		json_t *alerts = json_array();

		for (uint32_t k = 0; k < proofs[i].alerts.n; k++)
			json_array_append_new(alerts, json_integer(sids[k]));
		json_array_append_new(array, json_pack("{ss so sb}", "capture", proofs[i].capture,
						       "alerts", alerts, "exactly",
						       (int)proofs[i].exactly));
	}
	return array;
}

/** @return the task as text, malloc'ed, or NULL. */
static char *
task_of(const struct ids_conf *conf)
{
	json_t *task = json_pack("{so so si si}", "config", config_of(conf), "proofs",
				 proofs_of(conf), "each_ms", EACH_MS, "all_ms", ALL_MS);
	char *text = task == NULL ? NULL : json_dumps(task, JSON_COMPACT);

	json_decref(task);
	return text;
}

/* The program. */

/** Finds it beside the module. @return whether it has a name */
static bool
find_program(char path[PATH_SIZE])
{
	const char *slash;
	Dl_info self;

	if (dladdr(prove_fields, &self) == 0 || self.dli_fname == NULL)
		return false;
	slash = strrchr(self.dli_fname, '/');
	return slash != NULL && snprintf(path, PATH_SIZE, "%.*s/ids-prove",
					 (int)(slash - self.dli_fname), self.dli_fname) < PATH_SIZE;
}

/** Starts it, with one end of a pair of sockets as its standard input and output, in a group of its
 * own: it has a process for each capture. */
static int
start(const char *path, int its_end, pid_t *process)
{
	char *const argv[] = {(char *)(uintptr_t)path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, its_end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, its_end, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	err = posix_spawn(process, path, &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

/** Hands over the task; a program that has ended does not take all of it. */
static void
send_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left != 0) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		text += n;
		left -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
}

/** Reads what it says, as far as there is room for it, while somebody wants to hear it. */
static void
hear(const struct wp_env *env, int fd, char why[WHY_SIZE])
{
	struct pollfd said = {.fd = fd, .events = POLLIN};
	char rest[256];
	size_t used = 0;
	ssize_t n;

	while (!wp_env_is_over(env)) {
		bool fits = used < WHY_SIZE - 1;

		if (poll(&said, 1, LOOK_MS) <= 0)
			continue;
		n = recv(fd, fits ? why + used : rest, fits ? WHY_SIZE - 1 - used : sizeof(rest),
			 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		used += fits && n > 0 ? (size_t)n : 0;
	}
	why[used] = '\0';
	why[strcspn(why, "\n")] = '\0';
}

/** Waits for its end. @param[in,out] why  what it has said */
static void
reap(pid_t process, char why[WHY_SIZE])
{
	int status = 0;

	while (waitpid(process, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		snprintf(why, WHY_SIZE, "it ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0 && why[0] == '\0')
		snprintf(why, WHY_SIZE, "it failed");
}

/** Runs it. @param[out] why  what it says: nothing, if all is proved @return -ECANCELED: given up
 */
static int
run(const struct wp_env *env, const char *path, const char *task, char why[WHY_SIZE])
{
	pid_t process;
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	err = start(path, ends[1], &process);
	close(ends[1]);
	if (err == 0) {
		send_all(ends[0], task);
		hear(env, ends[0], why);
		if (wp_env_is_over(env)) { /* it may have been told to end, too */
			kill(-process, SIGKILL);
			err = -ECANCELED;
		}
		reap(process, why);
	}
	close(ends[0]);
	return err;
}

int
prove(struct wp_env *env, const struct ids_conf *conf)
{
	char path[PATH_SIZE], why[WHY_SIZE] = "";
	char *task;
	int err;

	if (conf->proofs.n == 0)
		return 0;
	if (!find_program(path))
		return wp_error(env, -ENOENT, "proofs", "there is no place where ids-prove is");
	task = task_of(conf);
	if (task == NULL)
		return wp_error(env, -ENOMEM, "proofs", "no memory");
	err = run(env, path, task, why);
	free(task);
	if (err == -ECANCELED)
		return wp_error(env, err, "proofs", "given up");
	if (err != 0)
		return wp_error(env, err, "proofs", "%s cannot be run: %s", path, strerror(-err));
	return why[0] == '\0' ? 0 : wp_error(env, -EINVAL, "proofs", "%s", why);
}
