/* SPDX-License-Identifier: BSD-3-Clause */
/* wp-ids: the service "ids" over a capture, for those who write rules. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include "service.h"
#include "stream/stream.h"
#include "tool/capture.h"
#include "tool/check.h"
#include "tool/host.h"
#include "tool/options.h"
#include "tool/settings.h"
#include "tool/tally.h"
#include "tool/translate.h"

enum { EXIT_USAGE = 2, WHY_SIZE = 1024 };

static volatile sig_atomic_t is_stopped;

static void
stop(int number)
{
	is_stopped = 1;
}

static int
complain(int err, const char *why)
{
	fprintf(stderr, "wp-ids: %s\n", why);
	return err;
}

/* What is to be done. */

static int
assign_all(const struct options *options, struct settings *settings)
{
	for (unsigned int i = 0; i < options->sets.n; i++) {
		int err = settings_assign(settings, options->sets.words[i]);

		if (err != 0) {
			fprintf(stderr, "wp-ids: --set %s: it has to be NAME=TEXT\n",
				options->sets.words[i]);
			return err;
		}
	}
	return 0;
}

/** Reads all settings, the ones that count most last. */
static int
read_settings(const struct options *options, struct settings *settings)
{
	char why[WHY_SIZE];
	int err = options->config == NULL
			  ? translate_usual(settings)
			  : settings_read(settings, options->config, why, sizeof(why));

	for (unsigned int i = 0; err == 0 && i < options->includes.n; i++)
		err = settings_read(settings, options->includes.words[i], why, sizeof(why));
	if (err != 0)
		return complain(err, why);
	for (size_t i = 0; settings_missing(settings, i) != NULL; i++)
		fprintf(stderr, "wp-ids: %s: is to be included, but is not there\n",
			settings_missing(settings, i));
	return assign_all(options, settings);
}

static void
print_notes(const struct translation *to)
{
	const json_t *note;
	size_t i;

	json_array_foreach(to->notes, i, note)
	{
		fprintf(stderr, "wp-ids: %s\n", json_string_value(note));
	}
}

/* Running. */

/** Puts a capture through. */
static void
read_capture(const struct options *options, struct capture *capture, struct host *host)
{
	struct capture_packet packet;
	int more = 1;

	while (is_stopped == 0 && (more = capture_next(capture, &packet)) == 1)
		host_packet(host, &packet);
	if (more < 0)
		fprintf(stderr, "wp-ids: %s: %s; what is in front of that was read\n",
			options->capture, capture_fault(capture));
	host_end(host);
}

static void
print_summary(const struct options *options, const struct host *host)
{
	const struct host_counts *counts = host_counts(host);
	unsigned long long alerts = host_counter(host, "alerts");

	if (options->json)
		printf("{\"packets\":%llu,\"bytes\":%llu,\"alerts\":%llu,\"flows\":%llu,"
		       "\"blocked\":%llu}\n",
		       (unsigned long long)counts->packets, (unsigned long long)counts->bytes,
		       alerts, (unsigned long long)host_tracker_counter(host, STREAM_COUNT_FLOWS),
		       (unsigned long long)counts->blocked);
	else if (!options->is_quiet)
		fprintf(stderr, "wp-ids: %llu packets, %llu bytes, %llu %s\n",
			(unsigned long long)counts->packets, (unsigned long long)counts->bytes,
			alerts, alerts == 1 ? "alert" : "alerts");
}

/** Makes the folder of logs, if it is not there. */
static int
make_dir(const struct options *options)
{
	if (options->dir[0] == '\0' || mkdir(options->dir, 0755) == 0 || errno == EEXIST)
		return 0;
	fprintf(stderr, "wp-ids: %s: %s\n", options->dir, strerror(errno));
	return -EINVAL;
}

/** Tells the service what its packets are. */
static void
describe(const struct translation *to, const struct capture *capture)
{
	enum { ETHERNET_SIZE = 14 };
	int link = capture_link(capture);

	json_object_set_new(to->service, "capture", json_true());
	if (link == DLT_IPV4 || link == DLT_IPV6 || link == DLT_RAW)
		json_object_set_new(to->service, "link", json_integer(link));
	if (link == DLT_EN10MB)
		json_object_set_new(to->service, "link_size", json_integer(ETHERNET_SIZE));
}

static int
run(const struct options *options, const struct translation *to)
{
	struct host_conf conf = {.service = &wp_service,
				 .config = to->service,
				 .tracker = to->tracker,
				 .tunnels = to->tunnels,
				 .notes = stderr,
				 .is_repeatable = options->is_repeatable};
	struct capture *capture = NULL;
	struct host *host = NULL;
	char why[WHY_SIZE];
	int err = make_dir(options);

	if (err != 0)
		return err;
	err = capture_open(options->capture, options->filter, &capture, why, sizeof(why));
	if (err == 0) {
		describe(to, capture);
		err = host_open(&conf, &host, why, sizeof(why));
	}
	if (err == 0)
		read_capture(options, capture, host);
	else
		complain(err, why);
	if (err == 0) {
		err = tally_write(host, capture_packets(capture), to->eve, options->is_inline);
		if (err != 0)
			fprintf(stderr, "wp-ids: %s: %s\n", to->eve, strerror(-err));
		print_summary(options, host);
	}
	host_close(host);
	capture_close(capture);
	return err;
}

/** Does what the options say. @return the exit status */
static int
act(const struct options *options, const struct settings *settings)
{
	struct translation to;
	char why[WHY_SIZE];
	int status = EXIT_FAILURE;

	if (translate(options, settings, wp_service.fields, &to, why, sizeof(why)) != 0) {
		complain(0, why);
	} else {
		print_notes(&to);
		if (options->check)
			status = check_run(options, &to);
		else if (run(options, &to) == 0)
			status = EXIT_SUCCESS;
	}
	translate_free(&to);
	return status;
}

static int
with_settings(const struct options *options)
{
	struct settings *settings = NULL;
	int status = EXIT_FAILURE;

	if (settings_create(&settings) != 0)
		complain(0, "no memory");
	else if (read_settings(options, settings) == 0)
		status = act(options, settings);
	settings_destroy(settings);
	return status;
}

int
main(int argc, char **argv)
{
	const struct sigaction on_stop = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
	struct options options;
	int status = EXIT_SUCCESS;

	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	if (options_parse(argc, argv, &options) != 0)
		status = EXIT_USAGE;
	else if (options.help)
		options_help();
	else if (options.version)
		puts("wp-ids " WP_VERSION);
	else
		status = with_settings(&options);
	options_free(&options);
	return status;
}
