/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in a banner and in a KEXINIT of SSH. */

#include "stream/l7/ssh_view.h"

#include <string.h>

/* Its functions for one algorithm work on the stack; those for any allocate. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>

#include "bytes.h"
#include "hex.h"

enum {
	PREFIX = 4, /* bytes of "SSH-" */
	COOKIE = 16,
};

/** @return the bytes between two places. */
static struct wp_span
between(const uint8_t *from, const uint8_t *to)
{
	return (struct wp_span){from, (uint32_t)(to - from)};
}

static const uint8_t *
find(const uint8_t *from, const uint8_t *end, char byte)
{
	const uint8_t *at = from == end ? NULL : memchr(from, byte, (size_t)(end - from));

	return at != NULL ? at : end;
}

struct wp_ssh_banner
ssh_banner_parse(const uint8_t *line, uint32_t size)
{
	const uint8_t *at = line + PREFIX, *end = line + size, *to;
	struct wp_ssh_banner banner = {0};

	if (end > at && end[-1] == '\n')
		end--;
	if (end > at && end[-1] == '\r')
		end--;
	banner.line = between(line, end);
	to = find(at, end, '-');
	banner.proto = between(at, to);
	if (to == end)
		return banner;
	at = to + 1;
	to = find(at, end, ' ');
	banner.software = between(at, to);
	if (to != end)
		banner.comment = between(to + 1, end);
	return banner;
}

bool
ssh_banner_is_right(const struct wp_ssh_banner *banner)
{
	for (uint32_t i = 0; i < banner->line.size; i++)
		if (banner->line.data[i] < 0x20 || banner->line.data[i] > 0x7e)
			return false;
	return banner->proto.size != 0 && banner->software.size != 0;
}

bool
ssh_banner_is_old(const struct wp_ssh_banner *banner)
{
	const struct wp_span *proto = &banner->proto;

	/* 1.99 is a server that speaks both. */
	return proto->size >= 2 && memcmp(proto->data, "1.", 2) == 0 &&
	       !(proto->size == 4 && memcmp(proto->data, "1.99", 4) == 0);
}

/** Takes a name-list off (RFC 4251 section 5). @return whether it is there */
static bool
take_list(struct wp_span *rest, struct wp_span *list)
{
	uint32_t size;

	if (rest->size < 4)
		return false;
	size = wp_get32(rest->data);
	if (size > rest->size - 4)
		return false;
	*list = (struct wp_span){rest->data + 4, size};
	*rest = (struct wp_span){rest->data + 4 + size, rest->size - 4 - size};
	return true;
}

bool
ssh_kexinit_parse(struct wp_span payload, struct wp_ssh_banner *banner)
{
	struct wp_span *const lists[] = {
		&banner->kex,
		&banner->host_keys,
		&banner->ciphers[WP_CLIENT],
		&banner->ciphers[WP_SERVER],
		&banner->macs[WP_CLIENT],
		&banner->macs[WP_SERVER],
		&banner->compressions[WP_CLIENT],
		&banner->compressions[WP_SERVER],
		&banner->languages[WP_CLIENT],
		&banner->languages[WP_SERVER],
	};

	if (payload.size < 1 + COOKIE)
		return false;
	payload = (struct wp_span){payload.data + 1 + COOKIE, payload.size - 1 - COOKIE};
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!take_list(&payload, lists[i]))
			return false;
	/* The word that is reserved is for nobody: hosts do not look at it either. */
	if (payload.size < 1)
		return false;
	banner->first_kex_follows = payload.data[0] != 0;
	return true;
}

void
ssh_hassh(const struct wp_ssh_banner *banner, unsigned int side, char text[SSH_HASSH_SIZE + 1])
{
	const struct wp_span *const lists[] = {&banner->kex, &banner->ciphers[side],
					       &banner->macs[side], &banner->compressions[side]};
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX md5;

	MD5_Init(&md5);
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (i != 0)
			MD5_Update(&md5, ";", 1);
		MD5_Update(&md5, lists[i]->data, lists[i]->size);
	}
	MD5_Final(digest, &md5);
	wp_hex(digest, sizeof(digest), text);
}
