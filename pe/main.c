/* SPDX-License-Identifier: BSD-3-Clause */
/* waypointd: reads a document, runs it, follows signals. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "ctl/agent/agent.h"
#include "pe/ask.h"
#include "pe/beside.h"
#include "pe/carry.h"
#include "pe/control.h"
#include "pe/crash.h"
#include "pe/document.h"
#include "pe/eal.h"
#include "pe/explain.h"
#include "pe/pe.h"
#include "pe/schema.h"
#include "pe/scratch.h"
#include "pe/tables.h"
#include "state/siphash.h"

enum {
	DRAIN_MS = 3000,
	PCAP_IDLE_POLLS = 64, /* empty rounds after which a finite input has ended */
	EXIT_REFUSED = 2,     /* the document, the command line, or the file of --import */
};

struct options {
	struct control_options control;
	const char *import;
	const char *get, *file; /* which entries of which file */
	const char *ask;
	const char *explain, *path; /* a pcap file; of frames without a tag */
	bool partial, check, schema, help, version;
};

static void
usage(FILE *out)
{
	fputs("usage: waypointd -c DOCUMENT [--check] [--stats FILE] [--export FILE]\n"
	      "                 [--import FILE [--partial]]\n"
	      "       waypointd --check DOCUMENT\n"
	      "       waypointd -c DOCUMENT --ask QUESTION\n"
	      "       waypointd --get SERVICE/TABLE[,tenant=NAME][,address=PREFIX] FILE\n"
	      "       waypointd --schema | --version | --help\n"
	      "\n"
	      "  -c, --config DOCUMENT  the JSON document to run; read again on SIGHUP\n"
	      "      --check            open everything but ports and workers, say what is wrong, "
	      "exit\n"
	      "      --stats FILE       write all counters to FILE as JSON once a second\n"
	      "      --export FILE      write all state to FILE at the end, and on SIGUSR2\n"
	      "      --import FILE      take the state of FILE back before the first packet\n"
	      "      --partial          with --import: leave out tables that do not fit this "
	      "build\n"
	      "      --get WHICH FILE   print entries of an exported FILE, a line of JSON each\n"
	      "      --ask QUESTION     print what instances say by the document alone; nat: whose "
	      "is\n"
	      "                         203.0.113.7:2345? what has 10.0.0.5, or TENANT/10.0.0.5?\n"
	      "      --explain FILE     print what would become of each packet of a pcap FILE, a "
	      "line of JSON\n"
	      "                         each; with --import by that state, with --path NAME for "
	      "frames\n"
	      "                         without a tag. Nothing is sent, keys are random\n"
	      "      --schema           print the JSON Schema of documents, with all modules "
	      "found\n"
	      "\n"
	      "SIGHUP puts the changed document in force without losing a packet; SIGTERM drains "
	      "and ends.\n"
	      "Exit status: 0 ended as told, 1 failed, or no answer to --ask; 2 the document, the "
	      "command\n"
	      "line or the file of --import is refused.\n",
	      out);
}

/** Says what is missing. */
static int
check_options(const struct options *options)
{
	if (options->help || options->version || options->schema)
		return 0;
	if (options->get != NULL && options->file != NULL)
		return 0;
	if (options->get != NULL)
		fputs("waypointd: --get of which file? see --help\n", stderr);
	else if (options->control.document == NULL)
		fputs("waypointd: no document; give one with -c, see --help\n", stderr);
	else if (options->partial && options->import == NULL)
		fputs("waypointd: --partial goes with --import, see --help\n", stderr);
	else
		return 0;
	return -EINVAL;
}

static int
parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},  {"check", no_argument, NULL, 'k'},
		{"stats", required_argument, NULL, 's'},   {"export", required_argument, NULL, 'e'},
		{"import", required_argument, NULL, 'i'},  {"partial", no_argument, NULL, 'p'},
		{"get", required_argument, NULL, 'g'},     {"ask", required_argument, NULL, 'a'},
		{"explain", required_argument, NULL, 'x'}, {"path", required_argument, NULL, 'P'},
		{"schema", no_argument, NULL, 'S'},        {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:s:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->control.document = optarg;
			break;
		case 'k':
			options->check = true;
			break;
		case 's':
			options->control.stats = optarg;
			break;
		case 'e':
			options->control.export = optarg;
			break;
		case 'i':
			options->import = optarg;
			break;
		case 'p':
			options->partial = true;
			break;
		case 'g':
			options->get = optarg;
			break;
		case 'a':
			options->ask = optarg;
			break;
		case 'x':
			options->explain = optarg;
			break;
		case 'P':
			options->path = optarg;
			break;
		case 'S':
			options->schema = true;
			break;
		case 'h':
			options->help = true;
			break;
		case 'V':
			options->version = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (options->get != NULL && optind < argc)
		options->file = argv[optind++];
	if (options->check && options->control.document == NULL && optind < argc)
		options->control.document = argv[optind++];
	if (optind != argc) {
		fprintf(stderr, "waypointd: what is '%s' for? see --help\n", argv[optind]);
		return -EINVAL;
	}
	return check_options(options);
}

/** @return where modules are: WAYPOINT_MODULES, the build tree's when we run from it, or as
 * installed. */
static const char *
module_dir(void)
{
	static char dir[PATH_MAX];
	const char *given = getenv("WAYPOINT_MODULES");

	if (given != NULL)
		return given;
	if (beside_program("../services", dir) != NULL)
		return dir;
	return WP_LIBDIR;
}

static void
report(const char *file, const struct document_error *error)
{
	fprintf(stderr, "waypointd: %s", file);
	if (error->line != 0)
		fprintf(stderr, ":%d:%d", error->line, error->column);
	fprintf(stderr, ": %s%s%s\n", error->path, error->path[0] != '\0' ? ": " : "",
		error->message);
}

static int
read_document(const struct options *options, struct document **document)
{
	struct document_error error = {0};
	int err = document_read(options->control.document, document, &error);

	if (err != 0)
		report(options->control.document, &error);
	return err;
}

/** @return whether all input of the document comes from files that end. */
static bool
is_finite(const struct document *document)
{
	for (uint32_t i = 0; i < document->n_ports; i++)
		if (document->ports[i].type != PORT_PCAP || document->ports[i].loop)
			return false;
	return document->n_ports != 0;
}

/** Runs files through, on this thread. */
static void
run_files(struct pe *pe, const struct options *options, const sigset_t *signals)
{
	const struct timespec now = {0};
	unsigned int idle = 0;

	while (idle < PCAP_IDLE_POLLS) {
		int signal = sigtimedwait(signals, NULL, &now);

		if (signal == SIGTERM || signal == SIGINT) {
			pe_log(pe, "told to end before the files did");
			return;
		}
		if (signal == SIGUSR2)
			control_export(pe, &options->control);
		idle = pe_poll(pe) == 0 && epoch_in_flight(pe->current) == 0 ? idle + 1 : 0;
		pe_tick(pe);
	}
}

static void
print_refused(const struct pe *pe, const struct port *port)
{
	for (unsigned int r = WP_TAG_OK + 1; r < PORT_N_REFUSALS; r++) {
		uint64_t n = account_sum(pe->account, port->cells + PORT_REFUSED + r);

		if (n != 0)
			fprintf(stderr, "waypointd: port %-20s %10lu refused: %s\n", port->name, n,
				port_refusal_name(r));
	}
}

static void
print_summary(const struct pe *pe)
{
	for (uint16_t i = 0; i < pe->n_ports; i++)
		print_refused(pe, &pe->ports[i]);
	for (uint32_t i = 0; i < pe->current->n_paths; i++) {
		const struct wp_path *path = &pe->current->paths[i];

		fprintf(stderr, "waypointd: path %-20s %10lu in %10lu out\n",
			epoch_path_name(pe->current, path),
			account_sum(pe->account, path->cells + PATH_RX),
			account_sum(pe->account, path->cells + PATH_TX));
	}
}

/** Says what runs, but not as it should. */
static void
warn(const struct pe *pe)
{
	if (pe->n_ports == 0)
		pe_log(pe, "there are no ports, so there will be no packets");
	if (!wp_secret_locked())
		pe_log(pe,
		       "keys are not locked into memory and may reach the swap space: that needs "
		       "CAP_IPC_LOCK or more of: ulimit -l");
}

/** What state tables take. */
struct table_memory {
	uint64_t full; /* bytes, when all are full */
	uint64_t largest;
	char name[128]; /* of the largest */
};

static void
add_table(void *arg, const char *service, struct wp_table *table)
{
	struct table_memory *memory = arg;
	struct wp_table_stats stats;

	wp_table_stats(table, &stats);
	memory->full += stats.memory_max;
	if (stats.memory_max <= memory->largest)
		return;
	memory->largest = stats.memory_max;
	snprintf(memory->name, sizeof(memory->name), "%s/%s", service, wp_table_decl(table)->name);
}

/** Tells the operator how much memory state may come to. */
static void
tell_memory(const struct pe *pe)
{
	struct table_memory memory = {0};

	tables_each(pe->tables, add_table, &memory);
	if (memory.full != 0)
		pe_log(pe,
		       "state takes up to %lu MB when all tables are full, %lu of it %s; see "
		       "/tables in the document",
		       (unsigned long)(memory.full >> 20), (unsigned long)(memory.largest >> 20),
		       memory.name);
}

/** Runs what was opened, until its input or somebody ends it. @return 0 or a negative errno */
static int
serve(struct pe *pe, const struct options *options, bool finite, const sigset_t *signals,
      struct history *history)
{
	int err;

	if (finite) {
		run_files(pe, options, signals);
		print_summary(pe);
		return 0;
	}
	pe_log(pe, "AES-GCM by %s, hashes by %s", wp_aead_best(), wp_siphash_isa());
	pe_log(pe, "epoch %lu is in force: %u paths, %u instances, %u ports, %u workers",
	       pe->current->number, pe->current->n_paths, pe->current->n_instances, pe->n_ports,
	       pe->n_workers);
	tell_memory(pe);
	warn(pe);
	pe_start(pe);
	err = control_run(pe, &options->control, signals, history);
	if (!pe_drain(pe, DRAIN_MS))
		pe_log(pe, "not all packets could be drained; the rest is dropped");
	return err;
}

/** Brings everything to an end. @return the exit status */
static int
end(struct pe *pe, const struct options *options)
{
	int status = EXIT_SUCCESS;

	pe_stop(pe);
	if (!pe_audit(pe))
		status = EXIT_FAILURE;
	if (options->control.export != NULL && !options->check && options->ask == NULL &&
	    carry_out(pe, options->control.export) != 0)
		status = EXIT_FAILURE;
	if (options->control.stats != NULL)
		control_write_stats(pe, &options->control);
	pe_close(pe);
	eal_stop();
	return status;
}

/** What run() has opened. */
struct running {
	struct pe *pe;
	struct history *history; /* taken by serve() */
	bool eal;
	char scratch[PATH_MAX]; /* folder of a rehearsal; "": it is none */
};

/** As pe_options.is_over: such signals are blocked. */
static bool
is_told_to_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/** Starts DPDK and opens a document. Takes it. @return 0, or a negative errno with @p error filled
 */
static int
open_pe(const struct options *options, struct document *document, bool finite,
	struct running *running, struct document_error *error)
{
	struct pe_options how = {.threads = !finite,
				 .wait = true,
				 .keeps_flows = options->control.export != NULL,
				 .check_only = options->check || options->ask != NULL,
				 .first_epoch = 1,
				 .is_over = is_told_to_end,
				 .module_dir = module_dir()};
	int err = 0;

	if (!finite && !how.check_only)
		err = agent_choose(options->control.document, &document, &how.first_epoch,
				   &running->history, error);
	if (options->explain != NULL) {
		explain_prepare(document);
		err = scratch_make(running->scratch, sizeof(running->scratch));
		document_say(error, "", "there is no folder to rehearse in");
		how.rehearsal = running->scratch;
	}
	if (err == 0)
		err = eal_start(document, how.threads, error->message, sizeof(error->message));
	running->eal = err == 0;
	if (err != 0) {
		document_destroy(document);
		return err;
	}
	return pe_open(&running->pe, document, &how, error);
}

/** Does with a PE what the command line says. @return the exit status */
static int
use(struct running *running, const struct options *options, bool finite, const sigset_t *signals)
{
	struct pe *pe = running->pe;
	struct history *history = running->history;
	int err = 0;

	running->history = NULL;
	if (options->ask != NULL)
		err = ask_print(pe, options->ask);
	else if (options->explain != NULL)
		err = explain_run(pe, options->explain, options->path, stdout);
	else if (options->check)
		fprintf(stderr, "waypointd: %s: good: %u paths, %u instances\n",
			options->control.document, pe->current->n_paths, pe->current->n_instances);
	else
		err = serve(pe, options, finite, signals, history);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** Says why nothing was opened. @return the exit status */
static int
end_unopened(const struct running *running, const struct options *options,
	     const struct document_error *error, int err)
{
	bool serves = !options->check && options->ask == NULL && options->explain == NULL;

	if (err == -ECANCELED && is_told_to_end()) {
		fputs("waypointd: told to end before all was open\n", stderr);
		return serves ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	report(options->control.document, error);
	return !running->eal && err != -EINVAL ? EXIT_FAILURE : EXIT_REFUSED;
}

static int
run(const struct options *options, struct document *document, const sigset_t *signals)
{
	bool finite = is_finite(document) || options->explain != NULL;
	struct running running = {0};
	struct document_error error = {0};
	int status = EXIT_REFUSED, ended;
	int err = open_pe(options, document, finite, &running, &error);

	if (err != 0) {
		status = end_unopened(&running, options, &error, err);
	} else if (options->import != NULL &&
		   carry_in(running.pe, options->import, options->partial) != 0) {
		pe_close(running.pe);
	} else {
		status = use(&running, options, finite, signals);
		ended = end(running.pe, options);
		status = ended != EXIT_SUCCESS ? ended : status;
		running.eal = false; /* end() has stopped it */
	}
	history_close(running.history);
	if (running.eal)
		eal_stop();
	scratch_remove(running.scratch);
	return status;
}

/** --check and --ask open no port: what is looked at is the document, its modules, keys and
 * services.
 */
static void
without_ports(struct document *document)
{
	document->n_ports = 0;
}

int
main(int argc, char **argv)
{
	struct options options = {0};
	struct document *document;
	sigset_t signals;

	if (parse_options(argc, argv, &options) != 0)
		return EXIT_REFUSED;
	if (options.help) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (options.version) {
		puts("waypointd " WP_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.get != NULL)
		return carry_show(options.get, options.file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (options.schema)
		return schema_print(module_dir()) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR2);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write() */
	signal(SIGXFSZ, SIG_IGN); /* so is a file that may not grow (ulimit -f) */
	signal(SIGUSR1, SIG_IGN); /* who rotates logs may send it: files are looked after anyway */
#ifndef WP_SANITIZE               /* sanitizers have words of their own */
	crash_watch();
#endif
	prctl(PR_SET_DUMPABLE, 0); /* no core dump has keys in it */
	if (read_document(&options, &document) != 0)
		return EXIT_REFUSED;
	if (options.check || options.ask != NULL)
		without_ports(document);
	return run(&options, document, &signals);
}
