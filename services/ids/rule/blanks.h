/* SPDX-License-Identifier: BSD-3-Clause */
/* White space around the words of rules and settings. Control. */

#ifndef IDS_BLANKS_H
#define IDS_BLANKS_H

#include <ctype.h>
#include <string.h>

/** @return the first byte of @p text that is not white space. */
static inline char *
blanks_skip(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)text;
}

/** Takes white space off both ends, in place. @return where the text begins */
static inline char *
blanks_trim(char *text)
{
	char *end;

	text = blanks_skip(text);
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

#endif
