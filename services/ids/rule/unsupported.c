/* SPDX-License-Identifier: BSD-3-Clause */
/* See unsupported.h. */

#include "rule/unsupported.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/** Protocols that are not read here; all words of theirs begin so. */
static const char *const protocols[] = {
	"cip_",      "dcerpc.",  "dce_",       "dhcp.", "dnp3.",  "dnp3_", "enip_",
	"enip.",     "ftpdata_", "http2.",     "ike.",  "krb5.",  "krb5_", "modbus",
	"mqtt.",     "nfs.",     "nfs_",       "quic.", "rfb.",   "sip.",  "snmp.",
	"ssl_state", "template", "websocket.", "ldap.", "pgsql.", "rpc",
};

static const char *const words[] = {
	"frame",
	"lua",
	"iprep",
	"nfq_set_mark",
	"config",
	"flowvar",
	"pktvar",
	"l3_proto",
	"engine-event",
	"ipv4-csum",
	"tcpv4-csum",
	"tcpv6-csum",
	"udpv4-csum",
	"udpv6-csum",
	"icmpv4-csum",
	"icmpv6-csum",
	"filemagic",
	"tls_store",
	"tls_cert_notbefore",
	"tls_cert_notafter",
	"tls_cert_expired",
	"tls_cert_valid",
	"ja4.hash",
	"ja4",
	"asn1",
	"luajit",
	"luaxform",
	"entropy",
	"vlan.id",
	"vlan.layers",
	"mime_type",
	"email.from",
	"email.subject",
};

bool
unsupported(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i], word) == 0)
			return true;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t size = strlen(protocols[i]);

		if (strncasecmp(protocols[i], word, size) == 0)
			return true;
	}
	return false;
}
