/* SPDX-License-Identifier: BSD-3-Clause */
/* See der.h. Nothing here goes down into items: who reads them does, as deep as it wants to. */

#include "stream/l7/der.h"

enum { HIGH_TAG = 0x1f, LONG_FORM = 0x80, LENGTH_MAX = 4 };

/** Reads length octets (X.690 section 8.1.3). */
static bool
take_length(struct wp_span *from, uint32_t *length)
{
	uint32_t n, number = 0;

	if (from->size == 0)
		return false;
	n = *from->data++;
	from->size--;
	if (n < LONG_FORM) {
		*length = n;
		return true;
	}
	n -= LONG_FORM;
	if (n == 0 || n > from->size)
		return false;
	for (from->size -= n; n > LENGTH_MAX && *from->data == 0; n--)
		from->data++; /* as many as one likes: OpenSSL reads over them */
	if (n > LENGTH_MAX)
		return false;
	for (; n != 0; n--)
		number = number << 8 | *from->data++;
	*length = number;
	return true;
}

bool
der_next(struct wp_span *from, struct der_item *item)
{
	struct wp_span left = *from;
	uint32_t length;

	if (left.size == 0 || (left.data[0] & HIGH_TAG) == HIGH_TAG)
		return false;
	item->tag = *left.data++;
	left.size--;
	if (!take_length(&left, &length) || length > left.size)
		return false;
	item->body = (struct wp_span){left.data, length};
	*from = (struct wp_span){left.data + length, left.size - length};
	return true;
}

bool
der_take(struct wp_span *from, uint8_t tag, struct wp_span *body)
{
	struct wp_span left = *from;
	struct der_item item;

	if (!der_next(&left, &item) || item.tag != tag)
		return false;
	*from = left;
	*body = item.body;
	return true;
}

bool
der_open(struct wp_span from, uint8_t tag, struct wp_span *body)
{
	uint32_t length;

	if (from.size == 0 || *from.data != tag)
		return false;
	from.data++;
	from.size--;
	if (!take_length(&from, &length))
		return false;
	*body = (struct wp_span){from.data, length < from.size ? length : from.size};
	return true;
}

/** Takes two digits from the front. @return them, or -1 */
static int
take_digits(struct wp_span *from)
{
	unsigned int tens, ones;

	if (from->size < 2)
		return -1;
	tens = from->data[0] - (unsigned int)'0';
	ones = from->data[1] - (unsigned int)'0';
	from->data += 2;
	from->size -= 2;
	return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/** @return days from 1970-01-01 to a day of the Gregorian calendar; years begin in March here. */
static int64_t
days_from_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/** Reads a year. UTCTime: RFC 5280 section 4.1.2.5.1. @return it, or -1 */
static int
take_year(uint8_t tag, struct wp_span *from)
{
	int high, low;

	if (tag == DER_UTC_TIME) {
		low = take_digits(from);
		return low < 0 ? -1 : low + (low < 50 ? 2000 : 1900);
	}
	high = tag == DER_GENERALIZED_TIME ? take_digits(from) : -1;
	low = take_digits(from);
	return high < 0 || low < 0 ? -1 : high * 100 + low;
}

bool
der_time(const struct der_item *item, int64_t *seconds)
{
	struct wp_span left = item->body;
	int year = take_year(item->tag, &left);
	int month = take_digits(&left), day = take_digits(&left);
	int hour = take_digits(&left), minute = take_digits(&left);
	int second = left.size == 1 ? 0 : take_digits(&left);

	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	if (left.size != 1 || left.data[0] != 'Z')
		return false;
	*seconds = ((days_from_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}
