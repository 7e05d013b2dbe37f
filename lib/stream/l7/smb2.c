/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB2 and SMB3 (MS-SMB2 2.2.1): headers, and the compounds that they make. */

#include "stream/l7/smb_view.h"

#include <string.h>

enum {
	HEADER_SIZE = 64,
	/* Offsets in a header. */
	STRUCTURE_SIZE = 4,
	STATUS = 8,
	COMMAND = 12,
	FLAGS = 16,
	NEXT_COMMAND = 20,
	MESSAGE_ID = 24,
	TREE_ID = 36,
	SESSION_ID = 40,
	/* Flags. */
	IS_RESPONSE = 1 << 0,
	IS_ASYNC = 1 << 1,
	IS_RELATED = 1 << 2,
};

/** An asynchronous message has an AsyncId where its tree would stand (MS-SMB2 2.2.1.1); a related
 * request is for what the one before it was for (3.3.5.2.7.2). */
static void
find_tree(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;
	const struct smb_chain *chain = reader->chain;
	bool is_related =
		chain->index != 0 && (message->flags & IS_RELATED) != 0 && !message->is_response;

	if (is_related) {
		message->session = chain->session;
		message->tree = chain->tree;
	} else if ((message->flags & IS_ASYNC) == 0) {
		message->tree = smb_get32(reader->bytes + TREE_ID);
	} else {
		smb_request_find(reader->state, message->session, message->id, &message->tree);
	}
	message->is_pipe = (is_related && chain->is_ipc) ||
			   smb_tree_is_ipc(reader->state, message->session, message->tree);
}

static void
read_header(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;
	const uint8_t *bytes = reader->bytes;

	*message = (struct wp_smb_message){.version = WP_SMB_2,
					   .status = smb_get32(bytes + STATUS),
					   .command = smb_get16(bytes + COMMAND),
					   .flags = smb_get32(bytes + FLAGS),
					   .id = smb_get64(bytes + MESSAGE_ID),
					   .session = smb_get64(bytes + SESSION_ID),
					   .index = reader->chain->index};
	message->name = smb2_name(message->command);
	if (smb_get16(bytes + STRUCTURE_SIZE) != HEADER_SIZE)
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
	smb_direction(reader, (message->flags & IS_RESPONSE) != 0);
	find_tree(reader);
}

static void
read_one(struct smb_reader *reader)
{
	struct smb_chain *chain = reader->chain;

	read_header(reader);
	smb2_body(reader);
	smb_tell(reader);
	chain->session = reader->message.session;
	chain->tree = reader->message.tree;
	if (chain->index != UINT8_MAX)
		chain->index++;
}

/** What follows from a header's NextCommand. */
struct step {
	uint32_t next; /* offset of the next message; 0: there is none */
	bool is_bad;
};

/** MS-SMB2 3.3.5.2.7: a multiple of 8, and a whole header has to follow. */
static struct step
step_of(const uint8_t *bytes, uint32_t whole)
{
	uint32_t next = smb_get32(bytes + NEXT_COMMAND);

	if (next == 0)
		return (struct step){0};
	if (next < HEADER_SIZE || next > whole || whole - next < HEADER_SIZE)
		return (struct step){.is_bad = true};
	return (struct step){next, next % 8 != 0};
}

/** @return whether a message begins there; if not, there is no way on. */
static bool
begins(struct smb_reader *reader)
{
	if (reader->whole < HEADER_SIZE) {
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
		return false;
	}
	if (reader->size >= 4 && memcmp(reader->bytes, "\xfeSMB", 4) != 0) {
		smb_anomaly(reader, WP_SMB_BAD_CHAIN);
		return false;
	}
	return true;
}

/* A message that is not whole here, but is not the first one either, waits until it comes first:
 * then as much of it is kept as of any other. */
uint32_t
smb2_read(struct smb_reader *reader)
{
	uint32_t at = 0, size = reader->size, whole = reader->whole;

	while (begins(reader)) {
		bool may_wait = at != 0 && !reader->is_final;
		struct step step;

		if (reader->size < HEADER_SIZE)
			return may_wait ? at : 0;
		step = step_of(reader->bytes, whole - at);
		if (step.next != 0)
			reader->whole = step.next;
		if (reader->size < reader->whole && may_wait)
			return at;
		if (reader->size > reader->whole)
			reader->size = reader->whole;
		if (step.is_bad)
			smb_anomaly(reader, WP_SMB_BAD_CHAIN);
		read_one(reader);
		at += step.next;
		if (step.next == 0 || at >= size)
			return step.next == 0 ? 0 : at;
		reader->bytes += step.next;
		reader->offset += step.next;
		reader->size = size - at;
		reader->whole = whole - at;
		reader->anomalies = 0;
	}
	return 0;
}
