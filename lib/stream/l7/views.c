/* SPDX-License-Identifier: BSD-3-Clause */
/* See views.h. What is known by its first bytes for sure comes first. */

#include "stream/l7/views.h"

#include "stream/l7/dns_view.h"
#include "stream/l7/ftp_view.h"
#include "stream/l7/http_view.h"
#include "stream/l7/smb_view.h"
#include "stream/l7/smtp_view.h"
#include "stream/l7/ssh_view.h"
#include "stream/l7/tls_view.h"

const struct l7_view *const l7_views[] = {
	&l7_tls_view,  &l7_ssh_view, &l7_smb_view, &l7_http_view,
	&l7_smtp_view, &l7_ftp_view, &l7_dns_view,
};

const unsigned int l7_n_views = sizeof(l7_views) / sizeof(l7_views[0]);

const char *
wp_l7_name(unsigned int l7)
{
	for (unsigned int i = 0; i < l7_n_views; i++)
		if (l7_views[i]->protocol == l7)
			return l7_views[i]->name;
	return l7 == WP_L7_NONE ? "none" : "unknown";
}
