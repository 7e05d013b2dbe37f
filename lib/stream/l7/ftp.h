/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP's control connection as services see it: WP_FTP_COMMAND and WP_FTP_REPLY with a struct
 * wp_text_line. */

#ifndef WP_STREAM_L7_FTP_H
#define WP_STREAM_L7_FTP_H

#include "stream/l7/text.h"

/** wp_text_line.command of WP_FTP_COMMAND. */
enum wp_ftp_command {
	WP_FTP_OTHER,
	/* RFC 959 section 4.1 */
	WP_FTP_USER,
	WP_FTP_PASS,
	WP_FTP_ACCT,
	WP_FTP_CWD,
	WP_FTP_CDUP,
	WP_FTP_SMNT,
	WP_FTP_QUIT,
	WP_FTP_REIN,
	WP_FTP_PORT,
	WP_FTP_PASV,
	WP_FTP_TYPE,
	WP_FTP_STRU,
	WP_FTP_MODE,
	WP_FTP_RETR,
	WP_FTP_STOR,
	WP_FTP_STOU,
	WP_FTP_APPE,
	WP_FTP_ALLO,
	WP_FTP_REST,
	WP_FTP_RNFR,
	WP_FTP_RNTO,
	WP_FTP_ABOR,
	WP_FTP_DELE,
	WP_FTP_RMD, /* and XRMD, as others of RFC 775 */
	WP_FTP_MKD,
	WP_FTP_PWD,
	WP_FTP_LIST,
	WP_FTP_NLST,
	WP_FTP_SITE,
	WP_FTP_SYST,
	WP_FTP_STAT,
	WP_FTP_HELP,
	WP_FTP_NOOP,
	WP_FTP_FEAT, /* RFC 2389 */
	WP_FTP_OPTS,
	WP_FTP_AUTH, /* RFC 2228; with TLS: RFC 4217 */
	WP_FTP_ADAT,
	WP_FTP_PROT,
	WP_FTP_PBSZ,
	WP_FTP_CCC,
	WP_FTP_MIC,
	WP_FTP_CONF,
	WP_FTP_ENC,
	WP_FTP_EPRT, /* RFC 2428 */
	WP_FTP_EPSV,
	WP_FTP_LPRT, /* RFC 1639 */
	WP_FTP_LPSV,
	WP_FTP_LANG, /* RFC 2640 */
	WP_FTP_MDTM, /* RFC 3659 */
	WP_FTP_MLSD,
	WP_FTP_MLST,
	WP_FTP_SIZE,
	WP_FTP_HOST, /* RFC 7151 */
};

/** What is wrong with a session. */
enum wp_ftp_anomaly {
	WP_FTP_TELNET = WP_TEXT_OWN, /* Telnet's commands stand in a line: they were taken out */
	WP_FTP_EARLY_TLS,            /* bytes behind AUTH TLS before its reply */
	WP_FTP_BAD_ENDPOINT,         /* PORT, EPRT, 227 or 229 without an endpoint */
};

#endif
