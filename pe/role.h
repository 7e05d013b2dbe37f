/* SPDX-License-Identifier: BSD-3-Clause */
/* What those who control a PE may do. Documents name roles, the control socket asks for them. */

#ifndef PE_ROLE_H
#define PE_ROLE_H

/** Each may do what is its role's, and an observer's; an admin all. */
enum role { ROLE_OBSERVER, ROLE_OPERATOR, ROLE_KEY_MANAGER, ROLE_ADMIN, N_ROLES };

/** Their names, by number; NULL-terminated. */
#define ROLE_NAMES                                                                                 \
	{                                                                                          \
		"observer", "operator", "key-manager", "admin", NULL                               \
	}

#endif
