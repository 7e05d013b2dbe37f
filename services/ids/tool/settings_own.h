/* SPDX-License-Identifier: BSD-3-Clause */
/* What settings are kept in; for settings*.c only. */

#ifndef IDS_SETTINGS_OWN_H
#define IDS_SETTINGS_OWN_H

#include <jansson.h>

struct settings {
	json_t *names;          /* object: name -> text */
	json_t *missing;        /* array: files that are to be included, and are not there */
	unsigned int n_include; /* files that were included */
};

#endif
