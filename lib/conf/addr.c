/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, prefixes and port ranges as people write them. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/text.h"

int
wp_conf_addr(const char *text, struct wp_addr *addr)
{
	struct wp_addr new = {0};

	if (inet_pton(AF_INET, text, new.bytes) == 1)
		new.version = 4;
	else if (inet_pton(AF_INET6, text, new.bytes) == 1)
		new.version = 6;
	else
		return -EINVAL;
	*addr = new;
	return 0;
}

/** @return whether all bits of @p addr from @p bits on are 0. */
static bool
rest_is_zero(const struct wp_addr *addr, unsigned int bits)
{
	for (unsigned int bit = bits; bit < 8 * wp_addr_size(addr->version); bit++)
		if (addr->bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

int
wp_conf_prefix(const char *text, struct wp_prefix *prefix)
{
	char addr[64];
	const char *slash = strchr(text, '/');
	struct wp_prefix new = {0};
	uint32_t bits;

	if (strcmp(text, "any") == 0) {
		*prefix = new;
		return 0;
	}
	if (slash == NULL)
		slash = text + strlen(text);
	if ((size_t)(slash - text) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	if (wp_conf_addr(addr, &new.addr) != 0)
		return -EINVAL;
	bits = 8 * wp_addr_size(new.addr.version);
	if (*slash == '/' &&
	    (conf_number(slash + 1, &bits) != 0 || bits > 8 * wp_addr_size(new.addr.version)))
		return -EINVAL;
	if (!rest_is_zero(&new.addr, bits))
		return -EINVAL;
	new.bits = (uint8_t)bits;
	*prefix = new;
	return 0;
}

int
conf_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 10)
		return -EINVAL;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value > UINT32_MAX)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

int
conf_port_range(const char *text, struct wp_port_range *range)
{
	char first[16];
	const char *dash = strchr(text, '-');
	uint32_t from, to;

	if (strcmp(text, "any") == 0) {
		*range = (struct wp_port_range){.first = 0, .last = UINT16_MAX};
		return 0;
	}
	if (strlen(text) >= sizeof(first))
		return -EINVAL;
	strcpy(first, text);
	if (dash != NULL)
		first[dash - text] = '\0';
	if (conf_number(first, &from) != 0 ||
	    conf_number(dash != NULL ? dash + 1 : first, &to) != 0 || from > to || to > UINT16_MAX)
		return -EINVAL;
	*range = (struct wp_port_range){.first = (uint16_t)from, .last = (uint16_t)to};
	return 0;
}

void
conf_make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

bool
wp_conf_is_name(const char *text)
{
	size_t n =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n != 0 && n <= 63 && text[n] == '\0' && strchr("_.-", text[0]) == NULL;
}

bool
wp_conf_is_key_name(const char *text)
{
	const char *at = strchr(text, '@');
	char name[64];
	uint32_t version;

	if (at == NULL || (size_t)(at - text) > 48)
		return false;
	memcpy(name, text, (size_t)(at - text));
	name[at - text] = '\0';
	return wp_conf_is_name(name) && at[1] != '0' && conf_number(at + 1, &version) == 0;
}
