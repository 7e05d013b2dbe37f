/* SPDX-License-Identifier: BSD-3-Clause */
/* Domain names in a message, with compression (RFC 1035 section 4.1.4): how long they are as they
 * stand there, and what they say. */

#include "stream/l7/dns_view.h"

#include "bytes.h"

enum {
	POINTER = 0xc0,  /* bits of a label's length that make it a pointer */
	RESERVED = 0x80, /* bits of another type of label; see also RFC 6891 section 5 */
	ESCAPED_MAX = 4, /* bytes of text of one byte in a label */
};

int32_t
dns_name_skip(const uint8_t *message, uint32_t at, uint32_t end)
{
	while (at < end) {
		uint8_t length = message[at];

		if ((length & POINTER) == POINTER)
			return end - at < 2 ? DNS_NAME_CUT : (int32_t)at + 2;
		if ((length & POINTER) != 0)
			return DNS_NAME_RESERVED;
		at += 1u + length;
		if (length == 0)
			return (int32_t)at;
	}
	return DNS_NAME_CUT;
}

/** A name while it is put together. */
struct walk {
	uint32_t at;
	uint32_t limit; /* pointers should point before this */
	uint32_t size;  /* bytes of the name so far, with the length of each label */
	uint8_t n_labels;
	uint8_t n_pointers;
};

/** Writes a label as text. @return behind it */
static uint8_t *
write_label(uint8_t *to, const uint8_t *label, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		uint8_t byte = label[i];

		if (byte < 0x21 || byte > 0x7e) {
			*to++ = '\\';
			*to++ = (uint8_t)('0' + byte / 100);
			*to++ = (uint8_t)('0' + byte / 10 % 10);
			byte = (uint8_t)('0' + byte % 10);
		} else if (byte == '.' || byte == '\\') {
			*to++ = '\\';
		}
		*to++ = byte;
	}
	return to;
}

/** Follows a pointer. Each should point further back than the last one did (RFC 1035
 * section 4.1.4); glibc and dnsmasq follow others, too, and count them, which ends loops. */
static bool
follow(struct dns_reader *reader, struct walk *walk)
{
	uint32_t to;

	if (reader->size - walk->at < 2 || walk->n_pointers == DNS_LABELS_MAX)
		return false;
	to = wp_get16(reader->message + walk->at) & 0x3fffu;
	if (to < DNS_HEADER || to >= walk->limit)
		dns_note(reader, WP_DNS_BAD_NAME);
	walk->at = walk->limit = to;
	walk->n_pointers++;
	return true;
}

/** @return whether a label of so many bytes is there, and a root has room behind it. */
static bool
fits(const struct dns_reader *reader, const struct walk *walk, uint32_t length)
{
	return length < reader->size - walk->at && walk->size + 1 + length + 1 <= DNS_NAME_MAX;
}

/** Goes through labels until the root. @return the end of the text; NULL: it is no name */
static uint8_t *
expand(struct dns_reader *reader, struct walk *walk, uint8_t *to)
{
	const uint8_t *begin = to;

	for (;;) {
		uint8_t length = walk->at < reader->size ? reader->message[walk->at] : RESERVED;

		if (length == 0)
			return to;
		if ((length & POINTER) == POINTER && follow(reader, walk))
			continue;
		if ((length & POINTER) != 0 || !fits(reader, walk, length))
			return NULL;
		if (to != begin)
			*to++ = '.';
		to = write_label(to, reader->message + walk->at + 1, length);
		walk->at += 1u + length;
		walk->size += 1u + length;
		walk->n_labels++;
	}
}

/** Puts the name together that begins at reader->at. */
static void
tell_name(struct dns_reader *reader, struct wp_dns_name *name)
{
	struct walk walk = {.at = reader->at, .limit = reader->at};
	uint8_t *begin = reader->texts + reader->n_text, *end;

	if (reader->n_text + DNS_NAME_MAX * ESCAPED_MAX > DNS_TEXTS_SIZE) {
		dns_note(reader, WP_DNS_TOO_MUCH);
		return;
	}
	end = expand(reader, &walk, begin);
	if (end == NULL) {
		dns_note(reader, WP_DNS_BAD_NAME);
		return;
	}
	if (end == begin)
		*end++ = '.';
	name->text = (struct wp_span){begin, (uint32_t)(end - begin)};
	name->n_labels = walk.n_labels;
	reader->n_text += name->text.size;
}

int
dns_name_read(struct dns_reader *reader, uint32_t end, struct wp_dns_name *name)
{
	int32_t behind = dns_name_skip(reader->message, reader->at, end);

	*name = (struct wp_dns_name){0};
	if (behind < 0)
		return behind;
	name->raw = (struct wp_span){reader->message + reader->at, (uint32_t)behind - reader->at};
	tell_name(reader, name);
	reader->at = (uint32_t)behind;
	return 0;
}
