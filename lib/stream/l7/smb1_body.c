/* SPDX-License-Identifier: BSD-3-Clause */
/* What SMB1 commands carry (MS-CIFS 2.2.4, MS-SMB 2.2.4). */

#include "stream/l7/smb_view.h"

enum command {
	CREATE_DIRECTORY = 0x00,
	DELETE_DIRECTORY = 0x01,
	OPEN = 0x02,
	CREATE = 0x03,
	DELETE = 0x06,
	RENAME = 0x07,
	QUERY_INFORMATION = 0x08,
	READ = 0x0a,
	WRITE = 0x0b,
	CREATE_NEW = 0x0f,
	CHECK_DIRECTORY = 0x10,
	TRANSACTION = 0x25,
	TRANSACTION_SECONDARY = 0x26,
	OPEN_ANDX = 0x2d,
	READ_ANDX = 0x2e,
	WRITE_ANDX = 0x2f,
	TRANSACTION2 = 0x32,
	TRANSACTION2_SECONDARY = 0x33,
	TREE_CONNECT = 0x70,
	TREE_DISCONNECT = 0x71,
	NEGOTIATE = 0x72,
	SESSION_SETUP_ANDX = 0x73,
	TREE_CONNECT_ANDX = 0x75,
	NT_TRANSACT = 0xa0,
	NT_TRANSACT_SECONDARY = 0xa1,
	NT_CREATE_ANDX = 0xa2,
};

enum { HEADER_SIZE = 32 };

/** As smb1_text(), in UTF-8. */
static struct wp_span
text(struct smb_reader *reader, const struct smb1_block *block, uint32_t *at, uint8_t *room,
     uint32_t room_size)
{
	bool is_unicode = smb1_is_unicode(reader);

	return smb_text(smb1_text(reader, block, at, is_unicode), is_unicode, room, room_size);
}

static struct wp_span
path(struct smb_reader *reader, const struct smb1_block *block, uint32_t at)
{
	return text(reader, block, &at, reader->texts->path, sizeof(reader->texts->path));
}

/** A FID among the parameters, if the message has them. */
static void
read_file_id(struct smb_reader *reader, const struct smb1_block *block, uint32_t at)
{
	if (block->n_words >= at + 2)
		reader->message.file_id = (struct wp_span){reader->bytes + block->words + at, 2};
}

/** 2.2.4.53.1: names that are not within NTLMSSP. */
static void
read_names(struct smb_reader *reader, const struct smb1_block *block, uint32_t passwords)
{
	struct wp_smb_message *message = &reader->message;
	struct smb_texts *texts = reader->texts;
	uint32_t at = block->bytes + passwords;

	if (passwords > block->n_bytes)
		smb_anomaly(reader, WP_SMB_BAD_OFFSETS);
	message->user = text(reader, block, &at, texts->user, sizeof(texts->user));
	message->domain = text(reader, block, &at, texts->domain, sizeof(texts->domain));
}

/** 2.2.4.53, and MS-SMB 2.2.4.6: which form it is, its number of words tells. */
static void
read_session_setup(struct smb_reader *reader, const struct smb1_block *block)
{
	uint32_t size = smb1_word16(reader, block, 14);

	if (reader->message.is_response && block->n_words == 8)
		smb_login(reader, smb_part(reader, block->bytes, smb1_word16(reader, block, 6),
					   block->bytes));
	if (reader->message.is_response)
		return;
	if (block->n_words == 24)
		smb_login(reader, smb_part(reader, block->bytes, size, block->bytes));
	else if (block->n_words == 26)
		read_names(reader, block, size + smb1_word16(reader, block, 16));
	else if (block->n_words == 20)
		read_names(reader, block, size);
}

/** 2.2.4.55.1 */
static void
connect_tree_andx(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;
	uint32_t password = smb1_word16(reader, block, 6);

	if (password > block->n_bytes)
		smb_anomaly(reader, WP_SMB_BAD_OFFSETS);
	message->share = path(reader, block, block->bytes + password);
	message->is_pipe = smb_share_is_ipc(message->share);
	reader->chain->is_ipc = message->is_pipe;
}

/** 2.2.4.55.2: the service is never Unicode. */
static void
tree_connected_andx(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;
	uint32_t at = block->bytes;
	struct wp_span service = smb1_text(reader, block, &at, false);

	if (message->status != 0)
		return;
	message->is_pipe = service.size == 3 && service.data[0] == 'I' && service.data[1] == 'P' &&
			   service.data[2] == 'C';
	reader->chain->is_ipc = message->is_pipe;
	smb_tree_note(reader->state, SMB1_SESSION, message->tree, message->is_pipe);
}

/** 2.2.4.50: the response does not say what it is a tree of. */
static void
read_tree_connect(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;
	uint32_t none;

	if (!message->is_response) {
		message->share = path(reader, block, block->bytes + 1);
		message->is_pipe = smb_share_is_ipc(message->share);
		if (message->is_pipe)
			smb_request_note(reader->state, SMB1_SESSION, message->id, 0);
	} else if (message->status == 0 && block->n_words >= 4) {
		message->tree = smb1_word16(reader, block, 2);
		message->is_pipe =
			smb_request_find(reader->state, SMB1_SESSION, message->id, &none);
		smb_tree_note(reader->state, SMB1_SESSION, message->tree, message->is_pipe);
	}
}

static void
read_create_andx(struct smb_reader *reader, const struct smb1_block *block)
{
	if (reader->message.is_response)
		/* OPEN_ANDX has an OpLockLevel less in front (2.2.4.41.2, 2.2.4.64.2) */
		read_file_id(reader, block, reader->message.command == OPEN_ANDX ? 4 : 5);
	else
		reader->message.file = path(reader, block, block->bytes);
}

/** 2.2.4.42.2 */
static void
read_answer_andx(struct smb_reader *reader, const struct smb1_block *block)
{
	uint32_t size = smb1_word16(reader, block, 10) | (uint32_t)smb1_word16(reader, block, 14)
								 << 16;

	reader->message.data = smb_part(reader, smb1_word16(reader, block, 12), size, HEADER_SIZE);
}

/** 2.2.4.43.1 */
static void
read_write_andx(struct smb_reader *reader, const struct smb1_block *block)
{
	uint32_t size = smb1_word16(reader, block, 20) | (uint32_t)smb1_word16(reader, block, 18)
								 << 16;

	read_file_id(reader, block, 4);
	reader->message.data = smb_part(reader, smb1_word16(reader, block, 22), size, HEADER_SIZE);
}

/** 2.2.4.11.2, 2.2.4.12.1: a buffer format and a length stand in front. */
static void
read_plain_data(struct smb_reader *reader, const struct smb1_block *block)
{
	uint32_t at = block->bytes + 3;

	if (block->n_bytes >= 3 && reader->size >= at)
		reader->message.data = smb_part(reader, at, smb_get16(reader->bytes + at - 2), at);
}

static void
read_request(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;

	switch (message->command) {
	case NEGOTIATE:
		message->dialects = smb_part(reader, block->bytes, block->n_bytes, block->bytes);
		break;
	case CREATE_DIRECTORY:
	case DELETE_DIRECTORY:
	case OPEN:
	case CREATE:
	case DELETE:
	case RENAME:
	case QUERY_INFORMATION:
	case CREATE_NEW:
	case CHECK_DIRECTORY:
		/* A buffer format stands in front. */
		message->file = path(reader, block, block->bytes + 1);
		break;
	case TREE_CONNECT_ANDX:
		connect_tree_andx(reader, block);
		break;
	case READ:
		read_file_id(reader, block, 0);
		break;
	case WRITE:
		read_file_id(reader, block, 0);
		read_plain_data(reader, block);
		break;
	case READ_ANDX:
		read_file_id(reader, block, 4);
		break;
	case WRITE_ANDX:
		read_write_andx(reader, block);
		break;
	default:
		break;
	}
}

static void
read_response(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;

	switch (message->command) {
	case NEGOTIATE:
		message->dialect = smb1_word16(reader, block, 0);
		break;
	case TREE_CONNECT_ANDX:
		tree_connected_andx(reader, block);
		break;
	case TREE_DISCONNECT:
		if (message->status == 0)
			smb_tree_note(reader->state, SMB1_SESSION, message->tree, false);
		break;
	case READ:
		read_plain_data(reader, block);
		break;
	case READ_ANDX:
		read_answer_andx(reader, block);
		break;
	default:
		break;
	}
}

void
smb1_body(struct smb_reader *reader, const struct smb1_block *block)
{
	switch (reader->message.command) {
	case SESSION_SETUP_ANDX:
		read_session_setup(reader, block);
		break;
	case TREE_CONNECT:
		read_tree_connect(reader, block);
		break;
	case OPEN_ANDX:
	case NT_CREATE_ANDX:
		read_create_andx(reader, block);
		break;
	case TRANSACTION:
	case TRANSACTION_SECONDARY:
	case TRANSACTION2:
	case TRANSACTION2_SECONDARY:
	case NT_TRANSACT:
	case NT_TRANSACT_SECONDARY:
		smb1_transaction(reader, block);
		break;
	default:
		if (reader->message.is_response)
			read_response(reader, block);
		else
			read_request(reader, block);
		break;
	}
}
