/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole configuration of one PE, read and checked as far as it can be without opening anything:
 * names resolve, ranges hold, references point at something. Knows nothing of DPDK.
 */

#ifndef PE_DOCUMENT_H
#define PE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "packet.h"
#include "parse/parse.h"
#include "pe/document_error.h"
#include "service.h"

#define DOCUMENT_SIZE_MAX (16u << 20) /* bytes */
#define DOCUMENT_DEPTH_MAX 16
#define DOCUMENT_PATHS_MAX 16384
#define DOCUMENT_STEPS_MAX 16
#define DOCUMENT_INSTANCES_MAX 4096
#define DOCUMENT_TENANTS_MAX 1024
#define DOCUMENT_PORTS_MAX 32
#define DOCUMENT_WORKERS_MAX 32

enum fail_mode { FAIL_DROP, FAIL_BYPASS, FAIL_PEER };
enum port_type { PORT_XDP, PORT_PACKET, PORT_PCAP, PORT_RING, PORT_NULL, PORT_MEMIF, PORT_DEVICE };
enum idle_mode { IDLE_ADAPTIVE, IDLE_SPIN };

struct document_port {
	const char *name;
	uint32_t type;         /* enum port_type */
	const char *interface; /* xdp, packet: the kernel's name */
	const char *device;    /* device: a DPDK device string, "net_memif0,role=client,..." */
	const char *in, *out;  /* pcap: file names; in is read once */
	const char *socket;    /* memif: its socket file */
	bool server;           /* memif: make the socket; else connect to it */
	bool loop;             /* pcap: read 'in' again and again */
	uint32_t queues;       /* receive and send queues, each */
	uint32_t mtu;          /* bytes of a frame behind the Ethernet header */
};

/** Service path identifiers, from one to the other. */
struct document_spis {
	uint32_t first, last;
};

/** What a tenant's own controller may set up. */
struct document_delegated {
	struct wp_list spis;                /* struct document_spis; of its paths */
	struct wp_list services, instances; /* const char *; that it may use */
	uint32_t max_paths, max_instances, max_keys;
};

struct document_tenant {
	const char *name;
	uint32_t steering;    /* enum wp_steering */
	uint32_t share;       /* of a worker under overload, relative to other tenants */
	uint32_t max_entries; /* in any one state table; 0: no limit of its own */
	uint32_t number;      /* set by tenants_number(); packets and state carry it */
	bool is_delegated;    /* an identity is for it: names that begin with its own are its */
	struct document_delegated delegated;
};

/** How many entries a state table may have, other than its service declares. */
struct document_table {
	const char *service, *table;
	uint32_t max_entries;
};

struct document_instance {
	const char *name;
	const char *service;
	const void *json;                  /* json_t object: its configuration as given */
	const struct wp_service *contract; /* set by document_bind() */
	void *config;                      /* config_size bytes, filled by document_bind() */
	void *opened;                      /* with is_opened: by aside.h, for an epoch to take */
	bool is_opened;
};

struct document_step {
	const char *instance;
	const void *json;        /* json_t object: the arguments as given */
	uint32_t instance_index; /* into instances */
	void *args;              /* step_size bytes, filled by document_bind() */
};

struct document_fail {
	uint32_t mode[WP_N_CAUSES]; /* enum fail_mode */
};

struct document_path {
	const char *name;
	uint32_t spi;         /* 1 to 2^24 - 1 */
	uint32_t first_index; /* NSH service index at which the first step runs */
	const char *tenant;
	uint32_t tenant_index;
	uint32_t inside;       /* enum wp_inside */
	const char *reverse;   /* path name; "" is none */
	int32_t reverse_index; /* -1: none */
	struct document_fail fail;
	uint32_t peer_spi;        /* FAIL_PEER: the path that leads to the peer; 0: none */
	struct wp_list step_list; /* struct document_step */
	struct document_step *steps;
	uint32_t n_steps;
};

struct document_workers {
	struct wp_list core_list; /* uint32_t */
	uint32_t idle;            /* enum idle_mode */
	bool balance;             /* move work from busy workers to others */
	uint32_t hold_max;        /* packets each worker may hold */
	uint32_t fragment_max;    /* fragmented datagrams that are followed at a time */
	uint32_t fragment_wait;   /* later fragments that may wait for their first */
	uint32_t fragment_ms;     /* how long a datagram is followed */
	uint32_t buffers;         /* packet buffers of the pool; 0: as many as the queues want */
	uint32_t buffer_size;     /* bytes of data in one buffer */
};

/** Where a controller reaches the PE. */
struct document_control {
	const char *socket; /* file name; "": nowhere */
	const char *listen; /* address and port, for TLS; "": nowhere */
	const char *certificate, *private_key, *authority, *revoked; /* file names */
	struct wp_list identities;                                   /* struct document_identity */
};

/** Who may come by TLS. */
struct document_identity {
	const char *name;       /* of the certificate: a URI, a DNS name, or the common name */
	uint32_t role;          /* enum role */
	struct wp_list tenants; /* const char *; that it is for; none: for the whole PE */
};

/** A checked document. All memory is its own; free it with document_destroy(). */
struct document {
	uint32_t version;
	struct document_workers workers;
	struct document_control control;
	const char *key_store;  /* file name; "": none */
	const char *state_dir;  /* where counters are reserved; "": nothing durable may run */
	const char *module_dir; /* "": where the program finds them by itself */
	struct wp_list module_list, port_list, tenant_list, table_list, instance_list, path_list;
	/* The same lists, by what they hold. */
	const char **modules; /* names or file names */
	/* Index: module; set when they are loaded. Memory of the arena. */
	const struct wp_service **services;
	struct document_port *ports;
	struct document_tenant *tenants;
	struct document_table *tables;
	struct document_instance *instances;
	struct document_path *paths;
	uint32_t *cores;
	uint32_t n_modules, n_ports, n_tenants, n_tables, n_instances, n_paths, n_cores;
	struct wp_arena *arena;
	const char *folder;  /* relative names of files begin there; NULL: in that of the
			      * process */
	void *root;          /* json_t; kept for diff and history */
	bool is_bound;       /* set by pe_bind() */
	unsigned int shares; /* that document_destroy() only takes back */
};

/**
 * Reads and checks a document. Duplicate and unknown members, wrong types, numbers out of range,
 * too deep or too large input are refused with their place. Control; also a fuzz target.
 *
 * @param text   not necessarily terminated
 * @param[out] document  untouched on failure
 * @return 0, -EINVAL with @p error filled, or -ENOMEM
 */
int document_parse(const char *text, size_t size, struct document **document,
		   struct document_error *error);

/** document_parse() of a text that is to stand for @p file: relative file names in it are taken
 * from that file's folder. */
int document_parse_as(const char *file, const char *text, size_t size, struct document **document,
		      struct document_error *error);

/** document_parse_as() of a file's own text. */
int document_read(const char *file, struct document **document, struct document_error *error);

/** Keeps a document for one document_destroy() more. @return it */
struct document *document_share(struct document *document);

/** Accepts NULL. */
void document_destroy(struct document *document);

/**
 * Finds the service a name stands for.
 * @return NULL when there is none
 */
typedef const struct wp_service *(*document_find_fn)(void *arg, const char *service);

/**
 * Fills configurations and step arguments by the services' own field tables, and checks what needs
 * them (no bypass around WP_NEVER_BYPASS, ...).
 * @return 0, -EINVAL with @p error filled, or -ENOMEM
 */
int document_bind(struct document *document, document_find_fn find, void *arg,
		  struct document_error *error);

/** @return the service of a name that one of the loaded modules has, or NULL. */
const struct wp_service *document_service(const struct document *document, const char *name);

/**
 * Names of instances, paths and keys that begin with the name of a delegated tenant and a dot are
 * that tenant's.
 * @return whose a name is; NULL: nobody's
 */
const struct document_tenant *document_owner(const struct document *document, const char *name);

/** Writes the JSON Schema (2020-12) of documents, with that of the given services, as text. @return
 * malloc'ed, or NULL */
char *document_schema(const struct wp_service *const *services, unsigned int n);

#endif
