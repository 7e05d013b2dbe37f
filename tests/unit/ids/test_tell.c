/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/tell.c, log.c, sink.c, sums.c, kinds.c: which lines the service writes of packets,
 * and who gets them. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host_bed.h"

enum { LINES_MAX = 64 };

static char socket_file[64], hashes_file[64];
static json_t *lines[LINES_MAX];
static unsigned int n_lines;

static void
set_up(void)
{
	bed_set_up();
	snprintf(hashes_file, sizeof(hashes_file), "%s/hashes", bed_folder);
	snprintf(socket_file, sizeof(socket_file), "%s/socket", bed_folder);
	n_lines = 0;
}

static void
tear_down(void)
{
	while (n_lines != 0)
		json_decref(lines[--n_lines]);
	unlink(hashes_file);
	unlink(socket_file);
	bed_tear_down();
}

/** Opens the service. @param members  of its configuration, behind those that all have */
static int
open_host(const char *rules, const char *members)
{
	json_t *config = json_loads(members, 0, NULL);

	json_object_set_new(config, "capture", json_true());
	return bed_open(rules, config);
}

/** Sends a segment. @param ms  since the beginning */
static void
send_segment(unsigned int from, uint8_t flags, const char *data, unsigned int ms)
{
	bed_now_ns = (uint64_t)ms * 1000000;
	bed_segment(from, flags, data);
}

/** Sends a request and its response, and ends the connection. */
static void
send_http(void)
{
	bed_shake_hands();
	send_segment(0, ACK | PSH, "GET /dir/file.txt?q=1 HTTP/1.1\r\nHost: example.org\r\n\r\n",
		     3);
	send_segment(1, ACK, "", 4);
	send_segment(
		1, ACK | PSH,
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", 5);
	send_segment(0, ACK, "", 6);
	send_segment(0, FIN | ACK, "", 7);
	send_segment(1, FIN | ACK, "", 8);
	send_segment(0, ACK, "", 9);
}

/* Lines. */

static void
read_lines(void)
{
	FILE *file;
	char line[65536];

	host_end(host);
	file = fopen(bed_eve, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		ck_assert_uint_lt(n_lines, LINES_MAX);
		lines[n_lines] = json_loads(line, 0, NULL);
		ck_assert_msg(lines[n_lines++] != NULL, "%s", line);
	}
	fclose(file);
}

/** @return the only line of a kind. */
static const json_t *
the(const char *kind)
{
	const json_t *found = NULL;

	for (unsigned int i = 0; i < n_lines; i++) {
		if (strcmp(json_string_value(json_object_get(lines[i], "event_type")), kind) != 0)
			continue;
		ck_assert_msg(found == NULL, "%s is there twice", kind);
		found = lines[i];
	}
	ck_assert_msg(found != NULL, "%s is not there", kind);
	return found;
}

/** @return a member by its path: "alert.signature_id"; NULL: there is none. */
static const json_t *
at(const json_t *of, const char *path)
{
	char part[64];

	while (of != NULL && *path != '\0') {
		size_t size = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)size, path);
		of = json_is_array(of) ? json_array_get(of, (size_t)atoi(part))
				       : json_object_get(of, part);
		path += size + (path[size] == '.');
	}
	return of;
}

static void
check_text(const json_t *of, const char *path, const char *text)
{
	ck_assert_msg(json_is_string(at(of, path)), "%s", path);
	ck_assert_str_eq(json_string_value(at(of, path)), text);
}

static void
check_number(const json_t *of, const char *path, long long is)
{
	ck_assert_msg(json_is_integer(at(of, path)), "%s", path);
	ck_assert_int_eq(json_integer_value(at(of, path)), is);
}

START_TEST(test_each_kind_is_told_once)
{
	ck_assert_int_eq(
		open_host("alert http any any -> any any (http.stat_code; content:\"200\"; "
			  "sid:7;)\n",
			  "{\"events\": [\"alert\", \"http\", \"fileinfo\", \"flow\"]}"),
		0);
	send_http();
	read_lines();
	ck_assert_uint_eq(n_lines, 4);
	check_number(the("alert"), "alert.signature_id", 7);
	check_text(the("alert"), "http.url", "/dir/file.txt?q=1");
	check_number(the("alert"), "http.status", 200);
	check_number(the("alert"), "tx_id", 0);
	ck_assert_ptr_null(at(the("alert"), "payload"));
	ck_assert_ptr_null(at(the("alert"), "tenant"));
	check_text(the("http"), "http.hostname", "example.org");
	check_number(the("http"), "http.length", 5);
	check_text(the("fileinfo"), "fileinfo.filename", "/dir/file.txt");
	check_text(the("fileinfo"), "fileinfo.state", "CLOSED");
	check_number(the("fileinfo"), "fileinfo.size", 5);
	check_text(the("flow"), "app_proto", "http");
	ck_assert(json_is_true(at(the("flow"), "flow.alerted")));
	check_number(the("flow"), "flow.pkts_toserver", 6);
	ck_assert_uint_eq(host_counter(host, "written"), 4);
	ck_assert_uint_eq(host_counter(host, "lost"), 0);
}
END_TEST

/* Digests of "hello". */
static const char md5[] = "5d41402abc4b2a76b9719d911017c592";
static const char sha1[] = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
static const char sha256[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

START_TEST(test_digests_are_told)
{
	ck_assert_int_eq(open_host("", "{\"events\": [\"fileinfo\"], "
				       "\"details\": [\"md5\", \"sha1\", \"sha256\"]}"),
			 0);
	send_http();
	read_lines();
	check_text(the("fileinfo"), "fileinfo.md5", md5);
	check_text(the("fileinfo"), "fileinfo.sha1", sha1);
	check_text(the("fileinfo"), "fileinfo.sha256", sha256);
}
END_TEST

/** What rules ask about a file of five bytes, "hello". */
static const struct {
	const char *conditions;
	bool holds;
} files[] = {
	{"filemd5:hashes;", true},
	{"filemd5:!hashes;", false},
	{"filesize:5;", true},
	{"filesize:>5;", false},
	{"filesize:<6; filemd5:hashes;", true},
	{"fileext:\"txt\"; filemd5:hashes;", true},
	{"fileext:\"exe\"; filemd5:hashes;", false},
	{"http.stat_code; content:\"200\"; filesize:<6;", true},
	{"http.stat_code; content:\"404\"; filesize:<6;", false},
	{"file.data; content:\"hell\"; filesize:<6;", true},
	{"http.method; content:\"GET\"; filesize:<6;", false}, /* the request has none */
};

START_TEST(test_rules_ask_about_files)
{
	char rule[256];
	FILE *file = fopen(hashes_file, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\n", md5);
	ck_assert_int_eq(fclose(file), 0);
	snprintf(rule, sizeof(rule), "alert http any any -> any any (%s sid:7;)\n",
		 files[_i].conditions);
	ck_assert_int_eq(open_host(rule, "{\"events\": [\"alert\"]}"), 0);
	send_http();
	read_lines();
	ck_assert_uint_eq(n_lines, files[_i].holds);
	if (files[_i].holds)
		check_number(the("alert"), "alert.signature_id", 7);
}
END_TEST

/** What rules ask about a request and its answer. */
static const struct {
	const char *conditions;
	bool holds;
} pairs[] = {
	{"http.uri; content:\"file\"; http.stat_code; content:\"200\";", true},
	{"http.uri; content:\"file\"; http.stat_code; content:\"404\";", false},
	{"http.uri; content:\"none\"; http.stat_code; content:\"200\";", false},
	{"http.stat_code; bsize:3; http.method; bsize:3;", true},
	{"http.header: to_client; content:\"plain\"; http.header: to_server; content:\"Host\";",
	 true},
	{"http.header: to_server; content:\"plain\"; http.header: to_client; content:\"Host\";",
	 false},
	{"http.method; content:\"GET\"; file.data: to_client; content:\"hello\";", true},
	{"http.method; content:\"PUT\"; file.data: to_client; content:\"hello\";", false},
	{"http.method; content:\"GET\"; filesize: to_client,5;", true},
	{"http.method; content:\"GET\"; filesize: to_client,>5;", false},
	{"http.stat_code; content:\"200\"; filesize: to_server,5;", false},
};

START_TEST(test_rules_ask_about_requests_and_answers)
{
	char rule[256];

	snprintf(rule, sizeof(rule), "alert http any any => any 80 (%s sid:7;)\n",
		 pairs[_i].conditions);
	ck_assert_int_eq(open_host(rule, "{\"events\": [\"alert\"]}"), 0);
	send_http();
	read_lines();
	ck_assert_uint_eq(n_lines, pairs[_i].holds);
	if (pairs[_i].holds)
		check_text(the("alert"), "src_ip", "10.0.0.2"); /* whose answer made it whole */
}
END_TEST

START_TEST(test_answer_is_of_its_own_request)
{
	ck_assert_int_eq(open_host("alert http any any => any any (http.uri; content:\"/a\"; "
				   "http.stat_code; content:\"404\"; sid:7;)\n",
				   "{\"events\": [\"alert\"]}"),
			 0);
	bed_shake_hands();
	send_segment(0, ACK | PSH, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 3);
	send_segment(0, ACK | PSH, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", 4);
	send_segment(1, ACK | PSH, "HTTP/1.1 100 Continue\r\n\r\n", 5);
	send_segment(1, ACK | PSH, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 6);
	send_segment(1, ACK | PSH, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 7);
	send_segment(0, ACK | PSH, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 8);
	send_segment(1, ACK | PSH, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 9);
	send_segment(0, ACK, "", 10);
	read_lines();
	check_number(the("alert"), "tx_id", 2);
}
END_TEST

/** What rules ask about a form whose second part is a file, "b.txt". */
static const struct {
	const char *conditions;
	bool holds;
} parts[] = {
	{"file.name; content:\"b.txt\";", true},
	{"filename:\"B.TX\";", true},
	{"fileext:\"txt\"; http.method; content:\"POST\";", true},
	{"http.uri; content:\"/upload.cgi\"; file.name; content:\"b\";", true},
	{"http.uri; content:\"/upload.cgi\"; file.name; content:\"upload\";", false},
	{"http.uri; content:\"/other.cgi\"; file.name; content:\"b\";", false},
	{"file.name; content:!\"a\";", true},
	{"file.name; content:!\"b\";", false},
};

START_TEST(test_rules_ask_about_parts_of_forms)
{
	char rule[256];

	snprintf(rule, sizeof(rule), "alert http any any -> any any (%s sid:7;)\n",
		 parts[_i].conditions);
	ck_assert_int_eq(open_host(rule, "{\"events\": [\"alert\"]}"), 0);
	bed_shake_hands();
	send_segment(0, ACK | PSH,
		     "POST /upload.cgi HTTP/1.1\r\nHost: h\r\nContent-Length: 109\r\n"
		     "Content-Type: multipart/form-data; boundary=xY\r\n\r\n"
		     "--xY\r\nContent-Disposition: form-data; name=q\r\n\r\n1\r\n",
		     3);
	send_segment(0, ACK | PSH, "--xY\r\nContent-Disposition: form-data; filename=b.txt\r\n\r\n",
		     4);
	send_segment(1, ACK, "", 5);
	send_segment(0, FIN | ACK, "", 6);
	send_segment(1, FIN | ACK, "", 7);
	send_segment(0, ACK, "", 8);
	read_lines();
	ck_assert_uint_eq(n_lines, parts[_i].holds);
}
END_TEST

START_TEST(test_file_that_is_cut_off)
{
	ck_assert_int_eq(open_host("alert http any any -> any any (filesize:<9; sid:7;)\n"
				   "alert http any any -> any any (filesize:>4; sid:8;)\n",
				   "{\"events\": [\"alert\"]}"),
			 0);
	bed_shake_hands();
	send_segment(0, ACK | PSH, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 3);
	send_segment(1, ACK | PSH, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 4);
	send_segment(0, FIN | ACK, "", 5);
	send_segment(1, FIN | ACK, "", 6);
	send_segment(0, ACK, "", 7);
	read_lines();
	check_number(the("alert"), "alert.signature_id", 8);
}
END_TEST

/** What a rule about protocols alone says of a client of HTTP and a server of SSH: it is asked once
 * for each of them. */
static const struct {
	const char *conditions;
	unsigned int n;
} protocols[] = {
	{"app-layer-protocol:http;", 1},
	{"app-layer-protocol:!http;", 1},
	{"app-layer-protocol:!tls;", 2},
	{"flow:to_client; app-layer-protocol:ssh;", 1},
	{"flow:to_client; app-layer-protocol:http;", 0},
	{"flow:to_client; app-layer-protocol:http,to_server; app-layer-protocol:ssh,to_client;", 1},
	{"app-layer-protocol:ssh,to_server;", 0},
};

START_TEST(test_rules_ask_what_each_side_speaks)
{
	char rule[256];

	snprintf(rule, sizeof(rule), "alert tcp any any -> any any (%s sid:7;)\n",
		 protocols[_i].conditions);
	ck_assert_int_eq(open_host(rule, "{\"events\": [\"alert\"]}"), 0);
	bed_shake_hands();
	send_segment(0, ACK | PSH, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 3);
	send_segment(1, ACK | PSH, "SSH-2.0-OpenSSH_9\r\n", 4);
	send_segment(0, ACK, "", 5);
	send_segment(1, ACK | PSH, "Protocol mismatch\n", 6);
	send_segment(0, ACK, "", 7);
	read_lines();
	ck_assert_uint_eq(n_lines, protocols[_i].n);
}
END_TEST

START_TEST(test_what_is_not_asked_for_is_not_told)
{
	ck_assert_int_eq(open_host("alert tcp any any -> any any (content:\"GET\"; sid:7;)\n",
				   "{\"events\": []}"),
			 0);
	send_http();
	read_lines();
	ck_assert_uint_eq(n_lines, 0);
	ck_assert_uint_eq(host_counter(host, "alerts"), 1);
}
END_TEST

START_TEST(test_details_are_added)
{
	ck_assert_int_eq(
		open_host("alert tcp any any -> any any (content:\"GET\"; flowbits:set,one; "
			  "flowbits:set,traffic/id/two; metadata:a b; sid:7;)\n",
			  "{\"details\": [\"payload\", \"payload-printable\", \"packet\", "
			  "\"metadata\", \"verdict\", \"rule\"]}"),
		0);
	send_http();
	read_lines();
	ck_assert_uint_eq(n_lines, 1);
	check_text(the("alert"), "metadata.flowbits.0", "one");
	check_text(the("alert"), "traffic.id.0", "two");
	check_text(the("alert"), "alert.metadata.a.0", "b");
	check_text(the("alert"), "verdict.action", "alert");
	ck_assert_int_eq(
		strncmp(json_string_value(at(the("alert"), "payload_printable")), "GET /dir", 8),
		0);
	ck_assert_ptr_nonnull(at(the("alert"), "payload"));
	ck_assert_ptr_nonnull(at(the("alert"), "packet"));
	check_number(the("alert"), "packet_info.linktype", 12);
	check_number(the("alert"), "stream", 1);
	ck_assert_ptr_nonnull(strstr(json_string_value(at(the("alert"), "alert.rule")), "sid:7"));
}
END_TEST

START_TEST(test_a_dropped_packet_is_told_once)
{
	ck_assert_int_eq(
		open_host("drop tcp any any -> any 80 (flags:S; sid:1;)\n"
			  "drop tcp any any -> any 80 (flags:S; window:8192; sid:2;)\n"
			  "alert tcp any any -> any 80 (flags:S; sid:3;)\n",
			  "{\"mode\": \"prevent\", \"details\": [\"verdict\", \"alerts\"], "
			  "\"events\": [\"drop\", \"alert\"]}"),
		0);
	send_segment(0, SYN, "", 0);
	read_lines();
	ck_assert_uint_eq(n_lines, 4);
	check_text(the("drop"), "drop.reason", "rules");
	ck_assert(json_is_true(at(the("drop"), "drop.syn")));
	check_number(the("drop"), "alert.signature_id", 1);
	check_number(the("drop"), "pcap_cnt", 1);
	for (unsigned int i = 0; i < n_lines; i++)
		check_text(lines[i], "verdict.action", "drop");
	check_text(lines[0], "alert.action", "blocked");
	check_text(lines[2], "alert.action", "allowed");
}
END_TEST

START_TEST(test_verdict_is_of_all_rules)
{
	ck_assert_int_eq(open_host("alert tcp any any -> any 80 (flags:S; sid:1;)\n"
				   "pass tcp any any -> any 80 (flags:S; sid:2;)\n",
				   "{\"order\": [\"alert\", \"pass\", \"drop\", \"reject\"], "
				   "\"details\": [\"verdict\"]}"),
			 0);
	send_segment(0, SYN, "", 0);
	read_lines();
	check_text(the("alert"), "verdict.action", "pass");
}
END_TEST

START_TEST(test_counters_are_told_now_and_then)
{
	ck_assert_int_eq(open_host("alert tcp any any -> any 80 (flags:S; sid:1;)\n",
				   "{\"events\": [\"stats\"]}"),
			 0);
	for (unsigned int i = 0; i < 20; i++)
		send_segment(0, SYN, "", i * 1000);
	read_lines();
	ck_assert_uint_eq(n_lines, 3);
	check_number(lines[2], "stats.uptime", 16);
	ck_assert_int_ge(json_integer_value(at(lines[2], "stats.detect.alert")), 16);
}
END_TEST

START_TEST(test_unknown_words_are_refused)
{
	static const struct {
		const char *members, *why;
	} rows[] = {
		{"{\"events\": [\"alert\", \"frame\"]}",
		 "events: 'frame' is not known here (kinds of events that are written: alert, "},
		{"{\"details\": [\"all\"]}",
		 "details: 'all' is not known here (what they tell beyond the usual: app-layer, "},
	};

	ck_assert_int_eq(open_host("", rows[_i].members), -EINVAL);
	bed_why[strlen(rows[_i].why)] = '\0'; /* all of them follow */
	ck_assert_str_eq(bed_why, rows[_i].why);
}
END_TEST

/** @return a socket that listens. */
static int
listen_at(const char *path)
{
	struct sockaddr_un at_path = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(at_path.sun_path, sizeof(at_path.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at_path, sizeof(at_path)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

START_TEST(test_lines_go_to_a_socket)
{
	int listener = listen_at(socket_file), fd;
	char members[256], text[8192];
	ssize_t size;

	snprintf(members, sizeof(members), "{\"eve\": \"\", \"socket\": \"%s\"}", socket_file);
	ck_assert_int_eq(open_host("alert tcp any any -> any 80 (flags:S; sid:9;)\n", members), 0);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	send_segment(0, SYN, "", 0);
	host_end(host);
	size = read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(size, 0);
	text[size] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "\"signature_id\":9"));
	ck_assert_int_eq(text[size - 1], '\n');
	ck_assert_uint_eq(host_counter(host, "unheard"), 0);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(test_lines_nobody_hears_are_counted)
{
	int listener = listen_at(socket_file), fd = -1;
	char members[256];

	snprintf(members, sizeof(members), "{\"socket\": \"%s\"}", socket_file);
	if (_i == 0)
		unlink(socket_file);
	ck_assert_int_eq(open_host("alert tcp any any -> any 80 (flags:S; sid:9;)\n", members), 0);
	if (_i == 1) /* who goes away at once */
		fd = accept(listener, NULL, NULL);
	close(fd);
	close(listener);
	send_segment(0, SYN, "", 0);
	send_segment(0, SYN, "", 20);
	read_lines();
	ck_assert_uint_eq(n_lines, 2);
	ck_assert_uint_eq(host_counter(host, "unheard"), 2);
}
END_TEST

START_TEST(test_a_slow_reader_loses_lines)
{
	int listener = listen_at(socket_file);
	char members[256];
	uint64_t lost;

	snprintf(members, sizeof(members),
		 "{\"eve\": \"\", \"socket\": \"%s\", \"details\": [\"packet\"]}", socket_file);
	ck_assert_int_eq(open_host("alert tcp any any -> any 80 (flags:S; sid:9;)\n", members), 0);
	for (unsigned int i = 0; i < 5000; i++)
		send_segment(0, SYN, "", i);
	lost = host_counter(host, "unheard");
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_lt(lost, 5000);
	host_end(host);
	close(listener);
}
END_TEST

START_TEST(test_rules_about_a_protocol_see_what_came_before_it_was_known)
{
	static const char *const modes[] = {"{\"mode\": \"detect\", \"events\": [\"alert\"]}",
					    "{\"mode\": \"prevent\", \"events\": [\"alert\"]}"};

	ck_assert_int_eq(open_host("alert http any any -> any any (content:\"EVIL\"; sid:7;)\n"
				   "alert tcp any any -> any any (content:\"EVIL\"; sid:8;)\n",
				   modes[_i]),
			 0);
	bed_shake_hands();
	send_segment(0, ACK | PSH, "EVIL", 3);
	send_segment(1, ACK, "", 4);
	send_segment(0, ACK | PSH, "S / HTTP/1.1\r\nHost: example.org\r\n\r\n", 5);
	send_segment(1, ACK, "", 6);
	send_segment(0, FIN | ACK, "", 7);
	send_segment(1, FIN | ACK, "", 8);
	send_segment(0, ACK, "", 9);
	read_lines();
	ck_assert_uint_eq(n_lines, 2); /* each once */
	ck_assert_int_eq(json_integer_value(at(lines[0], "alert.signature_id")) +
				 json_integer_value(at(lines[1], "alert.signature_id")),
			 7 + 8);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tell");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_each_kind_is_told_once);
	tcase_add_test(tcase, test_digests_are_told);
	tcase_add_loop_test(tcase, test_rules_ask_about_files, 0, ROWS(files));
	tcase_add_loop_test(tcase, test_rules_ask_about_requests_and_answers, 0, ROWS(pairs));
	tcase_add_test(tcase, test_answer_is_of_its_own_request);
	tcase_add_loop_test(tcase, test_rules_ask_about_parts_of_forms, 0, ROWS(parts));
	tcase_add_test(tcase, test_file_that_is_cut_off);
	tcase_add_loop_test(tcase, test_rules_ask_what_each_side_speaks, 0, ROWS(protocols));
	tcase_add_test(tcase, test_what_is_not_asked_for_is_not_told);
	tcase_add_test(tcase, test_details_are_added);
	tcase_add_test(tcase, test_a_dropped_packet_is_told_once);
	tcase_add_test(tcase, test_verdict_is_of_all_rules);
	tcase_add_test(tcase, test_counters_are_told_now_and_then);
	tcase_add_loop_test(tcase, test_unknown_words_are_refused, 0, 2);
	tcase_add_test(tcase, test_lines_go_to_a_socket);
	tcase_add_loop_test(tcase, test_lines_nobody_hears_are_counted, 0, 2);
	tcase_add_test(tcase, test_a_slow_reader_loses_lines);
	tcase_add_loop_test(tcase, test_rules_about_a_protocol_see_what_came_before_it_was_known, 0,
			    2);
	return unit_main("ids tell", tcase);
}
