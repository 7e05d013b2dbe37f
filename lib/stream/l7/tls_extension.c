/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions of hellos (RFC 8446 section 4.2). Of one that comes twice the first counts. */

#include "stream/l7/tls_view.h"

enum {
	SERVER_NAME = 0,           /* RFC 6066 section 3 */
	SUPPORTED_GROUPS = 10,     /* RFC 8446 section 4.2.7 */
	EC_POINT_FORMATS = 11,     /* RFC 8422 section 5.1.2 */
	SIGNATURE_ALGORITHMS = 13, /* RFC 8446 section 4.2.3 */
	ALPN = 16,                 /* RFC 7301 */
	SUPPORTED_VERSIONS = 43,   /* RFC 8446 section 4.2.1 */
	TYPES_MARKED = 64,         /* that are looked at for coming twice */
};

enum { HOST_NAME = 0 };

bool
tls_is_grease(unsigned int value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/** Reads a list that is the whole of an extension. @param bytes  of its length field
 * @param unit  bytes of each element */
static bool
read_list(struct wp_span body, uint32_t bytes, uint32_t unit, struct wp_span *list)
{
	return tls_take_vector(&body, bytes, list) && body.size == 0 && list->size != 0 &&
	       list->size % unit == 0;
}

static bool
read_server_name(struct wp_span body, struct wp_tls_hello *hello)
{
	struct wp_span list, type, name;
	bool is_sound;

	/* A server says with an empty one that it has made use of the name. */
	if (!hello->is_client && body.size == 0)
		return true;
	is_sound = read_list(body, 2, 1, &list);
	while (list.size != 0) {
		tls_take(&list, 1, &type);
		is_sound &= tls_take_vector(&list, 2, &name);
		if (type.data[0] != HOST_NAME)
			continue;
		/* One name of a type, and not an empty one. */
		is_sound &= hello->server_name.data == NULL && name.size != 0;
		if (hello->server_name.data == NULL)
			hello->server_name = name;
	}
	return is_sound;
}

bool
wp_tls_next_protocol(struct wp_span *list, struct wp_span *name)
{
	return list->size != 0 && tls_take_vector(list, 1, name) && name->size != 0;
}

static bool
read_alpn(struct wp_span body, struct wp_tls_hello *hello)
{
	bool is_sound = read_list(body, 2, 1, &hello->alpn);
	struct wp_span list = hello->alpn, name;

	while (list.size != 0)
		is_sound &= wp_tls_next_protocol(&list, &name);
	return is_sound;
}

/** A client's highest; those of the future and of drafts do not fool anybody: they are higher. */
static uint16_t
highest(struct wp_span versions)
{
	struct wp_span version;
	uint16_t best = 0;

	while (tls_take(&versions, 2, &version)) {
		uint16_t number = (uint16_t)tls_number(version);

		if (number > best && !tls_is_grease(number))
			best = number;
	}
	return best;
}

static bool
read_versions(struct wp_span body, struct wp_tls_hello *hello)
{
	bool is_sound = body.size == 2;

	if (hello->is_client)
		is_sound = read_list(body, 1, 2, &hello->versions);
	else
		tls_take(&body, 2, &hello->versions);
	if (highest(hello->versions) != 0)
		hello->version = highest(hello->versions);
	return is_sound;
}

static bool
read_extension(uint32_t type, struct wp_span body, struct wp_tls_hello *hello)
{
	switch (type) {
	case SERVER_NAME:
		return read_server_name(body, hello);
	case SUPPORTED_GROUPS:
		return read_list(body, 2, 2, &hello->groups);
	case EC_POINT_FORMATS:
		return read_list(body, 1, 1, &hello->point_formats);
	case SIGNATURE_ALGORITHMS:
		return read_list(body, 2, 2, &hello->signature_algorithms);
	case ALPN:
		return read_alpn(body, hello);
	case SUPPORTED_VERSIONS:
		return read_versions(body, hello);
	default:
		return true;
	}
}

bool
tls_extensions_read(struct wp_tls_hello *hello)
{
	struct wp_span left = hello->extensions, type, body;
	uint64_t seen = 0;
	bool is_sound = true;

	while (tls_take(&left, 2, &type)) {
		uint32_t number = tls_number(type);
		uint64_t mark = number < TYPES_MARKED ? (uint64_t)1 << number : 0;

		hello->n_extensions++;
		is_sound &= tls_take_vector(&left, 2, &body);
		if ((seen & mark) == 0)
			is_sound &= read_extension(number, body, hello);
		else
			is_sound = false;
		seen |= mark;
	}
	return is_sound && type.size == 0;
}
