/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB: what its files share. */

#ifndef WP_STREAM_L7_SMB_VIEW_H
#define WP_STREAM_L7_SMB_VIEW_H

#include "stream/l7/smb.h"
#include "stream/l7/view.h"

extern const struct l7_view l7_smb_view;

enum {
	SMB_TREES = 8,   /* trees of pipes that are remembered */
	SMB_PENDING = 8, /* requests to pipes, likewise */
	/* A text of 2048 units of UTF-16, and what a character needs at the most. */
	SMB_PATH_ROOM = WP_SMB_KEPT_MAX / 2 * 3 + 4,
	SMB_NAME_ROOM = 772,
};

/** Session by which SMB1 trees are remembered: there they belong to the connection. */
#define SMB1_SESSION UINT64_MAX

/** A tree that is IPC$. */
struct smb_tree {
	uint64_t session;
	uint32_t tree;
	bool is_used;
};

/** A request whose response does not say of which tree it is. */
struct smb_request {
	uint64_t session;
	uint64_t id;   /* as wp_smb_message.id */
	uint32_t tree; /* that it goes to; 0: it asks for one */
	bool is_used;
};

/** What is common to the messages of a compound; see MS-SMB2 3.3.5.2.7.2. */
struct smb_chain {
	uint64_t session; /* of the message before */
	uint32_t tree;    /* likewise */
	bool is_ipc;      /* it has asked for IPC$ */
	uint8_t index;    /* of the next message */
};

enum smb_phase {
	SMB_HEADER, /* of NetBIOS: all begins with it */
	SMB_HEAD,   /* what is kept of a message */
	SMB_REST,   /* what is passed over */
	SMB_SEARCH, /* the way is lost: until something looks like a message */
};

/** One side of a flow. */
struct smb_side {
	struct l7_buffer kept; /* SMB_HEAD: what there is of it, when it does not come at once */
	uint64_t start;        /* SMB_HEAD: offset of its first byte in the stream */
	uint64_t window;       /* SMB_HEADER, SMB_SEARCH: the last bytes, the last of all lowest */
	uint32_t left;         /* bytes to the end of the NetBIOS message, with those kept */
	uint32_t want;         /* SMB_HEAD: how many are to be kept */
	uint32_t skip;         /* SMB_REST: how many are passed over; part of 'left' */
	uint8_t phase;         /* enum smb_phase */
	uint8_t n;             /* SMB_HEADER: how many bytes of it are there */
	struct smb_chain chain;
};

struct smb_state {
	struct smb_side sides[2];
	struct smb_tree trees[SMB_TREES];
	struct smb_request requests[SMB_PENDING];
	uint8_t next_tree; /* which is overwritten when all are in use */
	uint8_t next_request;
};

/** Room for the texts of one event. */
struct smb_texts {
	uint8_t path[SMB_PATH_ROOM];
	uint8_t user[SMB_NAME_ROOM];
	uint8_t domain[SMB_NAME_ROOM];
	uint8_t workstation[SMB_NAME_ROOM];
};

/** One message that is being read. */
struct smb_reader {
	struct l7_run *run;
	struct smb_state *state;
	struct smb_chain *chain;
	struct smb_texts *texts;
	const uint8_t *bytes; /* from its protocol identifier on */
	uint32_t size;        /* bytes there */
	uint32_t whole;       /* bytes that it has, at least 'size' */
	uint64_t offset;      /* of its first byte in the side's stream */
	uint32_t anomalies;   /* bits, from WP_SMB_BAD_HEADER on: which were told of it */
	bool is_final;        /* no more of it will come */
	struct wp_smb_message message;
};

static inline uint16_t
smb_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t
smb_get32(const uint8_t *at)
{
	return smb_get16(at) | (uint32_t)smb_get16(at + 2) << 16;
}

static inline uint64_t
smb_get64(const uint8_t *at)
{
	return smb_get32(at) | (uint64_t)smb_get32(at + 4) << 32;
}

/* smb_message.c */

/**
 * Reads what stands behind a NetBIOS header, and tells it.
 * @return offset of the message of a compound that is to be read next, with more of its bytes; 0:
 * there is none
 */
uint32_t smb_read(struct smb_reader *reader);

/** Tells an anomaly, of each kind once a message. @param anomaly  enum wp_smb_anomaly */
void smb_anomaly(struct smb_reader *reader, unsigned int anomaly);

/** Tells the message. */
void smb_tell(struct smb_reader *reader);

/** @return a part of the message, as far as it is there; a part that lies before @p least, or
 * outside of the message, is an anomaly */
struct wp_span smb_part(struct smb_reader *reader, uint32_t at, uint32_t size, uint32_t least);

/** Says who has sent the message. @param says  what its flags say */
void smb_direction(struct smb_reader *reader, bool says);

/** Reads who logs in from what a SESSION_SETUP carries. */
void smb_login(struct smb_reader *reader, struct wp_span blob);

/* smb_trees.c */

/** Notes what a tree is. */
void smb_tree_note(struct smb_state *state, uint64_t session, uint32_t tree, bool is_ipc);

bool smb_tree_is_ipc(const struct smb_state *state, uint64_t session, uint32_t tree);

/** Notes a request. @param tree  that it goes to, or 0 */
void smb_request_note(struct smb_state *state, uint64_t session, uint64_t id, uint32_t tree);

/** @return whether a request was noted, which is kept until others take its room. */
bool smb_request_find(const struct smb_state *state, uint64_t session, uint64_t id, uint32_t *tree);

/** @return whether a share's path ends with IPC$. */
bool smb_share_is_ipc(struct wp_span share);

/* smb_text.c */

/** @return bytes up to the NUL that ends a text, or all. */
uint32_t smb_text_length(const uint8_t *bytes, uint32_t size, bool is_unicode);

/** Turns UTF-16LE or OEM text into UTF-8. @param room  at least 4 bytes. @return it, as far as it
 * fits; NULL: @p from is */
struct wp_span smb_text(struct wp_span from, bool is_unicode, uint8_t *to, uint32_t room);

/* smb1.c, smb1_body.c, smb2.c, smb2_body.c, smb_names.c */

/** Where the parts of an SMB1 command stand (MS-CIFS 2.2.3). */
struct smb1_block {
	uint32_t words;   /* offset of the parameters in the message */
	uint32_t n_words; /* bytes of them */
	uint32_t bytes;   /* offset of the data */
	uint32_t n_bytes; /* bytes of it, as far as they are within the message */
};

void smb1_read(struct smb_reader *reader);

/** Reads what is particular to a command. */
void smb1_body(struct smb_reader *reader, const struct smb1_block *block);

/** Likewise, of TRANSACTION, TRANSACTION2 and NT_TRANSACT. */
void smb1_transaction(struct smb_reader *reader, const struct smb1_block *block);

/** @return bits of a command's parameters, 0 where there are none. */
uint8_t smb1_word8(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at);
uint16_t smb1_word16(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at);
uint32_t smb1_word32(const struct smb_reader *reader, const struct smb1_block *block, uint32_t at);

/** @return a text of a command's data that ends with a NUL or with the data. @param at  offset in
 * the message; is set behind it */
struct wp_span smb1_text(struct smb_reader *reader, const struct smb1_block *block, uint32_t *at,
			 bool is_unicode);

bool smb1_is_unicode(const struct smb_reader *reader);

/** As smb_read(). */
uint32_t smb2_read(struct smb_reader *reader);

/** Reads what is particular to a command. */
void smb2_body(struct smb_reader *reader);

const char *smb1_name(uint8_t command);
const char *smb2_name(uint16_t command);

#endif
