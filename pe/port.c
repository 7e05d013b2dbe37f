/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the device of a port out of its configuration, and starts it. */

#include "pe/port.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "pe/claim.h"
#include "pe/xdp.h"
#include "say.h"

enum { RX_DESCRIPTORS = 1024, TX_DESCRIPTORS = 1024 };

static const char *const refusal_names[] = {
	[PORT_NO_PATH - WP_N_TAG_REASONS] = "no-path",
	[PORT_BAD_INDEX - WP_N_TAG_REASONS] = "bad-index",
	[PORT_LOOP - WP_N_TAG_REASONS] = "loop",
	[PORT_TOO_LONG - WP_N_TAG_REASONS] = "too-long",
};

const char *
port_refusal_name(unsigned int refusal)
{
	return refusal < WP_N_TAG_REASONS ? wp_tag_reasons[refusal]
					  : refusal_names[refusal - WP_N_TAG_REASONS];
}

/** Writes the DPDK device string of one part. @return how many parts the port has */
static unsigned int
device_string(const struct document_port *conf, unsigned int index, unsigned int part, char *device,
	      size_t size)
{
	switch (conf->type) {
	case PORT_XDP:
		snprintf(device, size,
			 "net_af_xdp%u_%u,iface=%s,start_queue=%u,queue_count=1,xdp_prog=%s", index,
			 part, conf->interface, part, xdp_program());
		return conf->queues; /* one device a queue: veth counts its queues in its own way */
	case PORT_PACKET:
		snprintf(device, size,
			 "net_af_packet%u,iface=%s,qpairs=%u,blocksz=4096,framesz=2048,framecnt="
			 "1024",
			 index, conf->interface, conf->queues);
		return 1;
	case PORT_PCAP:
		snprintf(device, size, "net_pcap%u%s%s%s%s%s", index,
			 conf->in[0] != '\0' ? ",rx_pcap=" : "", conf->in,
			 conf->out[0] != '\0' ? ",tx_pcap=" : "", conf->out,
			 conf->loop ? ",infinite_rx=1" : "");
		return 1;
	case PORT_NULL:
		snprintf(device, size, "net_null%u", index);
		return 1;
	case PORT_MEMIF:
		snprintf(device, size, "net_memif%u,role=%s,id=0,socket=%s,socket-abstract=no",
			 index, conf->server ? "server" : "client,zero-copy=no", conf->socket);
		return 1;
	case PORT_DEVICE:
		snprintf(device, size, "%s", conf->device);
		return 1;
	default:
		device[0] = '\0';
		return 1;
	}
}

/** A port that sends to itself, or to whoever looks the rings up by name: "NAME-rx", "NAME-tx". */
static int
open_rings(const struct document_port *conf, struct port_part *part, char *message, size_t size)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *rings[2];
	static const char *const ends[] = {"rx", "tx"};
	int made;

	for (unsigned int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%.20s-%s", conf->name, ends[i]);
		rings[i] = rte_ring_lookup(name);
		if (rings[i] == NULL)
			rings[i] = rte_ring_create(name, 1024, SOCKET_ID_ANY, 0);
		if (rings[i] == NULL)
			return wp_say(message, size, -rte_errno, "ring '%s' cannot be made: %s",
				      name, rte_strerror(rte_errno));
	}
	made = rte_eth_from_rings(conf->name, &rings[0], 1, &rings[1], 1, SOCKET_ID_ANY);
	if (made < 0)
		return wp_say(message, size, -rte_errno, "ring port '%s' cannot be made: %s",
			      conf->name, rte_strerror(rte_errno));
	part->dpdk_port = (uint16_t)made;
	snprintf(part->device, sizeof(part->device), "net_ring_%s", conf->name);
	return 0;
}

/** @return what a port of this type needs, to be said when it does not come up. */
static const char *
needs(const struct document_port *conf)
{
	switch (conf->type) {
	case PORT_XDP:
		return "; AF_XDP needs root (CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF) and locked "
		       "memory (CAP_IPC_LOCK, or more of: ulimit -l)";
	case PORT_PACKET:
		return "; AF_PACKET needs root (CAP_NET_RAW) and locked memory (CAP_IPC_LOCK, or "
		       "more of: ulimit -l)";
	case PORT_PCAP:
		return "; is 'in' a capture that may be read, and may 'out' be written?";
	default:
		return "";
	}
}

/** Makes one DPDK device. */
static int
open_device(const struct document_port *conf, struct port_part *part, char *message, size_t size)
{
	char name[sizeof(part->device)], *args;
	int err;

	memcpy(name, part->device, sizeof(name));
	name[strcspn(name, ",")] = '\0';
	args = part->device + strlen(name);
	if (rte_eth_dev_get_port_by_name(name, &part->dpdk_port) == 0) {
		part->device[0] = '\0'; /* was there before us, such as a NIC bound to vfio-pci */
		return 0;
	}
	if (strncmp(name, "net_", 4) == 0 || strncmp(name, "eth_", 4) == 0)
		err = rte_eal_hotplug_add("vdev", name, args[0] == ',' ? args + 1 : "");
	else
		err = rte_dev_probe(part->device);
	if (err != 0) {
		/* -1 is a driver's "no", not EPERM */
		err = wp_say(message, size, err, "device '%s' cannot be made%s%s%s%s", part->device,
			     err == -1 ? "" : " (", err == -1 ? "" : strerror(-err),
			     err == -1 ? "" : ")", needs(conf));
		part->device[0] = '\0';
		return err;
	}
	part->device[strlen(name)] = '\0'; /* the name is all that removal needs */
	if (rte_eth_dev_get_port_by_name(name, &part->dpdk_port) != 0)
		return wp_say(message, size, -ENODEV, "device '%s' is not a network device", name);
	return 0;
}

static int
start_part(const struct document_port *conf, struct port_part *part, unsigned int n_tx,
	   const struct pools *pools, char *message, size_t size)
{
	uint16_t rx_descriptors = RX_DESCRIPTORS, tx_descriptors = TX_DESCRIPTORS;
	struct rte_eth_conf eth = {0};
	struct rte_eth_dev_info info;
	int node = rte_eth_dev_socket_id(part->dpdk_port);
	int err = rte_eth_dev_info_get(part->dpdk_port, &info);

	if (err != 0)
		return wp_say(message, size, err, "port '%s' does not say what it can do",
			      conf->name);
	part->n_rx =
		conf->type == PORT_XDP ? 1 : (uint16_t)RTE_MIN(conf->queues, info.max_rx_queues);
	part->n_tx = (uint16_t)RTE_MIN(n_tx, info.max_tx_queues);
	if (part->n_rx < conf->queues && conf->type != PORT_XDP)
		return wp_say(message, size, -EINVAL,
			      "port '%s' has at most %u receive queues, not %u", conf->name,
			      info.max_rx_queues, conf->queues);
	if (info.flow_type_rss_offloads != 0 && part->n_rx > 1) {
		eth.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		eth.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
	}
	err = rte_eth_dev_configure(part->dpdk_port, part->n_rx, part->n_tx, &eth);
	if (err == 0)
		err = rte_eth_dev_adjust_nb_rx_tx_desc(part->dpdk_port, &rx_descriptors,
						       &tx_descriptors);
	for (uint16_t q = 0; err == 0 && q < part->n_rx; q++)
		err = rte_eth_rx_queue_setup(part->dpdk_port, q, rx_descriptors, (unsigned int)node,
					     NULL, pools_near(pools, node));
	for (uint16_t q = 0; err == 0 && q < part->n_tx; q++)
		err = rte_eth_tx_queue_setup(part->dpdk_port, q, tx_descriptors, (unsigned int)node,
					     NULL);
	if (err != 0)
		return wp_say(
			message, size, err,
			"port '%s' cannot be configured with %u receive and %u send queues: %s%s",
			conf->name, part->n_rx, part->n_tx, strerror(-err), needs(conf));
	rte_eth_dev_set_mtu(part->dpdk_port, (uint16_t)conf->mtu); /* not every driver has one */
	err = rte_eth_dev_start(part->dpdk_port);
	if (err != 0)
		return wp_say(message, size, err, "port '%s' does not start: %s", conf->name,
			      strerror(-err));
	rte_eth_promiscuous_enable(part->dpdk_port); /* likewise */
	return 0;
}

/** Opens one more queue of an interface. */
static int
open_xdp(const struct document_port *conf, struct port *port, const struct pools *pools,
	 char *message, size_t size)
{
	uint32_t queue = port->n_parts;
	struct port_part *part = &port->parts[queue];
	struct xdp_aside aside;
	int err = queue == 0 ? 0 : xdp_step_aside(conf->interface, &aside);

	if (err == 0) {
		err = open_device(conf, part, message, size);
		if (err != 0)
			return err;
		port->n_parts++;
		err = start_part(conf, part, 1, pools, message, size);
		if (err != 0)
			return err;
		err = queue == 0 ? 0 : xdp_step_back(conf->interface, &aside, queue);
	}
	if (err != 0)
		return wp_say(message, size, err, "queue %u of interface '%s' cannot be had: %s",
			      queue, conf->interface, strerror(-err));
	return 0;
}

/** Opens a part that is no queue of an AF_XDP port. */
static int
open_part(const struct document_port *conf, struct port *port, unsigned int n_tx,
	  const struct pools *pools, char *message, size_t size)
{
	struct port_part *part = &port->parts[0];
	int err;

	if (conf->in[0] != '\0' && access(conf->in, R_OK) != 0)
		return wp_say(message, size, -errno, "'%s' cannot be read: %s", conf->in,
			      strerror(errno));
	err = conf->type == PORT_RING ? open_rings(conf, part, message, size)
				      : open_device(conf, part, message, size);

	if (err != 0)
		return err;
	port->n_parts = 1;
	return start_part(conf, part, n_tx, pools, message, size);
}

/** Claims the interface of a port that has one, and clears it of what a killed process left. */
static int
claim(struct port *port, const struct document_port *conf, char *message, size_t size)
{
	int err;

	if (conf->interface[0] == '\0')
		return 0;
	err = claim_interface(conf->interface, &port->claim, message, size);
	port->interface_index = if_nametoindex(conf->interface);
	if (err == 0 && conf->type == PORT_XDP)
		err = xdp_clear(conf->interface, message, size);
	return err;
}

int
port_open(struct port *port, const struct document_port *conf, unsigned int index,
	  unsigned int n_tx, const struct pools *pools, char *message, size_t message_size)
{
	unsigned int n_parts = 1;
	int err;

	snprintf(port->name, sizeof(port->name), "%s", conf->name);
	snprintf(port->interface, sizeof(port->interface), "%s", conf->interface);
	port->type = conf->type;
	port->xdp_tags = -1;
	port->up = true; /* until somebody looks */
	port->claim = -1;
	err = claim(port, conf, message, message_size);
	if (err != 0)
		return err;
	for (unsigned int i = 0; i < n_parts; i++) {
		struct port_part *part = &port->parts[i];

		n_parts = device_string(conf, index, i, part->device, sizeof(part->device));
		if (strlen(part->device) == sizeof(part->device) - 1) /* cut short, perhaps */
			return wp_say(message, message_size, -ENAMETOOLONG,
				      "port '%s': its names have more than %zu bytes", conf->name,
				      sizeof(part->device) - 2);
		if (conf->type == PORT_XDP)
			err = open_xdp(conf, port, pools, message, message_size);
		else
			err = open_part(conf, port, n_tx, pools, message, message_size);
		if (err != 0)
			return err;
	}
	if (conf->type == PORT_XDP)
		return xdp_open(conf->interface, &port->xdp_tags, message, message_size);
	return 0;
}

void
port_close(struct port *port)
{
	xdp_close(port->xdp_tags);
	port->xdp_tags = -1;
	while (port->n_parts != 0) {
		struct port_part *part = &port->parts[--port->n_parts];

		rte_eth_dev_stop(part->dpdk_port);
		rte_eth_dev_close(part->dpdk_port);
		if (part->device[0] != '\0')
			rte_eal_hotplug_remove("vdev", part->device);
	}
	if (port->claim >= 0)
		close(port->claim);
	port->claim = -1;
}

/** @return whether the port's interface is there and has a carrier; DPDK's drivers do not look. */
static bool
interface_up(const struct port *port)
{
	struct ifreq request = {0};
	int fd;
	bool up;

	if (if_nametoindex(port->interface) != port->interface_index)
		return false; /* removed, perhaps made anew */
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true; /* not known */
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", port->interface);
	up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0 &&
	     (request.ifr_flags & IFF_RUNNING) != 0;
	close(fd);
	return up;
}

bool
port_check_link(struct port *port)
{
	struct rte_eth_link link = {0};
	bool blocked = port->interface[0] != '\0' && !interface_up(port);
	bool up = !blocked;

	for (uint32_t i = 0; i < port->n_parts; i++)
		if (rte_eth_link_get_nowait(port->parts[i].dpdk_port, &link) == 0)
			up = up && link.link_status == RTE_ETH_LINK_UP;
	atomic_store_explicit(&port->blocked, blocked, memory_order_relaxed);
	return atomic_exchange_explicit(&port->up, up, memory_order_relaxed) != up;
}

uint64_t
port_missed(const struct port *port)
{
	struct rte_eth_stats stats;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < port->n_parts; i++)
		if (rte_eth_stats_get(port->parts[i].dpdk_port, &stats) == 0)
			sum += stats.imissed + stats.rx_nombuf;
	return sum;
}
