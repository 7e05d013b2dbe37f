/* SPDX-License-Identifier: BSD-3-Clause */
/* capture.*: packets of a path, with what was decided of them. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/caller.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/pace.h"
#include "ctl/agent/recorder.h"
#include "pe/epoch.h"

enum {
	PACKETS_MAX = 1000000,
	SECONDS_MAX = 3600,
	TENANT_SECONDS_MAX = 60, /* others wait meanwhile */
	READ_MAX = 3 << 18,      /* bytes at a time; a megabyte in base64 */
};

enum points { POINTS_ALL, POINTS_IN, POINTS_STEPS, POINTS_DROPS, POINTS_OUT };

static const char *const points[] = {"all", "in", "steps", "drops", "out", NULL};
static const uint8_t point_bits[] = {[POINTS_ALL] = CAPTURE_IN | CAPTURE_STEPS | CAPTURE_OUT,
				     [POINTS_IN] = CAPTURE_IN,
				     [POINTS_STEPS] = CAPTURE_STEPS,
				     [POINTS_DROPS] = CAPTURE_DROPS,
				     [POINTS_OUT] = CAPTURE_OUT};

struct start {
	const char *path, *file;
	uint32_t points, snap, packets, seconds, megabytes;
	struct wp_prefix address;
};

#define START(NAME) .name = #NAME, .offset = offsetof(struct start, NAME)

static const struct wp_field start_params[] = {
	{START(path), .type = WP_NAME, .help = "name of the path"},
	{START(file), .type = WP_NAME, .dflt = "\"capture\"",
	 .help = "name of the file, STATE_DIR/captures/NAME.pcapng; a tenant's controller has one, "
		 "called as the tenant"},
	{START(points), .type = WP_ENUM, .choices = points, .dflt = "\"all\"",
	 .help = "where packets are copied: in front of the first step, behind each, behind those "
		 "that drop them, as they are sent; or all but drops"},
	{START(address), .type = WP_PREFIX, .dflt = "\"any\"",
	 .help = "of source or destination, as the packet has them there"},
	{START(snap), .type = WP_U32, .min = 64, .max = CAPTURE_SNAP_MAX, .dflt = "256",
	 .help = "bytes of each packet"},
	{START(packets), .type = WP_U32, .min = 1, .max = PACKETS_MAX, .dflt = "1000",
	 .help = "copies, after which it ends"},
	{START(seconds), .type = WP_U32, .min = 1, .max = SECONDS_MAX, .dflt = "60",
	 .help = "after which it ends"},
	{START(megabytes), .type = WP_U32, .min = 1, .max = 1024, .dflt = "16",
	 .help = "of the file, after which it ends"},
	{.name = NULL},
};

/** @return the name of the file that a caller may have; NULL: the call is refused */
static const char *
file_name(struct rpc_call *call, const struct grant *grant, const char *tenant)
{
	const struct start *params = rpc_params(call);

	if (grant_is_whole(grant))
		return params->file;
	if (params->seconds <= TENANT_SECONDS_MAX && params->megabytes <= 16)
		return tenant;
	rpc_refuse(call,
		   &(struct rpc_refusal){
			   .code = RPC_FORBIDDEN, .path = "/seconds", .reason = "tenant"},
		   "a tenant's controller may capture for %d seconds and 16 megabytes at a time",
		   TENANT_SECONDS_MAX);
	return NULL;
}

static void
start(struct rpc_call *call)
{
	const struct start *params = rpc_params(call);
	struct agent *agent = rpc_context(call);
	const struct grant grant = grant_of(call);
	const struct document_path *path = caller_path(call, &grant, params->path);
	struct recorder_wish wish;
	int err;

	if (path == NULL)
		return;
	wish = (struct recorder_wish){
		.path = path->name,
		.tenant = path->tenant,
		.file = file_name(call, &grant, path->tenant),
		.by_tenant = !grant_is_whole(&grant),
		.capture = {.spi = path->spi,
			    .tenant = (uint16_t)grant.document->tenants[path->tenant_index].number,
			    .points = point_bits[params->points],
			    .snap = params->snap,
			    .address = params->address},
		.seconds = params->seconds,
		.packets = params->packets,
		.bytes = (uint64_t)params->megabytes << 20};
	if (wish.file == NULL || caller_state_dir(call) == NULL || !pace_take_turn(call))
		return;
	err = recorder_start(agent_recorder(agent), &wish);
	if (err == -EBUSY)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_BUSY, .reason = "capture"},
			   "another capture is under way");
	else if (err != 0)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .path = "/file"},
			   "it cannot be written: %s", strerror(-err));
	else
		rpc_answer(
			call,
			json_pack("{ss si}", "file",
				  wish.by_tenant ? "" : recorder_state(agent_recorder(agent)).file,
				  "seconds", (int)params->seconds));
}

/** @return the capture that the caller may know of; else the call is refused. */
static bool
own_state(struct rpc_call *call, struct recorder_state *state)
{
	const struct grant grant = grant_of(call);

	*state = recorder_state(agent_recorder(rpc_context(call)));
	/* What the operator captures is none of the tenant's business. */
	if (state->path[0] != '\0' && grant_has_tenant(&grant, state->tenant) &&
	    (grant_is_whole(&grant) || state->by_tenant)) {
		if (!grant_is_whole(&grant))
			state->file = ""; /* it has capture.read */
		return true;
	}
	rpc_refuse(call, &(struct rpc_refusal){.code = RPC_NOT_FOUND, .reason = "capture"},
		   "there is no capture");
	return false;
}

static json_t *
state_json(const struct recorder_state *state)
{
	return json_pack("{sb ss ss ss sI sI sI}", "running", state->running, "path", state->path,
			 "file", state->file, "end", state->end != NULL ? state->end : "",
			 "packets", (json_int_t)state->packets, "bytes", (json_int_t)state->bytes,
			 "lost", (json_int_t)state->lost);
}

static void
stop(struct rpc_call *call)
{
	struct recorder_state state;

	if (!own_state(call, &state) || !pace_take_turn(call))
		return;
	recorder_stop(agent_recorder(rpc_context(call)));
	if (own_state(call, &state))
		rpc_answer(call, state_json(&state));
}

static void
status(struct rpc_call *call)
{
	struct recorder_state state;

	if (own_state(call, &state))
		rpc_answer(call, state_json(&state));
}

/* capture.read */

struct from {
	uint64_t offset;
};

static const struct wp_field read_params[] = {
	{.name = "offset",
	 .type = WP_U64,
	 .offset = offsetof(struct from, offset),
	 .max = (uint64_t)1 << 53,
	 .dflt = "0",
	 .help = "in the file, in bytes"},
	{.name = NULL},
};

/** Reads a part of a file. @return its bytes in base64, NULL with @p n a negative errno */
static char *
read_part(const char *file, uint64_t offset, ssize_t *n)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char *bytes = malloc(READ_MAX);
	char *text = malloc(READ_MAX / 3 * 4 + 8);

	*n = fd < 0 ? -errno : -ENOMEM;
	if (fd >= 0 && bytes != NULL && text != NULL) {
		*n = pread(fd, bytes, READ_MAX, (off_t)offset);
		*n = *n < 0 ? -errno : *n;
	}
	if (*n >= 0) {
		text[0] = '\0';
		EVP_EncodeBlock((unsigned char *)text, bytes, (int)*n);
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	if (*n >= 0)
		return text;
	free(text);
	return NULL;
}

static void
read_file(struct rpc_call *call)
{
	const struct from *params = rpc_params(call);
	struct recorder_state state;
	char *text;
	ssize_t n;

	if (!own_state(call, &state))
		return;
	state = recorder_state(agent_recorder(rpc_context(call)));
	text = read_part(state.file, params->offset, &n);
	if (text == NULL)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED}, "%s",
			   strerror((int)-n));
	else
		rpc_answer(call, json_pack("{ss sI sb}", "bytes", text, "next",
					   (json_int_t)(params->offset + (uint64_t)n), "more",
					   n == READ_MAX));
	free(text);
}

const struct rpc_method capture_methods[] = {
	{.name = "capture.start",
	 .summary = "copies packets of a path into a file (pcapng), with what was decided of each",
	 .result = "file; seconds after which it ends at the latest",
	 .params = start_params,
	 .params_size = sizeof(struct start),
	 .role = ROLE_ADMIN,
	 .mutates = true,
	 .for_tenants = true,
	 .run = start},
	{.name = "capture.stop",
	 .summary = "ends the capture",
	 .result = "as capture.status",
	 .role = ROLE_ADMIN,
	 .mutates = true,
	 .for_tenants = true,
	 .run = stop},
	{.name = "capture.status",
	 .summary = "says how far the capture is, or how the last one ended",
	 .result = "running, path, file, end: why; packets and bytes in the file, lost: copies "
		   "that there was no room for",
	 .role = ROLE_ADMIN,
	 .for_tenants = true,
	 .run = status},
	{.name = "capture.read",
	 .summary = "gives a part of the file of the capture, running or last",
	 .result = "bytes in base64, next: offset behind them, more: there may be more",
	 .params = read_params,
	 .params_size = sizeof(struct from),
	 .role = ROLE_ADMIN,
	 .for_tenants = true,
	 .run = read_file},
	{.name = NULL},
};
