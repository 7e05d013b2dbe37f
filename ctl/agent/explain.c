/* SPDX-License-Identifier: BSD-3-Clause */
/* See explain.h. */

#include "ctl/agent/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/scratch.h"
#include "pe/state_export.h"

enum { PATH_SIZE = 4096, WHY_SIZE = 400, WAIT_STEPS = 100, WAIT_US = 5000 };

struct explainer {
	struct event_base *base;
	struct pe *pe;
	/* Of the question that is being answered. */
	pid_t process; /* 0: none is */
	int out;       /* what it says, errors last */
	struct event *readable, *late;
	struct evbuffer *text;
	char folder[PATH_SIZE];
	explain_fn answer;
	void *arg;
};

struct explainer *
explainer_create(struct event_base *base, struct pe *pe)
{
	struct explainer *explainer = calloc(1, sizeof(*explainer));

	if (explainer != NULL) {
		explainer->base = base;
		explainer->pe = pe;
		explainer->out = -1;
	}
	return explainer;
}

bool
explainer_is_busy(const struct explainer *explainer)
{
	return explainer->process != 0;
}

/* The folder: document, packets, state. */

static void
file_in(const struct explainer *explainer, const char *name, char path[PATH_SIZE + 32])
{
	snprintf(path, PATH_SIZE + 32, "%s/%s", explainer->folder, name);
}

static int
write_file(const struct explainer *explainer, const char *name, const void *bytes, size_t size)
{
	char path[PATH_SIZE + 32];
	int fd, err = 0;

	file_in(explainer, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (size_t done = 0; err == 0 && done < size;) {
		ssize_t n = write(fd, (const char *)bytes + done, size - done);

		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	close(fd);
	return err;
}

/** @return a file name that is one from any folder. */
static json_t *
whole_name(const char *name)
{
	char here[PATH_SIZE], whole[2 * PATH_SIZE];

	if (name[0] == '/' || strchr(name, '/') == NULL || getcwd(here, sizeof(here)) == NULL)
		return json_string(name);
	snprintf(whole, sizeof(whole), "%s/%s", here, name);
	return json_string(whole);
}

/** Sets a file name, as it is known by now; "" is left out. */
static void
set_name(json_t *document, const char *member, const char *name)
{
	if (name[0] != '\0')
		json_object_set_new(document, member, whole_name(name));
}

/** Writes a document that can be read from anywhere, and reaches nobody. */
static int
write_document(const struct explainer *explainer, json_t *given)
{
	const struct document *now = explainer->pe->current->document;
	json_t *document = json_copy(given), *modules = json_array();
	char *text;
	int err = -ENOMEM;

	for (uint32_t i = 0; i < now->n_modules; i++)
		json_array_append_new(modules, whole_name(now->modules[i]));
	json_object_set_new(document, "modules", modules);
	set_name(document, "key_store", now->key_store);
	set_name(document, "state_dir", now->state_dir);
	set_name(document, "module_dir", now->module_dir);
	json_object_del(document, "ports");
	json_object_del(document, "control");
	json_object_del(document, "workers");
	text = json_dumps(document, JSON_COMPACT);
	if (text != NULL)
		err = write_file(explainer, "document.json", text, strlen(text));
	free(text);
	json_decref(document);
	return err;
}

static int
write_state(const struct explainer *explainer, const struct state_filter *filter)
{
	struct state_exported exported;
	char path[PATH_SIZE + 32];

	if (filter == NULL)
		return 0;
	file_in(explainer, "state", path);
	return pe_state_export(explainer->pe, path, filter, &exported);
}

static int
fill_folder(struct explainer *explainer, const struct explain_question *question)
{
	int err = scratch_make(explainer->folder, sizeof(explainer->folder));

	if (err == 0)
		err = write_document(explainer, question->document);
	if (err == 0)
		err = write_file(explainer, "packets", question->pcap, question->size);
	if (err == 0)
		err = write_state(explainer, question->filter);
	return err;
}

/* The process. */

/** Starts it, with nothing of ours but what it is to say. */
static int
spawn(struct explainer *explainer, const char *const *argv, int out)
{
	const char *names_from = explainer->pe->current->document->folder;
	char home[PATH_SIZE + 32], folder[PATH_SIZE + 32];
	char *env[4] = {home, folder, NULL, NULL};
	const char *modules = getenv("WAYPOINT_MODULES");
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *modules_env = NULL;
	sigset_t none;
	int err;

	snprintf(home, sizeof(home), "TMPDIR=%s", explainer->folder);
	snprintf(folder, sizeof(folder), "WAYPOINT_FOLDER=%s",
		 names_from != NULL ? names_from : ".");
	if (modules != NULL && asprintf(&modules_env, "WAYPOINT_MODULES=%s", modules) > 0)
		env[2] = modules_env;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	err = -posix_spawn(&explainer->process, "/proc/self/exe", &actions, &attributes,
			   (char *const *)(uintptr_t)argv, env);
	if (err != 0)
		explainer->process = 0;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(modules_env);
	return err;
}

static int
start(struct explainer *explainer, const struct explain_question *question)
{
	char document[PATH_SIZE + 32], packets[PATH_SIZE + 32], state[PATH_SIZE + 32];
	const char *argv[12] = {"waypointd", "-c", document, "--explain", packets};
	unsigned int n = 5;
	int ends[2], err;

	file_in(explainer, "document.json", document);
	file_in(explainer, "packets", packets);
	file_in(explainer, "state", state);
	if (question->path[0] != '\0') {
		argv[n++] = "--path";
		argv[n++] = question->path;
	}
	if (question->filter != NULL) {
		argv[n++] = "--import";
		argv[n++] = state;
		argv[n++] = "--partial";
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	err = spawn(explainer, argv, ends[1]);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	explainer->out = ends[0];
	return err;
}

/** @return the status of a process that ends now, or is made to. */
static int
wait_for(pid_t process)
{
	int status = -1;

	for (unsigned int i = 0; i < WAIT_STEPS; i++) {
		if (waitpid(process, &status, WNOHANG) == process)
			return status;
		usleep(WAIT_US);
	}
	kill(process, SIGKILL);
	waitpid(process, &status, 0);
	return status;
}

/** Everything of a question goes. @param late  the process has not ended by itself @return whether
 * it ended well */
static bool
clean_up(struct explainer *explainer, bool late)
{
	int status = -1;

	if (explainer->process != 0) {
		if (late)
			kill(explainer->process, SIGKILL);
		status = wait_for(explainer->process);
	}
	if (explainer->readable != NULL)
		event_free(explainer->readable);
	if (explainer->late != NULL)
		event_free(explainer->late);
	if (explainer->text != NULL)
		evbuffer_free(explainer->text);
	if (explainer->out >= 0)
		close(explainer->out);
	scratch_remove(explainer->folder);
	*explainer = (struct explainer){.base = explainer->base, .pe = explainer->pe, .out = -1};
	return status == 0;
}

/** Reads what was said: a line of JSON for each packet, and words. @param[out] why  the last words
 * @return a list */
static json_t *
read_lines(struct evbuffer *text, char why[WHY_SIZE])
{
	json_t *packets = json_array(), *packet;
	char *line;

	why[0] = '\0';
	while ((line = evbuffer_readln(text, NULL, EVBUFFER_EOL_LF)) != NULL) {
		packet = line[0] == '{' ? json_loads(line, 0, NULL) : NULL;
		if (packet != NULL)
			json_array_append_new(packets, packet);
		else if (strncmp(line, "waypointd: ", 11) == 0 &&
			 strncmp(line + 11, "--import: ", 10) != 0)
			snprintf(why, WHY_SIZE, "%s", line + 11);
		free(line);
	}
	return packets;
}

/** Answers, and is free again. @param failure  NULL: none, it has ended */
static void
finish(struct explainer *explainer, const char *failure)
{
	explain_fn answer = explainer->answer;
	void *arg = explainer->arg;
	char why[WHY_SIZE];
	json_t *packets = read_lines(explainer->text, why);
	bool good;

	good = clean_up(explainer, failure != NULL);
	if (failure == NULL && (good || json_array_size(packets) != 0)) {
		answer(arg, packets, good && why[0] == '\0' ? NULL : why);
		return;
	}
	json_decref(packets);
	answer(arg, NULL, failure != NULL ? failure : why);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct explainer *explainer = arg;
	int n = evbuffer_read(explainer->text, fd, -1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && evbuffer_get_length(explainer->text) <= EXPLAIN_OUT_MAX)
		return;
	finish(explainer, n > 0 ? "the answer is too long; ask for fewer packets" : NULL);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	finish(arg, "it took too long; is there much state? it can be left out: state=false");
}

int
explainer_ask(struct explainer *explainer, const struct explain_question *question,
	      explain_fn answer, void *arg)
{
	const struct timeval wait = {.tv_sec = EXPLAIN_S};
	int err = fill_folder(explainer, question);

	explainer->answer = answer;
	explainer->arg = arg;
	explainer->text = evbuffer_new();
	if (err == 0 && explainer->text == NULL)
		err = -ENOMEM;
	if (err == 0)
		err = start(explainer, question);
	if (err == 0) {
		explainer->readable = event_new(explainer->base, explainer->out,
						EV_READ | EV_PERSIST, on_readable, explainer);
		explainer->late = evtimer_new(explainer->base, on_late, explainer);
		if (explainer->readable == NULL || explainer->late == NULL)
			err = -ENOMEM;
	}
	if (err != 0) {
		clean_up(explainer, true);
		return err;
	}
	event_add(explainer->readable, NULL);
	event_add(explainer->late, &wait);
	return 0;
}

void
explainer_destroy(struct explainer *explainer)
{
	if (explainer == NULL)
		return;
	if (explainer_is_busy(explainer))
		finish(explainer, "waypointd ends");
	free(explainer);
}
