/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands behind SMB2 headers (MS-SMB2 2.2.3 to 2.2.32). Offsets count from the header on. */

#include "stream/l7/smb_view.h"

enum command {
	NEGOTIATE = 0,
	SESSION_SETUP = 1,
	TREE_CONNECT = 3,
	TREE_DISCONNECT = 4,
	CREATE = 5,
	CLOSE = 6,
	READ = 8,
	WRITE = 9,
	IOCTL = 11,
};

enum {
	BODY = 64,
	SHARE_IS_PIPE = 2,     /* SMB2_SHARE_TYPE_PIPE */
	DEVICE_IS_PIPE = 0x11, /* FILE_DEVICE_NAMED_PIPE: upper half of a control code */
};

/** @return a field; 0: it is not there */
static uint16_t
field16(const struct smb_reader *reader, uint32_t at)
{
	return reader->size < at + 2 ? 0 : smb_get16(reader->bytes + at);
}

static uint32_t
field32(const struct smb_reader *reader, uint32_t at)
{
	return reader->size < at + 4 ? 0 : smb_get32(reader->bytes + at);
}

static struct wp_span
path(struct smb_reader *reader, uint32_t at, uint32_t size, uint32_t least)
{
	return smb_text(smb_part(reader, at, size, least), true, reader->texts->path,
			sizeof(reader->texts->path));
}

static void
read_file_id(struct smb_reader *reader, uint32_t at)
{
	reader->message.file_id = smb_part(reader, at, 16, BODY);
}

/** 2.2.9: the tree is not known before the response. */
static void
connect_tree(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	message->share = path(reader, field16(reader, 68), field16(reader, 70), 72);
	message->is_pipe = smb_share_is_ipc(message->share);
	reader->chain->is_ipc = message->is_pipe;
}

/** 2.2.10 */
static void
tree_connected(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	if (message->status != 0)
		return;
	message->is_pipe = (field16(reader, 66) & UINT8_MAX) == SHARE_IS_PIPE;
	smb_tree_note(reader->state, message->session, message->tree, message->is_pipe);
}

/** What is read of pipes is often not there at once: the response is asynchronous then. */
static void
wait_for_response(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	if (message->is_pipe)
		smb_request_note(reader->state, message->session, message->id, message->tree);
}

/** 2.2.31, 2.2.32 */
static void
read_ioctl(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	message->function = field32(reader, 68);
	message->is_pipe |= message->function >> 16 == DEVICE_IS_PIPE;
	read_file_id(reader, 72);
	if (message->is_response) {
		message->data = smb_part(reader, field32(reader, 96), field32(reader, 100), 112);
		return;
	}
	message->data = smb_part(reader, field32(reader, 88), field32(reader, 92), 120);
	wait_for_response(reader);
}

static void
read_request(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	switch (message->command) {
	case NEGOTIATE:
		message->dialects = smb_part(reader, 100, field16(reader, 66) * 2u, 100);
		break;
	case SESSION_SETUP:
		smb_login(reader, smb_part(reader, field16(reader, 76), field16(reader, 78), 88));
		break;
	case TREE_CONNECT:
		connect_tree(reader);
		break;
	case CREATE:
		message->file = path(reader, field16(reader, 108), field16(reader, 110), 120);
		break;
	case CLOSE:
		read_file_id(reader, 72);
		break;
	case READ:
		read_file_id(reader, 80);
		wait_for_response(reader);
		break;
	case WRITE:
		read_file_id(reader, 80);
		message->data = smb_part(reader, field16(reader, 66), field32(reader, 68), 112);
		break;
	case IOCTL:
		read_ioctl(reader);
		break;
	default:
		break;
	}
}

/** @return StructureSize of a response that is not an error (2.2.2); 0: it is not read */
static uint16_t
structure_size(uint16_t command)
{
	switch (command) {
	case NEGOTIATE:
		return 65;
	case SESSION_SETUP:
		return 9;
	case TREE_CONNECT:
		return 16;
	case TREE_DISCONNECT:
		return 4;
	case CREATE:
		return 89;
	case READ:
		return 17;
	case IOCTL:
		return 49;
	default:
		return 0;
	}
}

static void
read_response(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;
	uint16_t size = structure_size(message->command);

	if (size == 0 || field16(reader, BODY) != size)
		return;
	switch (message->command) {
	case NEGOTIATE:
		message->dialect = field16(reader, 68);
		break;
	case SESSION_SETUP:
		smb_login(reader, smb_part(reader, field16(reader, 68), field16(reader, 70), 72));
		break;
	case TREE_CONNECT:
		tree_connected(reader);
		break;
	case TREE_DISCONNECT:
		if (message->status == 0)
			smb_tree_note(reader->state, message->session, message->tree, false);
		break;
	case CREATE:
		read_file_id(reader, 128);
		break;
	case READ:
		message->data =
			smb_part(reader, field16(reader, 66) & UINT8_MAX, field32(reader, 68), 80);
		break;
	default:
		read_ioctl(reader);
		break;
	}
}

void
smb2_body(struct smb_reader *reader)
{
	if (reader->message.is_response)
		read_response(reader);
	else
		read_request(reader);
}
