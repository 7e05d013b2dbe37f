/* SPDX-License-Identifier: BSD-3-Clause */
/* Which trees of a connection are IPC$, the share of the named pipes, and which responses belong to
 * them. */

#include "stream/l7/smb_view.h"

#include "stream/l7/text_words.h"

static struct smb_tree *
find(struct smb_state *state, uint64_t session, uint32_t tree)
{
	for (unsigned int i = 0; i < SMB_TREES; i++) {
		struct smb_tree *known = &state->trees[i];

		if (known->is_used && known->session == session && known->tree == tree)
			return known;
	}
	return NULL;
}

/** @return one that is free, or that has to make room. */
static struct smb_tree *
take(struct smb_state *state)
{
	for (unsigned int i = 0; i < SMB_TREES; i++)
		if (!state->trees[i].is_used)
			return &state->trees[i];
	return &state->trees[state->next_tree++ % SMB_TREES];
}

void
smb_tree_note(struct smb_state *state, uint64_t session, uint32_t tree, bool is_ipc)
{
	struct smb_tree *known = find(state, session, tree);

	if (known == NULL && is_ipc)
		known = take(state);
	if (known != NULL)
		*known = (struct smb_tree){session, tree, is_ipc};
}

bool
smb_tree_is_ipc(const struct smb_state *state, uint64_t session, uint32_t tree)
{
	return find((struct smb_state *)(uintptr_t)state, session, tree) != NULL;
}

void
smb_request_note(struct smb_state *state, uint64_t session, uint64_t id, uint32_t tree)
{
	state->requests[state->next_request++ % SMB_PENDING] =
		(struct smb_request){session, id, tree, true};
}

bool
smb_request_find(const struct smb_state *state, uint64_t session, uint64_t id, uint32_t *tree)
{
	for (unsigned int i = 0; i < SMB_PENDING; i++) {
		const struct smb_request *request = &state->requests[i];

		if (!request->is_used || request->session != session || request->id != id)
			continue;
		*tree = request->tree;
		return true;
	}
	return false;
}

bool
smb_share_is_ipc(struct wp_span share)
{
	const uint8_t *at;

	if (share.size < 4)
		return false;
	at = share.data + share.size - 4;
	if (!text_begins(at, 4, "IPC$"))
		return false;
	return share.size == 4 || at[-1] == '\\' || at[-1] == '/';
}
