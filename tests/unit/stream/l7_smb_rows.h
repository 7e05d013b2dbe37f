/* SPDX-License-Identifier: BSD-3-Clause */
/* Conversations as rows of a table, and what the SMB view has to tell of them. */

#ifndef L7_SMB_ROWS_H
#define L7_SMB_ROWS_H

#include "l7_bed.h"
#include "l7_smb_bytes.h"

enum { MESSAGES = 10 };

/** A message without its NetBIOS header; or, raw, with it. */
struct part {
	unsigned int side;
	bool is_raw;
	const char *bytes;
	size_t size;
};

#define SAYS(SIDE, RAW, TEXT)                                                                      \
	{                                                                                          \
		SIDE, RAW, TEXT, sizeof(TEXT) - 1                                                  \
	}
#define C(TEXT) SAYS(WP_CLIENT, false, TEXT)
#define S(TEXT) SAYS(WP_SERVER, false, TEXT)
#define C_RAW(TEXT) SAYS(WP_CLIENT, true, TEXT)
#define S_RAW(TEXT) SAYS(WP_SERVER, true, TEXT)

struct row {
	const char *what;
	struct part parts[MESSAGES];
	const char *told;
};

/** Feeds a conversation whole, byte by byte and in threes. */
void l7_smb_check(const struct row *row);

#endif
