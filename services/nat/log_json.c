/* SPDX-License-Identifier: BSD-3-Clause */
/* Events as lines of JSON, in a file that others may rotate. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lines.h"
#include "plain_file.h"
#include "log_writer.h"

enum { LINE_MAX_ = 1024 };

struct json_writer {
	struct nat_log_writer writer;
	struct wp_lines *lines;
};

/** A line being made. */
struct line {
	char text[LINE_MAX_];
	size_t n;
};

/* A line. */

static const char *const kind_names[NAT_N_EVENTS] = {
	[NAT_SESSION_CREATED] = "session-created",
	[NAT_SESSION_DELETED] = "session-deleted",
	[NAT_MAPPING_CREATED] = "mapping-created",
	[NAT_MAPPING_DELETED] = "mapping-deleted",
	[NAT_BLOCK_ALLOCATED] = "block-allocated",
	[NAT_BLOCK_RELEASED] = "block-released",
	[NAT_BINDING_CREATED] = "binding-created",
	[NAT_BINDING_DELETED] = "binding-deleted",
	[NAT_ADDRESSES_EXHAUSTED] = "addresses-exhausted",
	[NAT_PORTS_EXHAUSTED] = "ports-exhausted",
	[NAT_QUOTA_EXCEEDED] = "quota-exceeded",
	[NAT_SHARES_SET] = "shares-set",
};

static const char *const quota_names[NAT_QUOTA_END] = {
	[NAT_QUOTA_SESSIONS] = "sessions",
	[NAT_QUOTA_MAPPINGS] = "mappings",
	[NAT_QUOTA_USER] = "user",
	[NAT_QUOTA_HOSTS] = "hosts",
};

/** Adds to a line; what is too long, which nothing is, would be cut off. */
static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->n, room, format, args);
	va_end(args);
	line->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/** Names are letters, digits and -_. in every document; anything else would break the line. */
static void
add_name(struct line *line, const char *member, const char *name)
{
	char clean[64];
	size_t n = 0;

	for (; name[n] != '\0' && n < sizeof(clean) - 1; n++)
		clean[n] = (char)(name[n] < ' ' || name[n] > '~' || strchr("\"\\", name[n]) != NULL
					  ? '?'
					  : name[n]);
	clean[n] = '\0';
	if (n != 0)
		add(line, ",\"%s\":\"%s\"", member, clean);
}

static void
add_number(struct line *line, const char *member, uint32_t number)
{
	if (number != 0)
		add(line, ",\"%s\":%u", member, number);
}

/** An address and a port, unless there is none. */
static void
add_endpoint(struct line *line, const char *member, uint8_t version, const uint8_t *address,
	     uint16_t port)
{
	static const uint8_t none[16];
	char text[INET6_ADDRSTRLEN];
	char port_member[32];

	if (memcmp(address, none, version == 4 ? 4 : 16) == 0)
		return;
	inet_ntop(version == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	add(line, ",\"%s\":\"%s\"", member, text);
	snprintf(port_member, sizeof(port_member), "%s_port", member);
	add_number(line, port_member, port);
}

/** RFC 3339, in milliseconds. */
static void
add_time(struct line *line, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	add(line, "{\"time\":\"%s.%03uZ\"", text, (unsigned int)(time_ns / 1000000 % 1000));
}

static void
make_line(struct line *line, const struct nat_log_entry *entry)
{
	const struct nat_event *event = entry->event;
	bool is_shares = event->kind == NAT_SHARES_SET;
	bool is_want = event->kind >= NAT_ADDRESSES_EXHAUSTED && !is_shares;

	line->n = 0;
	add_time(line, entry->time_ns);
	add(line, ",\"event\":\"%s\"", kind_names[event->kind]);
	add_name(line, "instance", entry->instance);
	if (event->kind != NAT_ADDRESSES_EXHAUSTED)
		add_name(line, "tenant", entry->tenant);
	if (is_shares || (is_want && event->kind != NAT_QUOTA_EXCEEDED))
		add_name(line, "pool", entry->pool);
	add_endpoint(line, "inside", event->version, event->inside, event->inside_port);
	add_endpoint(line, "outside", 4, event->outside, event->outside_port);
	add_number(line, "protocol", event->protocol);
	add_endpoint(line, "remote", event->version, event->remote, event->remote_port);
	if (event->version == 6 || memcmp(event->remote, event->far, 4) != 0 ||
	    event->remote_port != event->far_port)
		add_endpoint(line, "far", 4, event->far, event->far_port);
	if (event->last_port != 0)
		add(line, ",\"first_port\":%u,\"last_port\":%u", event->first_port,
		    event->last_port);
	if (event->kind == NAT_QUOTA_EXCEEDED && event->quota < NAT_QUOTA_END && event->quota != 0)
		add(line, ",\"quota\":\"%s\",\"limit\":%u", quota_names[event->quota],
		    event->limit);
	if (is_shares)
		add(line, ",\"hosts\":%u,\"hosts_per_address\":%u", event->limit,
		    event->suppressed);
	if (is_want)
		add(line, ",\"suppressed\":%u", event->suppressed);
	add(line, "}\n");
}

/* The file. */

static void
json_write(struct nat_log_writer *writer, const struct nat_log_entry *entry, uint64_t *counts)
{
	struct json_writer *json = (struct json_writer *)writer;
	struct line line;

	make_line(&line, entry);
	if (!wp_lines_put(json->lines, line.text, line.n, &counts[NAT_LOG_WRITTEN]))
		counts[NAT_LOG_LOST]++;
}

static void
json_tick(struct nat_log_writer *writer, uint64_t *counts, uint64_t now_ns)
{
	struct json_writer *json = (struct json_writer *)writer;

	if (wp_lines_tick(json->lines, now_ns, &counts[NAT_LOG_WRITTEN]))
		counts[NAT_LOG_CONNECTS]++;
}

static void
json_close(struct nat_log_writer *writer, uint64_t *counts, uint64_t until_ns)
{
	struct json_writer *json = (struct json_writer *)writer;

	counts[NAT_LOG_LOST] += wp_lines_close(json->lines, &counts[NAT_LOG_WRITTEN]);
	free(json);
}

int
log_json_open(const struct nat_log_target *target, char *message, size_t size,
	      struct nat_log_writer **writer)
{
	struct json_writer *json = calloc(1, sizeof(*json));
	int err;

	if (json == NULL)
		return -ENOMEM;
	json->writer = (struct nat_log_writer){json_write, json_tick, json_close};
	err = wp_lines_open(target->path, &json->lines);
	if (err != 0) {
		free(json);
		snprintf(message, size, "path: %s: %s", target->path, wp_plain_why(err));
		return err;
	}
	*writer = &json->writer;
	return 0;
}
