/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB1 transactions (MS-CIFS 2.2.4.33 to 2.2.4.47, 2.2.4.62, 2.2.4.63): remote procedure calls go
 * through the named pipes in them. */

#include "stream/l7/smb_view.h"

#include "stream/l7/text_words.h"

enum {
	HEADER_SIZE = 32,
	TRANSACTION = 0x25,
	TRANSACTION_SECONDARY = 0x26,
	TRANSACTION2 = 0x32,
	TRANSACTION2_SECONDARY = 0x33,
	NT_TRANSACT = 0xa0,
	NMPIPE_FIRST = 0x01, /* subcommands of TRANSACTION, 2.2.5: FID stands behind them */
	NMPIPE_LAST = 0x54,
};

/** Where in the parameters of a form the data is told. */
struct form {
	uint8_t count;
	uint8_t offset;
	uint8_t size; /* of the counts and offsets: 2 or 4 */
};

static const struct form request = {22, 24, 2};
static const struct form response = {12, 14, 2};
static const struct form secondary = {10, 12, 2};
static const struct form nt_request = {27, 31, 4};
static const struct form nt_response = {23, 27, 4};
static const struct form nt_secondary = {19, 23, 4};

static const struct form *
form_of(const struct wp_smb_message *message)
{
	switch (message->command) {
	case TRANSACTION:
	case TRANSACTION2:
		return message->is_response ? &response : &request;
	case TRANSACTION_SECONDARY:
	case TRANSACTION2_SECONDARY:
		return &secondary;
	case NT_TRANSACT:
		return message->is_response ? &nt_response : &nt_request;
	default:
		return &nt_secondary;
	}
}

static void
read_data(struct smb_reader *reader, const struct smb1_block *block)
{
	const struct form *form = form_of(&reader->message);
	uint32_t count, offset;

	if (form->size == 2) {
		count = smb1_word16(reader, block, form->count);
		offset = smb1_word16(reader, block, form->offset);
	} else {
		count = smb1_word32(reader, block, form->count);
		offset = smb1_word32(reader, block, form->offset);
	}
	reader->message.data = smb_part(reader, offset, count, HEADER_SIZE);
}

/** @return whether it is the name of what a pipe's transactions go to: \PIPE\ and what follows */
static bool
is_pipe_name(struct wp_span name)
{
	return text_begins(name.data, name.size, "\\PIPE\\");
}

/** 2.2.4.33.1: the name comes first in the data. */
static void
read_name(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;
	bool is_unicode = smb1_is_unicode(reader);
	uint32_t at = block->bytes;

	message->file = smb_text(smb1_text(reader, block, &at, is_unicode), is_unicode,
				 reader->texts->path, sizeof(reader->texts->path));
	message->is_pipe |= is_pipe_name(message->file);
	if (message->function >= NMPIPE_FIRST && message->function <= NMPIPE_LAST &&
	    block->n_words >= 32)
		message->file_id = (struct wp_span){reader->bytes + block->words + 30, 2};
}

void
smb1_transaction(struct smb_reader *reader, const struct smb1_block *block)
{
	struct wp_smb_message *message = &reader->message;

	read_data(reader, block);
	if (message->is_response)
		return;
	if (message->command == TRANSACTION || message->command == TRANSACTION2)
		message->function = smb1_word16(reader, block, 28);
	else if (message->command == NT_TRANSACT)
		message->function = smb1_word16(reader, block, 36);
	if (message->command == TRANSACTION)
		read_name(reader, block);
}
