/* SPDX-License-Identifier: BSD-3-Clause */
/* See talk.h. */

#include "out/talk.h"

#include <string.h>

#include "out/field.h"
#include "stream/flow.h"
#include "stream/l7/http.h"
#include "stream/l7/smb.h"
#include "stream/l7/smtp.h"
#include "stream/l7/ssh.h"
#include "stream/l7/tls.h"

enum {
	FOR_ANSWER = 1024, /* bytes that the first message leaves to the others */
	CHUNKS_END = 2,    /* bytes behind the last chunk, which EVE's length does not count */
};

/* Room. */

/** Forgets a transaction; the bytes of those behind it move up. */
static void
close_part(struct talk *talk, uint32_t i)
{
	struct talk_part *part = &talk->parts[i];
	uint32_t at = part->at, size = part->size;

	memmove(talk->bytes + at, talk->bytes + at + size, talk->used - at - size);
	memmove(part, part + 1, (talk->n_open - i - 1) * sizeof(*part));
	talk->n_open--;
	talk->used -= size;
	for (; i < talk->n_open; i++)
		talk->parts[i].at -= size;
}

/** Begins a transaction. */
static struct talk_part *
open_part(struct talk *talk, uint64_t tx)
{
	if (talk->n_open == TALK_OPEN) {
		close_part(talk, 0);
		talk->lost++;
	}
	talk->parts[talk->n_open] = (struct talk_part){.tx = tx, .at = talk->used};
	return &talk->parts[talk->n_open++];
}

static struct talk_part *
find_part(struct talk *talk, uint64_t tx)
{
	for (uint32_t i = 0; i < talk->n_open; i++)
		if (talk->parts[i].tx == tx)
			return &talk->parts[i];
	return NULL;
}

/** Makes room for @p size more bytes of a transaction: the oldest others go. @return where the
 * transaction is now */
static struct talk_part *
make_room(struct talk *talk, struct talk_part *part, size_t size)
{
	uint64_t tx = part->tx;

	while (TALK_ROOM - talk->used < size && talk->parts[0].tx != tx) {
		close_part(talk, 0);
		talk->lost++;
		part--;
	}
	return part;
}

/** Puts fields at the end of a transaction. @return where the transaction is now */
static struct talk_part *
insert(struct talk *talk, struct talk_part *part, const uint8_t *bytes, size_t size)
{
	uint32_t end;

	part = make_room(talk, part, size);
	if (size > TALK_ROOM - talk->used || size > RECORD_KEPT_MAX - part->size)
		return part;
	end = part->at + part->size;
	memmove(talk->bytes + end + size, talk->bytes + end, talk->used - end);
	memcpy(talk->bytes + end, bytes, size);
	talk->used += (uint32_t)size;
	part->size += (uint32_t)size;
	for (struct talk_part *next = part + 1; next < talk->parts + talk->n_open; next++)
		next->at += (uint32_t)size;
	return part;
}

/** Adds a message to a transaction. @return where the transaction is now */
static struct talk_part *
add(struct talk *talk, struct talk_part *part, const struct wp_stream_event *event)
{
	size_t most = RECORD_KEPT_MAX - (part->size == 0 ? FOR_ANSWER : 0), used;
	uint8_t bytes[RECORD_KEPT_MAX];

	if (event->type == WP_SSH_BANNER) /* it comes twice: what is there stands in front */
		memcpy(bytes, talk->bytes + part->at, part->size);
	used = record_keep(bytes, most, part->size, event);
	return insert(talk, part, bytes + part->size, used - part->size);
}

static struct wp_span
bytes_of(const struct talk *talk, const struct talk_part *part)
{
	return (struct wp_span){talk->bytes + part->at, part->size};
}

/** Says that a record is due, of what was kept. */
static bool
tell(const struct talk *talk, struct talk_part *part, enum record_kind kind, struct talk_due *due)
{
	*due = (struct talk_due){
		.kind = kind, .tx = (int64_t)part->tx, .kept = bytes_of(talk, part)};
	part->is_told = true;
	return true;
}

/** The same, and it is over: its bytes stand until the next call. */
static bool
tell_last(struct talk *talk, struct talk_part *part, enum record_kind kind, struct talk_due *due)
{
	talk->over = part->tx + 1;
	return tell(talk, part, kind, due);
}

/** SMTP: the next message begins with what the client called itself before. @return whether it has
 * called itself anything */
static bool
begin_anew(struct talk *talk, struct talk_part *part)
{
	struct field helo = field_find(bytes_of(talk, part), FIELD_SMTP_HELO);
	uint8_t bytes[RECORD_KEPT_MAX];
	struct fields fields = {.bytes = bytes, .size = sizeof(bytes)};

	if (!field_add(&fields, FIELD_SMTP_HELO, helo.size,
		       (struct wp_span){helo.bytes, helo.size}))
		return false;
	close_part(talk, (uint32_t)(part - talk->parts));
	part = open_part(talk, talk->n++);
	insert(talk, part, bytes, fields.used);
	return true;
}

/** Forgets what was over at the call before. */
static void
settle(struct talk *talk)
{
	struct talk_part *part = talk->over == 0 ? NULL : find_part(talk, talk->over - 1);

	talk->over = 0;
	if (part != NULL && !begin_anew(talk, part))
		close_part(talk, (uint32_t)(part - talk->parts));
}

/* Protocols. */

/** @return the transaction that a head belongs to. A response without a status line says of none,
 * but it answers the oldest. */
static uint64_t
transaction_of(const struct talk *talk, const struct wp_http_head *head)
{
	if (head->transaction != 0)
		return head->transaction - 1u;
	if ((head->anomalies & WP_HTTP_BIT(WP_HTTP_NO_STATUS_LINE)) != 0)
		for (uint32_t i = 0; i < talk->n_open; i++)
			if (!talk->parts[i].is_answered)
				return talk->parts[i].tx;
	return talk->n;
}

static void
take_http(struct talk *talk, const struct wp_stream_event *event)
{
	const struct wp_http_head *head = event->http;
	uint64_t tx = transaction_of(talk, head);
	struct talk_part *part = find_part(talk, tx);

	if (part == NULL)
		part = open_part(talk, tx);
	if (tx >= talk->n)
		talk->n = tx + 1;
	part = add(talk, part, event);
	if (head->is_request || (head->status / 100 == 1 && head->status != 101))
		return;
	part->is_answered = true;
	part->from = event->offset + head->raw.size + (head->is_chunked ? CHUNKS_END : 0);
	talk->body = tx + 1;
}

/** A body is through. @param end  of it in its side's stream */
static bool
end_http(struct talk *talk, unsigned int side, uint64_t end, struct talk_due *due)
{
	struct talk_part *part = talk->body == 0 ? NULL : find_part(talk, talk->body - 1);
	uint8_t bytes[sizeof(struct field_head) + sizeof(uint64_t)];

	if (side != WP_SERVER || part == NULL || !part->is_answered)
		return false;
	talk->body = 0;
	if (end > part->from)
		part = insert(talk, part, bytes,
			      record_keep_length(bytes, sizeof(bytes), 0, end - part->from));
	return tell_last(talk, part, RECORD_HTTP, due);
}

/** @return the only transaction of a flow whose protocol has but one. */
static struct talk_part *
only(struct talk *talk)
{
	talk->n = 1;
	return talk->n_open == 0 ? open_part(talk, 0) : &talk->parts[0];
}

/** Notes what the flow was before TLS began. */
static struct talk_part *
add_before(struct talk *talk, struct talk_part *part)
{
	uint8_t bytes[64];
	struct fields fields = {.bytes = bytes, .size = sizeof(bytes)};
	const char *name = wp_l7_name(talk->before);

	if (talk->before <= WP_L7_NONE || part->size != 0)
		return part;
	field_add(&fields, FIELD_TLS_FROM, sizeof(bytes),
		  (struct wp_span){(const uint8_t *)name, (uint32_t)strlen(name)});
	return insert(talk, part, bytes, fields.used);
}

/** The server's certificates are the last that is told, or in TLS 1.3 its hello. */
static bool
take_tls(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	struct talk_part *part = only(talk);

	if (part->is_told)
		return false;
	part = add(talk, add_before(talk, part), event);
	if (event->side != WP_SERVER ||
	    (event->type == WP_TLS_HELLO && event->tls->version < 0x0304))
		return false;
	tell(talk, part, RECORD_TLS, due);
	due->tx = -1;
	return true;
}

static bool
take_ssh(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	struct talk_part *part = only(talk);

	if (part->is_told)
		return false;
	part = add(talk, part, event);
	if (event->detail == WP_SSH_KEXINIT)
		part->kex |= (uint8_t)(1 << (event->side & 1));
	return part->kex == 3 && tell(talk, part, RECORD_SSH, due);
}

/** @return the transaction that is under way, the last; a new one where there is none. */
static struct talk_part *
last(struct talk *talk)
{
	return talk->n_open == 0 ? open_part(talk, talk->n++) : &talk->parts[talk->n_open - 1];
}

static bool
take_smtp(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	struct talk_part *part = add(talk, last(talk), event);

	return event->line->command == WP_SMTP_END_OF_DATA &&
	       tell_last(talk, part, RECORD_SMTP, due);
}

/** Replies answer commands in their order; one to no command is a transaction, too. */
static bool
take_ftp(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	const struct wp_text_line *line = event->line;
	struct talk_part *part;

	if (event->type == WP_FTP_COMMAND || talk->n_open == 0)
		part = open_part(talk, talk->n++);
	else
		part = &talk->parts[0];
	part = add(talk, part, event);
	return event->type == WP_FTP_REPLY && line->is_last && line->code / 100 != 1 &&
	       tell_last(talk, part, RECORD_FTP, due);
}

static struct talk_part *
find_smb(struct talk *talk, uint64_t id)
{
	for (uint32_t i = 0; i < talk->n_open; i++)
		if (talk->parts[i].from == id)
			return &talk->parts[i];
	return NULL;
}

/** Notes what the sides have agreed on before. */
static struct talk_part *
add_dialect(struct talk *talk, struct talk_part *part)
{
	uint8_t bytes[sizeof(struct field_head) + sizeof(uint32_t)];
	struct fields fields = {.bytes = bytes, .size = sizeof(bytes)};

	if (talk->dialect != 0)
		field_add_struct(&fields, FIELD_SMB_DIALECT, &talk->dialect, sizeof(talk->dialect));
	return insert(talk, part, bytes, fields.used);
}

static bool
take_smb(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	const struct wp_smb_message *smb = event->smb;
	struct talk_part *part = smb->is_response ? find_smb(talk, smb->id) : NULL;

	if (smb->version != WP_SMB_1 && smb->version != WP_SMB_2)
		return false;
	if (part == NULL) {
		part = add_dialect(talk, open_part(talk, talk->n++));
		part->from = smb->id;
	}
	if (smb->dialect != 0 && smb->is_response)
		talk->dialect = smb->dialect;
	part = add(talk, part, event);
	return smb->is_response && tell_last(talk, part, RECORD_SMB, due);
}

/* Events. */

/** Another protocol goes on with the flow (STARTTLS): what was said is another's. */
static void
begin_protocol(struct talk *talk, uint8_t l7)
{
	talk->n = talk->over = talk->body = 0;
	talk->n_open = talk->used = 0;
	talk->dialect = 0;
	talk->before = talk->l7;
	talk->l7 = l7;
}

bool
talk_event(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due)
{
	settle(talk);
	if (event->flow->l7 != talk->l7)
		begin_protocol(talk, event->flow->l7);
	switch (event->type) {
	case WP_HTTP_HEAD:
		take_http(talk, event);
		return false;
	case WP_HTTP_END:
		return end_http(talk, event->side, event->offset, due);
	case WP_DNS_MESSAGE:
		*due = (struct talk_due){
			.kind = RECORD_DNS, .tx = (int64_t)talk->n++, .event = event};
		return true;
	case WP_TLS_HELLO:
	case WP_TLS_CERTIFICATES:
		return take_tls(talk, event, due);
	case WP_SSH_BANNER:
		return take_ssh(talk, event, due);
	case WP_SMTP_COMMAND:
		return take_smtp(talk, event, due);
	case WP_FTP_COMMAND:
	case WP_FTP_REPLY:
		return take_ftp(talk, event, due);
	case WP_SMB_MESSAGE:
		return take_smb(talk, event, due);
	default:
		return false;
	}
}

/** Whether enough of a transaction is there to be told at the end of its flow. */
static bool
is_worth(const struct talk *talk, const struct talk_part *part, enum record_kind kind)
{
	struct wp_span bytes = bytes_of(talk, part);

	if (part->is_told)
		return false;
	switch (kind) {
	case RECORD_HTTP:
		return true;
	case RECORD_SSH:
		return field_find(bytes, FIELD_SSH_CLIENT).bytes != NULL &&
		       field_find(bytes, FIELD_SSH_SERVER).bytes != NULL;
	case RECORD_SMTP:
		return part->tx == 0 || field_find(bytes, FIELD_SMTP_FROM).bytes != NULL;
	case RECORD_FTP:
		return field_find(bytes, FIELD_FTP_COMMAND).bytes != NULL;
	default:
		return false;
	}
}

/** @return the kind of records that flows of a protocol have. */
static enum record_kind
kind_of(const struct wp_flow *flow)
{
	switch (flow->l7) {
	case WP_L7_HTTP:
		return RECORD_HTTP;
	case WP_L7_SSH:
		return RECORD_SSH;
	case WP_L7_SMTP:
		return RECORD_SMTP;
	case WP_L7_FTP:
		return RECORD_FTP;
	default:
		return RECORD_KINDS;
	}
}

bool
talk_end(struct talk *talk, const struct wp_flow *flow, struct talk_due *due)
{
	enum record_kind kind = kind_of(flow);

	settle(talk);
	if (end_http(talk, WP_SERVER, flow->sides[WP_SERVER].offset, due))
		return true;
	while (talk->n_open != 0) {
		struct talk_part *part = &talk->parts[0];

		if (is_worth(talk, part, kind))
			return tell(talk, part, kind, due);
		close_part(talk, 0);
	}
	return false;
}

struct wp_span
talk_kept(const struct talk *talk, const struct wp_stream_event *event, int64_t *tx)
{
	uint64_t wanted = talk->n - 1;

	if (event->type == WP_HTTP_HEAD && event->http->transaction != 0)
		wanted = event->http->transaction - 1u;
	*tx = talk->n == 0 ? -1 : (int64_t)wanted;
	return talk_of(talk, wanted);
}

struct wp_span
talk_of(const struct talk *talk, uint64_t tx)
{
	for (uint32_t i = 0; i < talk->n_open; i++)
		if (talk->parts[i].tx == tx)
			return bytes_of(talk, &talk->parts[i]);
	return (struct wp_span){.data = NULL};
}

uint64_t
talk_length(const struct talk *talk, const struct wp_flow *flow, uint64_t tx)
{
	uint64_t now = flow->sides[WP_SERVER].offset;

	if (talk->body != tx + 1)
		return 0;
	for (uint32_t i = 0; i < talk->n_open; i++)
		if (talk->parts[i].tx == tx)
			return now > talk->parts[i].from ? now - talk->parts[i].from : 0;
	return 0;
}
