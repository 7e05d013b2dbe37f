/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/mail.c: files that mail carries, as Suricata 7.0.10 has them. */

#include <string.h>

#include "host_bed.h"
#include "service.h"

#define HEAD "Content-Type: multipart/mixed; boundary=bb\r\n\r\nbefore EVIL\r\n"
#define PART(NAME, CODING, BYTES)                                                                  \
	"--bb\r\nContent-Disposition: attachment; filename=\"" NAME "\"\r\n"                       \
	"Content-Transfer-Encoding: " CODING "\r\n\r\n" BYTES "\r\n"
#define PLAIN(BYTES) "--bb\r\nContent-Type: text/plain\r\n\r\n" BYTES "\r\n"
#define TAIL "--bb--\r\nbehind EVIL\r\n"

static const struct {
	const char *protocol, *rule, *mail;
	unsigned int alerts;
} rows[] = {
	{"smtp", "file_data; content:\"MZevil\"; startswith;",
	 HEAD PART("a.exe", "base64", "TVpl\r\ndmls") TAIL, 1},
	{"tcp", "file_data; content:\"MZevil\"; startswith;",
	 HEAD PART("a.exe", "base64", "TVpldmls") TAIL, 1},
	{"smtp", "file_data; content:\"a=b\";",
	 HEAD PART("a", "quoted-printable", "a=\r\n=3Db") TAIL, 1},
	{"smtp", "file_data; content:\"EVIL\";", HEAD PLAIN("EVIL") PART("a", "7bit", "good") TAIL,
	 0},
	{"smtp", "file_data; content:\"EVIL\";", "Subject: a\r\n\r\nEVIL\r\n", 0},
	{"smtp", "file_data; content:\"one\"; content:\"two\";",
	 HEAD PART("a", "7bit", "one") PART("b", "7bit", "two") TAIL, 0},
	{"smtp", "file_data; content:!\"two\";",
	 HEAD PART("a", "7bit", "one") PART("b", "7bit", "two") TAIL, 1},
	{"smtp", "file.name; content:\"b.exe\";",
	 HEAD PART("a", "7bit", "one") PART("b.exe", "7bit", "") TAIL, 1},
	{"smtp", "fileext:\"exe\"; file_data; content:\"two\";",
	 HEAD PART("a", "7bit", "two") PART("b.exe", "7bit", "two") TAIL, 1},
	{"smtp", "fileext:\"exe\"; file_data; content:\"two\";",
	 HEAD PART("a.exe", "7bit", "one") PART("b", "7bit", "two") TAIL, 0},
	{"smtp", "filesize:6;", HEAD PART("a", "base64", "TVpldmls") TAIL, 1},
	{"smtp", "filesize:>6;", HEAD PART("a", "base64", "TVpldmls") TAIL, 0},
};

/** Sends a mail, up to @p end. */
static void
send_mail(const char *mail, const char *end)
{
	bed_server_port = 25;
	bed_shake_hands();
	bed_segment(1, ACK | PSH, "220 a\r\n");
	bed_segment(0, ACK | PSH, "EHLO b\r\n");
	bed_segment(1, ACK | PSH, "250 a\r\n");
	bed_segment(0, ACK | PSH, "MAIL FROM:<a@b>\r\n");
	bed_segment(1, ACK | PSH, "250 a\r\n");
	bed_segment(0, ACK | PSH, "DATA\r\n");
	bed_segment(1, ACK | PSH, "354 a\r\n");
	bed_segment(0, ACK | PSH, mail);
	bed_segment(0, ACK | PSH, end);
	bed_segment(1, ACK | PSH, "250 a\r\n");
}

START_TEST(test_files_of_mail)
{
	char rule[256];

	snprintf(rule, sizeof(rule), "alert %s any any -> any any (%s sid:1;)\n", rows[_i].protocol,
		 rows[_i].rule);
	ck_assert_msg(bed_open(rule, json_object()) == 0, "%s", bed_why);
	send_mail(rows[_i].mail, ".\r\n");
	ck_assert_uint_eq(bed_count("\"signature_id\":1,"), rows[_i].alerts);
}
END_TEST

/** What is to be prevented does not reach the end of the mail, by which it would be taken. */
START_TEST(test_what_is_prevented_is_not_delivered)
{
	ck_assert_int_eq(bed_open("drop smtp any any -> any any (file_data; content:\"MZevil\"; "
				  "sid:1;)\n",
				  json_pack("{ss}", "mode", "prevent")),
			 0);
	send_mail(HEAD PART("a.exe", "base64", "TVpldmls") "more of it\r\n", TAIL ".\r\n");
	ck_assert_uint_eq(bed_count("\"action\":\"blocked\""), 1);
}
END_TEST

/** Whole, with its digest, or as far as it came. @param _i  whether the mail has its end */
START_TEST(test_files_are_told)
{
	ck_assert_msg(
		bed_open("", json_pack("{s[s]s[s]}", "events", "fileinfo", "details", "sha1")) == 0,
		"%s", bed_why);
	send_mail(HEAD PART("a.exe", "base64", "TVpldmls"), _i == 1 ? TAIL ".\r\n" : "--b");
	ck_assert_uint_eq(bed_count("\"filename\":\"a.exe\""), 1);
	ck_assert_uint_eq(bed_count("\"app_proto\":\"smtp\""), 1);
	ck_assert_uint_eq(bed_count("\"mail_from\":\"<a@b>\""), 1);
	ck_assert_uint_eq(bed_count("\"size\":6"), 1);
	ck_assert_uint_eq(bed_count("\"sha1\":\"49c303cfea9a6b873fbd252b56fbd955bbfff618\""),
			  _i == 1);
	ck_assert_uint_eq(bed_count(_i == 1 ? "CLOSED" : "TRUNCATED"), 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("mail");

	tcase_add_checked_fixture(tcase, bed_set_up, bed_tear_down);
	tcase_add_loop_test(tcase, test_files_of_mail, 0, ROWS(rows));
	tcase_add_test(tcase, test_what_is_prevented_is_not_delivered);
	tcase_add_loop_test(tcase, test_files_are_told, 0, 2);
	return unit_main("ids mail", tcase);
}
