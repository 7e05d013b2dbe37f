/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB1 (MS-CIFS 2.2.3): headers, and the chains of AndX commands behind them. */

#include "stream/l7/smb_view.h"

enum {
	HEADER_SIZE = 32,
	CHAIN_MAX = 8, /* commands of a chain; clients make such of two or three */
	NO_COMMAND = 0xff,
	/* Offsets in a header. */
	COMMAND = 4,
	STATUS = 5,
	FLAGS = 9,
	FLAGS2 = 10,
	TREE_ID = 24,
	USER_ID = 28,
	MULTIPLEX_ID = 30,
	/* Flags, and Flags2 above them. */
	IS_REPLY = 1 << 7,
};

static const uint32_t unicode = 1u << 31; /* SMB_FLAGS2_UNICODE */

bool
smb1_is_unicode(const struct smb_reader *reader)
{
	return (reader->message.flags & unicode) != 0;
}

uint8_t
smb1_word8(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at)
{
	return at + 1 > block->n_words ? 0 : reader->bytes[block->words + at];
}

uint16_t
smb1_word16(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at)
{
	return at + 2 > block->n_words ? 0 : smb_get16(reader->bytes + block->words + at);
}

uint32_t
smb1_word32(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at)
{
	return at + 4 > block->n_words ? 0 : smb_get32(reader->bytes + block->words + at);
}

/* MS-CIFS 2.2.1.1: Unicode is aligned, counted from the header on. */
struct wp_span
smb1_text(struct smb_reader *reader, const struct smb1_block *block, uint32_t *at, bool is_unicode)
{
	uint32_t end = block->bytes + block->n_bytes, from = *at + (is_unicode ? *at & 1 : 0), size;

	end = end < reader->size ? end : reader->size;
	if (from >= end)
		return (struct wp_span){0};
	size = smb_text_length(reader->bytes + from, end - from, is_unicode);
	*at = from + size + (is_unicode ? 2 : 1);
	return (struct wp_span){reader->bytes + from, size};
}

static void
read_header(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;
	const uint8_t *bytes = reader->bytes;

	*message = (struct wp_smb_message){.version = WP_SMB_1,
					   .status = smb_get32(bytes + STATUS),
					   .flags = bytes[FLAGS] |
						    (uint32_t)smb_get16(bytes + FLAGS2) << 16,
					   .tree = smb_get16(bytes + TREE_ID),
					   .session = smb_get16(bytes + USER_ID),
					   .id = smb_get16(bytes + MULTIPLEX_ID)};
	message->is_pipe = smb_tree_is_ipc(reader->state, SMB1_SESSION, message->tree);
}

/** An oplock break is a request of the server's, LOCKING_ANDX (MS-CIFS 3.2.5.42). */
static void
read_direction(struct smb_reader *reader)
{
	bool says = (reader->message.flags & IS_REPLY) != 0;

	if (reader->bytes[COMMAND] == 0x24)
		reader->message.is_response = says;
	else
		smb_direction(reader, says);
}

/** Finds the parts of the command that stands at @p at, as far as they are there. */
static void
find_block(struct smb_reader *reader, uint32_t at, struct smb1_block *block)
{
	uint32_t left;

	*block = (struct smb1_block){0};
	if (at >= reader->size)
		return;
	block->words = at + 1;
	block->n_words = reader->bytes[at] * 2u;
	block->bytes = block->words + block->n_words + 2;
	if (block->bytes > reader->whole)
		smb_anomaly(reader, WP_SMB_BAD_OFFSETS);
	if (block->bytes > reader->size) {
		left = reader->size - block->words;
		block->n_words = block->n_words < left ? block->n_words : left;
		return;
	}
	block->n_bytes = smb_get16(reader->bytes + block->bytes - 2);
	left = reader->whole - block->bytes;
	if (block->n_bytes > left) {
		smb_anomaly(reader, WP_SMB_BAD_OFFSETS);
		block->n_bytes = left;
	}
}

static void
read_one(struct smb_reader *reader, const struct smb1_block *block, uint8_t command)
{
	const struct wp_smb_message header = reader->message;
	struct wp_smb_message *message = &reader->message;

	message->command = command;
	message->name = smb1_name(command);
	smb1_body(reader, block);
	smb_tell(reader);
	/* What a command of a chain has told of itself is not the next one's; but for the tree. */
	*message = header;
	message->is_pipe |= reader->chain->is_ipc;
	message->index++;
}

static bool
is_andx(uint8_t command)
{
	switch (command) {
	case 0x24:
	case 0x2d:
	case 0x2e:
	case 0x2f:
	case 0x73:
	case 0x74:
	case 0x75:
	case 0xa2:
		return true;
	default:
		return false;
	}
}

/** MS-CIFS 2.2.3.4 @param command  is set to the next one. @return where it stands; 0: there is
 * none */
static uint32_t
next_of(struct smb_reader *reader, const struct smb1_block *block, uint8_t *command)
{
	uint32_t at;

	if (!is_andx(*command) || block->n_words < 4)
		return 0;
	*command = smb1_word8(reader, block, 0);
	at = smb1_word16(reader, block, 2);
	if (*command == NO_COMMAND)
		return 0;
	if (at < block->words + block->n_words || at >= reader->whole ||
	    reader->message.index == CHAIN_MAX) {
		smb_anomaly(reader, WP_SMB_BAD_CHAIN);
		return 0;
	}
	if (at < reader->size)
		return at;
	if (!reader->is_final)
		l7_anomaly(reader->run, WP_L7_TOO_LONG);
	return 0;
}

void
smb1_read(struct smb_reader *reader)
{
	uint32_t at = HEADER_SIZE;
	uint8_t command;

	if (reader->whole <= HEADER_SIZE)
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
	if (reader->size < HEADER_SIZE)
		return;
	command = reader->bytes[COMMAND];
	read_header(reader);
	read_direction(reader);
	while (at != 0) {
		struct smb1_block block;

		find_block(reader, at, &block);
		read_one(reader, &block, command);
		at = next_of(reader, &block, &command);
	}
}
