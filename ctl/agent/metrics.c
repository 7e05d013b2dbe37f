/* SPDX-License-Identifier: BSD-3-Clause */
/* See metrics.h. What there is stands in one table: a family is a member of each object of a list.
 */

#include "ctl/agent/metrics.h"

#include <stdio.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_names[] = {
	[COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};

/** A family of metrics. */
struct family {
	const char *name; /* behind "waypoint_" */
	enum kind kind;
	const char *help;
	const char *list;   /* of the snapshot: objects; NULL: the snapshot itself */
	const char *object; /* a member of theirs that has the members; NULL: they have them */
	const char *member; /* the value; NULL: all of 'object', each by a label */
	const char *label;  /* that label */
	double scale;       /* to base units */
};

static const struct family families[] = {
	{"epoch", GAUGE, "Epoch of the document in force.", NULL, NULL, "epoch", NULL, 1},
	{"audit_checks", COUNTER, "Comparisons of the packet accounts.", NULL, "audit", "checks",
	 NULL, 1},
	{"audit_failures", COUNTER, "Comparisons that did not come out even.", NULL, "audit",
	 "failures", NULL, 1},
	{"fragmented_datagrams", GAUGE, "Fragmented datagrams that are followed.", NULL,
	 "fragments", "datagrams", NULL, 1},
	{"worker_packets", COUNTER, "Packets that a worker has taken.", "workers", NULL, "packets",
	 NULL, 1},
	{"worker_bursts", COUNTER, "Bursts of them.", "workers", NULL, "bursts", NULL, 1},
	{"worker_handed_over_packets", COUNTER, "Packets it gave to another worker.", "workers",
	 NULL, "handed_over", NULL, 1},
	{"worker_held_packets", GAUGE, "Packets it holds for services.", "workers", NULL, "held",
	 NULL, 1},
	{"worker_queued_packets", GAUGE, "Packets that wait for a port.", "workers", NULL, "queued",
	 NULL, 1},
	{"worker_busy_ratio", GAUGE, "Share of the last second with work.", "workers", NULL,
	 "busy_permille", NULL, 0.001},
	{"port_up", GAUGE, "Whether the link is there.", "ports", NULL, "up", NULL, 1},
	{"port_receive_packets", COUNTER, "Packets from a port.", "ports", NULL, "rx", NULL, 1},
	{"port_receive_bytes", COUNTER, "Bytes of them.", "ports", NULL, "rx_bytes", NULL, 1},
	{"port_transmit_packets", COUNTER, "Packets to a port.", "ports", NULL, "tx", NULL, 1},
	{"port_transmit_bytes", COUNTER, "Bytes of them.", "ports", NULL, "tx_bytes", NULL, 1},
	{"port_missed_packets", COUNTER, "Packets lost in front of a port.", "ports", NULL,
	 "missed", NULL, 1},
	{"port_refused_packets", COUNTER, "Packets without a tag that leads somewhere.", "ports",
	 "refused", NULL, "reason", 1},
	{"path_receive_packets", COUNTER, "Packets that came to a path.", "paths", NULL, "rx", NULL,
	 1},
	{"path_receive_bytes", COUNTER, "Bytes of them.", "paths", NULL, "rx_bytes", NULL, 1},
	{"path_transmit_packets", COUNTER, "Packets that went back.", "paths", NULL, "tx", NULL, 1},
	{"path_transmit_bytes", COUNTER, "Bytes of them.", "paths", NULL, "tx_bytes", NULL, 1},
	{"path_created_packets", COUNTER, "Packets that services have made.", "paths", NULL,
	 "created", NULL, 1},
	{"path_absorbed_packets", COUNTER, "Packets that services have kept.", "paths", NULL,
	 "absorbed", NULL, 1},
	{"path_replied_packets", COUNTER, "Packets that were turned into answers.", "paths", NULL,
	 "replied", NULL, 1},
	{"path_dropped_packets", COUNTER, "Packets that the runtime dropped.", "paths", "drops",
	 NULL, "reason", 1},
	{"path_latency_seconds", HISTOGRAM, "Time in the PE, of one burst in eight.", "paths",
	 "latency", NULL, "le", 1e-9},
	{"step_packets", COUNTER, "Packets that came to a step.", "steps", NULL, "packets", NULL,
	 1},
	{"step_bypassed_packets", COUNTER, "Packets that went around it.", "steps", NULL,
	 "bypassed", NULL, 1},
	{"step_dropped_packets", COUNTER, "Packets that its service dropped.", "steps", "drops",
	 NULL, "reason", 1},
	{"service_events", COUNTER, "What a service counts.", "instances", "counters", NULL,
	 "event", 1},
	{"table_entries", GAUGE, "Entries of a state table.", "tables", NULL, "entries", NULL, 1},
	{"table_max_entries", GAUGE, "Entries it may have.", "tables", NULL, "max", NULL, 1},
	{"table_memory_bytes", GAUGE, "Memory it takes.", "tables", NULL, "memory_bytes", NULL, 1},
	{"table_refused_full", COUNTER, "Entries refused because it was full.", "tables", NULL,
	 "refused_full", NULL, 1},
	{"table_refused_tenant", COUNTER, "Entries refused because a tenant had its share.",
	 "tables", NULL, "refused_tenant", NULL, 1},
};

/** Labels so far: text between braces, without them. */
struct labels {
	char text[640];
	size_t n;
};

/** Adds a label; its value is escaped, and cut when it does not fit. */
static void
add_label(struct labels *labels, const char *name, const char *value)
{
	size_t room = sizeof(labels->text) - 4; /* for the last escape, quote and end */

	if (labels->n + strlen(name) + 3 > room)
		return;
	labels->n += (size_t)sprintf(labels->text + labels->n, "%s%s=\"", labels->n == 0 ? "" : ",",
				     name);
	for (; value != NULL && *value != '\0' && labels->n < room; value++) {
		if (*value == '"' || *value == '\\')
			labels->text[labels->n++] = '\\';
		if (*value >= ' ')
			labels->text[labels->n++] = *value;
	}
	labels->text[labels->n++] = '"';
	labels->text[labels->n] = '\0';
}

static void
add_member(struct labels *labels, const char *label, const json_t *object, const char *member)
{
	add_label(labels, label, json_string_value(json_object_get(object, member)));
}

static double
value_of(const json_t *value)
{
	return json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
}

/** Where the samples of a family go. */
struct writer {
	struct evbuffer *out;
	const struct family *family;
};

static void
write_sample(const struct writer *writer, const struct labels *labels, const json_t *value)
{
	const struct family *family = writer->family;

	if (!json_is_number(value) && !json_is_boolean(value))
		return;
	evbuffer_add_printf(writer->out, "waypoint_%s%s%s%s%s %.15g\n", family->name,
			    family->kind == COUNTER ? "_total" : "", labels->n != 0 ? "{" : "",
			    labels->text, labels->n != 0 ? "}" : "",
			    value_of(value) * family->scale);
}

/** Writes a histogram: buckets up to all, sum and count. */
static void
write_histogram(const struct writer *writer, const struct labels *labels, const json_t *histogram)
{
	const struct family *family = writer->family;
	double count = value_of(json_object_get(histogram, "count"));
	double sum = value_of(json_object_get(histogram, "sum_ns")) * family->scale;
	const json_t *bucket;
	size_t i;

	json_array_foreach(json_object_get(histogram, "buckets"), i, bucket) evbuffer_add_printf(
		writer->out, "waypoint_%s_bucket{%s,%s=\"%.9g\"} %.15g\n", family->name,
		labels->text, family->label, value_of(json_array_get(bucket, 0)) * family->scale,
		value_of(json_array_get(bucket, 1)));
	evbuffer_add_printf(writer->out,
			    "waypoint_%s_bucket{%s,%s=\"+Inf\"} %.15g\nwaypoint_%s_sum{%s} "
			    "%.15g\nwaypoint_%s_count{%s} %.15g\n",
			    family->name, labels->text, family->label, count, family->name,
			    labels->text, sum, family->name, labels->text, count);
}

/** Writes the samples of one object. */
static void
write_object(const struct writer *writer, const struct labels *labels, const json_t *object)
{
	const struct family *family = writer->family;
	json_t *at = family->object == NULL ? (json_t *)(size_t)object
					    : json_object_get(object, family->object);
	struct labels more;
	const char *name;
	json_t *value;

	if (family->kind == HISTOGRAM) {
		write_histogram(writer, labels, at);
		return;
	}
	if (family->member != NULL) {
		write_sample(writer, labels, json_object_get(at, family->member));
		return;
	}
	json_object_foreach(at, name, value)
	{
		more = *labels;
		add_label(&more, family->label, name);
		write_sample(writer, &more, value);
	}
}

/** Says which object of a list it is. */
static void
label_object(const char *list, const json_t *object, size_t index, struct labels *labels)
{
	char number[24];

	snprintf(number, sizeof(number), "%zu", index);
	if (strcmp(list, "workers") == 0)
		add_label(labels, "worker", number);
	else if (strcmp(list, "ports") == 0)
		add_member(labels, "port", object, "name");
	else if (strcmp(list, "paths") == 0) {
		add_member(labels, "path", object, "name");
		add_member(labels, "tenant", object, "tenant");
	} else if (strcmp(list, "steps") == 0) {
		add_label(labels, "step", number);
		add_member(labels, "service_instance", object, "instance");
		add_member(labels, "service", object, "service");
	} else if (strcmp(list, "instances") == 0) {
		add_member(labels, "service_instance", object, "name");
		add_member(labels, "service", object, "service");
	} else {
		add_member(labels, "service", object, "service");
		add_member(labels, "table", object, "table");
	}
}

static void
write_list(const struct writer *writer, const char *list, const json_t *objects,
	   const struct labels *outer)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		struct labels labels = *outer;

		label_object(list, object, i, &labels);
		write_object(writer, &labels, object);
	}
}

/** Steps are in paths. */
static void
write_steps(const struct writer *writer, const json_t *paths)
{
	const json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
	{
		struct labels labels = {.n = 0};

		label_object("paths", path, i, &labels);
		write_list(writer, "steps", json_object_get(path, "steps"), &labels);
	}
}

void
metrics_write(struct evbuffer *out, const json_t *stats, bool is_open)
{
	static const struct labels none;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *family = &families[i];
		const struct writer writer = {out, family};
		const char *total = family->kind == COUNTER && !is_open ? "_total" : "";

		evbuffer_add_printf(out, "# HELP waypoint_%s%s %s\n# TYPE waypoint_%s%s %s\n",
				    family->name, total, family->help, family->name, total,
				    kind_names[family->kind]);
		if (family->list == NULL)
			write_object(&writer, &none, stats);
		else if (strcmp(family->list, "steps") == 0)
			write_steps(&writer, json_object_get(stats, "paths"));
		else
			write_list(&writer, family->list, json_object_get(stats, family->list),
				   &none);
	}
	if (is_open)
		evbuffer_add_printf(out, "# EOF\n");
}
