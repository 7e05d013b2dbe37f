/* SPDX-License-Identifier: BSD-3-Clause */
/* What a document may hold: each member once, with range, default and a word of help. */

#include "pe/document_fields.h"

#include "pe/document.h"

#define MEMBER(TYPE, MEMBER) .offset = offsetof(struct TYPE, MEMBER)

static const char *const fail_modes[] = {"drop", "bypass", "peer", NULL};
static const char *const idle_modes[] = {"adaptive", "spin", NULL};
static const char *const steerings[] = {"host", "endpoint", "flow", NULL};
static const char *const insides[] = {"source", "destination", NULL};
const char *const document_port_types[] = {"xdp", "packet", "pcap", "ring", "null", "memif", "device", NULL};

static const struct wp_field worker_fields[] = {
	{.name = "cores", .type = WP_U32_LIST, MEMBER(document_workers, core_list), .max = 1023, .dflt = "[1]",
	 .help = "the cores that workers run on, one worker each"},
	{.name = "idle", .type = WP_ENUM, MEMBER(document_workers, idle), .dflt = "\"adaptive\"",
	 .choices = idle_modes, .help = "what a worker without packets does: back off by and by, or spin"},
	{.name = "hold_max", .type = WP_U32, MEMBER(document_workers, hold_max), .max = 65536, .dflt = "4096",
	 .help = "packets that each worker may hold for its services"},
	{.name = "buffers", .type = WP_U32, MEMBER(document_workers, buffers), .max = 1 << 24, .dflt = "0",
	 .help = "packet buffers in all; 0: as many as queues and workers can use"},
	{.name = "buffer_size", .type = WP_U32, MEMBER(document_workers, buffer_size), .min = 1024,
	 .max = 16384, .dflt = "2048", .help = "bytes of packet that one buffer takes"},
	{.name = NULL},
};

static const struct wp_field port_fields[] = {
	{.name = "name", .type = WP_NAME, MEMBER(document_port, name), .help = "name of the port"},
	{.name = "type", .type = WP_ENUM, MEMBER(document_port, type), .choices = document_port_types,
	 .help = "what it is: an interface through AF_XDP (xdp) or AF_PACKET (packet), pcap files, rings, null, "
		 "memif, or any DPDK device"},
	{.name = "interface", .type = WP_STRING, MEMBER(document_port, interface), .min = 0, .max = 15,
	 .dflt = "\"\"", .help = "xdp, packet: the kernel's name of the interface"},
	{.name = "device", .type = WP_STRING, MEMBER(document_port, device), .min = 0, .max = 255, .dflt = "\"\"",
	 .help = "device: a DPDK device string"},
	{.name = "in", .type = WP_STRING, MEMBER(document_port, in), .min = 0, .max = 1023, .dflt = "\"\"",
	 .help = "pcap: the file packets come from"},
	{.name = "out", .type = WP_STRING, MEMBER(document_port, out), .min = 0, .max = 1023, .dflt = "\"\"",
	 .help = "pcap: the file packets go to"},
	{.name = "loop", .type = WP_BOOL, MEMBER(document_port, loop), .dflt = "false",
	 .help = "pcap: read 'in' again and again"},
	{.name = "socket", .type = WP_STRING, MEMBER(document_port, socket), .min = 0, .max = 107,
	 .dflt = "\"\"", .help = "memif: the socket file"},
	{.name = "server", .type = WP_BOOL, MEMBER(document_port, server), .dflt = "false",
	 .help = "memif: make the socket, instead of connecting to it"},
	{.name = "queues", .type = WP_U32, MEMBER(document_port, queues), .min = 1, .max = 32, .dflt = "1",
	 .help = "receive queues"},
	{.name = "mtu", .type = WP_U32, MEMBER(document_port, mtu), .min = 68, .max = 16000, .dflt = "1700",
	 .help = "bytes of a frame behind its Ethernet header, tag included"},
	{.name = NULL},
};

static const struct wp_field tenant_fields[] = {
	{.name = "name", .type = WP_NAME, MEMBER(document_tenant, name), .help = "name of the tenant"},
	{.name = "steering", .type = WP_ENUM, MEMBER(document_tenant, steering), .dflt = "\"host\"",
	 .choices = steerings, .help = "what decides which worker serves a packet: inside host, both addresses, "
				       "or flow"},
	{.name = "share", .type = WP_U32, MEMBER(document_tenant, share), .min = 1, .max = 1000, .dflt = "1",
	 .help = "its part of a worker under overload, relative to other tenants"},
	{.name = "max_entries", .type = WP_U32, MEMBER(document_tenant, max_entries), .max = 1 << 30,
	 .dflt = "0", .help = "entries that it may have in one state table; 0: no limit of its own"},
	{.name = NULL},
};

static const struct wp_field instance_fields[] = {
	{.name = "name", .type = WP_NAME, MEMBER(document_instance, name), .help = "name of the instance"},
	{.name = "service", .type = WP_NAME, MEMBER(document_instance, service), .help = "the service it is of"},
	{.name = "config", .type = WP_JSON, MEMBER(document_instance, json),
	 .help = "its configuration, as the service says"},
	{.name = NULL},
};

static const struct wp_field fail_fields[] = {
	{.name = "down", .type = WP_ENUM, MEMBER(document_fail, mode[WP_CAUSE_DOWN]), .dflt = "\"drop\"",
	 .choices = fail_modes, .help = "when a service cannot work at all"},
	{.name = "overload", .type = WP_ENUM, MEMBER(document_fail, mode[WP_CAUSE_OVERLOAD]),
	 .dflt = "\"drop\"", .choices = fail_modes, .help = "when there is more work than a worker can do"},
	{.name = "no-key", .type = WP_ENUM, MEMBER(document_fail, mode[WP_CAUSE_NO_KEY]), .dflt = "\"drop\"",
	 .choices = fail_modes, .help = "when a key is missing, expired or used up"},
	{.name = "table-full", .type = WP_ENUM, MEMBER(document_fail, mode[WP_CAUSE_TABLE_FULL]),
	 .dflt = "\"drop\"", .choices = fail_modes, .help = "when there is no room for state"},
	{.name = NULL},
};

static const struct wp_field step_fields[] = {
	{.name = "instance", .type = WP_NAME, MEMBER(document_step, instance),
	 .help = "the instance that serves the step"},
	{.name = "args", .type = WP_JSON, MEMBER(document_step, json), .help = "its arguments, as the service says"},
	{.name = NULL},
};

static const struct wp_field path_fields[] = {
	{.name = "name", .type = WP_NAME, MEMBER(document_path, name), .help = "name of the path"},
	{.name = "spi", .type = WP_U32, MEMBER(document_path, spi), .min = 1, .max = 0xffffff,
	 .help = "NSH service path identifier"},
	{.name = "first_index", .type = WP_U32, MEMBER(document_path, first_index), .min = 1, .max = 255,
	 .dflt = "255", .help = "NSH service index at which the first step runs"},
	{.name = "tenant", .type = WP_NAME, MEMBER(document_path, tenant), .dflt = "\"default\"",
	 .help = "the tenant it belongs to"},
	{.name = "inside", .type = WP_ENUM, MEMBER(document_path, inside), .dflt = "\"source\"",
	 .choices = insides, .help = "which side of its packets the tenant's own hosts are on"},
	{.name = "reverse", .type = WP_STRING, MEMBER(document_path, reverse), .min = 0, .max = 63,
	 .dflt = "\"\"", .help = "the path of the other direction; empty: none"},
	{.name = "fail", .type = WP_OBJECT, MEMBER(document_path, fail), .fields = fail_fields,
	 .help = "what becomes of packets that cannot be served, by cause"},
	{.name = "peer_spi", .type = WP_U32, MEMBER(document_path, peer_spi), .max = 0xffffff, .dflt = "0",
	 .help = "for fail mode peer: service path identifier that leads to the peer"},
	{.name = "steps", .type = WP_LIST, MEMBER(document_path, step_list), .max = DOCUMENT_STEPS_MAX,
	 .fields = step_fields, .item_size = sizeof(struct document_step), .dflt = "[]",
	 .help = "the services its packets go through, in order"},
	{.name = NULL},
};

const struct wp_field document_fields[] = {
	{.name = "version", .type = WP_U32, MEMBER(document, version), .min = 1, .max = 1,
	 .help = "of this format: 1"},
	{.name = "workers", .type = WP_OBJECT, MEMBER(document, workers), .fields = worker_fields,
	 .help = "cores and buffers"},
	{.name = "key_store", .type = WP_STRING, MEMBER(document, key_store), .min = 0, .max = 1023,
	 .dflt = "\"\"", .help = "file of the keys, readable by its owner only; empty: none"},
	{.name = "state_dir", .type = WP_STRING, MEMBER(document, state_dir), .min = 0, .max = 1023,
	 .dflt = "\"\"", .help = "folder where sequence numbers are reserved; empty: nothing may encrypt"},
	{.name = "module_dir", .type = WP_STRING, MEMBER(document, module_dir), .min = 0, .max = 1023,
	 .dflt = "\"\"", .help = "folder of the service modules; empty: where they were installed"},
	{.name = "modules", .type = WP_STRING_LIST, MEMBER(document, module_list), .min = 1, .max = 1023,
	 .dflt = "[]", .help = "service modules: names, or file names with a slash"},
	{.name = "ports", .type = WP_LIST, MEMBER(document, port_list), .max = DOCUMENT_PORTS_MAX,
	 .fields = port_fields, .item_size = sizeof(struct document_port), .dflt = "[]",
	 .help = "where packets come from and go back to"},
	{.name = "tenants", .type = WP_LIST, MEMBER(document, tenant_list), .max = DOCUMENT_TENANTS_MAX,
	 .fields = tenant_fields, .item_size = sizeof(struct document_tenant),
	 .dflt = "[{\"name\": \"default\"}]", .help = "subscribers; without any there is one called default"},
	{.name = "instances", .type = WP_LIST, MEMBER(document, instance_list), .max = DOCUMENT_INSTANCES_MAX,
	 .fields = instance_fields, .item_size = sizeof(struct document_instance), .dflt = "[]",
	 .help = "services, each opened with one configuration"},
	{.name = "paths", .type = WP_LIST, MEMBER(document, path_list), .max = DOCUMENT_PATHS_MAX,
	 .fields = path_fields, .item_size = sizeof(struct document_path), .dflt = "[]",
	 .help = "what becomes of packets, by tag"},
	{.name = NULL},
};
