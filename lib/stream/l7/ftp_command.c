/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's line says. RFC 959 section 4.1 and what came later. */

#include "stream/l7/ftp_view.h"

#include "stream/l7/text_words.h"

static const struct text_word words[] = {
	{"USER", WP_FTP_USER}, {"PASS", WP_FTP_PASS}, {"ACCT", WP_FTP_ACCT}, {"CWD", WP_FTP_CWD},
	{"XCWD", WP_FTP_CWD},  {"CDUP", WP_FTP_CDUP}, {"XCUP", WP_FTP_CDUP}, {"SMNT", WP_FTP_SMNT},
	{"QUIT", WP_FTP_QUIT}, {"REIN", WP_FTP_REIN}, {"PORT", WP_FTP_PORT}, {"PASV", WP_FTP_PASV},
	{"TYPE", WP_FTP_TYPE}, {"STRU", WP_FTP_STRU}, {"MODE", WP_FTP_MODE}, {"RETR", WP_FTP_RETR},
	{"STOR", WP_FTP_STOR}, {"STOU", WP_FTP_STOU}, {"APPE", WP_FTP_APPE}, {"ALLO", WP_FTP_ALLO},
	{"REST", WP_FTP_REST}, {"RNFR", WP_FTP_RNFR}, {"RNTO", WP_FTP_RNTO}, {"ABOR", WP_FTP_ABOR},
	{"DELE", WP_FTP_DELE}, {"RMD", WP_FTP_RMD},   {"XRMD", WP_FTP_RMD},  {"MKD", WP_FTP_MKD},
	{"XMKD", WP_FTP_MKD},  {"PWD", WP_FTP_PWD},   {"XPWD", WP_FTP_PWD},  {"LIST", WP_FTP_LIST},
	{"NLST", WP_FTP_NLST}, {"SITE", WP_FTP_SITE}, {"SYST", WP_FTP_SYST}, {"STAT", WP_FTP_STAT},
	{"HELP", WP_FTP_HELP}, {"NOOP", WP_FTP_NOOP}, {"FEAT", WP_FTP_FEAT}, {"OPTS", WP_FTP_OPTS},
	{"AUTH", WP_FTP_AUTH}, {"ADAT", WP_FTP_ADAT}, {"PROT", WP_FTP_PROT}, {"PBSZ", WP_FTP_PBSZ},
	{"CCC", WP_FTP_CCC},   {"MIC", WP_FTP_MIC},   {"CONF", WP_FTP_CONF}, {"ENC", WP_FTP_ENC},
	{"EPRT", WP_FTP_EPRT}, {"EPSV", WP_FTP_EPSV}, {"LPRT", WP_FTP_LPRT}, {"LPSV", WP_FTP_LPSV},
	{"LANG", WP_FTP_LANG}, {"MDTM", WP_FTP_MDTM}, {"MLSD", WP_FTP_MLSD}, {"MLST", WP_FTP_MLST},
	{"SIZE", WP_FTP_SIZE}, {"HOST", WP_FTP_HOST},
};

void
ftp_command_read(struct wp_text_line *line)
{
	text_split(line);
	line->command = text_find(words, sizeof(words) / sizeof(words[0]), line->verb);
}

bool
ftp_command_is_tls(const struct wp_text_line *line)
{
	if (line->command != WP_FTP_AUTH)
		return false;
	return text_begins(line->argument.data, line->argument.size, "TLS") ||
	       text_begins(line->argument.data, line->argument.size, "SSL");
}
