/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the model, shared by its files. */

#ifndef TESTS_NAT_INNER_H
#define TESTS_NAT_INNER_H

#include "model.h"
#include "wire.h"

#define MODEL_EVENTS 4096
#define MODEL_SYNS 1024

enum tcp_state {
	NOT_TCP,
	INSIDE_INIT,
	OUTSIDE_INIT,
	ESTABLISHED,
	INSIDE_FIN,
	OUTSIDE_FIN,
	BOTH_FIN,
	TRANS
};

/** What passes between one mapping and one remote. */
struct session {
	struct session *next;
	struct model_endpoint remote; /* ICMP: port 0 */
	enum tcp_state state;
	uint64_t deadline;
	bool permits; /* an outbound packet has used it */
	bool first;   /* it has the room that every mapping has */
};

struct mapping {
	struct mapping *next;
	uint16_t tenant;
	uint8_t proto;
	bool fixed; /* a port forward */
	struct model_endpoint in, ext;
	struct session *sessions;
};

/** A port whose mapping has ended. */
struct quarantine {
	struct quarantine *next;
	uint16_t tenant;
	uint8_t proto;
	struct model_endpoint in, ext;
	uint64_t until;
};

/** What happened to a mapping, for its story. */
struct event {
	uint64_t time;
	const char *what;
	uint16_t tenant;
	uint8_t proto, flags;
	enum tcp_state state;
	struct model_endpoint in, ext, remote;
	uint64_t deadline;
};

/** An unsolicited SYN that may be answered. */
struct syn {
	uint64_t time;
	struct model_endpoint from, to;
};

struct model {
	struct model_config config;
	uint64_t now;
	uint64_t first_deadline; /* nothing ends before it */
	struct mapping *mappings;
	struct quarantine *quarantines;
	struct event events[MODEL_EVENTS]; /* a ring */
	uint64_t n_events;
	struct syn syns[MODEL_SYNS];
	unsigned int n_syns;
};

/* One packet on its way through. */
struct work {
	struct model *model;
	const struct model_input *input;
	const struct model_observed *seen; /* NULL: the model plays the NAT */
	uint64_t random;                   /* what it then decides by */
	struct model_verdict *verdict;
	struct model_observed
		*out;     /* verdict->expected; its bytes are the packet as it is by now */
	struct wire wire; /* of out->bytes */
	bool hairpin;
};

/* walk.c: what must become of a packet */

/** Fills work->out, follows the packet with the model's state. */
void walk_packet(struct work *work);

/* judge.c: whether it did */

/** Writes down a difference. @return false */
bool judge_complain(struct work *work, const char *what, const char *detail);
void judge_outcome(struct work *work);

/* state.c: mappings and sessions */

void state_expire(struct model *model, uint64_t now);
struct mapping *state_by_inside(const struct model *model, uint16_t tenant, uint8_t proto,
				struct model_endpoint in);
struct mapping *state_by_outside(const struct model *model, uint8_t proto,
				 struct model_endpoint ext);
struct mapping *state_add(struct model *model, uint16_t tenant, uint8_t proto,
			  struct model_endpoint in, struct model_endpoint ext);
struct session *state_session(const struct mapping *mapping, struct model_endpoint remote);
struct session *state_open(struct model *model, struct mapping *mapping,
			   struct model_endpoint remote, enum tcp_state state);
void state_set(struct model *model, struct mapping *mapping, struct session *session,
	       enum tcp_state state, uint64_t lifetime, const char *why, uint8_t flags);
/** @return sessions of a mapping that count for quotas. */
unsigned int state_counted(const struct model *model, const struct mapping *mapping);
/** @return whether the room of a mapping's first session is free. */
bool state_has_room(const struct mapping *mapping);
/** @return sessions of a subscriber that count. */
unsigned int state_sessions_of(const struct model *model, uint16_t tenant, uint32_t addr);
/** @return whether @p remote may send to @p mapping. */
bool state_permits(const struct model *model, const struct mapping *mapping,
		   struct model_endpoint remote);
/** A packet of a session, from inside or not. */
void state_packet(struct model *model, struct mapping *mapping, struct session *session,
		  bool from_inside, const struct wire *wire);

/* ports.c: which external endpoint is legal */

/** @return whether an address is one of the pool's. */
bool ports_in_pool(const struct model_config *config, uint32_t addr);

/** @return NULL when legal, else why not. */
const char *ports_illegal(const struct model *model, uint16_t tenant, uint8_t proto,
			  struct model_endpoint in, struct model_endpoint ext);
/** Finds a port that no NAT may say it has not. @return whether there is one */
bool ports_available(const struct model *model, uint16_t tenant, uint8_t proto,
		     struct model_endpoint in, struct model_endpoint *ext);
/** Takes a legal port, decided by @p random. @return whether there is one */
bool ports_choose(const struct model *model, uint16_t tenant, uint8_t proto,
		  struct model_endpoint in, uint64_t random, struct model_endpoint *ext);

/* story.c: explanations */

void story_note(struct model *model, const char *what, const struct mapping *mapping,
		const struct session *session, uint8_t flags);
/** Appends to text of @p size bytes, cut off at its end. */
void story_say(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void story_packet(char *text, size_t size, const uint8_t *bytes, size_t n);
void story_outcome(char *text, size_t size, const struct model_observed *outcome);
/** All events of mappings that a packet's endpoints have or had. */
void story_tell(const struct model *model, char *text, size_t size, uint16_t tenant,
		const struct wire *wire);
const char *story_state(enum tcp_state state);

static inline bool
same(struct model_endpoint a, struct model_endpoint b)
{
	return a.addr == b.addr && a.port == b.port;
}

#endif
