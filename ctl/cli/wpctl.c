/* SPDX-License-Identifier: BSD-3-Clause */
/* wpctl OBJECT VERB: calls methods of a control socket, as the socket itself describes them. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/cli/client.h"
#include "ctl/cli/doctor.h"
#include "ctl/cli/print.h"
#include "ctl/cli/secure.h"
#include "ctl/cli/shell.h"
#include "ctl/cli/top.h"
#include "ctl/cli/trace.h"

#define DEFAULT_SOCKET "/run/waypoint/control.sock"

/* Stable: scripts go by them. */
enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,   /* what is wanted cannot be */
	EXIT_USAGE = 2,     /* no such method, or its parameters are wrong */
	EXIT_CONFLICT = 3,  /* something else is in force than was expected */
	EXIT_FORBIDDEN = 4, /* not with this role */
	EXIT_NOT_FOUND = 5, /* there is no such thing */
	EXIT_BUSY = 6,      /* later */
	EXIT_NO_SERVER = 7, /* no connection, or it has ended */
};

struct options {
	const char *socket;
	struct secure_options secure; /* 'where' NULL: by the socket */
	bool json, dry_run, help;
};

static void
usage(FILE *out)
{
	fputs("usage: wpctl [-s SOCKET] [--json] OBJECT VERB [NAME=VALUE...] [FILE]\n"
	      "       wpctl [-s SOCKET] methods\n"
	      "       wpctl [-s SOCKET] top [TIMES]        what paths and workers do, once a "
	      "second\n"
	      "       wpctl [-s SOCKET]                    a line after the other, with "
	      "completion\n"
	      "\n"
	      "  -s, --socket SOCKET  the control socket; else $WAYPOINT_SOCKET, else\n"
	      "                       " DEFAULT_SOCKET "\n"
	      "      --connect HOST:PORT --cert FILE --key FILE --ca FILE\n"
	      "                       a PE on another host, by TLS: our certificate, its key, and "
	      "the\n"
	      "                       authority of the PE's\n"
	      "      --json           print the result as JSON\n"
	      "      --dry-run        of what would change documents: say what, and whether it "
	      "could\n"
	      "\n"
	      "  wpctl config get                     the document in force, and its epoch\n"
	      "  wpctl config diff new.json           what a document would change\n"
	      "  wpctl config commit new.json expected_epoch=7 confirm_within=60\n"
	      "  wpctl config confirm\n"
	      "  wpctl config rollback\n"
	      "  wpctl stats get --json\n"
	      "  wpctl doctor                             # what is not as it should be\n"
	      "  wpctl events subscribe                   # what happens, until Ctrl-C\n"
	      "  wpctl explain capture.pcap path=out      # what would become of its packets\n"
	      "\n"
	      "A FILE is the method's document; - reads it from the standard input.\n"
	      "Exit status: 0 done; 1 refused; 2 wrong usage; 3 conflict; 4 forbidden; 5 not "
	      "found;\n"
	      "6 busy; 7 no connection.\n",
	      out);
}

static int
parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {{"socket", required_argument, NULL, 's'},
					      {"json", no_argument, NULL, 'j'},
					      {"dry-run", no_argument, NULL, 'n'},
					      {"connect", required_argument, NULL, 'c'},
					      {"cert", required_argument, NULL, 'C'},
					      {"key", required_argument, NULL, 'K'},
					      {"ca", required_argument, NULL, 'A'},
					      {"help", no_argument, NULL, 'h'},
					      {NULL, 0, NULL, 0}};
	const char *given = getenv("WAYPOINT_SOCKET");
	int c;

	options->socket = given != NULL && given[0] != '\0' ? given : DEFAULT_SOCKET;
	while ((c = getopt_long(argc, argv, "s:h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			options->socket = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'n':
			options->dry_run = true;
			break;
		case 'c':
			options->secure.where = optarg;
			break;
		case 'C':
			options->secure.certificate = optarg;
			break;
		case 'K':
			options->secure.key = optarg;
			break;
		case 'A':
			options->secure.authority = optarg;
			break;
		case 'h':
			options->help = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (options->secure.where == NULL ||
	    (options->secure.certificate != NULL && options->secure.key != NULL &&
	     options->secure.authority != NULL))
		return 0;
	fputs("wpctl: --connect needs --cert, --key and --ca\n", stderr);
	return -EINVAL;
}

/** @return what the server says of a method, or NULL. Borrowed. */
static json_t *
find_method(json_t *discovered, const char *name)
{
	json_t *methods = json_object_get(discovered, "methods"), *method;
	size_t i;

	json_array_foreach(methods, i,
			   method) if (strcmp(json_string_value(json_object_get(method, "name")),
					      name) == 0) return method;
	return NULL;
}

/** @return the schema of a method's parameter, or NULL. Borrowed. */
static json_t *
find_param(json_t *method, const char *name, size_t length)
{
	json_t *params = json_object_get(method, "params"), *param;
	size_t i;

	json_array_foreach(params, i, param)
	{
		const char *has = json_string_value(json_object_get(param, "name"));

		if (strlen(has) == length && memcmp(has, name, length) == 0)
			return json_object_get(param, "schema");
	}
	return NULL;
}

static json_t *
read_file(const char *name)
{
	json_error_t error;
	json_t *value = strcmp(name, "-") == 0
				? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error)
				: json_load_file(name, JSON_REJECT_DUPLICATES, &error);

	if (value == NULL && error.line < 0) /* it was not read at all */
		fprintf(stderr, "wpctl: %s\n", error.text);
	else if (value == NULL)
		fprintf(stderr, "wpctl: %s:%d:%d: %s\n", name, error.line, error.column,
			error.text);
	return value;
}

/** @return a value of the type that a schema asks for: text, or what the text is as JSON. */
static json_t *
value_of(const json_t *schema, const char *text)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	json_t *value;

	if (type != NULL && strcmp(type, "string") == 0)
		return json_string(text);
	if (text[0] == '@')
		return read_file(text + 1);
	value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	return value != NULL ? value : json_string(text);
}

/** Adds one argument to the parameters: NAME=VALUE, or the file of a document. */
static int
add_argument(json_t *method, json_t *params, const char *argument)
{
	const char *equals = strchr(argument, '=');
	size_t length = equals == NULL ? 0 : (size_t)(equals - argument);
	json_t *schema = equals == NULL ? NULL : find_param(method, argument, length), *value;
	char name[64];

	if (schema != NULL && length < sizeof(name)) {
		memcpy(name, argument, length);
		name[length] = '\0';
		value = value_of(schema, equals + 1);
	} else if (equals == NULL && find_param(method, "pcap", strlen("pcap")) != NULL) {
		bool is_hex = strspn(argument, "0123456789abcdefABCDEF") == strlen(argument);

		strcpy(name, is_hex ? "packet" : "pcap");
		value = is_hex ? json_string(argument) : trace_read(argument);
	} else if (find_param(method, "document", strlen("document")) != NULL &&
		   (equals == NULL || access(argument, F_OK) == 0)) {
		strcpy(name, "document");
		value = read_file(argument);
	} else {
		fprintf(stderr, "wpctl: what is '%s' for? wpctl methods shows what there is\n",
			argument);
		return -EINVAL;
	}
	return value == NULL || json_object_set_new(params, name, value) != 0 ? -EINVAL : 0;
}

/** Lists what there is. */
static void
print_methods(json_t *discovered)
{
	json_t *methods = json_object_get(discovered, "methods"), *method, *param;
	size_t i, j;

	json_array_foreach(methods, i, method)
	{
		const char *name = json_string_value(json_object_get(method, "name"));
		const char *dot = strchr(name, '.');

		printf("%.*s %s\n    %s\n", dot == NULL ? 0 : (int)(dot - name), name,
		       dot == NULL ? name : dot + 1,
		       json_string_value(json_object_get(method, "summary")));
		json_array_foreach(json_object_get(method, "params"), j, param)
		{
			const json_t *schema = json_object_get(param, "schema");
			const char *help =
				json_string_value(json_object_get(schema, "description"));

			printf("      %s: %s\n", json_string_value(json_object_get(param, "name")),
			       help == NULL ? "" : help);
		}
	}
}

static int
status_of(json_int_t code)
{
	switch (code) {
	case -32601:
	case -32602:
		return EXIT_USAGE;
	case 2:
		return EXIT_CONFLICT;
	case 3:
		return EXIT_FORBIDDEN;
	case 4:
		return EXIT_NOT_FOUND;
	case 5:
		return EXIT_BUSY;
	default:
		return EXIT_REFUSED;
	}
}

/** Says why a call was refused. @return the exit status */
static int
print_error(const json_t *error)
{
	const json_t *data = json_object_get(error, "data");
	const char *path = json_string_value(json_object_get(data, "path"));
	const char *hint = json_string_value(json_object_get(data, "hint"));
	bool is_whole = path == NULL || path[0] == '\0';

	fprintf(stderr, "wpctl: %s%s%s%s%s%s\n", is_whole ? "" : path, is_whole ? "" : ": ",
		json_string_value(json_object_get(error, "message")), hint == NULL ? "" : " (",
		hint == NULL ? "" : hint, hint == NULL ? "" : ")");
	return status_of(json_integer_value(json_object_get(error, "code")));
}

/** Calls a method; says why it was refused. Takes the parameters. @param[out] result  the caller's,
 * when it was not @return the exit status */
static int
ask(struct client *client, const char *method, json_t *params, json_t **result)
{
	char message[256];
	json_t *answer = client_call(client, method, params, message, sizeof(message));
	const json_t *error = json_object_get(answer, "error");
	int status = EXIT_DONE;

	if (answer == NULL) {
		fprintf(stderr, "wpctl: %s\n", message);
		return EXIT_NO_SERVER;
	}
	if (error != NULL)
		status = print_error(error);
	else
		*result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	return status;
}

/** Shows what a method says. */
static void
show(const struct options *options, const char *method, const json_t *result)
{
	if (options->json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (strcmp(method, "explain") == 0) {
		trace_print(result);
	} else {
		print_result(result);
	}
}

/** Calls a method, and shows what it says. Takes the parameters. @return the exit status */
static int
call(struct client *client, const struct options *options, const char *method, json_t *params)
{
	json_t *result = NULL;
	int status = ask(client, method, params, &result);

	if (status == EXIT_DONE)
		show(options, method, result);
	json_decref(result);
	return status;
}

/** Shows what a subscription brings, a line of JSON each, until the connection ends. Takes the
 * parameters. @return the exit status */
static int
follow(struct client *client, const char *method, json_t *params)
{
	char message[256];
	json_t *told = client_call(client, method, params, message, sizeof(message));
	const json_t *error = json_object_get(told, "error");
	int status = EXIT_NO_SERVER;

	if (error != NULL) {
		status = print_error(error);
		json_decref(told);
		return status;
	}
	while (told != NULL) {
		json_decref(told);
		told = client_hear(client, message, sizeof(message));
		if (told == NULL)
			break;
		json_dumpf(json_object_get(told, "params"), stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	}
	fprintf(stderr, "wpctl: %s\n", message);
	return status;
}

/** wpctl methods. */
static void
show_methods(const struct options *options, json_t *discovered)
{
	if (!options->json) {
		print_methods(discovered);
		return;
	}
	json_dumpf(json_object_get(discovered, "methods"), stdout, JSON_INDENT(2));
	putchar('\n');
}

/** wpctl top. @param times  NULL: until the connection ends */
static int
watch(struct client *client, const struct options *options, const char *times)
{
	unsigned long n = times == NULL ? 0 : strtoul(times, NULL, 10);
	char message[256];

	if (times != NULL && (n == 0 || n > UINT_MAX)) {
		fprintf(stderr, "wpctl: top '%s': how many times? a number\n", times);
		return EXIT_USAGE;
	}
	if (!top(client, (unsigned int)n, options->json, message, sizeof(message)))
		return EXIT_DONE;
	fprintf(stderr, "wpctl: %s\n", message);
	return EXIT_NO_SERVER;
}

/** wpctl doctor. */
static int
examine(struct client *client, const struct options *options)
{
	char message[256];
	enum diagnosis diagnosis = doctor(client, options->json, message, sizeof(message));

	if (diagnosis == DOCTOR_NO_SERVER)
		fprintf(stderr, "wpctl: %s\n", message);
	return diagnosis == DOCTOR_WELL  ? EXIT_DONE
	       : diagnosis == DOCTOR_ILL ? EXIT_REFUSED
					 : EXIT_NO_SERVER;
}

/** Says what a change would do, and whether it could be; as JSON both in one. Takes the parameters.
 */
static int
try_only(struct client *client, const struct options *options, json_t *params)
{
	static const char *const methods[] = {"config.diff", "config.validate"};
	json_t *document = json_object_get(params, "document"), *all = json_object();
	int status = EXIT_DONE;

	if (document == NULL) {
		fputs("wpctl: --dry-run is for methods with a document\n", stderr);
		status = EXIT_USAGE;
	}
	for (unsigned int i = 0; i < 2 && status == EXIT_DONE; i++) {
		json_t *result = NULL;

		status = ask(client, methods[i], json_pack("{sO}", "document", document), &result);
		if (status == EXIT_DONE && !options->json)
			show(options, methods[i], result);
		json_object_set_new(all, strchr(methods[i], '.') + 1, result);
	}
	if (options->json && json_object_size(all) != 0)
		show(options, "", all);
	json_decref(all);
	json_decref(params);
	return status;
}

/** Runs the command line. @param discovered  what the server can */
static int
run(struct client *client, const struct options *options, json_t *discovered, char **words, int n)
{
	json_t *method, *params = json_object();
	int given = 1; /* words that are the method */
	char name[128];

	if (n == 1 && strcmp(words[0], "methods") == 0) {
		json_decref(params);
		show_methods(options, discovered);
		return EXIT_DONE;
	}
	if (n <= 2 && strcmp(words[0], "top") == 0) {
		json_decref(params);
		return watch(client, options, n == 1 ? NULL : words[1]);
	}
	if (n == 1 && strcmp(words[0], "doctor") == 0) {
		json_decref(params);
		return examine(client, options);
	}
	snprintf(name, sizeof(name), "%s", words[0]);
	method = strchr(name, '.') == NULL ? find_method(discovered, name) : NULL;
	if (method == NULL) {
		snprintf(name, sizeof(name), "%s.%s", words[0], n > 1 ? words[1] : "");
		method = find_method(discovered, name);
		given = 2;
	}
	if (method == NULL) {
		json_decref(params);
		fprintf(stderr, "wpctl: there is no '%s%s%s'; wpctl methods shows what there is\n",
			words[0], n > 1 ? " " : "", n > 1 ? words[1] : "");
		return EXIT_USAGE;
	}
	for (int i = given; i < n; i++)
		if (add_argument(method, params, words[i]) != 0) {
			json_decref(params);
			return EXIT_USAGE;
		}
	if (options->dry_run && json_is_true(json_object_get(method, "x-mutates")))
		return try_only(client, options, params);
	if (strcmp(name, "events.subscribe") == 0 || strcmp(name, "stats.watch") == 0)
		return follow(client, name, params);
	return call(client, options, name, params);
}

/** What the lines of a shell need. */
struct typing {
	struct client *client;
	const struct options *options;
	json_t *discovered;
};

/** As shell_run_fn. */
static int
run_line(void *arg, char **words, int n)
{
	const struct typing *typing = arg;

	return run(typing->client, typing->options, typing->discovered, words, n);
}

int
main(int argc, char **argv)
{
	struct options options = {0};
	struct client *client;
	json_t *discovered;
	char message[256];
	int status;

	if (parse_options(argc, argv, &options) != 0)
		return EXIT_USAGE;
	if (options.help) {
		usage(stdout);
		return EXIT_DONE;
	}
	client = options.secure.where != NULL
			 ? client_open_secure(&options.secure, message, sizeof(message))
			 : client_open(options.socket, message, sizeof(message));
	if (client == NULL) {
		fprintf(stderr, "wpctl: %s\n", message);
		return EXIT_NO_SERVER;
	}
	discovered = client_call(client, "rpc.discover", NULL, message, sizeof(message));
	if (discovered == NULL) {
		fprintf(stderr, "wpctl: %s\n", message);
		status = EXIT_NO_SERVER;
	} else if (json_object_get(discovered, "error") != NULL) {
		status = print_error(json_object_get(discovered, "error"));
	} else {
		struct typing typing = {client, &options, json_object_get(discovered, "result")};

		status = optind == argc ? shell(typing.discovered, run_line, &typing)
					: run_line(&typing, argv + optind, argc - optind);
	}
	json_decref(discovered);
	client_close(client);
	return status;
}
