/* SPDX-License-Identifier: BSD-3-Clause */
/* See recorder.h. */

#include "ctl/agent/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/agent/pcapng.h"
#include "pe/clock.h"
#include "pe/document.h"
#include "pe/epoch.h"

enum { TAKE_MS = 20, NAME_SIZE = 64, PATH_SIZE = 4200 };

struct recorder {
	struct pe *pe;
	recorder_fn ended;
	void *arg;
	struct event *take, *late;
	struct capture *capture; /* NULL: none runs */
	FILE *out;
	uint64_t wall_ns; /* since 1970, when the runtime's clock was 0 */
	/* Of the one that runs, or ran last. */
	char file[PATH_SIZE], path[NAME_SIZE], tenant[NAME_SIZE];
	const char *end;
	bool by_tenant;
	uint32_t spi, max_packets;
	uint64_t packets, bytes, max_bytes, lost;
};

static void on_take(evutil_socket_t fd, short what, void *arg);
static void on_late(evutil_socket_t fd, short what, void *arg);

struct recorder *
recorder_create(struct event_base *base, struct pe *pe, recorder_fn ended, void *arg)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (recorder == NULL)
		return NULL;
	recorder->pe = pe;
	recorder->ended = ended;
	recorder->arg = arg;
	recorder->end = "none";
	recorder->take = event_new(base, -1, EV_PERSIST, on_take, recorder);
	recorder->late = evtimer_new(base, on_late, recorder);
	if (recorder->take != NULL && recorder->late != NULL)
		return recorder;
	recorder_destroy(recorder);
	return NULL;
}

/** As captured_fn. */
static void
write_packet(void *arg, const struct captured *packet)
{
	struct recorder *recorder = arg;
	size_t n;

	if (recorder->packets >= recorder->max_packets || recorder->bytes >= recorder->max_bytes)
		return; /* it has all; what came meanwhile is no loss */
	n = pcapng_add(recorder->out, packet, recorder->wall_ns + packet->time_ns);
	if (n == 0)
		recorder->end = "disk";
	recorder->packets += n != 0;
	recorder->bytes += n;
}

/** @return why a capture has enough; NULL: it has not */
static const char *
is_full(const struct recorder *recorder)
{
	if (recorder->end != NULL)
		return recorder->end;
	if (recorder->packets >= recorder->max_packets)
		return "packets";
	return recorder->bytes >= recorder->max_bytes ? "bytes" : NULL;
}

static void
end(struct recorder *recorder, const char *why)
{
	struct recorder_state state;

	if (recorder->capture == NULL)
		return;
	event_del(recorder->take);
	event_del(recorder->late);
	capture_end(recorder->pe, recorder->capture);
	capture_take(recorder->capture, write_packet, recorder);
	recorder->lost = capture_lost(recorder->capture);
	capture_free(recorder->capture);
	recorder->capture = NULL;
	if (fclose(recorder->out) != 0)
		why = "disk";
	recorder->end = why;
	state = recorder_state(recorder);
	recorder->ended(recorder->arg, &state);
}

static void
on_take(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *recorder = arg;
	const char *full;

	capture_take(recorder->capture, write_packet, recorder);
	fflush(recorder->out);
	full = is_full(recorder);
	if (full != NULL)
		end(recorder, full);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	end(arg, "seconds");
}

void
recorder_destroy(struct recorder *recorder)
{
	if (recorder == NULL)
		return;
	end(recorder, "stopped");
	if (recorder->take != NULL)
		event_free(recorder->take);
	if (recorder->late != NULL)
		event_free(recorder->late);
	free(recorder);
}

/** Makes a folder of STATE_DIR, if need be. @return 0 or a negative errno */
static int
make_folder(const char *state_dir, const char *name)
{
	char folder[PATH_SIZE];

	snprintf(folder, sizeof(folder), "%s/%s", state_dir, name);
	return mkdir(folder, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

/** Opens STATE_DIR/captures/NAME.pcapng; of tenants' in a folder of their own. */
static int
open_file(struct recorder *recorder, const struct recorder_wish *wish)
{
	const char *state_dir = recorder->pe->current->document->state_dir;
	const char *folder = wish->by_tenant ? "captures/tenants" : "captures";
	int err = make_folder(state_dir, "captures"), fd;
	char file[PATH_SIZE];

	if (err == 0)
		err = make_folder(state_dir, folder);
	if (err != 0)
		return err;
	snprintf(file, sizeof(file), "%s/%s/%s.pcapng", state_dir, folder, wish->file);
	unlink(file);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	recorder->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (recorder->out == NULL && fd >= 0)
		close(fd);
	if (recorder->out == NULL)
		return -errno;
	memcpy(recorder->file, file, sizeof(file));
	return 0;
}

int
recorder_start(struct recorder *recorder, const struct recorder_wish *wish)
{
	const struct timeval each = {.tv_usec = TAKE_MS * 1000L}, all = {.tv_sec = wish->seconds};
	int err;

	if (recorder->capture != NULL)
		return -EBUSY;
	err = open_file(recorder, wish);
	if (err != 0)
		return err;
	recorder->by_tenant = wish->by_tenant;
	snprintf(recorder->path, sizeof(recorder->path), "%s", wish->path);
	snprintf(recorder->tenant, sizeof(recorder->tenant), "%s", wish->tenant);
	recorder->spi = wish->capture.spi;
	recorder->max_packets = wish->packets;
	recorder->max_bytes = wish->bytes;
	recorder->packets = recorder->lost = 0;
	recorder->end = NULL;
	recorder->wall_ns = clock_ns(CLOCK_REALTIME) - pe_now_ns(recorder->pe);
	recorder->bytes = pcapng_begin(recorder->out, wish->path, wish->capture.snap);
	err = recorder->bytes == 0
		      ? -EIO
		      : capture_begin(recorder->pe, &wish->capture, &recorder->capture);
	if (err != 0) {
		fclose(recorder->out);
		recorder->end = "none";
		return err;
	}
	event_add(recorder->take, &each);
	event_add(recorder->late, &all);
	return 0;
}

void
recorder_stop(struct recorder *recorder)
{
	end(recorder, "stopped");
}

void
recorder_look(struct recorder *recorder)
{
	const struct document *document = recorder->pe->current->document;

	for (uint32_t i = 0; i < document->n_paths; i++)
		if (strcmp(document->paths[i].name, recorder->path) == 0 &&
		    strcmp(document->paths[i].tenant, recorder->tenant) == 0 &&
		    document->paths[i].spi == recorder->spi)
			return;
	end(recorder, "document");
}

struct recorder_state
recorder_state(const struct recorder *recorder)
{
	return (struct recorder_state){.running = recorder->capture != NULL,
				       .file = recorder->file,
				       .path = recorder->path,
				       .tenant = recorder->tenant,
				       .end = recorder->end,
				       .packets = recorder->packets,
				       .bytes = recorder->bytes,
				       .lost = recorder->capture != NULL
						       ? capture_lost(recorder->capture)
						       : recorder->lost};
}
