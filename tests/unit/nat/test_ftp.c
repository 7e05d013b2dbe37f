/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP's control connection as bytes and numbers: lines, replaced texts, and 200 random sessions
 * over a network that loses, doubles and reorders, against a plain model of a byte stream. */

#include <stdio.h>
#include <string.h>

#include "ftp_stream.h"
#include "unit.h"

static const uint8_t inside[4] = {10, 0, 0, 1}, outside[4] = {203, 0, 113, 200};

static uint32_t
address_of(const uint8_t *bytes)
{
	uint32_t address;

	memcpy(&address, bytes, 4);
	return address;
}

static struct ftp_line
read_line(const char *text, bool of_server)
{
	return ftp_line_read((const uint8_t *)text, (unsigned int)strlen(text), of_server);
}

/* Lines. */

static const struct {
	const char *text;
	bool of_server;
	enum ftp_kind kind;
	const char *named;
	uint16_t port;
} lines[] = {
	{"PORT 10,0,0,1,4,1\r\n", false, FTP_PORT, "10,0,0,1,4,1", 1025},
	{"port 10,0,0,1,255,255\n", false, FTP_PORT, "10,0,0,1,255,255", 65535},
	{"Port 010,000,000,001,0,21", false, FTP_PORT, "010,000,000,001,0,21", 21},
	{"EPRT |1|10.0.0.1|50000|\r\n", false, FTP_EPRT, "10.0.0.1|50000", 50000},
	{"227 Entering Passive Mode (10,0,0,1,4,1).\r\n", true, FTP_227, "10,0,0,1,4,1", 1025},
	{"227 =10,0,0,1,4,1\r\n", true, FTP_227, "10,0,0,1,4,1", 1025},
	{"229 Entering Extended Passive Mode (|||6446|)\r\n", true, FTP_229, "6446", 6446},
	/* The other side's. */
	{"227 Entering Passive Mode (10,0,0,1,4,1).\r\n", false, FTP_OTHER, NULL, 0},
	{"PORT 10,0,0,1,4,1\r\n", true, FTP_OTHER, NULL, 0},
	/* Nothing of ours. */
	{"", false, FTP_OTHER, NULL, 0},
	{"", true, FTP_OTHER, NULL, 0},
	{"\r\n", false, FTP_OTHER, NULL, 0},
	{"POR", false, FTP_OTHER, NULL, 0},
	{"PORTS 10,0,0,1,4,1\r\n", false, FTP_OTHER, NULL, 0},
	{" PORT 10,0,0,1,4,1\r\n", false, FTP_OTHER, NULL, 0},
	{"EPRT |2|::1|50000|\r\n", false, FTP_OTHER, NULL, 0},
	{"EPSV\r\n", false, FTP_OTHER, NULL, 0},
	{"227-Entering Passive Mode (10,0,0,1,4,1)\r\n", true, FTP_OTHER, NULL, 0},
	{"200 227 (10,0,0,1,4,1)\r\n", true, FTP_OTHER, NULL, 0},
	/* Rubbish. */
	{"PORT \r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4,\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4,1,1\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4,256\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4,-1\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,0001,4,1\r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT 10,0,0,1,4,1 \r\n", false, FTP_RUBBISH, NULL, 0},
	{"PORT  10,0,0,1,4,1\r\n", false, FTP_RUBBISH, NULL, 0},
	{"EPRT |1|10.0.0.1|65536|\r\n", false, FTP_RUBBISH, NULL, 0},
	{"EPRT |1|10.0.0.1|500000|\r\n", false, FTP_RUBBISH, NULL, 0},
	{"EPRT |1|10.0.0.1|5000\r\n", false, FTP_RUBBISH, NULL, 0},
	{"EPRT |1|10.0.0|5000|\r\n", false, FTP_RUBBISH, NULL, 0},
	{"EPRT |1\r\n", false, FTP_RUBBISH, NULL, 0},
	{"227 Entering Passive Mode\r\n", true, FTP_RUBBISH, NULL, 0},
	{"227 Mode 1 (10,0,0,1,4,1)\r\n", true, FTP_RUBBISH, NULL, 0},
	{"229 Entering (6446)\r\n", true, FTP_RUBBISH, NULL, 0},
	{"229 (||6446|)\r\n", true, FTP_RUBBISH, NULL, 0},
	{"229 (|||6446)\r\n", true, FTP_RUBBISH, NULL, 0},
	{"229 |||6446|)\r\n", true, FTP_RUBBISH, NULL, 0},
};

START_TEST(test_lines)
{
	struct ftp_line line = read_line(lines[_i].text, lines[_i].of_server);

	ck_assert_msg(line.kind == lines[_i].kind, "%s: %d", lines[_i].text, line.kind);
	if (lines[_i].named == NULL)
		return;
	ck_assert_uint_eq(line.size, strlen(lines[_i].named));
	ck_assert_int_eq(memcmp(lines[_i].text + line.at, lines[_i].named, line.size), 0);
	ck_assert_uint_eq(line.port, lines[_i].port);
	ck_assert_uint_eq(line.address, line.kind == FTP_229 ? 0 : address_of(inside));
	/* Cut anywhere, it is none. */
	for (unsigned int size = 0; size < (unsigned int)(line.at + line.size); size++) {
		struct ftp_line cut =
			ftp_line_read((const uint8_t *)lines[_i].text, size, lines[_i].of_server);

		ck_assert(cut.kind == FTP_OTHER || cut.kind == FTP_RUBBISH || cut.size < line.size);
	}
}
END_TEST

START_TEST(test_texts)
{
	uint8_t text[FTP_TEXT_MAX];
	uint32_t longest = address_of((const uint8_t[]){255, 255, 255, 255});

	ck_assert_uint_eq(ftp_line_write(FTP_PORT, longest, 65535, text), FTP_TEXT_MAX);
	ck_assert_int_eq(memcmp(text, "255,255,255,255,255,255", FTP_TEXT_MAX), 0);
	ck_assert_uint_eq(ftp_line_write(FTP_227, address_of(inside), 1025, text), 12);
	ck_assert_int_eq(memcmp(text, "10,0,0,1,4,1", 12), 0);
	ck_assert_uint_eq(ftp_line_write(FTP_EPRT, longest, 65535, text), 21);
	ck_assert_int_eq(memcmp(text, "255.255.255.255|65535", 21), 0);
	ck_assert_uint_eq(ftp_line_write(FTP_229, longest, 6446, text), 4);
	ck_assert_int_eq(memcmp(text, "6446", 4), 0);
}
END_TEST

/* Segments. */

static struct ftp_stream stream;
static struct ftp_segment segment;
static uint8_t out[2048];
static uint32_t said_address;
static uint16_t said_port; /* 0: nothing is exposed */
static unsigned int n_exposed;

static bool
expose(void *arg, struct ftp_line *line)
{
	if (said_port == 0)
		return false;
	n_exposed++;
	line->address = said_address;
	line->port = said_port;
	return true;
}

static void
begin(uint32_t seq)
{
	stream = (struct ftp_stream){.seen = seq};
	said_address = address_of(outside);
	said_port = 40000;
	n_exposed = 0;
}

/** @return what is sent for a segment, as text; NULL: nothing is */
static const char *
send_room(uint32_t seq, const char *data, uint16_t room)
{
	segment = (struct ftp_segment){.seq = seq,
				       .data = (const uint8_t *)data,
				       .size = (uint16_t)strlen(data),
				       .out = out,
				       .room = room};
	if (!ftp_stream_out(&stream, &segment, expose, NULL))
		return NULL;
	out[segment.out_size] = '\0';
	ck_assert(ftp_stream_is_sound(&stream));
	return (const char *)out;
}

static const char *
say(uint32_t seq, const char *data)
{
	return send_room(seq, data, sizeof(out) - 1);
}

#define PORT_LINE "PORT 10,0,0,1,4,1\r\n"            /* 19 bytes */
#define PORT_SAID "PORT 203,0,113,200,156,64\r\n"    /* 27 */
#define LONG_LINE "EPRT |1|10.0.0.1|50000|\r\n"      /* 25 */
#define LONG_SAID "EPRT |1|203.0.113.200|40000|\r\n" /* 30 */

START_TEST(test_growth_and_retransmission)
{
	begin(1000);
	ck_assert_str_eq(say(1000, "USER a\r\n"), "USER a\r\n");
	ck_assert_str_eq(say(1008, PORT_LINE), PORT_SAID);
	ck_assert_uint_eq(ftp_stream_far(&stream, 1008), 1008);
	ck_assert_uint_eq(ftp_stream_far(&stream, 1027), 1035);
	ck_assert_str_eq(say(1027, "LIST\r\n"), "LIST\r\n");
	/* Again, alone and with what is around it. */
	ck_assert_str_eq(say(1008, PORT_LINE), PORT_SAID);
	ck_assert_str_eq(say(1008, PORT_LINE "LIST\r\n"), PORT_SAID "LIST\r\n");
	ck_assert_str_eq(say(1000, "USER a\r\n" PORT_LINE "LIST\r\n"),
			 "USER a\r\n" PORT_SAID "LIST\r\n");
	ck_assert_uint_eq(n_exposed, 1);
	/* In other pieces: whole, or not at all. */
	ck_assert_str_eq(say(1008, "PORT 10,0,"), "PORT ");
	ck_assert(segment.is_cut);
	ck_assert_ptr_null(say(1015, ",0,0,1,4,1\r\n"));
	ck_assert_str_eq(say(1025, "\r\nLIST\r\n"), "\r\nLIST\r\n");
	ck_assert_uint_eq(ftp_stream_far(&stream, 1025), 1033);
}
END_TEST

START_TEST(test_shrinkage)
{
	said_address = address_of(inside);
	begin(0xfffffff0);
	said_address = address_of((const uint8_t[]){9, 9, 9, 9});
	said_port = 258; /* 1,2 */
	ck_assert_str_eq(say(0xfffffff0, "USER a\r\n"), "USER a\r\n");
	/* The number wraps within the line. */
	ck_assert_str_eq(say(0xfffffff8, "PORT 100,100,100,100,100,100\r\n"),
			 "PORT 9,9,9,9,1,2\r\n");
	ck_assert_uint_eq(ftp_stream_far(&stream, 22), 10);
	ck_assert_uint_eq(ftp_stream_near(&stream, 10, false), 22);
	ck_assert_uint_eq(ftp_stream_near(&stream, 0xfffffff8, false), 0xfffffff8);
	/* Within the text: nothing of it has come; all of it has, for what begins there. */
	ck_assert_uint_eq(ftp_stream_near(&stream, 1, false), 0xfffffffd);
	ck_assert_uint_eq(ftp_stream_near(&stream, 1, true), 20);
}
END_TEST

START_TEST(test_lines_that_are_left)
{
	begin(1000);
	say(1000, "USER a\r\n");
	said_port = 0;
	ck_assert_str_eq(say(1008, PORT_LINE), PORT_LINE);
	ck_assert_uint_eq(segment.left, 1);
	said_port = 40000;
	/* What has gone as it was goes so again. */
	ck_assert_str_eq(say(1008, PORT_LINE), PORT_LINE);
	ck_assert_uint_eq(segment.left, 0);
	ck_assert_str_eq(say(1027, "PORT 1\r\n"), "PORT 1\r\n");
	ck_assert_uint_eq(segment.left, 1);
	/* Split over segments: too late; the end of a line begins none. */
	ck_assert_str_eq(say(1035, "PORT 10,0,0"), "PORT 10,0,0");
	ck_assert_uint_eq(segment.left, 1);
	ck_assert_str_eq(say(1046, ",1,4,1\r\n"), ",1,4,1\r\n");
	ck_assert_uint_eq(segment.left, 0);
	ck_assert_str_eq(say(1054, "STOR "), "STOR ");
	ck_assert_str_eq(say(1059, PORT_LINE), PORT_LINE);
	ck_assert_str_eq(say(1078, PORT_LINE), PORT_SAID);
	ck_assert_uint_eq(n_exposed, 1);
	/* A gap: what is to come may change numbers. */
	ck_assert_ptr_null(say(2000, "LIST\r\n"));
	segment = (struct ftp_segment){.seq = 2000, .ends = true, .out = out, .room = 100};
	ck_assert(!ftp_stream_out(&stream, &segment, expose, NULL));
	segment = (struct ftp_segment){.seq = 2000, .out = out, .room = 100};
	ck_assert(ftp_stream_out(&stream, &segment, expose, NULL));
}
END_TEST

START_TEST(test_what_is_not_ftp_is_left)
{
	static const char *const first[] = {"POST / HTTP/1.1\r\n", "PORT 10,0,0,1,4,1\r\n", "USER",
					    "\r\n"};

	for (int i = 0; i < ROWS(first); i++) {
		uint32_t next = 1000 + (uint32_t)strlen(first[i]);

		begin(1000);
		ck_assert_str_eq(say(1000, first[i]), first[i]);
		ck_assert_str_eq(say(next, "USER a\r\n"), "USER a\r\n");
		ck_assert_str_eq(say(next + 8, PORT_LINE), PORT_LINE);
		ck_assert_str_eq(say(next + 1000, PORT_LINE), PORT_LINE);
		ck_assert_uint_eq(n_exposed, 0);
	}
	/* Nobody knows how it began. */
	begin(1000);
	ck_assert_str_eq(say(1001, "USER a\r\n" PORT_LINE), "USER a\r\n" PORT_LINE);
	ck_assert_uint_eq(stream.phase, FTP_FOREIGN);
}
END_TEST

START_TEST(test_several_lines_and_a_full_memory)
{
	uint32_t seq = 1008, acked;

	begin(1000);
	say(1000, "USER a\r\n");
	ck_assert_str_eq(say(seq, "TYPE I\r\n" PORT_LINE LONG_LINE "LIST\r\n"),
			 "TYPE I\r\n" PORT_SAID LONG_SAID "LIST\r\n");
	ck_assert_uint_eq(ftp_stream_far(&stream, 1035), 1043);
	ck_assert_uint_eq(ftp_stream_far(&stream, 1060), 1073);
	/* Two more fit, the third waits until one has arrived. */
	seq = 1066;
	ck_assert_str_eq(say(seq, PORT_LINE PORT_LINE PORT_LINE "NOOP\r\n"), PORT_SAID PORT_SAID);
	ck_assert(segment.is_cut);
	seq += 2 * 19;
	ck_assert_ptr_null(say(seq, PORT_LINE "NOOP\r\n"));
	acked = ftp_stream_far(&stream, 1035);
	ftp_stream_acked(&stream, acked - 3); /* without the text's last byte */
	ck_assert_ptr_null(say(seq, PORT_LINE "NOOP\r\n"));
	ftp_stream_acked(&stream, acked);
	ftp_stream_acked(&stream, acked - 20); /* an older one */
	ck_assert_str_eq(say(seq, PORT_LINE "NOOP\r\n"), PORT_SAID "NOOP\r\n");
	/* What is before the forgotten one has the number of what is behind: it ends no later. */
	ck_assert_uint_eq(ftp_stream_far(&stream, 1016), 1024);
	ck_assert_uint_eq(ftp_stream_far(&stream, 1035), acked);
	ck_assert_uint_eq(n_exposed, 5);
}
END_TEST

START_TEST(test_no_more_than_there_is_room_for)
{
	begin(1000);
	say(1000, "USER a\r\n");
	ck_assert_str_eq(send_room(1008, PORT_LINE "LIST\r\n", 29), PORT_SAID "LI");
	ck_assert(segment.is_cut);
	ck_assert_str_eq(say(1029, "ST\r\n"), "ST\r\n");
	ck_assert_uint_eq(ftp_stream_far(&stream, 1029), 1037);
	/* The text is whole, or is not. */
	ck_assert_str_eq(send_room(1008, PORT_LINE, 24), "PORT ");
	ck_assert_ptr_null(send_room(1013, "10,0,0,1,4,1\r\n", 10));
}
END_TEST

START_TEST(test_old_texts_are_forgotten)
{
	static char data[60001];
	uint32_t seq = 1027;

	memset(data, 'x', 60000);
	data[59999] = '\n';
	begin(1000);
	say(1000, "USER a\r\n");
	say(1008, PORT_LINE);
	/* 4 GB and more later, numbers have gone round. */
	for (unsigned int i = 0; i < 80000; i++) {
		segment = (struct ftp_segment){.seq = seq,
					       .data = (const uint8_t *)data,
					       .size = 60000,
					       .out = out,
					       .room = 0};
		ftp_stream_out(&stream, &segment, expose, NULL);
		seq += 60000;
		ck_assert_uint_eq(ftp_stream_far(&stream, seq), seq + 8);
	}
	ck_assert_uint_eq(stream.n_edits, 0);
}
END_TEST

START_TEST(test_unsound)
{
	struct ftp_stream bad;

	begin(1000);
	say(1000, "USER a\r\n");
	say(1008, PORT_LINE PORT_LINE);
	ck_assert(ftp_stream_is_sound(&stream));
#define UNSOUND(FIELD, VALUE)                                                                      \
	do {                                                                                       \
		bad = stream;                                                                      \
		bad.FIELD = (VALUE);                                                               \
		ck_assert(!ftp_stream_is_sound(&bad));                                             \
	} while (0)
	UNSOUND(n_edits, FTP_EDITS + 1);
	UNSOUND(phase, FTP_PHASES);
	UNSOUND(phase, FTP_FOREIGN);
	UNSOUND(of_server, 2);
	UNSOUND(has_acked, 2);
	UNSOUND(in_line, 255);
	UNSOUND(edits[0].before, 0);
	UNSOUND(edits[0].before, FTP_TEXT_MAX + 1);
	UNSOUND(edits[1].after, FTP_TEXT_MAX + 1);
	UNSOUND(edits[1].at, 1010);
	UNSOUND(seen, 1020);
	/* Each behind the one before, and yet once round. */
	bad = stream;
	bad.n_edits = 3;
	bad.edits[1] = bad.edits[2] = bad.edits[0];
	bad.edits[1].before = 1;
	bad.edits[1].at = bad.edits[0].at + bad.edits[0].before + INT32_MAX;
	bad.edits[2].at = bad.edits[1].at + bad.edits[1].before + INT32_MAX;
	ck_assert_uint_lt(bad.edits[2].at, bad.edits[0].at + bad.edits[0].before);
	ck_assert(!ftp_stream_is_sound(&bad));
}
END_TEST

/* Random sessions. */

enum { SESSIONS = 200, LINES = 30, BYTES = 2048, FLYING = 16, SEGMENT_MAX = 120 };

/** A session: what the host says, what of it is replaced, and what has come. */
static struct {
	uint64_t random;
	uint32_t begin;
	char said[BYTES], expected[BYTES], came[BYTES];
	bool has_come[BYTES];
	unsigned int n_said, n_expected, n_come; /* the last: in a row */
	struct {
		unsigned int at, size;
		uint16_t port; /* that it names; 0: none */
		bool replaced;
	} lines[LINES];
	unsigned int n_lines;
	unsigned int una, nxt; /* the host's */
	struct {
		unsigned int at, size;
	} flying[FLYING];
	unsigned int n_flying;
} session;

static unsigned int
below(unsigned int n)
{
	session.random = session.random * 6364136223846793005 + 1442695040888963407;
	return (unsigned int)((session.random >> 33) % n);
}

/** Says what a port becomes: of other lengths than it has. */
static uint16_t
port_for(uint16_t port)
{
	return (uint16_t)(port * 7919u % 60000 + 1);
}

static void
address_for(uint16_t port, uint8_t *address)
{
	static const uint8_t lengths[] = {1, 22, 203};

	for (unsigned int i = 0; i < 4; i++)
		address[i] = lengths[(port >> i) % 3];
}

/** Replaces lines by their port, but for some; notes which. */
static bool
expose_some(void *arg, struct ftp_line *line)
{
	uint8_t address[4];

	for (unsigned int i = 0; i < session.n_lines; i++) {
		if (session.lines[i].port != line->port)
			continue;
		ck_assert(!session.lines[i].replaced); /* once */
		if (line->port % 5 == 0)
			return false;
		session.lines[i].replaced = true;
	}
	address_for(line->port, address);
	memcpy(&line->address, address, 4);
	line->port = port_for(line->port);
	return true;
}

static void
add_line(unsigned int i)
{
	static const char *const others[] = {"NOOP\r\n", "TYPE I\r\n", "PORT 1,2\r\n", "\r\n",
					     "CWD /a/rather/long/name\r\n"};
	char *at = session.said + session.n_said;
	uint16_t port = (uint16_t)(2000 + i * 1999);

	session.lines[i].at = session.n_said;
	if (i == 0)
		strcpy(at, "USER me\r\n");
	else if (below(2) == 0)
		strcpy(at, others[below(5)]);
	else if (below(2) == 0)
		sprintf(at, "PORT 10,0,0,1,%u,%u\r\n", port >> 8, port & 255);
	else
		sprintf(at, "EPRT |1|10.0.0.1|%u|\r\n", port);
	if ((at[0] == 'P' && at[9] == ',') || at[0] == 'E')
		session.lines[i].port = port;
	session.lines[i].size = (unsigned int)strlen(at);
	session.n_said += session.lines[i].size;
	session.n_lines++;
}

static void
open_session(uint64_t seed)
{
	memset(&session, 0, sizeof(session));
	session.random = seed * 0x9e3779b97f4a7c15;
	session.begin = seed % 3 == 0 ? (uint32_t)-below(500) : below(1u << 31) * 2;
	for (unsigned int i = 0; i < LINES; i++)
		add_line(i);
	stream = (struct ftp_stream){.seen = session.begin};
}

/** Writes what the other side is to read, by what has been replaced. */
static void
write_expected(void)
{
	session.n_expected = 0;
	for (unsigned int i = 0; i < session.n_lines; i++) {
		uint16_t port = session.lines[i].port;
		char *at = session.expected + session.n_expected;
		uint8_t a[4];

		address_for(port, a);
		if (!session.lines[i].replaced)
			snprintf(at, session.lines[i].size + 1, "%s",
				 session.said + session.lines[i].at);
		else if (session.said[session.lines[i].at] == 'P')
			sprintf(at, "PORT %u,%u,%u,%u,%u,%u\r\n", a[0], a[1], a[2], a[3],
				port_for(port) >> 8, port_for(port) & 255);
		else
			sprintf(at, "EPRT |1|%u.%u.%u.%u|%u|\r\n", a[0], a[1], a[2], a[3],
				port_for(port));
		session.n_expected += (unsigned int)strlen(at);
	}
}

/** The host sends a segment: the network has it, twice, or not at all. */
static void
fly(unsigned int at, unsigned int size)
{
	for (unsigned int copies = below(10) < 7 ? 1 : below(3); copies != 0; copies--) {
		if (session.n_flying == FLYING || size == 0)
			return;
		session.flying[session.n_flying].at = at;
		session.flying[session.n_flying++].size = size;
	}
}

/** Sends something new: mostly whole lines, one or some. */
static void
send_new(void)
{
	unsigned int i = 0, size = 0, first = session.lines[0].size;

	if (session.una < first) { /* a client waits for the answer to its first line */
		fly(0, first);
		session.nxt = first;
		return;
	}
	while (i < session.n_lines && session.lines[i].at < session.nxt)
		i++;
	if (below(10) == 0 || i == session.n_lines || session.lines[i].at != session.nxt) {
		/* Any piece, or the rest of one. */
		size = i < session.n_lines ? session.lines[i].at - session.nxt
					   : session.n_said - session.nxt;
		if (below(2) == 0 || size == 0)
			size = 1 + below(20);
	} else {
		for (unsigned int n = 1 + below(3); n != 0 && i < session.n_lines; n--)
			size += session.lines[i++].size;
	}
	if (size > session.n_said - session.nxt)
		size = session.n_said - session.nxt;
	fly(session.nxt, size);
	session.nxt += size;
}

/** Sends again from what is not acknowledged, in whatever pieces. */
static void
send_again(void)
{
	unsigned int left = session.nxt - session.una, at = below(4) == 0 ? below(left + 1) : 0;
	unsigned int size = below(3) == 0 ? below(SEGMENT_MAX) : SEGMENT_MAX;

	if (at + size > left)
		size = left - at;
	fly(session.una + at, size);
}

/** What has come is written down; nothing comes twice in different words. */
static void
receive(uint32_t far)
{
	unsigned int at = far - session.begin;

	for (unsigned int i = 0; i < segment.out_size; i++) {
		if ((int32_t)(far + i - (session.begin + session.n_come)) < 0)
			continue; /* it has that already, and does not look */
		at = far + i - session.begin;
		ck_assert_uint_lt(at, BYTES);
		ck_assert(!session.has_come[at] || session.came[at] == (char)out[i]);
		session.has_come[at] = true;
		session.came[at] = (char)out[i];
	}
	while (session.n_come < BYTES && session.has_come[session.n_come])
		session.n_come++;
}

/** An acknowledgement comes back, if it is not lost. */
static void
acknowledge(void)
{
	uint32_t far = session.begin + session.n_come, near;

	if (below(4) == 0)
		return;
	ftp_stream_acked(&stream, far);
	near = ftp_stream_near(&stream, far, false) - session.begin;
	ck_assert_uint_le(near, session.nxt);
	if (near > session.una)
		session.una = near;
}

/** One of the segments on their way arrives at the gateway, and what it makes of it beyond. */
static void
land(void)
{
	unsigned int i = below(3) == 0 ? below(session.n_flying) : 0;
	unsigned int at = session.flying[i].at, size = session.flying[i].size;

	session.n_flying--;
	memmove(&session.flying[i], &session.flying[i + 1],
		(session.n_flying - i) * sizeof(session.flying[0]));
	segment = (struct ftp_segment){.seq = session.begin + at,
				       .data = (const uint8_t *)session.said + at,
				       .size = (uint16_t)size,
				       .out = out,
				       .room = (uint16_t)(size + below(100))};
	if (!ftp_stream_out(&stream, &segment, expose_some, NULL))
		return;
	ck_assert(ftp_stream_is_sound(&stream));
	if (below(8) != 0)
		receive(ftp_stream_far(&stream, session.begin + at));
}

START_TEST(test_random_session)
{
	unsigned int steps = 0, n_replaced = 0;

	open_session((uint64_t)_i + 1);
	while (session.una < session.n_said) {
		ck_assert_msg(steps++ < 100000, "session %d hangs at %u of %u", _i, session.una,
			      session.n_said);
		if (session.nxt - session.una < 300 && below(3) == 0)
			send_new();
		else if (session.una != 0 && below(4) == 0)
			send_again();
		if (session.n_flying != 0 && below(2) == 0)
			land();
		acknowledge();
	}
	write_expected();
	ck_assert_uint_eq(session.n_come, session.n_expected);
	ck_assert_int_eq(memcmp(session.came, session.expected, session.n_expected), 0);
	for (unsigned int i = 0; i < session.n_lines; i++)
		n_replaced += session.lines[i].replaced;
	ck_assert_uint_ge(n_replaced, 2);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat ftp");

	tcase_add_loop_test(tcase, test_lines, 0, ROWS(lines));
	tcase_add_test(tcase, test_texts);
	tcase_add_test(tcase, test_growth_and_retransmission);
	tcase_add_test(tcase, test_shrinkage);
	tcase_add_test(tcase, test_lines_that_are_left);
	tcase_add_test(tcase, test_what_is_not_ftp_is_left);
	tcase_add_test(tcase, test_several_lines_and_a_full_memory);
	tcase_add_test(tcase, test_no_more_than_there_is_room_for);
	tcase_add_test(tcase, test_old_texts_are_forgotten);
	tcase_add_test(tcase, test_unsound);
	tcase_add_loop_test(tcase, test_random_session, 0, SESSIONS);
	return unit_main("nat ftp", tcase);
}
