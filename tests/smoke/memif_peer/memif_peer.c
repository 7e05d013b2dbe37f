/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of a memif port: sends copies of one frame, waits for them to come back, and
 * prints how many did. usage: memif_peer SOCKET HEX-OF-FRAME COUNT
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

enum { BURST = 32, LINK_MS = 10000, QUIET_MS = 2000 };

static int
die(const char *why)
{
	fprintf(stderr, "memif_peer: %s\n", why);
	return 1;
}

/** Opens the only port there is. */
static int
open_port(struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	int err = rte_eth_dev_configure(0, 1, 1, &conf);

	if (err == 0)
		err = rte_eth_rx_queue_setup(0, 0, 1024, SOCKET_ID_ANY, NULL, pool);
	if (err == 0)
		err = rte_eth_tx_queue_setup(0, 0, 1024, SOCKET_ID_ANY, NULL);
	return err == 0 ? rte_eth_dev_start(0) : err;
}

static bool
wait_link(void)
{
	struct rte_eth_link link = {0};

	for (unsigned int ms = 0; ms < LINK_MS; ms += 10) {
		if (rte_eth_link_get_nowait(0, &link) == 0 && link.link_status)
			return true;
		usleep(10000);
	}
	return false;
}

static unsigned int
receive(void)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t n = rte_eth_rx_burst(0, 0, mbufs, BURST);

	rte_pktmbuf_free_bulk(mbufs, n);
	return n;
}

/** Sends up to a burst. @return how many the port took */
static unsigned int
transmit(struct rte_mempool *pool, const uint8_t *frame, size_t size, unsigned int n)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(pool, mbufs, n) != 0)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		memcpy(rte_pktmbuf_append(mbufs[i], (uint16_t)size), frame, size);
	sent = rte_eth_tx_burst(0, 0, mbufs, (uint16_t)n);
	rte_pktmbuf_free_bulk(&mbufs[sent], n - sent);
	return sent;
}

static unsigned int
exchange(struct rte_mempool *pool, const uint8_t *frame, size_t size, unsigned int count)
{
	unsigned int sent = 0, got = 0, quiet_ms = 0;

	while (got < count && quiet_ms < QUIET_MS) {
		unsigned int n;

		if (sent - got < 512 && sent < count)
			sent += transmit(pool, frame, size,
					 RTE_MIN((unsigned int)BURST, count - sent));
		n = receive();
		got += n;
		quiet_ms = n == 0 ? quiet_ms + 1 : 0;
		if (n == 0)
			usleep(1000);
	}
	return got;
}

int
main(int argc, char **argv)
{
	char *eal[] = {argv[0],          "--no-huge",        "-m", "128", "--no-pci", "--no-shconf",
		       "--no-telemetry", "--log-level=error"};
	uint8_t frame[256];
	size_t size;
	char args[128];
	struct rte_mempool *pool;

	if (argc != 4 || strlen(argv[2]) / 2 > sizeof(frame))
		return die("usage: memif_peer SOCKET HEX-OF-FRAME COUNT");
	size = strlen(argv[2]) / 2;
	for (size_t i = 0; i < size; i++) {
		char digits[] = {argv[2][2 * i], argv[2][2 * i + 1], '\0'};

		frame[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if (rte_eal_init(8, eal) < 0)
		return die("DPDK does not start");
	pool = rte_pktmbuf_pool_create("peer", 4095, 64, 0, 2048, SOCKET_ID_ANY);
	snprintf(args, sizeof(args), "role=client,id=0,socket=%s,socket-abstract=no", argv[1]);
	if (pool == NULL || rte_eal_hotplug_add("vdev", "net_memif0", args) != 0 ||
	    open_port(pool) != 0)
		return die("no memif port");
	if (!wait_link())
		return die("nobody on the other side");
	printf("%u\n", exchange(pool, frame, size, (unsigned int)strtoul(argv[3], NULL, 10)));
	return 0;
}
