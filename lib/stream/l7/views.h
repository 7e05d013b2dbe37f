/* SPDX-License-Identifier: BSD-3-Clause */
/* All views, in the order in which they are asked. */

#ifndef WP_STREAM_L7_VIEWS_H
#define WP_STREAM_L7_VIEWS_H

#include "stream/l7/view.h"

extern const struct l7_view *const l7_views[];
extern const unsigned int l7_n_views; /* 16 at the most */

#endif
