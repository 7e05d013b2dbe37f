/* SPDX-License-Identifier: BSD-3-Clause */
/* See contract.h. */

#include "pe/contract.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "say.h"
#include "state/state.h"

enum { DEPTH_MAX = 8, NAMES_MAX = 256 };

/** Where the answer goes. */
struct reader {
	const char *file;
	char *message;
	size_t size;
};

#define refuse(reader, format, ...)                                                                \
	wp_say((reader)->message, (reader)->size, -EINVAL, "%s: " format, (reader)->file,          \
	       ##__VA_ARGS__)

/** @return bytes that a field fills of its struct; 0: it is laid out by its own fields */
static size_t
field_size(const struct wp_field *field)
{
	switch (field->type) {
	case WP_U32:
	case WP_ENUM:
		return sizeof(uint32_t);
	case WP_U64:
		return sizeof(uint64_t);
	case WP_BOOL:
		return sizeof(bool);
	case WP_STRING:
	case WP_FILE:
	case WP_NAME:
	case WP_KEY_NAME:
	case WP_JSON:
		return sizeof(void *);
	case WP_ADDR:
		return sizeof(struct wp_addr);
	case WP_PREFIX:
		return sizeof(struct wp_prefix);
	case WP_PORT_RANGE:
		return sizeof(struct wp_port_range);
	case WP_LIST:
	case WP_U32_LIST:
	case WP_STRING_LIST:
	case WP_FILE_LIST:
		return sizeof(struct wp_list);
	default:
		return 0;
	}
}

/** @return why the limits of a field cannot be, or NULL. */
static const char *
limits_fault(const struct wp_field *field)
{
	switch (field->type) {
	case WP_U32:
	case WP_U32_LIST:
		return field->max > UINT32_MAX ? "max is above 4294967295" : NULL;
	case WP_U64:
		return field->max > (uint64_t)1 << 53 ? "max is above 2^53" : NULL;
	default:
		return NULL;
	}
}

static bool
has_limits(enum wp_field_type type)
{
	return type == WP_U32 || type == WP_U64 || type == WP_STRING || type == WP_LIST ||
	       type == WP_U32_LIST || type == WP_STRING_LIST || type == WP_FILE ||
	       type == WP_FILE_LIST;
}

/** @return why a field alone cannot be, or NULL. */
static const char *
field_fault(const struct wp_field *field)
{
	json_t *json;

	if (field->type > WP_FILE_LIST)
		return "its type is unknown";
	if (field->type == WP_ENUM && (field->choices == NULL || field->choices[0] == NULL))
		return "an enum needs choices";
	if ((field->type == WP_LIST || field->type == WP_OBJECT) && field->fields == NULL)
		return "it needs fields";
	if (field->type == WP_LIST && field->item_size == 0)
		return "a list needs item_size";
	if (has_limits(field->type) && (field->max == 0 || field->min > field->max))
		return "max is 0, or below min";
	if (field->dflt != NULL) {
		json = json_loads(field->dflt, JSON_DECODE_ANY, NULL);
		if (json == NULL)
			return "its default is no JSON text, such as 5, \"any\" in quotes, or []";
		json_decref(json);
	}
	return limits_fault(field);
}

/** @return why a field cannot stand beside those before it, or NULL. */
static const char *
neighbour_fault(const struct wp_field *fields, const struct wp_field *field)
{
	for (const struct wp_field *other = fields; other != field; other++) {
		if (strcmp(other->name, field->name) == 0)
			return "its name is there twice";
		if (other->offset < field->offset + field_size(field) &&
		    field->offset < other->offset + field_size(other))
			return "it fills bytes of another";
	}
	return NULL;
}

static int
check_fields(const struct reader *reader, const struct wp_field *fields, size_t size,
	     unsigned int depth)
{
	if (depth > DEPTH_MAX)
		return refuse(reader, "fields are nested more than %u deep", DEPTH_MAX);
	for (const struct wp_field *field = fields; field->name != NULL; field++) {
		const char *fault = field_fault(field);
		int err = 0;

		if (fault == NULL)
			fault = neighbour_fault(fields, field);
		if (fault != NULL)
			return refuse(reader, "field '%s': %s", field->name, fault);
		if (field->offset + field_size(field) > size)
			return refuse(reader, "field '%s': ends at byte %zu of a struct of %zu",
				      field->name, field->offset + field_size(field), size);
		if (field->type == WP_LIST)
			err = check_fields(reader, field->fields, field->item_size, depth + 1);
		else if (field->type == WP_OBJECT)
			err = check_fields(reader, field->fields, size - field->offset, depth + 1);
		if (err != 0)
			return err;
	}
	return 0;
}

static int
check_names(const struct reader *reader, const char *kind, const char *const *names)
{
	unsigned int n = 0;

	for (; names != NULL && names[n] != NULL; n++) {
		if (n == NAMES_MAX)
			return refuse(reader, "more than %u %ss", NAMES_MAX, kind);
		for (unsigned int i = 0; i < n; i++)
			if (strcmp(names[i], names[n]) == 0)
				return refuse(reader, "%s '%s' is there twice", kind, names[n]);
	}
	return 0;
}

static int
check_tables(const struct reader *reader, const struct wp_table_decl *tables)
{
	for (const struct wp_table_decl *decl = tables; decl != NULL && decl->name != NULL;
	     decl++) {
		const char *fault = wp_table_decl_fault(decl);

		if (fault == NULL && decl->max_entries == 0)
			fault = "max_entries is 0";
		if (decl - tables >= UINT8_MAX)
			return refuse(reader, "more than %u tables", UINT8_MAX);
		for (const struct wp_table_decl *other = tables; other != decl; other++)
			if (strcmp(other->name, decl->name) == 0)
				fault = "its name is there twice";
		if (fault != NULL)
			return refuse(reader, "table '%s': %s", decl->name, fault);
	}
	return 0;
}

/** @return whether a row stands in front of @p want, too. */
static bool
is_wanted_before(const struct wp_stream_want *wants, const struct wp_stream_want *want)
{
	for (; wants != want; wants++)
		if (wants->type == want->type && wants->filter == want->filter &&
		    wants->l7 == want->l7)
			return true;
	return false;
}

static int
check_calls(const struct reader *reader, const struct wp_service *service)
{
	if (service->abi != WP_SERVICE_ABI)
		return refuse(reader,
			      "made for service ABI %u, this runtime has %u; build it again with "
			      "this version's headers",
			      service->abi, WP_SERVICE_ABI);
	if (service->name == NULL || service->name[0] == '\0' || strlen(service->name) > 63)
		return refuse(reader, "wp_service.name is missing or longer than 63 bytes");
	if ((service->open == NULL) != (service->close == NULL))
		return refuse(reader, "open and close need each other");
	if (service->burst == NULL && service->events == NULL)
		return refuse(reader, "wp_service needs burst or events");
	if (service->is_current != NULL && service->open == NULL)
		return refuse(reader, "is_current needs open");
	if (service->hears != NULL && service->wants == NULL)
		return refuse(reader, "hears needs wants");
	if ((service->wants == NULL) != (service->events == NULL))
		return refuse(reader, "wants and events need each other");
	if ((service->fields != NULL && service->config_size == 0) ||
	    (service->step_fields != NULL && service->step_size == 0))
		return refuse(reader,
			      "fields without config_size, or step_fields without step_size");
	for (const struct wp_stream_want *want = service->wants;
	     want != NULL && want->type != WP_FLOW_EVENTS; want++) {
		if (want - service->wants >= WP_WANTS_MAX)
			return refuse(reader, "more than %u rows of wants", WP_WANTS_MAX);
		if (want->type > WP_FLOW_EVENTS || want->l7 >= WP_L7_PROTOCOLS ||
		    is_wanted_before(service->wants, want))
			return refuse(reader,
				      "row %u of wants is no event, or one again; is WP_WANTS_END "
				      "behind the last?",
				      (unsigned int)(want - service->wants));
	}
	if ((service->open_log == NULL) != (service->log == NULL))
		return refuse(reader, "open_log and log need each other");
	if ((service->home == NULL) != (service->restore == NULL))
		return refuse(reader, "home and restore need each other");
	return 0;
}

static bool
has_name(const char *const *names, const char *name)
{
	for (; names != NULL && *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/** What hears of flows serves on the worker that owns them, and so can own nothing elsewhere. */
static int
check_owners(const struct reader *reader, const struct wp_service *service)
{
	for (const struct wp_table_decl *decl = service->tables;
	     service->wants != NULL && decl != NULL && decl->name != NULL; decl++)
		if (decl->owner == WP_OWNER_KEY && decl->class != WP_COUNTER &&
		    decl->class != WP_SHARED)
			return refuse(reader,
				      "table '%s': its key says who owns its entries, but a "
				      "service with wants serves where its flows are",
				      decl->name);
	return 0;
}

/** An alert is something that is counted. */
static int
check_alerts(const struct reader *reader, const struct wp_service *service)
{
	for (const char *const *alert = service->alerts; alert != NULL && *alert != NULL; alert++)
		if (!has_name(service->counters, *alert) && !has_name(service->reasons, *alert))
			return wp_say(reader->message, reader->size, -EINVAL,
				      "%s: alert '%s' is neither a counter nor a reason",
				      reader->file, *alert);
	return 0;
}

int
contract_check(const struct wp_service *service, const char *file, char *message, size_t size)
{
	const struct reader reader = {.file = file, .message = message, .size = size};
	int err = check_calls(&reader, service);

	if (err == 0 && service->fields != NULL)
		err = check_fields(&reader, service->fields, service->config_size, 0);
	if (err == 0 && service->step_fields != NULL)
		err = check_fields(&reader, service->step_fields, service->step_size, 0);
	if (err == 0)
		err = check_tables(&reader, service->tables);
	if (err == 0)
		err = check_owners(&reader, service);
	if (err == 0)
		err = check_names(&reader, "counter", service->counters);
	if (err == 0)
		err = check_names(&reader, "reason", service->reasons);
	return err != 0 ? err : check_alerts(&reader, service);
}
