/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on what is odd: "decode-event", "stream-event", "app-layer-event". */

#include "rule/keyword_condition.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rule/event.h"

static int
add_event(struct rule_reader *reader, enum match_kind kind, enum rule_event event)
{
	struct rule_match *match = reader_packet(reader, kind);

	if (match == NULL)
		return -EINVAL;
	match->event = (uint16_t)event;
	return 0;
}

int
keyword_decode_event_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum rule_event event = event_decode(value);

	if (event == EVENT_NONE)
		return reader_fault(reader, "there is no event '%.60s' of packets", value);
	return add_event(reader, MATCH_DECODE_EVENT, event);
}

int
keyword_stream_event_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum rule_event event = event_stream(value);

	if (event == EVENT_NONE)
		return reader_fault(reader, "there is no event '%.60s' of streams", value);
	return add_event(reader, MATCH_STREAM_EVENT, event);
}

/** "engine-event:stream.NAME", "engine-event:decoder.NAME" */
int
keyword_engine_event_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	if (strncasecmp(value, "stream.", 7) == 0)
		return keyword_stream_event_read(reader, keyword, value + 7);
	if (strncasecmp(value, "decoder.", 8) == 0)
		return keyword_decode_event_read(reader, keyword, value + 8);
	return reader_fault(reader, "'%.60s' begins neither with 'stream.' nor with 'decoder.'",
			    value);
}

/** Protocols whose events there are. */
static const struct keyword_choice protos[] = {
	{"http", RULE_L7_HTTP}, {"http1", RULE_L7_HTTP}, {"tls", RULE_L7_TLS},
	{"dns", RULE_L7_DNS},   {"smtp", RULE_L7_SMTP},  {"ssh", RULE_L7_SSH},
	{"smb", RULE_L7_SMB},   {"ftp", RULE_L7_FTP},    {NULL, 0},
};

/** An event of one protocol. @param name  behind the dot */
static int
read_of_proto(struct rule_reader *reader, const char *proto, const char *name)
{
	const struct keyword_choice *choice = keyword_choose(protos, proto);
	enum rule_event event;
	char text[96];
	int err;

	if (choice == NULL)
		return reader_fault(reader, "events of '%.30s' are not known: it is not read",
				    proto);
	snprintf(text, sizeof(text), "%s.%.70s", strcmp(proto, "http1") == 0 ? "http" : proto,
		 name);
	event = event_l7(text);
	if (event == EVENT_NONE)
		return reader_fault(reader, "there is no event '%.60s' of %s", name, proto);
	err = reader_needs_l7(reader, (enum rule_l7)choice->value);
	return err != 0 ? err : add_event(reader, MATCH_L7_EVENT, event);
}

/** "http.missing_host_header", or one of finding out which protocol it is */
int
keyword_l7_event_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *dot = strchr(value, '.');
	enum rule_event event;

	if (dot != NULL) {
		*dot = '\0';
		return read_of_proto(reader, value, dot + 1);
	}
	event = event_l7(value);
	if (event == EVENT_NONE)
		return reader_fault(reader, "there is no event '%.60s'", value);
	return add_event(reader, MATCH_L7_EVENT, event);
}
