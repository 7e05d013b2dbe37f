/* SPDX-License-Identifier: BSD-3-Clause */
/* Requirement by requirement, what the RFCs ask of a NAT44 and what the service makes of it. */

#ifndef TESTS_NAT_CLAUSES_H
#define TESTS_NAT_CLAUSES_H

enum standing {
	HOLDS,
	IN_PART,
	LACKS,
	NOT_OURS, /* it does not apply, or others in the house see to it */
};

struct clause {
	const char *id; /* as the RFC numbers it; NULL: a new RFC begins, 'asks' is its title */
	const char *asks;
	enum standing standing;
	const char *note;  /* why, or how; "": nothing to say */
	const char *tests; /* scenarios, and files of other tests; with spaces between */
};

/** Ends with a row without anything. */
extern const struct clause clauses[];

#endif
