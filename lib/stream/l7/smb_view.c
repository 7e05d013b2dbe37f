/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB over TCP, with NetBIOS session headers (RFC 1002 4.3, MS-SMB2 2.1): where messages begin and
 * end. */

#include "stream/l7/smb_view.h"

#include <string.h>

enum {
	NETBIOS_PORT = 139,
	DIRECT_PORT = 445,
	HEADER = 4,
	SESSION_MESSAGE = 0x00,
	SESSION_REQUEST = 0x81,
	SESSION_GRANTED = 0x82,
	KEEP_ALIVE = 0x85,
	ARE_YOU_ALIVE = 0x89, /* of old clients: Samba answers with KEEP_ALIVE */
	SHORTEST = 32,        /* message: an SMB1 header */
	IS_BEGUN = HEADER + 4,
};

/** @return whether bytes are protocol identifiers of SMB. */
static bool
is_magic(uint32_t magic)
{
	return magic >> 24 >= 0xfc && (magic & 0xffffff) == 0x534d42;
}

/** @return whether a side may begin with a header of that type (RFC 1002 section 4.3). */
static bool
begins_session(uint8_t type, unsigned int side)
{
	if (side == WP_SERVER)
		return type == SESSION_GRANTED || type == KEEP_ALIVE;
	return type == SESSION_REQUEST || type == KEEP_ALIVE || type == ARE_YOU_ALIVE;
}

/** A client may ask for a session first, which the server grants, or whether that is alive: Samba
 * answers on both ports. */
static enum l7_match
match_session(const struct l7_hint *hint)
{
	static const uint8_t none[HEADER - 1];
	uint32_t size = hint->size < HEADER ? hint->size : HEADER;
	bool has_names = hint->data[0] == SESSION_REQUEST;

	if (hint->server_port != NETBIOS_PORT && hint->server_port != DIRECT_PORT)
		return L7_NO;
	if (!begins_session(hint->data[0], hint->side))
		return L7_NO;
	if (has_names ? size > 1 && hint->data[1] > 1 : memcmp(hint->data + 1, none, size - 1) != 0)
		return L7_NO;
	return size == HEADER ? L7_YES : L7_MAYBE;
}

static enum l7_match
smb_match(const struct l7_hint *hint)
{
	const uint8_t *data = hint->data;

	if (data[0] != SESSION_MESSAGE)
		return match_session(hint);
	if (hint->size >= HEADER && ((uint32_t)data[1] << 16 | data[2] << 8 | data[3]) < SHORTEST)
		return L7_NO;
	if (hint->size > HEADER && data[HEADER] < 0xfc)
		return L7_NO;
	for (uint32_t i = HEADER + 1; i < hint->size && i < IS_BEGUN; i++)
		if (data[i] != (uint8_t) "SMB"[i - HEADER - 1])
			return L7_NO;
	return hint->size >= IS_BEGUN ? L7_YES : L7_MAYBE;
}

/** Goes on with what comes next in the stream. @param offset  of it */
static void
go_on(struct smb_side *side, uint64_t offset)
{
	side->n = 0;
	side->window = UINT64_MAX;
	if (side->skip != 0) {
		side->phase = SMB_REST;
	} else if (side->left != 0) {
		side->phase = SMB_HEAD;
		side->start = offset;
		side->want = side->left < WP_SMB_KEPT_MAX ? side->left : WP_SMB_KEPT_MAX;
	} else {
		side->phase = SMB_HEADER;
	}
}

static void
get_lost(struct l7_run *run, struct smb_side *side, unsigned int anomaly)
{
	l7_anomaly(run, anomaly);
	side->left = side->skip = 0;
	side->n = 0;
	side->window = UINT64_MAX;
	side->phase = SMB_SEARCH;
}

/** Begins a NetBIOS message's content. */
static void
begin(struct smb_side *side, uint32_t size, uint32_t skip, uint64_t offset)
{
	side->left = size;
	side->skip = skip;
	side->chain = (struct smb_chain){0};
	go_on(side, offset);
}

static uint32_t
read_header(struct l7_run *run, struct smb_side *side, const uint8_t *data, uint32_t size,
	    uint64_t offset)
{
	uint32_t at = 0, header;
	uint8_t type;

	while (at < size && side->n < HEADER) {
		side->window = side->window << 8 | data[at++];
		side->n++;
	}
	if (side->n < HEADER)
		return at;
	header = (uint32_t)side->window;
	type = (uint8_t)(header >> 24);
	if (type == SESSION_MESSAGE)
		begin(side, header & 0xffffff, 0, offset + at);
	else if (type >= SESSION_REQUEST && type <= KEEP_ALIVE)
		begin(side, header & 0xffffff, header & 0xffffff, offset + at);
	else
		get_lost(run, side, WP_SMB_BAD_HEADER);
	return at;
}

/** Reads what is kept. @return as smb_read() */
static uint32_t
read_kept(struct l7_run *run, struct smb_side *side, const uint8_t *bytes, uint32_t size,
	  bool is_final)
{
	struct smb_texts texts;
	struct smb_reader reader = {.run = run,
				    .state = run->state,
				    .chain = &side->chain,
				    .texts = &texts,
				    .bytes = bytes,
				    .size = size,
				    .whole = side->left,
				    .offset = side->start,
				    .is_final = is_final};

	return smb_read(&reader);
}

/** Notes what was read. @param next  see smb_read(). @return how much of @p size that is */
static uint32_t
settle(struct smb_side *side, uint32_t size, uint32_t next)
{
	uint32_t done = next == 0 || next > size ? size : next;

	side->left -= done;
	side->skip = next == 0 ? side->left : next - done;
	go_on(side, side->start + done);
	return done;
}

/** Reads what was kept of a message, and keeps what belongs to the next one of its compound. */
static void
read_buffer(struct l7_run *run, struct smb_side *side)
{
	struct l7_buffer *kept = &side->kept;
	uint32_t size = kept->size, done;

	done = settle(side, size, read_kept(run, side, kept->bytes, size, false));
	if (done == size) {
		l7_buffer_free(run, kept);
		return;
	}
	memmove(kept->bytes, kept->bytes + done, size - done);
	kept->size = size - done;
}

/** There is no room for a message: it is passed over. */
static void
give_up(struct l7_run *run, struct smb_side *side, uint64_t offset)
{
	side->left -= side->kept.size;
	side->skip = side->left;
	l7_buffer_free(run, &side->kept);
	go_on(side, offset);
}

static uint32_t
read_head(struct l7_run *run, struct smb_side *side, const uint8_t *data, uint32_t size,
	  uint64_t offset)
{
	uint32_t part = side->want - side->kept.size;

	if (side->kept.size == 0 && size >= part)
		return settle(side, part, read_kept(run, side, data, part, false));
	part = part < size ? part : size;
	if (!l7_buffer_add(run, &side->kept, data, part, WP_SMB_KEPT_MAX)) {
		give_up(run, side, offset);
		return 0;
	}
	if (side->kept.size == side->want)
		read_buffer(run, side);
	return part;
}

static uint32_t
read_rest(struct smb_side *side, uint32_t size, uint64_t offset)
{
	uint32_t part = size < side->skip ? size : side->skip;

	side->skip -= part;
	side->left -= part;
	if (side->skip == 0)
		go_on(side, offset + part);
	return part;
}

/** @return whether the last bytes are a header and a protocol identifier; then the message that
 * they begin is being read. @param offset  behind them */
static bool
find(struct l7_run *run, struct smb_side *side, uint64_t offset)
{
	uint32_t size = (uint32_t)(side->window >> 32);
	const uint8_t magic[] = {(uint8_t)(side->window >> 24), 'S', 'M', 'B'};

	if (!is_magic((uint32_t)side->window) || size < SHORTEST || size >> 24 != 0)
		return false;
	begin(side, size, 0, offset - sizeof(magic));
	if (!l7_buffer_add(run, &side->kept, magic, sizeof(magic), WP_SMB_KEPT_MAX)) {
		side->left -= sizeof(magic);
		give_up(run, side, offset);
	}
	return true;
}

/** Looks for a message. */
static uint32_t
search(struct l7_run *run, struct smb_side *side, const uint8_t *data, uint32_t size,
       uint64_t offset)
{
	uint32_t at = 0;

	while (at < size) {
		side->window = side->window << 8 | data[at++];
		if (find(run, side, offset + at))
			break;
	}
	return at;
}

static uint32_t
read_step(struct l7_run *run, struct smb_side *side, const uint8_t *data, uint32_t size,
	  uint64_t offset)
{
	switch (side->phase) {
	case SMB_HEADER:
		return read_header(run, side, data, size, offset);
	case SMB_HEAD:
		return read_head(run, side, data, size, offset);
	case SMB_REST:
		return read_rest(side, size, offset);
	default:
		return search(run, side, data, size, offset);
	}
}

static uint32_t
smb_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct smb_state *state = run->state;
	struct smb_side *side = &state->sides[run->side];
	uint32_t at = 0;

	while (at < size)
		at += read_step(run, side, data + at, size - at, run->offset + at);
	return size;
}

/** Tells what there is of a message whose head will not get whole. */
static void
read_torn(struct l7_run *run, struct smb_side *side)
{
	if (side->phase == SMB_HEAD && side->kept.size != 0) {
		read_kept(run, side, side->kept.bytes, side->kept.size, true);
		side->left -= side->kept.size;
		l7_buffer_free(run, &side->kept);
	}
}

/** Where a message ends is known from its header: a hole within it does not lead astray. */
static void
smb_gap(struct l7_run *run, uint64_t size)
{
	struct smb_state *state = run->state;
	struct smb_side *side = &state->sides[run->side];
	bool is_torn = side->phase == SMB_HEAD || (side->phase == SMB_REST && size > side->skip);

	if (side->phase == SMB_SEARCH) {
		side->window = UINT64_MAX;
		return;
	}
	read_torn(run, side);
	if (size > side->left) {
		get_lost(run, side, WP_L7_MISSED);
		return;
	}
	if (is_torn)
		l7_anomaly(run, WP_SMB_INCOMPLETE);
	side->left -= (uint32_t)size;
	side->skip = is_torn ? side->left : side->skip - (uint32_t)size;
	go_on(side, run->offset + size);
}

/** A message that is not whole is not acted upon. */
static void
smb_finish(struct l7_run *run)
{
	struct smb_state *state = run->state;
	const struct smb_side *side = &state->sides[run->side];

	if (side->left != 0 || side->n != 0)
		l7_anomaly(run, WP_SMB_INCOMPLETE);
}

static void
smb_close(struct l7_run *run)
{
	struct smb_state *state = run->state;

	for (unsigned int side = WP_CLIENT; side <= WP_SERVER; side++)
		l7_buffer_free(run, &state->sides[side].kept);
}

const struct l7_view l7_smb_view = {.name = "smb",
				    .protocol = WP_L7_SMB,
				    .proto = 6,
				    .events = WP_EVENT_BIT(WP_SMB_MESSAGE),
				    .state_size = sizeof(struct smb_state),
				    .match = smb_match,
				    .data = smb_data,
				    .gap = smb_gap,
				    .finish = smb_finish,
				    .close = smb_close};
