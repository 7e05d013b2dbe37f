/* SPDX-License-Identifier: BSD-3-Clause */
/* One SMB message: which version it is, and what the versions have in common. */

#include "stream/l7/smb_view.h"

#include <string.h>

#include "stream/l7/ntlmssp.h"

enum {
	TRANSFORM_SIZE = 52, /* MS-SMB2 2.2.41 */
	TRANSFORM_SESSION = 44,
};

void
smb_anomaly(struct smb_reader *reader, unsigned int anomaly)
{
	uint32_t bit = 1u << (anomaly - WP_SMB_BAD_HEADER);

	if ((reader->anomalies & bit) == 0)
		l7_anomaly(reader->run, anomaly);
	reader->anomalies |= bit;
}

void
smb_tell(struct smb_reader *reader)
{
	struct wp_smb_message *message = &reader->message;

	message->raw = (struct wp_span){reader->bytes, reader->size};
	message->size = reader->whole;
	message->is_cut = reader->size < reader->whole;
	l7_tell(reader->run, (struct wp_stream_event){.type = WP_SMB_MESSAGE,
						      .smb = message,
						      .offset = reader->offset,
						      .size = reader->whole});
}

struct wp_span
smb_part(struct smb_reader *reader, uint32_t at, uint32_t size, uint32_t least)
{
	uint32_t there;

	if (size == 0)
		return (struct wp_span){0};
	if (at < least || at > reader->whole || size > reader->whole - at)
		smb_anomaly(reader, WP_SMB_BAD_OFFSETS);
	if (at >= reader->size)
		return (struct wp_span){0};
	there = reader->size - at;
	return (struct wp_span){reader->bytes + at, size < there ? size : there};
}

/* A client could make its requests look like responses: some servers do not mind. Who is the client
 * is not sure where the flow was under way. */
void
smb_direction(struct smb_reader *reader, bool says)
{
	bool is = reader->run->side == WP_SERVER;

	if ((reader->run->flow->flags & WP_FLOW_PICKED_UP) != 0)
		is = says;
	if (is != says)
		smb_anomaly(reader, WP_SMB_BAD_DIRECTION);
	reader->message.is_response = is;
}

void
smb_login(struct smb_reader *reader, struct wp_span blob)
{
	struct wp_smb_message *message = &reader->message;
	struct smb_texts *texts = reader->texts;
	struct ntlmssp login;

	if (blob.data == NULL)
		return;
	message->ntlmssp = ntlmssp_read(blob.data, blob.size, &login);
	if (login.is_outside && reader->size == reader->whole)
		smb_anomaly(reader, WP_SMB_BAD_NTLMSSP);
	message->user = smb_text(login.user, login.is_unicode, texts->user, sizeof(texts->user));
	message->domain =
		smb_text(login.domain, login.is_unicode, texts->domain, sizeof(texts->domain));
	message->workstation = smb_text(login.workstation, login.is_unicode, texts->workstation,
					sizeof(texts->workstation));
}

static void
read_encrypted(struct smb_reader *reader)
{
	if (reader->whole < TRANSFORM_SIZE)
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
	if (reader->size < TRANSFORM_SIZE)
		return;
	reader->message.version = WP_SMB_ENCRYPTED;
	reader->message.name = "ENCRYPTED";
	reader->message.session = smb_get64(reader->bytes + TRANSFORM_SESSION);
	smb_direction(reader, reader->run->side == WP_SERVER);
	smb_tell(reader);
}

static void
read_compressed(struct smb_reader *reader)
{
	reader->message.version = WP_SMB_COMPRESSED;
	reader->message.name = "COMPRESSED";
	smb_direction(reader, reader->run->side == WP_SERVER);
	smb_tell(reader);
}

uint32_t
smb_read(struct smb_reader *reader)
{
	if (reader->whole < 4 || (reader->size >= 4 && memcmp(reader->bytes + 1, "SMB", 3) != 0)) {
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
		return 0;
	}
	if (reader->size < 4)
		return 0;
	switch (reader->bytes[0]) {
	case 0xff:
		smb1_read(reader);
		return 0;
	case 0xfe:
		return smb2_read(reader);
	case 0xfd:
		read_encrypted(reader);
		return 0;
	case 0xfc:
		read_compressed(reader);
		return 0;
	default:
		smb_anomaly(reader, WP_SMB_BAD_HEADER);
		return 0;
	}
}
