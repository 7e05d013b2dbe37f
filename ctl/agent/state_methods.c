/* SPDX-License-Identifier: BSD-3-Clause */
/* state.*: what lives longer than a packet, for a look, and into a file. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/caller.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/pace.h"
#include "pe/document.h"
#include "pe/state_export.h"
#include "pe/state_import.h"

enum { ENTRIES_MAX = 10000, LINE_MAX_SIZE = 4096 };

struct which {
	const char *which, *file;
	uint32_t limit;
};

#define WHICH(NAME) .name = #NAME, .offset = offsetof(struct which, NAME)
#define WHICH_HELP "SERVICE/TABLE[,tenant=NAME][,address=PREFIX][,bucket=N]"

static const struct wp_field get_params[] = {
	{WHICH(which), .type = WP_STRING, .min = 1, .max = 255, .help = WHICH_HELP},
	{WHICH(limit), .type = WP_U32, .min = 1, .max = ENTRIES_MAX, .dflt = "1000",
	 .help = "entries at the most"},
	{.name = NULL},
};

static const struct wp_field export_params[] = {
	{WHICH(file), .type = WP_NAME, .help = "name of the file, in state_dir"},
	{WHICH(which), .type = WP_STRING, .max = 255, .dflt = "\"\"",
	 .help = WHICH_HELP "; empty: all"},
	{.name = NULL},
};

/** Lets a tenant's controller mean its tenant's state only. @return whether it does; else the call
 * is refused */
static bool
keep_to_tenants(struct rpc_call *call, struct state_filter *filter)
{
	const struct grant grant = grant_of(call);

	if (grant_is_whole(&grant))
		return true;
	if (filter->tenant[0] == '\0' && grant.n_tenants == 1)
		snprintf(filter->tenant, sizeof(filter->tenant), "%s", grant.tenants[0]);
	if (filter->tenant[0] != '\0' && grant_has_tenant(&grant, filter->tenant))
		return true;
	rpc_refuse(
		call,
		&(struct rpc_refusal){.code = RPC_FORBIDDEN, .path = "/which", .reason = "tenant"},
		"which: needs tenant=NAME of one that the controller is for");
	return false;
}

/** @return whether a call's filter is one; else it is refused. */
static bool
read_filter(struct rpc_call *call, struct state_filter *filter)
{
	const struct which *params = rpc_params(call);
	char message[256];

	*filter = state_filter_all;
	if (params->which[0] == '\0' ||
	    state_filter_parse(params->which, filter, message, sizeof(message)) == 0)
		return keep_to_tenants(call, filter);
	rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/which"},
		   "which: %s", message);
	return false;
}

/* state.get */

/** Takes the lines that entries are printed as, up to a limit. */
struct taker {
	json_t *entries;
	uint32_t limit;
	bool more; /* than the limit */
	size_t n;  /* bytes of the line that has begun */
	char line[LINE_MAX_SIZE];
};

static void
take_line(struct taker *taker)
{
	json_t *entry = json_loadb(taker->line, taker->n, 0, NULL);

	taker->n = 0;
	if (entry != NULL)
		json_array_append_new(taker->entries, entry);
}

/** As write() of a stream. A stream whose reader has enough fails, and printing ends. */
static ssize_t
take(void *arg, const char *bytes, size_t size)
{
	struct taker *taker = arg;

	for (size_t i = 0; i < size; i++) {
		if (json_array_size(taker->entries) == taker->limit) {
			taker->more = true;
			return 0; /* an error: no more is printed */
		}
		if (bytes[i] == '\n')
			take_line(taker);
		else if (taker->n < sizeof(taker->line))
			taker->line[taker->n++] = bytes[i];
	}
	return (ssize_t)size;
}

static void
get(struct rpc_call *call)
{
	const struct which *params = rpc_params(call);
	struct taker *taker = calloc(1, sizeof(*taker));
	FILE *out = taker == NULL ? NULL
				  : fopencookie(taker, "w", (cookie_io_functions_t){.write = take});
	struct state_filter filter;
	int err = -ENOMEM;

	if (!read_filter(call, &filter) || !pace_take_turn(call)) {
		if (out != NULL)
			fclose(out);
		free(taker);
		return;
	}
	if (out != NULL) {
		taker->entries = json_array();
		taker->limit = params->limit;
		err = pe_state_get(agent_pe(rpc_context(call)), &filter, out);
		fclose(out);
		if (taker->more)
			err = 0;
	}
	if (err == 0)
		rpc_answer(call,
			   json_pack("{sO sb}", "entries", taker->entries, "more", taker->more));
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .path = "/which"}, "%s",
			   strerror(-err));
	if (taker != NULL)
		json_decref(taker->entries);
	free(taker);
}

/* state.export */

static int
make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static void export(struct rpc_call *call)
{
	const struct which *params = rpc_params(call);
	struct pe *pe = agent_pe(rpc_context(call));
	const char *folder;
	struct state_exported exported;
	struct state_filter filter;
	char path[4200];
	int err;

	if (!read_filter(call, &filter))
		return;
	folder = caller_state_dir(call);
	if (folder == NULL)
		return;
	snprintf(path, sizeof(path), "%s/exports", folder);
	err = make_folder(path);
	snprintf(path, sizeof(path), "%s/exports/%s", folder, params->file);
	if (err == 0)
		err = pe_state_export(pe, path, &filter, &exported);
	if (err == 0)
		rpc_answer(call, json_pack("{ss sI sI sI}", "file", path, "tables",
					   (json_int_t)exported.tables, "records",
					   (json_int_t)exported.records, "orphans",
					   (json_int_t)exported.orphans));
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .path = "/file"},
			   "%s: %s", path, strerror(-err));
}

/* state.import */

struct back {
	const char *file;
	bool partial;
};

static const struct wp_field import_params[] = {
	{.name = "file",
	 .type = WP_NAME,
	 .offset = offsetof(struct back, file),
	 .help = "name of a file in STATE_DIR/exports"},
	{.name = "partial",
	 .type = WP_BOOL,
	 .offset = offsetof(struct back, partial),
	 .dflt = "false",
	 .help = "leave out tables that do not fit; else the file is refused"},
	{.name = NULL},
};

/** @return why records of a table were left out: {reason: how many} */
static json_t *
reasons_of(const struct import_table *table)
{
	json_t *reasons = json_object();

	for (unsigned int i = 0; i < table->n_reasons; i++)
		json_object_set_new(reasons, table->reasons[i].why,
				    json_integer((json_int_t)table->reasons[i].n));
	if (table->left_out != NULL)
		json_object_set_new(reasons, table->left_out, json_true());
	return reasons;
}

static json_t *
report_json(const struct import_report *report)
{
	json_t *tables = json_array();

	for (unsigned int i = 0; i < report->n_tables; i++) {
		const struct import_table *table = &report->tables[i];

		json_array_append_new(
			tables, json_pack("{ss ss sI sI so}", "service", table->schema.service,
					  "table", table->schema.table, "restored",
					  (json_int_t)table->restored, "left_out",
					  (json_int_t)table->skipped, "why", reasons_of(table)));
	}
	return tables;
}

static void
import(struct rpc_call *call)
{
	const struct back *params = rpc_params(call);
	struct pe *pe = agent_pe(rpc_context(call));
	const struct import_options options = {.partial = params->partial, .through_workers = true};
	const char *folder = caller_state_dir(call);
	struct import_report report;
	char path[4200], message[256];
	int err;

	if (folder == NULL)
		return;
	snprintf(path, sizeof(path), "%s/exports/%s", folder, params->file);
	err = pe_state_import(pe, path, &options, &report, message, sizeof(message));
	if (err == 0)
		rpc_answer(call,
			   json_pack("{ss so}", "file", path, "tables", report_json(&report)));
	else
		rpc_refuse(
			call,
			&(struct rpc_refusal){.code = err == -ENOENT ? RPC_NOT_FOUND : RPC_REFUSED,
					      .path = "/file",
					      .reason = "file"},
			"%s: %s", path, message);
	import_report_free(&report);
}

const struct rpc_method state_methods[] = {
	{.name = "state.get",
	 .summary = "shows entries of state tables",
	 .result = "entries: a list; more: there are more than the limit",
	 .params = get_params,
	 .params_size = sizeof(struct which),
	 .for_tenants = true,
	 .run = get},
	{.name = "state.export",
	 .summary = "writes state into a file of STATE_DIR/exports, while packets pass",
	 .result = "file, tables, records, orphans: entries of instances and tenants that are gone",
	 .params = export_params,
	 .params_size = sizeof(struct which),
	 .role = ROLE_OPERATOR,
	 .mutates = true,
	 .run = export},
	{.name = "state.import",
	 .summary = "takes the state of a file of STATE_DIR/exports back, while packets pass",
	 .result = "file, tables: service, table, restored, left_out and why",
	 .params = import_params,
	 .params_size = sizeof(struct back),
	 .role = ROLE_ADMIN,
	 .mutates = true,
	 .run = import},
	{.name = NULL},
};
