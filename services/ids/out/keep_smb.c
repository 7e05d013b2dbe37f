/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of SMB. */

#include "out/keep.h"
#include "stream/l7/smb.h"

enum { NAME_MAX_ = 1024 };

void
keep_smb(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_smb_message *smb = event->smb;
	struct field_smb field = {
		.id = smb->id,
		.session = smb->session,
		.tree = smb->tree,
		.status = smb->status,
		.command = smb->command,
		.dialect = smb->dialect,
		.version = smb->version,
		.is_response = smb->is_response,
		.ntlmssp = smb->ntlmssp,
	};

	if (smb->version != WP_SMB_1 && smb->version != WP_SMB_2)
		return;
	field_add_struct(fields, FIELD_SMB_MESSAGE, &field, sizeof(field));
	field_add(fields, FIELD_SMB_SHARE, NAME_MAX_, smb->share);
	field_add(fields, FIELD_SMB_FILE, NAME_MAX_, smb->file);
	field_add(fields, FIELD_SMB_USER, NAME_MAX_, smb->user);
	field_add(fields, FIELD_SMB_DOMAIN, NAME_MAX_, smb->domain);
	field_add(fields, FIELD_SMB_HOST, NAME_MAX_, smb->workstation);
}
