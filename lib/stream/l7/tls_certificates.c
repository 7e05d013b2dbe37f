/* SPDX-License-Identifier: BSD-3-Clause */
/* The Certificate message of TLS 1.2 and before (RFC 5246 section 7.4.2). */

#include "stream/l7/tls_view.h"

enum { LENGTH_SIZE = 3 };

/** Notes the certificates of a list. */
static void
read_list(struct l7_run *run, struct wp_span list, struct wp_tls_certificates *certificates)
{
	struct wp_span der;

	while (list.size != 0) {
		if (!tls_take_vector(&list, LENGTH_SIZE, &der) || der.size == 0)
			tls_anomaly(run, WP_TLS_BAD_CERTIFICATE);
		if (der.size == 0)
			continue;
		if (certificates->n == WP_TLS_CERTIFICATES_MAX) {
			tls_anomaly(run, WP_TLS_MANY_CERTIFICATES);
			return;
		}
		certificates->ders[certificates->n++] = der;
	}
}

void
tls_certificates(struct l7_run *run, struct wp_span body)
{
	struct wp_tls_certificates certificates = {.n = 0};
	struct wp_tls_certificate first;
	struct wp_span list;

	if (!tls_take_vector(&body, LENGTH_SIZE, &list) || body.size != 0)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	read_list(run, list, &certificates);
	if (certificates.n != 0) {
		if (!wp_tls_certificate_read(certificates.ders[0], &first))
			tls_anomaly(run, WP_TLS_BAD_CERTIFICATE);
		certificates.first = &first;
	}
	l7_tell(run, (struct wp_stream_event){.type = WP_TLS_CERTIFICATES,
					      .certificates = &certificates,
					      .offset = run->offset});
}
