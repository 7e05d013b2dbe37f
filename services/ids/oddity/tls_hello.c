/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls_hello.h. */

#include "oddity/tls_hello.h"

#include "bytes.h"

/** Takes bytes from the front. @return false: there are fewer */
static bool
take(struct wp_span *from, uint32_t size, struct wp_span *part)
{
	if (size > from->size)
		return false;
	*part = (struct wp_span){from->data, size};
	from->data += size;
	from->size -= size;
	return true;
}

/** Takes a vector, whose length stands in front of it. @param bytes  of that: 1 or 2 */
static bool
take_vector(struct wp_span *from, uint32_t bytes, struct wp_span *vector)
{
	struct wp_span length;

	if (!take(from, bytes, &length))
		return false;
	return take(from, bytes == 1 ? length.data[0] : wp_get16(length.data), vector);
}

/** RFC 6066 section 3. @return what is wrong with it */
static enum rule_event
fault_of_name(struct wp_span data)
{
	enum { HOST_NAME = 0, LIST_SIZE = 2 };
	struct wp_span skipped, type, name;

	if (!take(&data, LIST_SIZE, &skipped) || !take(&data, 1, &type))
		return EVENT_TLS_HANDSHAKE_INVALID_LENGTH;
	if (type.data[0] != HOST_NAME)
		return EVENT_TLS_INVALID_SNI_TYPE;
	if (data.size < LIST_SIZE)
		return EVENT_TLS_HANDSHAKE_INVALID_LENGTH;
	return !take_vector(&data, 2, &name) || name.size == 0 ? EVENT_TLS_INVALID_SNI_LENGTH
							       : EVENT_NONE;
}

/** @return whether they fill their room. */
static bool
look_at_extensions(struct wp_span list, bool *has_name, struct oddities *odd)
{
	enum { SERVER_NAME = 0 };
	struct wp_span type, data;

	while (list.size != 0) {
		enum rule_event fault;

		if (!take(&list, 2, &type) || !take_vector(&list, 2, &data))
			return false;
		if (wp_get16(type.data) != SERVER_NAME)
			continue;
		fault = *has_name ? EVENT_TLS_MULTIPLE_SNI_EXTENSIONS : fault_of_name(data);
		*has_name = true;
		if (fault != EVENT_NONE)
			oddities_add(odd, fault);
		if (fault != EVENT_NONE && fault != EVENT_TLS_MULTIPLE_SNI_EXTENSIONS)
			return true;
	}
	return true;
}

/** @return whether what the lengths say fits. */
static bool
fits(struct wp_span body, bool from_client, bool *has_name, struct oddities *odd)
{
	enum { VERSION_AND_RANDOM = 34, SESSION_MAX = 32 };
	struct wp_span part, list;

	if (!take(&body, VERSION_AND_RANDOM, &part) || !take_vector(&body, 1, &part) ||
	    part.size > SESSION_MAX)
		return false;
	if (!from_client)
		return take(&body, 3, &part); /* cipher and compression; extensions are not read */
	if (!take_vector(&body, 2, &part) || part.size % 2 != 0 || !take_vector(&body, 1, &part))
		return false;
	if (body.size == 0)
		return true;
	return take_vector(&body, 2, &list) && look_at_extensions(list, has_name, odd);
}

void
tls_hello_look(struct wp_span body, bool from_client, bool *has_name, struct oddities *odd)
{
	if (!fits(body, from_client, has_name, odd))
		oddities_add(odd, EVENT_TLS_HANDSHAKE_INVALID_LENGTH);
}

void
tls_hello_look_at_names(struct wp_span extensions, struct oddities *odd)
{
	bool has_name = false;

	look_at_extensions(extensions, &has_name, odd);
}
