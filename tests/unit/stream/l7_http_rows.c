/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_http_rows.h. */

#include "l7_http_rows.h"

#include <string.h>

#include "l7_http_text.h"
#include "stream/l7/http_view.h"
#include "unit.h"

static void
check_row(const struct http_row *row, size_t step)
{
	struct l7_bed bed = {.view = &l7_http_view, .write = l7_http_write};
	const char *told;

	l7_bed_open(&bed);
	if (row->client != NULL)
		l7_bed_feed(&bed, WP_CLIENT, row->client, strlen(row->client), step);
	if (row->server != NULL)
		l7_bed_feed(&bed, WP_SERVER, row->server, strlen(row->server), step);
	for (unsigned int side = 0; side < 2; side++)
		if ((row->finish >> side & 1) != 0)
			l7_bed_finish(&bed, side);
	told = l7_bed_close(&bed);
	ck_assert_msg(strcmp(told, row->told) == 0, "step %zu of:\n%s%s\nwant:\n%s\ngot:\n%s", step,
		      row->client != NULL ? row->client : "",
		      row->server != NULL ? row->server : "", row->told, told);
	l7_bed_free(&bed);
}

void
l7_http_check(const struct http_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_row(&rows[i], 0);
		check_row(&rows[i], 1);
		check_row(&rows[i], 3);
	}
}
