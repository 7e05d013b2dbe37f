/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between the runtime and a service: all a service author needs to read, with
 * packet.h. A service is one shared object that exports one constant, wp_service.
 *
 * Life of an instance: open() -> open_core() for each worker -> open_step() for each use on a
 * path -> bursts -> close_step() -> close_core() -> close(). A new configuration is a new
 * instance; both serve until the packets of the old one are through.
 *
 * What a service has to tell the world outside, record by record (a NAT's bindings, say), goes from
 * its workers through wp_event() to a thread of its own, the log thread, which may write and wait:
 * open_log() -> log(), log_tick() -> close_log().
 */

#ifndef WP_SERVICE_H
#define WP_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "field.h"
#include "packet.h"
#include "state/decl.h"
#include "stream/event.h"

#define WP_SERVICE_ABI 12 /* bump on any change of this header or of one that it includes */

struct wp_env;    /* control thread's side of what is being opened; see below */
struct wp_teller; /* those who have subscribed; see wp_env_teller() */
struct wp_aead;   /* a key ready for use; see crypto/aead.h */
struct wp_table;  /* see state/state.h */
struct wp_record;

/** What a service asks of the runtime, and tells it; bits of wp_service.flags. */
enum wp_service_flag {
	WP_NEVER_BYPASS = 1 << 0, /* packets never go on without it; its paths may have no fail mode
				   * bypass, nor peer when a key is missing */
	WP_NEEDS_L4 = 1 << 1, /* later fragments are of no use to it: they wait for their first, and
			       * come with its ports and protocol (WP_PKT_FIRST_SEEN) */
	WP_NEEDS_HOST = 1 << 2,    /* all state of an inside host must be one worker's: its tenants
				    * are steered by host */
	WP_CHANGES_FLOWS = 1 << 3, /* packets leave it with other addresses or ports: to services
				    * behind it they belong to other flows */
	WP_OPENS_ASIDE = 1 << 4,   /* open() takes long: it may be called on a thread of its own,
				    * while control does other things. There it may call what is
				    * marked "control thread" below, but for wp_env_key() and
				    * wp_env_entry(), which refuse */
};

/** One worker's side of one instance. Filled by the runtime; a service reads it, and writes through
 * 'counters' and 'scratch' only. */
struct wp_core {
	uint64_t *counters; /* index: the service's counter id; this worker's only */
	void *scratch;      /* what open_core() left there */
	uint64_t now_ns;    /* the runtime's clock at the start of this burst, monotonic */
	uint64_t random;    /* fresh with every burst */
	struct wp_table *const *tables; /* index: the service's table id */
	void *runtime;                  /* not for services */
	uint16_t worker;                /* from 0 */
	uint16_t n_workers;
	int socket;        /* NUMA node of the worker */
	uint32_t instance; /* stable number of the instance's name */
};

/** One entry that a packet needs; see wp_key_ask(). */
struct wp_key {
	uint64_t prefix;                /* the runtime's: whose key it is */
	uint8_t bytes[WP_KEY_SIZE_MAX]; /* packed parts; zero behind them */
	struct wp_entry *entry; /* not NULL: no look-up, this very entry. Later: what was found */
	uint64_t hash;
	uint8_t table;   /* index into the service's tables */
	uint8_t version; /* 4 or 6: the layout */
	uint8_t second;  /* look up by the second key */
	uint8_t slot;    /* of pkt->state */
	uint16_t pkt;    /* which of the burst */
};

/** Which entries the packets of a burst need; filled by keys(). */
struct wp_keys {
	unsigned int n;                /* keys; 0 when keys() is called */
	uint8_t n_slots[WP_BURST_MAX]; /* index: packet; slots taken; likewise */
	struct wp_key keys[WP_BURST_MAX * WP_STATE_MAX + 1]; /* the last takes what is too much */
};

/** Takes the next key of packet @p i of the burst. */
static inline struct wp_key *
wp_key_next(struct wp_keys *keys, uint16_t i, uint8_t table, uint8_t version, uint8_t second,
	    struct wp_entry *entry)
{
	bool room = keys->n_slots[i] < WP_STATE_MAX;
	struct wp_key *key = &keys->keys[room ? keys->n++ : WP_BURST_MAX * WP_STATE_MAX];

	*key = (struct wp_key){
		.entry = entry, .table = table, .version = version, .second = second, .pkt = i};
	if (room)
		key->slot = keys->n_slots[i]++;
	return key;
}

/**
 * Asks for the entry of table @p table with a key for packet @p i of the burst; the first asked for
 * will be pkt->state[0]. Only in keys().
 * @param version  4 or 6: which layout of the key
 * @return where the key's parts go, packed as declared
 */
static inline uint8_t *
wp_key_ask(struct wp_keys *keys, uint16_t i, uint8_t table, uint8_t version)
{
	return wp_key_next(keys, i, table, version, 0, NULL)->bytes;
}

/** Likewise, by the table's second key. */
static inline uint8_t *
wp_key_ask_second(struct wp_keys *keys, uint16_t i, uint8_t table, uint8_t version)
{
	return wp_key_next(keys, i, table, version, 1, NULL)->bytes;
}

/** Asks for an entry that is known already: the packet goes to its owner. Only in keys(). */
static inline void
wp_key_ask_entry(struct wp_keys *keys, uint16_t i, struct wp_entry *entry)
{
	wp_key_next(keys, i, 0, 0, 0, entry);
}

/** Bytes of one record at the most. A record takes the room of its own bytes only. */
#define WP_EVENT_SIZE_MAX 16384

/** One record as it comes out at the log thread. */
struct wp_event {
	const void *data; /* what wp_event() was given; aligned to 8 bytes, valid during the call */
	uint64_t time_ns; /* when it was given: UTC, since 1970 */
	uint16_t size;    /* bytes */
	uint16_t worker;  /* that gave it; records of one worker come in order */
};

/** The one symbol a service exports. Control thread calls, but for those marked Worker. */
struct wp_service {
	uint32_t abi;                       /* WP_SERVICE_ABI; the loader refuses any other */
	uint32_t flags;                     /* enum wp_service_flag */
	const char *name;                   /* as documents use it; the file is NAME.so */
	const char *summary;                /* one line */
	const struct wp_field *fields;      /* an instance's configuration; NULL: none */
	const struct wp_field *step_fields; /* the arguments of one step; NULL: none */
	size_t config_size;                 /* bytes of the struct that 'fields' fills */
	size_t step_size;                   /* bytes of the struct that 'step_fields' fills */
	const struct wp_table_decl *tables; /* NULL: no state */
	const char *const *counters;        /* NULL-terminated; the index is the counter's id */
	const char *const *reasons;         /* NULL-terminated; the index is the reason's id */

	/**
	 * Makes an instance of @p config, which stays valid until close().
	 * @return 0, or a negative errno after wp_error(); @p inst is then untouched.
	 *         From success on the instance is constant.
	 * NULL (close() then, too): the configuration itself is the instance.
	 */
	int (*open)(struct wp_env *env, const void *config, void **inst);
	/** Accepts NULL. No worker sees @p inst any more. */
	void (*close)(void *inst);
	/** Worker. 1 <= n <= WP_BURST_MAX packets, all for this instance, of any paths and tenants.
	 * NULL: packets just go on; only for services with events(). */
	void (*burst)(const void *inst, struct wp_core *core, struct wp_packet *const *pkts,
		      uint16_t n);

	/* Optional: NULL where a service has no need of it. */

	/** Sizes this worker's scratch: sets core->scratch. @return 0 or a negative errno after
	 * wp_error() */
	int (*open_core)(struct wp_env *env, const void *inst, struct wp_core *core);
	void (*close_core)(const void *inst, struct wp_core *core);
	/** Prepares one use of the instance on a path; packets then carry @p step as args instead
	 * of the step_fields struct. */
	int (*open_step)(struct wp_env *env, const void *inst, const void *args, void **step);
	void (*close_step)(const void *inst, void *step);
	/** Worker. Names the state the burst needs; the runtime looks all of it up at once. */
	void (*keys)(const void *inst, struct wp_core *core, struct wp_packet *const *pkts,
		     uint16_t n, struct wp_keys *keys);
	/** Worker. Every 10 ms or so, also without packets. */
	void (*tick)(const void *inst, struct wp_core *core, uint64_t now_ns);
	/** Worker that owns @p entry. It has not been touched for its idle time. @return ticks to
	 * live on, or 0: it is removed, right after the call. NULL: all are */
	uint32_t (*expire)(const void *inst, struct wp_core *core, unsigned int table,
			   struct wp_entry *entry);

	/**
	 * Answers a question of an operator's by what the configuration says: whose is a port, for
	 * instance. What can be asked is for the service to say. The instance need not serve.
	 * @param answer  room for @p size bytes: lines of text, each with a '\n' at its end
	 * @return bytes of the answer, less than @p size; 0: nothing is known of that; -EINVAL: no
	 * question for this service. "help" is answered with what can be asked, a line for each
	 */
	int (*ask)(const void *inst, const char *question, char *answer, size_t size);

	/* State that comes back from a file, record by record; see struct wp_record. Whoever wrote
	 * the file: every byte of key and value may be wrong. Without restore(), entries of
	 * WP_OWNER_KEY come back as they were, and others do not. */

	/** Worker or control. @return the bucket that the entry of @p record will have; it is then
	 * in record->bucket. Not asked for tables of WP_OWNER_KEY. Goes with restore() */
	uint8_t (*home)(const void *inst, const struct wp_core *core, unsigned int table,
			const struct wp_record *record);
	/**
	 * Worker that owns record->bucket, or control while no worker runs. Makes of @p record what
	 * packets have made of it in another process; tables come in the order of their ranks, and
	 * entries may be there already.
	 * @return NULL, or why that cannot be: a few words that stay true for all such records
	 */
	const char *(*restore)(const void *inst, struct wp_core *core, unsigned int table,
			       const struct wp_record *record);

	/* Where the records of wp_event() go; all but open_log() by the log thread, which no worker
	 * waits for. @p counters: the service's, index: counter id; the log thread's own part. */

	/**
	 * Makes what the records of @p inst go to. Control thread, before the instance serves.
	 * @param old       what an older instance of that name has, which is in use; or NULL.
	 *                  Where it would do for @p inst too, give it as @p log (and change
	 *                  nothing): it is closed when no instance uses it any more
	 * @param[out] log  NULL (as it is before): no log; records are not kept
	 * @return 0 or a negative errno after wp_error()
	 */
	int (*open_log)(struct wp_env *env, const void *inst, void *old, void **log);
	/** Log thread. @p n records of one instance, in the order one worker gave them. */
	void (*log)(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
		    unsigned int n);
	/** Log thread. Every 10 ms or so, also without records. @p now_ns  runtime clock */
	void (*log_tick)(void *log, uint64_t *counters, uint64_t now_ns);
	/** Log thread. All records have been through log(); its instances may be gone already. May
	 * wait a little, 0.2 s at the most, to bring out what it still has. */
	void (*close_log)(void *log, uint64_t *counters);

	/* Flows, which the runtime tracks once for all services of a path; see stream/event.h. A
	 * service that hears of them has no table of WP_OWNER_KEY. */

	/** What it wants to hear of: rows, the last of type WP_FLOW_EVENTS. NULL: nothing, and then
	 * it costs nothing. Its packets carry their flow; in front of its burst() comes */
	const struct wp_stream_want *wants;
	/** @return whether an instance hears of a row of its service's 'wants': what nobody hears
	 * of costs nothing. NULL: of all. Control, after open(); optional */
	bool (*hears)(const void *inst, unsigned int row);
	/**
	 * Worker that owns the flows. What has happened to flows of any paths and tenants, in
	 * order: with packets of the burst that is next, which may be dropped (wp_drop(), no other
	 * verdict; the first of several services' counts), or without any (time-outs).
	 */
	void (*events)(const void *inst, struct wp_core *core, const struct wp_told *told,
		       unsigned int n);

	/** @return whether what open() has read besides its configuration (files) is as it was.
	 * Where it is, and a newer document says the same of the instance and of tenants, that
	 * serves on under it, with a new open_core(); its configuration stays valid. NULL: each
	 * document has instances of its own. Not for services that take keys or entries. Control;
	 * optional */
	bool (*is_current)(const void *inst);

	/** Counters and reasons, by name, that an operator is to hear of when they rise: each is an
	 * event of the control socket. NULL-terminated. */
	const char *const *alerts;
};

extern WP_API const struct wp_service wp_service;

/* What a service may call. */

/** Adds to one of this worker's counters. Worker. */
static inline void
wp_count(struct wp_core *core, unsigned int counter, uint64_t add)
{
	core->counters[counter] += add;
}

/**
 * Says why an open is refused: @p member is the configuration member, "rules/3/port", or NULL.
 * Control thread.
 * @return @p error, so that it can be returned at once
 */
WP_API int wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** Writes a line to the log, with the instance's name. Control thread. */
WP_API void wp_log(struct wp_env *env, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** @return how many workers will serve the instance. Control thread. */
WP_API unsigned int wp_env_workers(const struct wp_env *env);

/** @return the dense id of the tenant whose path the step is on; only in open_step(). Control
 * thread. */
WP_API uint16_t wp_env_tenant(const struct wp_env *env);

/** @return the dense id of a tenant by its name, or -ENOENT. To what a tenant's own controller has
 * set up there is no other tenant. Control thread. */
WP_API int wp_env_tenant_id(struct wp_env *env, const char *name);

/** @return the name of a tenant of the document by its dense id, or NULL; valid until close().
 * Control thread. */
WP_API const char *wp_env_tenant_name(struct wp_env *env, uint16_t tenant);

/** @return the highest dense id of the document's tenants, and 1. Control thread. */
WP_API uint32_t wp_env_tenants(struct wp_env *env);

/**
 * @param[out] number  the instance's stable number, as in wp_core; or NULL
 * @return the name of the instance being opened; valid until close(). Control thread.
 */
WP_API const char *wp_env_instance(const struct wp_env *env, uint32_t *number);

/** @return whether what open() makes is not wanted any more, for the process is told to end. Who
 * takes long (WP_OPENS_ASIDE) asks now and then, gives up, and returns a negative errno. Control
 * thread. */
WP_API bool wp_env_is_over(const struct wp_env *env);

/** @return whether bytes of flows are told only when their receiver has acknowledged them (the
 * tracker's "tell"): a packet that is dropped for them then is through already. Ask in open_core(),
 * too: an instance that is_current() may go on behind a tracker that tells otherwise. Control
 * thread. */
WP_API bool wp_env_tells_late(const struct wp_env *env);

/** @return whether bytes of flows go on that are not told, as there was no memory for them: the
 * tracker's "at_flow_memory", "at_memory" and "at_tenant_memory" are not all "drop". Control
 * thread. */
WP_API bool wp_env_passes_unseen(const struct wp_env *env);

/** How a key will be used. A key that seals draws its nonces from one durable counter, whatever
 * names it has. */
enum wp_key_use { WP_KEY_SEALS, WP_KEY_OPENS };

/**
 * Takes a key of the key store by its versioned name. The bytes stay with the runtime.
 * Control thread.
 *
 * @param member  the configuration member that names it, for the error text
 * @param[out] aead  ready for wp_aead_seal() or wp_aead_open(); owned by the runtime, lives as
 *                long as the instance or step being opened
 * @param[out] fingerprint  16 bytes, the same for the same key under any name
 * @return 0, or a negative errno after wp_error()
 */
WP_API int wp_env_key(struct wp_env *env, const char *member, const char *name, enum wp_key_use use,
		      const struct wp_aead **aead, uint8_t fingerprint[16]);

/**
 * Finds or makes an entry of table @p table that lives as long as what is being opened, and that
 * an older or newer opening with the same key shares. Not of a table with a second key or an
 * idle_ms. Control thread.
 *
 * @param version  4 or 6: which layout of the key
 * @param key      the key's parts, packed as declared
 * @return 0, or a negative errno after wp_error()
 */
WP_API int wp_env_entry(struct wp_env *env, unsigned int table, uint8_t version, const void *key,
			struct wp_entry **entry);

/** @return the bucket of an inside host's packets, whose tenant is steered by host (WP_NEEDS_HOST).
 * @param address  network order; of @p version 4 or 6. Worker or control. */
WP_API uint8_t wp_bucket_of_host(const struct wp_core *core, uint16_t tenant, uint8_t version,
				 const void *address);

/**
 * Names a packet that is about to be held, so that it can be released later. Worker.
 * @return a number that is not used again for a long time; 0 when the worker holds as many packets
 *         as it may: a hold would then end at once, as hold_end says
 */
WP_API uint64_t wp_hold_id(struct wp_core *core, struct wp_packet *pkt);

/**
 * Sets the verdict to hold for at most @p ms (0: 100; 10000 at the most); then, or when the worker
 * holds too many, the packet ends as @p end says: WP_NEXT, or WP_DROP with @p reason. Worker.
 * @return what wp_release() wants; 0 when the worker holds too many
 */
static inline uint64_t
wp_hold(struct wp_core *core, struct wp_packet *pkt, uint16_t ms, enum wp_verdict end,
	uint16_t reason)
{
	pkt->verdict = WP_HOLD;
	pkt->hold_ms = ms;
	pkt->hold_end = (uint8_t)end;
	pkt->reason = reason;
	return wp_hold_id(core, pkt);
}

/**
 * Ends a hold: the packet goes on (WP_NEXT) or is dropped (WP_DROP with the hold's reason) after
 * this burst. Worker that holds it.
 * @return 0; -EINVAL for another verdict; -ENOENT when its deadline has passed, or it is not held
 * yet: a hold begins after the burst that asks for it; -ENOBUFS when too many were released in this
 * round
 */
WP_API int wp_release(struct wp_core *core, uint64_t hold_id, enum wp_verdict verdict);

/**
 * Makes a new packet that travels like @p like (same tag, path and next step), with @p len
 * uninitialised bytes from the IP header on behind a copy of its Ethernet header; after the burst
 * it goes on to the step behind this one, before the burst's packets, or ends as the verdict says
 * that the service has set. Worker.
 * In burst(), or in tick(): there @p like is a copy of a view that came in an earlier burst of the
 * instance's, with the bytes from its tag to its IP header ('buf', 'tag.encap', 'start' and 'l3'
 * say where they are now). At most WP_BURST_MAX in one call.
 * @return NULL when buffers are short, @p len does not fit one, or the call has made too many;
 * counted. Also, not counted, in tick() when a newer configuration has taken over from the
 * instance's, or the runtime ends
 */
WP_API struct wp_packet *wp_create(struct wp_core *core, const struct wp_packet *like,
				   uint16_t len);

/**
 * Gives a record to the instance's log: it is copied, and comes out at log() within some 10 ms.
 * Worker. Never waits: when the log thread is so far behind that there is no room, the record is
 * lost and counted.
 *
 * @param size  bytes; at most WP_EVENT_SIZE_MAX
 * @return false when it is lost
 */
WP_API bool wp_event(struct wp_core *core, const void *event, uint16_t size);

/** @return the way to those who subscribe to events of the control socket, for wp_tell(); it stays
 * until the last log is closed. NULL: nobody can. Control thread. */
WP_API struct wp_teller *wp_env_teller(struct wp_env *env);

/**
 * Tells those who have subscribed, as an event of kind "record". Log thread. Never waits.
 * @param teller    NULL: nobody can subscribe, and nothing is told
 * @param instance  its name
 * @param text      a JSON object of @p size bytes, WP_EVENT_SIZE_MAX at the most, without a zero
 *                  behind; copied. What is no JSON is left out, uncounted
 * @return false: it is lost: too long, or more than can be told (100 a second, 256 at once)
 */
WP_API bool wp_tell(struct wp_teller *teller, const char *instance, const char *text, size_t size);

#endif
