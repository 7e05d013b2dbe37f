/* SPDX-License-Identifier: BSD-3-Clause */
/* See kinds.h. */

#include "kinds.h"

#include <errno.h>
#include <string.h>

#include "match/file_facts.h"
#include "out/json.h"
#include "stream/flow.h"

static const char *const details[DETAILS] = {
	[DETAIL_APP_LAYER] = "app-layer",
	[DETAIL_METADATA] = "metadata",
	[DETAIL_VERDICT] = "verdict",
	[DETAIL_PAYLOAD] = "payload",
	[DETAIL_PRINTABLE] = "payload-printable",
	[DETAIL_PACKET] = "packet",
	[DETAIL_HTTP_BODY] = "http-body",
	[DETAIL_HTTP_BODY_PRINTABLE] = "http-body-printable",
	[DETAIL_MACS] = "ethernet",
	[DETAIL_RULE] = "rule",
	[DETAIL_EXTENDED] = "extended",
	[DETAIL_ALERTS] = "alerts",
	[DETAIL_DECODE] = "decode",
	[DETAIL_STREAM] = "stream",
	[DETAIL_MD5] = "md5",
	[DETAIL_SHA1] = "sha1",
	[DETAIL_SHA256] = "sha256",
};

/** Finds a word in a table. @return its index, or @p n: it is not there */
static unsigned int
find(const char *const *table, unsigned int n, const char *word)
{
	unsigned int i = 0;

	while (i < n && strcmp(table[i], word) != 0)
		i++;
	return i;
}

/** Reads the words of one member. @return NULL, or the one that is in no table */
static const char *
read_words(const struct wp_list *list, const char *const *table, unsigned int n, uint32_t *bits)
{
	const char *const *words = list->items;

	for (uint32_t i = 0; i < list->n; i++) {
		unsigned int which = find(table, n, words[i]);

		if (which == n)
			return words[i];
		*bits |= 1u << which;
	}
	return NULL;
}

/** @return whose transactions have to be kept. */
static uint32_t
gathered(const struct kinds *kinds)
{
	static const struct {
		uint8_t kind, l7;
	} rows[] = {
		{RECORD_HTTP, WP_L7_HTTP}, {RECORD_FILE, WP_L7_HTTP}, {RECORD_DNS, WP_L7_DNS},
		{RECORD_TLS, WP_L7_TLS},   {RECORD_SSH, WP_L7_SSH},   {RECORD_SMTP, WP_L7_SMTP},
		{RECORD_FTP, WP_L7_FTP},   {RECORD_SMB, WP_L7_SMB},   {RECORD_FILE, WP_L7_SMTP},
	};
	bool all = kinds_have(kinds, RECORD_ALERT) && kinds_tell(kinds, DETAIL_APP_LAYER);
	uint32_t bits = 0;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (all || kinds_have(kinds, (enum record_kind)rows[i].kind))
			bits |= 1u << rows[i].l7;
	return bits;
}

/** @return digests of files that are told. */
static uint8_t
digests(const struct kinds *kinds)
{
	if (!kinds_have(kinds, RECORD_FILE))
		return 0;
	return (uint8_t)((kinds_tell(kinds, DETAIL_MD5) ? FILE_MD5 : 0) |
			 (kinds_tell(kinds, DETAIL_SHA1) ? FILE_SHA1 : 0) |
			 (kinds_tell(kinds, DETAIL_SHA256) ? FILE_SHA256 : 0));
}

int
kinds_read(const struct ids_conf *conf, struct kinds *kinds, const char **member, const char **word)
{
	*kinds = (struct kinds){.events = 0};
	*member = "events";
	*word = read_words(&conf->events, json_kinds, RECORD_KINDS, &kinds->events);
	if (*word != NULL)
		return -EINVAL;
	*member = "subscribe";
	*word = read_words(&conf->subscribe, json_kinds, RECORD_KINDS, &kinds->told);
	if (*word != NULL)
		return -EINVAL;
	*member = "details";
	*word = read_words(&conf->details, details, DETAILS, &kinds->details);
	kinds->gathers = gathered(kinds);
	kinds->digests = digests(kinds);
	return *word == NULL ? 0 : -EINVAL;
}
