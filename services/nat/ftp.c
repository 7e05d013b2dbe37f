/* SPDX-License-Identifier: BSD-3-Clause */
/* See ftp.h. Brings packets to ftp_stream.h, which knows nothing of them, and back. */

#include "ftp.h"

#include <errno.h>
#include <stddef.h>

#include "parse/checksum.h"
#include "restore.h"

enum {
	IP_SIZE = 2,
	IP_SUM = 10,
	TCP_SEQ = 4,
	TCP_ACK_AT = 8,
	TCP_OFFSET = 12,
	TCP_SUM = 16,
	TCP_HEADER = 20,
	OPTION_SACK = 5,   /* RFC 2018 */
	SAFE_SIZE = 576,   /* of a packet that has grown (RFC 791 3.1) */
	FIRST_PORT = 1024, /* RFC 2577 section 3: services have those below */
};

/** What exposes endpoints. */
struct exposure {
	const struct nat *nat;
	struct wp_core *core;
	struct wp_packet *pkt;
	uint32_t outside; /* of the control connection, network order */
	bool of_server;
};

static void
write_key(uint8_t *key, uint32_t address, uint16_t port, uint32_t remote, uint16_t remote_port)
{
	memcpy(key, &address, 4);
	memcpy(key + 4, &port, 2);
	memcpy(key + 6, &remote, 4);
	memcpy(key + 10, &remote_port, 2);
}

/** @return which of pkt->state ftp_keys() asks for: behind the mapping, and a first packet's host.
 */
static unsigned int
slot_of(const struct wp_packet *pkt)
{
	return is_first(pkt) ? 2 : 1;
}

void
ftp_keys(const struct nat *nat, struct wp_packet *const *pkts, uint16_t n, struct wp_keys *keys)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct wp_packet *pkt = pkts[i];

		if (kind_of(pkt) != KIND_ENDPOINT || !ftp_watches(nat, pkt))
			continue;
		if (pkt->inside == WP_INSIDE_SOURCE)
			write_key(wp_key_ask(keys, i, NAT_FTP, 4), source_of(pkt),
				  port_of(pkt, true), dest_of(pkt), port_of(pkt, false));
		else
			write_key(wp_key_ask_second(keys, i, NAT_FTP, 4), dest_of(pkt),
				  port_of(pkt, false), source_of(pkt), port_of(pkt, true));
	}
}

/* Endpoints that are named. */

/** @return the mapping of an endpoint of a packet's source, or NULL. @param port  host order */
static struct wp_entry *
map(const struct exposure *to, uint16_t port)
{
	uint16_t wire_port = __builtin_bswap16(port);
	struct wp_entry *entry = mapping_find(to->core, to->pkt, WP_PROTO_TCP, wire_port);

	if (entry == NULL)
		entry = mapping_make(to->nat, to->core, to->pkt, NAT_TCP, wire_port);
	to->pkt->verdict = WP_NEXT; /* the line goes out, with or without */
	return entry;
}

/** As ftp_expose_fn. Nobody makes others reachable, nor services of his own (RFC 2577). */
static bool
expose(void *arg, struct ftp_line *line)
{
	const struct exposure *to = arg;
	const struct mapping *mapping;
	const struct fixed *fixed;
	struct wp_entry *entry = NULL;

	if (line->kind != FTP_229 && line->address != source_of(to->pkt))
		return false;
	if (line->port < FIRST_PORT)
		return false;
	fixed = fixed_inside(to->nat, to->pkt->tenant, source_of(to->pkt),
			     __builtin_bswap16(line->port), WP_PROTO_TCP);
	if (fixed != NULL) {
		line->address = fixed->outside;
		if (fixed->outside_port != 0)
			line->port = __builtin_bswap16(fixed->outside_port);
	} else {
		entry = map(to, line->port);
		if (entry == NULL)
			return false;
		mapping = wp_value(entry);
		line->address = mapping->outside;
		line->port = __builtin_bswap16(mapping->outside_port);
	}
	/* A server is asked where its clients have found it. */
	if (to->of_server && line->address != to->outside)
		return false;
	if (entry != NULL)
		session_expect(to->nat, to->core, entry, dest_of(to->pkt));
	return true;
}

/* Packets. */

/** Changes 32 bits of a TCP header, in host order. */
static void
change32(uint8_t *tcp, unsigned int at, uint32_t to)
{
	uint32_t before = wp_load32(tcp + at), after = __builtin_bswap32(to);

	memcpy(tcp + at, &after, sizeof(after));
	wp_store16(tcp + TCP_SUM, wp_checksum_adjust32(wp_load16(tcp + TCP_SUM), before, after));
}

/** Tells a TCP checksum that some of what it covers had another sum. Both as wp_checksum() gives
 * them. */
static void
resum(uint8_t *tcp, uint16_t before, uint16_t after)
{
	wp_store16(tcp + TCP_SUM, wp_checksum_adjust16(wp_load16(tcp + TCP_SUM), (uint16_t)~before,
						       (uint16_t)~after));
}

/** Takes the FIN off: it comes again. */
static void
clear_fin(uint8_t *tcp)
{
	uint16_t before = wp_load16(tcp + TCP_OFFSET);

	tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_FIN;
	wp_store16(tcp + TCP_SUM, wp_checksum_adjust16(wp_load16(tcp + TCP_SUM), before,
						       wp_load16(tcp + TCP_OFFSET)));
}

static uint16_t
data_size(const struct wp_packet *pkt)
{
	return pkt->end > pkt->payload ? (uint16_t)(pkt->end - pkt->payload) : 0;
}

/** Gives a packet other data. */
static void
set_data(struct wp_packet *pkt, const struct ftp_segment *segment)
{
	uint8_t *ip = wp_l3(pkt), *tcp = wp_l4(pkt);
	uint16_t size = wp_load16(ip + IP_SIZE), before = wp_checksum(segment->data, segment->size);
	uint16_t l4_size = (uint16_t)(pkt->end - pkt->l4), new_l4_size;

	memcpy(pkt->buf + pkt->payload, segment->out, segment->out_size);
	wp_packet_resize_l3(pkt, (uint16_t)(pkt->payload - pkt->l3 + segment->out_size));
	new_l4_size = (uint16_t)(pkt->end - pkt->l4);
	resum(tcp, before, wp_checksum(segment->out, segment->out_size));
	wp_store16(tcp + TCP_SUM,
		   wp_checksum_adjust16(wp_load16(tcp + TCP_SUM), __builtin_bswap16(l4_size),
					__builtin_bswap16(new_l4_size)));
	wp_put16(ip + IP_SIZE, pkt->end - pkt->l3);
	wp_store16(ip + IP_SUM,
		   wp_checksum_adjust16(wp_load16(ip + IP_SUM), size, wp_load16(ip + IP_SIZE)));
	if (segment->is_cut)
		clear_fin(tcp);
}

/** @return bytes of data that may be sent for a packet's: no more than there are, or than fit
 * anywhere. */
static uint16_t
room_for(const struct wp_packet *pkt, uint16_t size)
{
	unsigned int headers = pkt->payload - pkt->l3;
	unsigned int room = headers < SAFE_SIZE ? SAFE_SIZE - headers : 0, buffer;

	if (room < size)
		room = size;
	buffer = (unsigned int)pkt->room - pkt->payload;
	if (room > buffer)
		room = buffer;
	return room < NAT_FTP_DATA ? (uint16_t)room : NAT_FTP_DATA;
}

/** Judges the data of a packet. @return false: it is dropped */
static bool
pass_data(const struct exposure *to, struct ftp_stream *stream)
{
	struct wp_packet *pkt = to->pkt;
	struct nat_core *scratch = to->core->scratch;
	uint8_t *tcp = wp_l4(pkt);
	struct ftp_segment segment = {
		.seq = wp_get32(tcp + TCP_SEQ),
		.data = pkt->buf + pkt->payload,
		.size = data_size(pkt),
		.ends = (tcp[TCP_FLAGS_AT] & TCP_FIN) != 0,
		.out = scratch->ftp_data,
		.room = room_for(pkt, data_size(pkt)),
	};

	if (!ftp_stream_out(stream, &segment, expose, (void *)(uintptr_t)to))
		return false;
	wp_count(to->core, NAT_COUNT_FTP, segment.replaced);
	wp_count(to->core, NAT_COUNT_FTP_LEFT, segment.left);
	if (segment.size != 0 && (segment.is_cut || segment.out_size != segment.size ||
				  memcmp(segment.out, segment.data, segment.size) != 0))
		set_data(pkt, &segment);
	return true;
}

/* Connections. */

/** Writes the keys of a packet's connection. */
static void
keys_of(const struct wp_packet *pkt, uint32_t outside, uint16_t port, uint8_t *key, uint8_t *key2)
{
	write_key(key, source_of(pkt), port_of(pkt, true), dest_of(pkt), port_of(pkt, false));
	write_key(key2, outside, port, dest_of(pkt), port_of(pkt, false));
}

/** Begins a connection. A full table leaves it alone. @param seq  number of its first byte */
static struct wp_entry *
begin(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt, uint32_t outside,
      uint16_t port, uint32_t seq)
{
	uint8_t key[FTP_KEY_SIZE], key2[FTP_KEY_SIZE];
	uint8_t bucket = wp_bucket_of_host(core, pkt->tenant, 4, wp_source(pkt));
	struct wp_entry *entry = NULL;
	struct ftp *ftp;
	int err;

	keys_of(pkt, outside, port, key, key2);
	err = wp_table_insert(core, core->tables[NAT_FTP], pkt->tenant, bucket, 4, key, key2,
			      &entry);
	if (err == -EEXIST && entry != NULL &&
	    memcmp(wp_table_key2(core->tables[NAT_FTP], entry), key2, sizeof(key2)) != 0) {
		/* Its inside endpoint had another outside one then. */
		wp_table_remove(core, core->tables[NAT_FTP], entry);
		entry = NULL;
		err = wp_table_insert(core, core->tables[NAT_FTP], pkt->tenant, bucket, 4, key,
				      key2, &entry);
	}
	if (entry == NULL || (err != 0 && err != -EEXIST))
		return NULL;
	ftp = wp_write(entry, core->now_ns);
	if (err == 0 || ftp->begin != seq) /* else a SYN that comes again */
		*ftp = (struct ftp){
			.stream = {.seen = seq, .of_server = !ftp_is_control(nat, pkt->l4_dport)},
			.begin = seq};
	wp_written(entry);
	wp_table_set_idle(core->tables[NAT_FTP], entry, nat->idle[NAT_TCP], core->now_ns);
	return entry;
}

/** Finds the connection of a packet from inside, or begins it: a client's with its SYN, a server's
 * with its greeting, as others than the server could have it send SYNs. */
static struct wp_entry *
find(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt, uint32_t outside,
     uint16_t port)
{
	bool of_server = !ftp_is_control(nat, pkt->l4_dport);
	const uint8_t *tcp = wp_l4(pkt);
	uint32_t seq = wp_get32(tcp + TCP_SEQ);
	struct wp_entry *entry = pkt->state[slot_of(pkt)];
	uint8_t key[FTP_KEY_SIZE], key2[FTP_KEY_SIZE];

	if (entry == NULL) { /* an earlier packet of the burst may have made it */
		keys_of(pkt, outside, port, key, key2);
		entry = wp_table_find(core, core->tables[NAT_FTP], pkt->tenant, 4, false, key);
	}
	if ((tcp[TCP_FLAGS_AT] & TCP_SYN) != 0) {
		if (!of_server) /* no SYN with an ACK: it has no session, and passes all the same */
			return tcp_opens(tcp[TCP_FLAGS_AT])
				       ? begin(nat, core, pkt, outside, port, seq + 1)
				       : entry;
		if (entry != NULL)
			wp_table_remove(core, core->tables[NAT_FTP], entry);
		return NULL;
	}
	if (entry == NULL && of_server && (pkt->flags & WP_PKT_FRAGMENT) == 0 &&
	    ftp_line_greets(pkt->buf + pkt->payload, data_size(pkt)))
		return begin(nat, core, pkt, outside, port, seq);
	return entry;
}

/** Says that a connection lives, and for how long without a packet. */
static void
touch(const struct nat *nat, struct wp_core *core, struct wp_entry *entry, uint8_t flags)
{
	uint32_t idle = (flags & (TCP_FIN | TCP_RST)) != 0 ? nat->tcp_idle[TCP_TRANS]
							   : nat->tcp_idle[TCP_ESTABLISHED];

	if ((flags & TCP_SYN) != 0)
		return;
	if (entry->idle != idle)
		wp_table_set_idle(core->tables[NAT_FTP], entry, idle, core->now_ns);
	else
		wp_touch(entry, core->now_ns);
}

bool
ftp_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, uint32_t outside,
	uint16_t port)
{
	struct wp_entry *entry = find(nat, core, pkt, outside, port);
	uint8_t *tcp = wp_l4(pkt), flags = tcp[TCP_FLAGS_AT];
	uint32_t seq = wp_get32(tcp + TCP_SEQ), far;
	struct exposure to = {.nat = nat, .core = core, .pkt = pkt, .outside = outside};
	bool passes = true;
	struct ftp *ftp;

	if (entry == NULL)
		return true;
	touch(nat, core, entry, flags);
	ftp = nat_mutable(entry);
	if (ftp->stream.phase == FTP_FOREIGN || (flags & TCP_SYN) != 0)
		return true;
	pkt->bucket = entry->bucket; /* for what is made for its host */
	to.of_server = ftp->stream.of_server;
	ftp = wp_write(entry, core->now_ns);
	if ((pkt->flags & WP_PKT_FRAGMENT) != 0)
		passes = ftp->stream.phase == FTP_FRESH;
	else
		passes = pass_data(&to, &ftp->stream);
	far = ftp_stream_far(&ftp->stream, seq);
	wp_written(entry);
	if (!passes)
		wp_drop(pkt, NAT_DROP_FTP);
	else if (far != seq)
		change32(tcp, TCP_SEQ, far);
	return passes;
}

/** Brings one block of a SACK option to the inside's count. What it says has arrived has. */
static void
turn_block(const struct ftp_stream *stream, uint8_t *block)
{
	uint32_t first = ftp_stream_near(stream, wp_get32(block), true);
	uint32_t end = ftp_stream_near(stream, wp_get32(block + 4), false);

	wp_put32(block, first);
	wp_put32(block + 4, (int32_t)(end - first) < 0 ? first : end);
}

/** Brings the blocks of SACK options to the inside's count. */
static void
turn_sack(const struct ftp_stream *stream, struct wp_packet *pkt)
{
	uint8_t *tcp = wp_l4(pkt);
	unsigned int end = (unsigned int)(pkt->payload - pkt->l4), size;
	uint16_t before = wp_checksum(tcp + TCP_HEADER, end - TCP_HEADER);

	for (unsigned int at = TCP_HEADER; at < end && tcp[at] != 0; at += size) {
		size = 1;
		if (tcp[at] == 1)
			continue;
		if (end - at < 2)
			break;
		size = tcp[at + 1];
		if (size < 2 || size > end - at)
			break;
		for (unsigned int block = 2; tcp[at] == OPTION_SACK && block + 8 <= size;
		     block += 8)
			turn_block(stream, tcp + at + block);
	}
	resum(tcp, before, wp_checksum(tcp + TCP_HEADER, end - TCP_HEADER));
}

bool
ftp_is_astray(struct wp_core *core, const struct wp_packet *pkt)
{
	struct wp_entry *mapping = pkt->state[0], *entry = pkt->state[1];

	if (pkt->ip_version != 4 || mapping == NULL || entry == NULL ||
	    mapping->bucket == entry->bucket)
		return false;
	wp_table_remove(core, core->tables[NAT_FTP], entry);
	return true;
}

void
ftp_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, uint16_t tenant,
       uint32_t inside, uint16_t port)
{
	struct wp_entry *entry = pkt->state[slot_of(pkt)];
	uint8_t *tcp = wp_l4(pkt), flags = tcp[TCP_FLAGS_AT];
	struct ftp_stream *stream;
	uint32_t far;

	if (entry == NULL || entry->tenant != tenant || wp_load32(wp_entry_key(entry)) != inside ||
	    wp_load16(wp_entry_key(entry) + 4) != port)
		return;
	touch(nat, core, entry, flags);
	stream = &((struct ftp *)nat_mutable(entry))->stream;
	if ((flags & TCP_ACK) == 0 || (stream->n_edits == 0 && stream->shift == 0))
		return;
	far = wp_get32(tcp + TCP_ACK_AT);
	stream = &((struct ftp *)wp_write(entry, core->now_ns))->stream;
	ftp_stream_acked(stream, far);
	wp_written(entry);
	change32(tcp, TCP_ACK_AT, ftp_stream_near(stream, far, false));
	if (pkt->payload > pkt->l4 + TCP_HEADER)
		turn_sack(stream, pkt);
}

void
ftp_end(const struct nat *nat, struct wp_core *core, uint16_t tenant, const uint8_t *key)
{
	struct wp_entry *entry;

	if (key[FTP_KEY_SIZE] != WP_PROTO_TCP || !ftp_is_control(nat, wp_get16(key + 10)))
		return;
	entry = wp_table_find(core, core->tables[NAT_FTP], tenant, 4, false, key);
	if (entry != NULL)
		wp_table_remove(core, core->tables[NAT_FTP], entry);
}

/** @return whether a connection has a peer, which says when it ends. */
static bool
has_peer(struct wp_core *core, uint16_t tenant, const uint8_t *key)
{
	uint8_t peer[FTP_KEY_SIZE + 1];

	memcpy(peer, key, FTP_KEY_SIZE);
	peer[FTP_KEY_SIZE] = WP_PROTO_TCP;
	return wp_table_find(core, core->tables[NAT_PEERS], tenant, 4, false, peer) != NULL;
}

uint32_t
ftp_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	return has_peer(core, entry->tenant, wp_entry_key(entry)) ? nat->tcp_idle[TCP_ESTABLISHED]
								  : 0;
}

/** @return whether the inside endpoint of a connection still has its outside one. */
static bool
is_mapped(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	const uint8_t *key = record->key, *key2 = record->key2;
	const struct fixed *fixed =
		fixed_inside(nat, record->tenant, wp_load32(key), wp_load16(key + 4), WP_PROTO_TCP);
	uint8_t inside[MAPPING_KEY_SIZE];
	const struct mapping *mapping;
	struct wp_entry *entry;

	if (fixed != NULL)
		return fixed->outside == wp_load32(key2) &&
		       (fixed->outside_port != 0 ? fixed->outside_port : wp_load16(key + 4)) ==
			       wp_load16(key2 + 4);
	mapping_key(inside, key, wp_load16(key + 4), WP_PROTO_TCP);
	entry = wp_table_find(core, core->tables[NAT_MAPPINGS], record->tenant, 4, false, inside);
	if (entry == NULL || !has_peer(core, record->tenant, key))
		return false;
	mapping = wp_value(entry);
	return mapping->outside == wp_load32(key2) && mapping->outside_port == wp_load16(key2 + 4);
}

const char *
ftp_restore(const struct nat *nat, struct wp_core *core, const struct wp_record *record)
{
	const uint8_t *key = record->key, *key2 = record->key2;
	const struct ftp *from = record->value;
	struct wp_record made = *record;
	struct wp_entry *entry;
	int err;

	if (!ftp_is_control(nat, wp_get16(key + 10)) && !ftp_is_control(nat, wp_get16(key + 4)))
		return "its ports are none of FTP's";
	if (!ftp_stream_is_sound(&from->stream) || memcmp(key + 6, key2 + 6, 6) != 0)
		return "makes no sense";
	if (!is_mapped(nat, core, record))
		return "its mapping is not there";
	made.idle = restored_idle(record, nat->tcp_idle[TCP_ESTABLISHED]);
	err = wp_table_restore(core, core->tables[NAT_FTP], &made, &entry);
	return err == 0 ? NULL : wp_restore_fault(err);
}
