/* SPDX-License-Identifier: BSD-3-Clause */
/* See link.h. */

#include "ipfix/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"

#define MS 1000000ull

enum {
	WAIT_MIN_MS = 100, /* before the next try to connect; doubled with each */
	WAIT_MAX_MS = 10000,
	CONNECT_MS = 5000, /* a connection that takes longer is given up */
	DEAD_MS = 30000,   /* one that takes nothing for so long is, too */
	POLL_MS = 10,      /* between tries when closing */
	/* Of a message's header (RFC 7011 3.1), bytes from its start. */
	AT_LENGTH = 2,
	AT_EXPORT_TIME = 4,
	AT_SEQUENCE = 8,
};

/** What stands in front of a message in the store. */
struct stored {
	uint32_t size, records;
	uint32_t gap; /* records dropped right before it */
};

/* The store. */

static void
copy_in(struct ipfix_link *link, uint64_t at, const void *from, size_t size)
{
	size_t place = at % IPFIX_LINK_STORE;
	size_t first = size < IPFIX_LINK_STORE - place ? size : IPFIX_LINK_STORE - place;

	memcpy(link->store + place, from, first);
	memcpy(link->store, (const uint8_t *)from + first, size - first);
}

static void
copy_out(const struct ipfix_link *link, uint64_t at, void *to, size_t size)
{
	size_t place = at % IPFIX_LINK_STORE;
	size_t first = size < IPFIX_LINK_STORE - place ? size : IPFIX_LINK_STORE - place;

	memcpy(to, link->store + place, first);
	memcpy((uint8_t *)to + first, link->store, size - first);
}

void
ipfix_link_put(struct ipfix_link *link, const uint8_t *message, size_t size, uint32_t records,
	       uint64_t *counts)
{
	const struct stored stored = {.size = (uint32_t)size, .records = records, .gap = link->gap};

	if (size > IPFIX_MESSAGE_MAX ||
	    link->head - link->tail + sizeof(stored) + size > IPFIX_LINK_STORE) {
		link->gap += records;
		counts[IPFIX_LOST] += records;
		return;
	}
	copy_in(link, link->head, &stored, sizeof(stored));
	copy_in(link, link->head + sizeof(stored), message, size);
	link->head += sizeof(stored) + size;
	link->gap = 0;
}

/* Opening. */

static void
set_address(struct ipfix_link *link, const struct wp_addr *host, uint16_t port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&link->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&link->address;

	if (host->version == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, host->bytes, 4);
		link->address_size = sizeof(*four);
	} else {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		memcpy(&six->sin6_addr, host->bytes, 16);
		link->address_size = sizeof(*six);
	}
}

int
ipfix_link_open(struct ipfix_link *link, const struct wp_addr *host, uint16_t port,
		uint64_t refresh_ns)
{
	memset(link, 0, sizeof(*link));
	link->fd = -1;
	link->stream = refresh_ns == 0;
	link->refresh_ns = refresh_ns;
	link->wait_ns = WAIT_MIN_MS * MS;
	set_address(link, host, port);
	link->store = malloc(IPFIX_LINK_STORE);
	return link->store == NULL ? -ENOMEM : 0;
}

int
ipfix_link_template(struct ipfix_link *link, const uint8_t *message, size_t size)
{
	uint8_t *more = realloc(link->templates, link->templates_size + size);

	if (more == NULL)
		return -ENOMEM;
	memcpy(more + link->templates_size, message, size);
	link->templates = more;
	link->templates_size += (uint32_t)size;
	return 0;
}

/* The connection. */

/** Gives the connection up; what was not sent whole stays in the store. */
static void
go_down(struct ipfix_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	link->state = LINK_DOWN;
	link->message_size = 0;
	link->next_try_ns = link->now_ns + link->wait_ns;
	link->wait_ns = link->wait_ns * 2 < WAIT_MAX_MS * MS ? link->wait_ns * 2 : WAIT_MAX_MS * MS;
}

/** A new transport session: its numbers start at 0, its templates come first (RFC 7011 8.1). */
static void
go_up(struct ipfix_link *link, uint64_t *counts)
{
	link->state = LINK_UP;
	link->sequence = 0;
	link->templates_sent = 0;
	link->next_refresh_ns = link->now_ns + link->refresh_ns;
	counts[IPFIX_CONNECTS] += !link->is_refused;
}

/** Somebody takes datagrams again: templates have gone, and were not refused. */
static void
believe(struct ipfix_link *link, uint64_t *counts)
{
	if (!link->is_refused || link->templates_sent < link->templates_size)
		return;
	link->is_refused = false;
	counts[IPFIX_CONNECTS]++;
}

static void
start_connect(struct ipfix_link *link, uint64_t *counts)
{
	int type = (link->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	unsigned int dead_ms = DEAD_MS;

	link->fd = socket(link->address.ss_family, type, 0);
	if (link->fd < 0) {
		go_down(link);
		return;
	}
	if (link->stream)
		setsockopt(link->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
	link->late_ns = link->now_ns + CONNECT_MS * MS;
	if (connect(link->fd, (struct sockaddr *)&link->address, link->address_size) == 0)
		go_up(link, counts);
	else if (errno == EINPROGRESS)
		link->state = LINK_CONNECTING;
	else
		go_down(link);
}

static void
look_at_connect(struct ipfix_link *link, uint64_t *counts)
{
	struct pollfd ready = {.fd = link->fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = 0;

	if (poll(&ready, 1, 0) == 1) {
		if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
			go_up(link, counts);
		else
			go_down(link);
	} else if (link->now_ns >= link->late_ns) {
		go_down(link);
	}
}

/** @return whether the collector has hung up; it has nothing to say but that. */
static bool
hung_up(const struct ipfix_link *link)
{
	char byte;
	ssize_t n = recv(link->fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Sending. */

/** Takes the next message of templates. */
static void
load_template(struct ipfix_link *link)
{
	const uint8_t *from = link->templates + link->templates_sent;

	link->message_size = (uint32_t)from[AT_LENGTH] << 8 | from[AT_LENGTH + 1];
	link->message_records = 0;
	memcpy(link->message, from, link->message_size);
	wp_put32(link->message + AT_SEQUENCE, link->sequence);
}

/** Takes the first message of the store; it stays there until it is sent. */
static void
load_stored(struct ipfix_link *link)
{
	struct stored stored;

	copy_out(link, link->tail, &stored, sizeof(stored));
	copy_out(link, link->tail + sizeof(stored), link->message, stored.size);
	link->message_size = stored.size;
	link->message_records = stored.records;
	wp_put32(link->message + AT_SEQUENCE, link->sequence + stored.gap);
}

/** Makes sure that there is a message to send. @return false when there is none */
static bool
load(struct ipfix_link *link)
{
	if (link->message_size != 0)
		return true;
	if (link->templates_sent < link->templates_size)
		load_template(link);
	else if (link->head != link->tail && !link->is_refused)
		load_stored(link);
	else
		return false;
	wp_put32(link->message + AT_EXPORT_TIME, (uint32_t)time(NULL));
	link->message_sent = 0;
	return true;
}

/** Goes on to the next message. @param count  enum ipfix_count: what became of this one */
static void
done(struct ipfix_link *link, enum ipfix_count count, uint64_t *counts)
{
	struct stored stored;

	if (link->message_records == 0) {
		link->templates_sent += link->message_size;
	} else {
		copy_out(link, link->tail, &stored, sizeof(stored));
		link->tail += sizeof(stored) + stored.size;
		link->sequence += stored.gap + stored.records;
		counts[count] += stored.records;
	}
	link->message_size = 0;
}

/** Says what a failed send means. @return whether to go on sending */
static bool
judge_error(struct ipfix_link *link, int error, uint64_t *counts)
{
	if (error == EAGAIN || error == ENOBUFS)
		return false;
	if (error == EINTR)
		return true;
	if (!link->stream && error == EMSGSIZE) {
		done(link, IPFIX_LOST, counts);
		return true;
	}
	/* Refused was an earlier datagram; this one has not been sent. Who comes back has no
	   templates. */
	link->is_refused = !link->stream && error == ECONNREFUSED;
	go_down(link);
	return false;
}

static void
send_all(struct ipfix_link *link, uint64_t *counts)
{
	while (load(link)) {
		ssize_t n =
			send(link->fd, link->message + link->message_sent,
			     link->message_size - link->message_sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && !judge_error(link, errno, counts))
			return;
		if (n < 0)
			continue;
		link->message_sent += (uint32_t)n;
		if (link->message_sent < link->message_size)
			return;
		done(link, IPFIX_WRITTEN, counts);
		if (!link->is_refused)
			link->wait_ns = WAIT_MIN_MS * MS;
	}
}

void
ipfix_link_run(struct ipfix_link *link, uint64_t *counts, uint64_t now_ns)
{
	link->now_ns = now_ns;
	if (link->state == LINK_DOWN && now_ns >= link->next_try_ns)
		start_connect(link, counts);
	if (link->state == LINK_CONNECTING)
		look_at_connect(link, counts);
	if (link->state != LINK_UP)
		return;
	if ((link->stream || link->is_refused) && hung_up(link)) {
		go_down(link);
		return;
	}
	believe(link, counts);
	if (!link->stream && now_ns >= link->next_refresh_ns) {
		link->templates_sent = 0;
		link->next_refresh_ns = now_ns + link->refresh_ns;
	}
	send_all(link, counts);
}

/** Counts what is left in the store as lost. */
static void
count_left(struct ipfix_link *link, uint64_t *counts)
{
	struct stored stored;

	while (link->store != NULL && link->tail != link->head) {
		copy_out(link, link->tail, &stored, sizeof(stored));
		link->tail += sizeof(stored) + stored.size;
		counts[IPFIX_LOST] += stored.records;
	}
}

void
ipfix_link_close(struct ipfix_link *link, uint64_t *counts, uint64_t until_ns)
{
	uint64_t start_ns = ipfix_clock_ns(), clock_ns = start_ns, now_ns = link->now_ns;

	while (link->head != link->tail) {
		struct pollfd ready = {.fd = link->fd, .events = POLLOUT};

		ipfix_link_run(link, counts, now_ns + (clock_ns - start_ns));
		if (link->head == link->tail || clock_ns >= until_ns)
			break;
		poll(&ready, 1, POLL_MS);
		clock_ns = ipfix_clock_ns();
	}
	count_left(link, counts);
	if (link->fd >= 0)
		close(link->fd);
	free(link->store);
	free(link->templates);
	memset(link, 0, sizeof(*link));
	link->fd = -1;
}
