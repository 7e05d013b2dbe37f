/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What TLS is known by: a record with the beginning of a hello, an alert, or a ClientHello in SSL
 * 2.0's form. Records of application data are not enough: they are three bytes that others may
 * begin with, too.
 */

#include "stream/l7/tls_match.h"

#include "bytes.h"
#include "stream/l7/tls_view.h"

enum {
	MINOR_MAX = 4,
	V2_ALL = 11, /* bytes of an SSL 2.0 ClientHello up to its lists */
};

/** @return whether bytes of a table's columns are in their ranges, as many as there are. */
static bool
in_ranges(const uint8_t *data, uint32_t size, const uint8_t (*ranges)[2], uint32_t n)
{
	for (uint32_t i = 0; i < n && i < size; i++)
		if (data[i] < ranges[i][0] || data[i] > ranges[i][1])
			return false;
	return true;
}

static enum l7_match
match_handshake(const uint8_t *data, uint32_t size)
{
	/* Type, version, length; message type, length, version. */
	static const uint8_t ranges[][2] = {{WP_TLS_HANDSHAKE, WP_TLS_HANDSHAKE},
					    {3, 3},
					    {0, MINOR_MAX},
					    {0, WP_TLS_RECORD_MAX >> 8},
					    {0, 255},
					    {TLS_CLIENT_HELLO, TLS_SERVER_HELLO},
					    {0, 0},
					    {0, 255},
					    {0, 255},
					    {3, 3}};
	uint32_t n = sizeof(ranges) / sizeof(ranges[0]), length;

	if (!in_ranges(data, size, ranges, size < TLS_RECORD_HEAD ? size : TLS_RECORD_HEAD))
		return L7_NO;
	if (size < TLS_RECORD_HEAD)
		return L7_MAYBE;
	length = wp_get16(data + 3);
	if (length == 0 || length > WP_TLS_RECORD_MAX)
		return L7_NO;
	/* A hello may be cut into records at any byte. */
	if (length < n - TLS_RECORD_HEAD)
		n = TLS_RECORD_HEAD + length;
	if (!in_ranges(data, size, ranges, n))
		return L7_NO;
	return size < n ? L7_MAYBE : L7_YES;
}

static enum l7_match
match_alert(const uint8_t *data, uint32_t size)
{
	/* Type, version, length; level, description. */
	static const uint8_t ranges[][2] = {{WP_TLS_ALERT, WP_TLS_ALERT},
					    {3, 3},
					    {0, MINOR_MAX},
					    {0, 0},
					    {2, 2},
					    {1, 2},
					    {0, 120}};
	uint32_t n = sizeof(ranges) / sizeof(ranges[0]);

	if (!in_ranges(data, size, ranges, n))
		return L7_NO;
	return size < n ? L7_MAYBE : L7_YES;
}

bool
tls_begins_v2(const uint8_t *head)
{
	uint32_t length = wp_get16(head) & 0x7fff;

	return (head[0] & 0x80) != 0 && head[2] == TLS_CLIENT_HELLO && length >= V2_ALL - 2 &&
	       ((head[3] == 3 && head[4] <= MINOR_MAX) || (head[3] == 0 && head[4] == 2));
}

/** RFC 5246 appendix E.2. The lists must fill the message. */
static enum l7_match
match_v2(const uint8_t *data, uint32_t size)
{
	uint32_t length, ciphers, id, challenge;

	if ((size >= 3 && data[2] != TLS_CLIENT_HELLO) ||
	    (size >= TLS_V2_HEAD && !tls_begins_v2(data)))
		return L7_NO;
	if (size < V2_ALL)
		return L7_MAYBE;
	length = (wp_get16(data) & 0x7fffu) + 2;
	ciphers = wp_get16(data + 5);
	id = wp_get16(data + 7);
	challenge = wp_get16(data + 9);
	return ciphers != 0 && ciphers % 3 == 0 && challenge >= 16 && challenge <= 32 &&
			       V2_ALL + ciphers + id + challenge == length
		       ? L7_YES
		       : L7_NO;
}

enum l7_match
tls_match(const struct l7_hint *hint)
{
	if (hint->size == 0)
		return L7_MAYBE;
	if ((hint->data[0] & 0x80) != 0)
		return match_v2(hint->data, hint->size);
	if (hint->data[0] == WP_TLS_ALERT)
		return match_alert(hint->data, hint->size);
	return match_handshake(hint->data, hint->size);
}
