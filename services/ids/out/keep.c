/* SPDX-License-Identifier: BSD-3-Clause */
/* Which message is whose. */

#include "out/keep.h"

#include "stream/event.h"

void
keep_message(struct fields *fields, const struct wp_stream_event *event)
{
	switch (event->type) {
	case WP_HTTP_HEAD:
		keep_http(fields, event);
		break;
	case WP_DNS_MESSAGE:
		keep_dns(fields, event);
		break;
	case WP_TLS_HELLO:
		keep_tls_hello(fields, event);
		break;
	case WP_TLS_CERTIFICATES:
		keep_tls_certificates(fields, event);
		break;
	case WP_SSH_BANNER:
		keep_ssh(fields, event);
		break;
	case WP_SMTP_COMMAND:
		keep_smtp(fields, event);
		break;
	case WP_FTP_COMMAND:
	case WP_FTP_REPLY:
		keep_ftp(fields, event);
		break;
	case WP_SMB_MESSAGE:
		keep_smb(fields, event);
		break;
	default:
		break;
	}
}
