/* SPDX-License-Identifier: BSD-3-Clause */
/* See views.h. What is known by its first bytes for sure comes first. */

#include "stream/l7/views.h"

const struct l7_view *const l7_views[] = {
	NULL,
};

const unsigned int l7_n_views = sizeof(l7_views) / sizeof(l7_views[0]) - 1;
