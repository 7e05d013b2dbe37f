/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of SMB. */

#include "match/view_parts.h"

#include "stream/l7/smb.h"

enum { NTLMSSP_AUTHENTICATE = 3 };

/** @return the path of a share. Rules see that of SMB1 without its first byte, as Suricata does. */
static struct wp_span
share_of(const struct wp_smb_message *smb)
{
	if (smb->version == WP_SMB_1 && smb->share.size > 1)
		return view_from(smb->share, 1);
	return smb->share;
}

struct wp_span
view_smb_make(struct view *view, enum buffer_id buffer)
{
	const struct wp_smb_message *smb = view->event->smb;
	bool is_login = smb->ntlmssp == NTLMSSP_AUTHENTICATE;

	switch (buffer) {
	case BUFFER_SMB_NAMED_PIPE:
		return smb->is_pipe ? share_of(smb) : VIEW_NONE;
	case BUFFER_SMB_SHARE:
		return smb->is_pipe ? VIEW_NONE : share_of(smb);
	case BUFFER_SMB_NTLMSSP_USER:
		return is_login ? smb->user : VIEW_NONE;
	case BUFFER_SMB_NTLMSSP_DOMAIN:
		return is_login ? smb->domain : VIEW_NONE;
	default:
		return VIEW_NONE;
	}
}
