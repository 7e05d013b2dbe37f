/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * moves SECONDS hand|load: two workers on threads of their own, ring ports filled by this one.
 * hand: a random bucket moves a hundred times a second; all packets are accounted for, none is lost
 * for it, none overtakes another of its flow, no entry has two writers.
 * load: nine in ten packets are of one worker's buckets; that is evened out. How well depends on
 * what else the machine does (time that a worker was not let run counts as busy):
 * tests/path/test_move.c has it exactly.
 */

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "pe/eal.h"
#include "pe/pe.h"
#include "pe/tables.h"
#include "pe/worker_ops.h"

#define TEXT                                                                                       \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1], \"balance\": %s}, \"modules\": "        \
	"[\"%s\"],"                                                                                \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}], \"instances\": [{\"name\": \"one\", \"service\": \"probe\", \"config\": "     \
	"{\"count_hosts\": true}}], \"paths\": ["                                                  \
	"{\"name\": \"out\", \"spi\": 291, \"steps\": [{\"instance\": \"one\"}]},"                 \
	"{\"name\": \"back\", \"spi\": 292, \"inside\": \"destination\", \"steps\": "              \
	"[{\"instance\": \"one\"}]}]}"

enum {
	HOSTS = 200,
	WINDOW = 1500, /* packets inside, while none may be lost at all */
	IP_AT = 14 + 24 + 14,
	PAYLOAD_AT = IP_AT + 28,
	FRAME_SIZE = PAYLOAD_AT + 8,
	MOVE_NS = 10000000,
	TICK_NS = 1000000,
};

static struct pe *pe;
static struct rte_ring *rx[2], *tx[2];
static uint32_t sent[2][HOSTS], last[2][HOSTS];
static uint64_t n_sent, n_got;
static uint8_t work; /* what each packet costs, in hundreds of cycles or so */

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
open_pe(bool balance)
{
	struct pe_options options = {.threads = true, .module_dir = WP_MODULES};
	struct document_error error = {0};
	struct document *document;
	char text[2048], name[16];
	int n = snprintf(text, sizeof(text), TEXT, balance ? "true" : "false", WP_PROBE);

	if (document_parse(text, (size_t)n, &document, &error) != 0 ||
	    eal_start(document, true, error.message, sizeof(error.message)) != 0 ||
	    pe_open(&pe, document, &options, &error) != 0)
		fail("%s: %s", error.path, error.message);
	for (unsigned int port = 0; port < 2; port++) {
		snprintf(name, sizeof(name), "p%u-rx", port);
		rx[port] = rte_ring_lookup(name);
		snprintf(name, sizeof(name), "p%u-tx", port);
		tx[port] = rte_ring_lookup(name);
	}
}

/** Writes the next frame of a flow: from a host, or back to it. */
static void
write_frame(uint8_t *at, unsigned int host, unsigned int back)
{
	static const uint8_t head[] = {
		2,    0,    0, 0, 10, 0, 2,    0,   0, 0, 11, 0, 0x89, 0x4f, /* Ethernet */
		0x0f, 0xc6, 1, 3, 0,  1, 0x23, 255,                          /* NSH */
	};
	static const uint8_t inner[] = {2, 0, 0,    0, 0, 2,  2, 0, 0, 0, 0,  1,
					8, 0, 0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17};
	uint32_t inside = htonl(0x0a000000 + host), outside = htonl(0xc0000201);
	uint32_t number = ++sent[back][host];

	memset(at, 0, FRAME_SIZE);
	memcpy(at, head, sizeof(head));
	at[20] += (uint8_t)back;
	memcpy(at + IP_AT - 14, inner, sizeof(inner));
	memcpy(at + IP_AT + 12, back ? &outside : &inside, 4);
	memcpy(at + IP_AT + 16, back ? &inside : &outside, 4);
	at[IP_AT + 25] = 16;
	at[PAYLOAD_AT] = 'w';
	at[PAYLOAD_AT + 1] = work;
	memcpy(at + PAYLOAD_AT + 4, &number, 4);
}

static void
send_frames(unsigned int back, const uint8_t *hosts, unsigned int n_hosts)
{
	struct rte_mbuf *mbufs[WP_BURST_MAX];
	unsigned int n = RTE_MIN(rte_ring_free_count(rx[back]), (unsigned int)WP_BURST_MAX);

	if (n == 0 || rte_pktmbuf_alloc_bulk(pools_near(&pe->pools, 0), mbufs, n) != 0)
		return;
	for (unsigned int i = 0; i < n; i++) {
		uint8_t *at = (uint8_t *)rte_pktmbuf_append(mbufs[i], FRAME_SIZE);

		if (at == NULL)
			fail("buffers are too small");
		write_frame(at, hosts[(unsigned int)random() % n_hosts], back);
	}
	rte_ring_enqueue_bulk(rx[back], (void **)mbufs, n, NULL);
	n_sent += n;
}

static void
look_at(const uint8_t *frame, unsigned int back)
{
	unsigned int host = frame[IP_AT + (back ? 19 : 15)];
	uint32_t number;

	memcpy(&number, frame + PAYLOAD_AT + 4, 4);
	if (number <= last[back][host])
		fail("host %u: packet %u came behind %u", host, number, last[back][host]);
	last[back][host] = number;
}

static unsigned int
receive_frames(unsigned int back)
{
	struct rte_mbuf *mbufs[64];
	unsigned int n = rte_ring_dequeue_burst(tx[back], (void **)mbufs, 64, NULL);

	for (unsigned int i = 0; i < n; i++)
		look_at(rte_pktmbuf_mtod(mbufs[i], const uint8_t *), back);
	if (n != 0)
		rte_pktmbuf_free_bulk(mbufs, n);
	n_got += n;
	return n;
}

static void
tick(void)
{
	static uint64_t next_ns;

	if (now_ns() < next_ns)
		return;
	next_ns = now_ns() + TICK_NS;
	pe_tick(pe);
}

/** Lets everything come out. */
static void
settle(void)
{
	uint64_t end_ns = now_ns() + 300000000, late_ns = now_ns() + 20000000000;

	while (now_ns() < end_ns || pe_moving(pe)) {
		if (receive_frames(0) + receive_frames(1) != 0)
			end_ns = now_ns() + 300000000;
		if (now_ns() > late_ns)
			fail("a move does not end");
		tick();
	}
}

static void
move_some(void)
{
	static uint64_t next_ns;

	if (now_ns() < next_ns)
		return;
	next_ns = now_ns() + MOVE_NS;
	pe_move_bucket(pe, (uint8_t)random(), (uint16_t)(random() % pe->n_workers));
}

/** Packets of all hosts both ways. @param window  packets that may be inside at the most */
static void
traffic(const uint8_t *hosts, unsigned int n_hosts, double seconds, uint64_t window, bool by_hand)
{
	uint64_t end_ns = now_ns() + (uint64_t)(seconds * 1e9);

	for (unsigned int back = 0; now_ns() < end_ns; back = !back) {
		if (n_sent - n_got + WP_BURST_MAX <= window)
			send_frames(back, hosts, n_hosts);
		else
			usleep(50); /* so that workers have their cores for themselves */
		receive_frames(0);
		receive_frames(1);
		if (by_hand)
			move_some();
		tick();
	}
	settle();
}

/** @return a sum over all paths of cells from @p first on; rare ones or not. */
static uint64_t
sum_paths(bool rare, uint32_t first, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t p = 0; p < pe->current->n_paths; p++) {
		const struct wp_path *path = &pe->current->paths[p];

		for (uint32_t i = 0; i < n; i++)
			sum += account_sum(pe->account,
					   (rare ? path->rare : path->cells) + first + i);
	}
	return sum;
}

static void
check_accounts(void)
{
	const struct instance *probe = &pe->current->instances[0];
	uint64_t in = sum_paths(false, PATH_RX, 1), out = sum_paths(false, PATH_TX, 1);
	uint64_t dropped = sum_paths(true, PATH_DROPS, N_DROPS);
	uint64_t moving = sum_paths(true, PATH_DROPS + DROP_MOVING, 1);

	if (!pe_audit(pe) || pe->audit.failures != 0)
		fail("accounts: %s", pe->audit.last);
	if (in != n_sent || out != n_got || in != out + dropped)
		fail("%lu sent, %lu in, %lu out, %lu got, %lu dropped", n_sent, in, out, n_got,
		     dropped);
	if (moving != 0)
		fail("%lu packets were lost for moves", moving);
	for (unsigned int i = 0; probe->service->counters[i] != NULL; i++)
		if (strcmp(probe->service->counters[i], "foreign-writer") == 0 ||
		    strcmp(probe->service->counters[i], "reordered") == 0)
			if (account_sum(pe->account, probe->counters + i) != 0)
				fail("%s: %lu", probe->service->counters[i],
				     account_sum(pe->account, probe->counters + i));
}

static void
by_hand(const uint8_t *hosts, double seconds)
{
	uint64_t strict;

	traffic(hosts, HOSTS, seconds / 2, WINDOW, true);
	if (n_got != n_sent)
		fail("%lu of %lu packets came out", n_got, n_sent);
	strict = n_got;
	traffic(hosts, HOSTS, seconds / 2, UINT64_MAX, true);
	check_accounts();
	if (pe->moves.done < seconds * 20)
		fail("only %lu moves", pe->moves.done);
	printf("%lu moves by hand: %lu packets none lost, then %lu at full rings, %lu dropped "
	       "there "
	       "for want of room, none for a move; each flow in order, one writer\n",
	       pe->moves.done, strict, n_sent - strict, n_sent - n_got);
}

static int
note_bucket(void *arg, const struct wp_record *record)
{
	uint8_t *buckets = arg;

	buckets[((const uint8_t *)record->key)[3]] = record->bucket;
	return 0;
}

static void
export_buckets(void *arg, const char *service, struct wp_table *table)
{
	wp_table_export(table, -1, note_bucket, arg);
}

/** @return the part of the packets that worker 0 has had in the last whole second, percent. */
static unsigned int
share_of_first(void)
{
	const struct balance_window *seen = &pe->balance.seen;
	uint64_t all = 0, first = 0;

	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++) {
		all += seen->load[bucket];
		first += pe->owner[bucket] == 0 ? seen->load[bucket] : 0;
	}
	return all == 0 ? 0 : (unsigned int)(first * 100 / all);
}

static void
by_load(const uint8_t *hosts, double seconds)
{
	uint8_t buckets[256] = {0}, most[HOSTS];
	unsigned int n = 0, share;
	uint64_t moves;

	traffic(hosts, HOSTS, 0.1, WINDOW, false);
	tables_each(pe->tables, export_buckets, buckets);
	for (unsigned int host = 0; host < HOSTS; host++) /* nearly all of worker 0's */
		if (pe->owner[buckets[host]] == 0 || host % 8 == 0)
			most[n++] = (uint8_t)host;
	work = 100;
	traffic(most, n, seconds, WINDOW, false);
	moves = pe->moves.done;
	share = share_of_first();
	printf("%lu moves by load, then worker 0 has %u %% of the packets", moves, share);
	traffic(most, n, seconds / 2, WINDOW, false);
	printf("; %lu moves later %u %%\n", pe->moves.done - moves, share_of_first());
	check_accounts();
	if (n_got != n_sent)
		fail("%lu of %lu packets came out", n_got, n_sent);
	if (moves == 0 || share_of_first() > 84)
		fail("that is no more even than it was");
}

int
main(int argc, char **argv)
{
	double seconds = argc == 3 ? atof(argv[1]) : 0;
	bool load = argc == 3 && strcmp(argv[2], "load") == 0;
	uint8_t hosts[HOSTS];

	if (seconds <= 0)
		fail("usage: moves SECONDS hand|load");
	srandom(1);
	for (unsigned int host = 0; host < HOSTS; host++)
		hosts[host] = (uint8_t)host;
	open_pe(load);
	if (load)
		by_load(hosts, seconds);
	else
		by_hand(hosts, seconds);
	pe_close(pe);
	eal_stop();
	return 0;
}
