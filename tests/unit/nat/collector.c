/* SPDX-License-Identifier: BSD-3-Clause */
/* See collector.h. */

#include "collector.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INTERNAL_ID = 999, SET_TEMPLATES = 2, HEADER = 16 };

static const fbInfoElementSpec_t layout[] = {
	{"observationTimeMilliseconds", 8, 0},
	{"sourceIPv4Address", 4, 0},
	{"postNATSourceIPv4Address", 4, 0},
	{"sourceTransportPort", 2, 0},
	{"postNAPTSourceTransportPort", 2, 0},
	{"portRangeStart", 2, 0},
	{"portRangeEnd", 2, 0},
	{"natEvent", 1, 0},
	{"paddingOctets", 7, 0},
	{"internalAddressRealm", 0, 0},
	FB_IESPEC_NULL,
};

/** @param port  0: any @return it */
static uint16_t
bind_to(int fd, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

void
collector_open(struct collector *collector, bool stream)
{
	int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0), big = 8 << 20;

	memset(collector, 0, sizeof(*collector));
	collector->stream = stream;
	collector->fd = stream ? -1 : fd;
	collector->listener = stream ? fd : -1;
	if (!stream)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	collector->target = (struct nat_log_target){
		.to = stream ? NAT_LOG_IPFIX_TCP : NAT_LOG_IPFIX_UDP,
		.events = NAT_LOG_SESSIONS,
		.host = {.version = 4, .bytes = {127, 0, 0, 1}},
		.port = bind_to(fd, 0),
		.refresh_s = 60,
		.path = "",
	};
	if (stream)
		ck_assert_int_eq(listen(fd, 1), 0);
	collector->bytes = malloc(COLLECTED_MAX);
	collector->model = fbInfoModelAlloc();
}

static bool
readable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, 20) == 1;
}

bool
collector_accept(struct collector *collector)
{
	if (!readable(collector->listener))
		return false;
	collector->fd = accept(collector->listener, NULL, NULL);
	return collector->fd >= 0;
}

uint32_t
collector_read(struct collector *collector)
{
	uint32_t before = collector->size;

	while (readable(collector->fd)) {
		ssize_t n = recv(collector->fd, collector->bytes + collector->size,
				 COLLECTED_MAX - collector->size, MSG_DONTWAIT);

		if (n <= 0)
			break;
		collector->size += (uint32_t)n;
		if ((uint32_t)n > collector->largest)
			collector->largest = (uint32_t)n;
	}
	return collector->size - before;
}

void
collector_hang_up(struct collector *collector)
{
	close(collector->fd);
	collector->fd = -1;
	collector->size = 0;
}

void
collector_come_back(struct collector *collector)
{
	collector->fd = socket(AF_INET, SOCK_DGRAM, 0);
	bind_to(collector->fd, (uint16_t)collector->target.port);
}

uint32_t
collector_each(struct collector *collector,
	       void (*fn)(void *arg, uint16_t template, const struct collected *record), void *arg)
{
	fbSession_t *session = fbSessionAlloc(collector->model);
	fbTemplate_t *template = fbTemplateAlloc(collector->model);
	fbInfoElementSpec_t copy[sizeof(layout) / sizeof(layout[0])];
	struct collected record;
	size_t size = sizeof(record);
	GError *error = NULL;
	uint32_t n = 0;
	uint16_t id;
	fBuf_t *buffer;

	memcpy(copy, layout, sizeof(copy));
	ck_assert(fbTemplateAppendSpecArray(template, copy, 0, &error));
	ck_assert(fbSessionAddTemplate(session, TRUE, INTERNAL_ID, template, &error));
	buffer = fBufAllocForCollection(session, NULL);
	fBufSetBuffer(buffer, collector->bytes, collector->size);
	ck_assert(fBufSetInternalTemplate(buffer, INTERNAL_ID, &error));
	while (fBufNext(buffer, (uint8_t *)&record, &size, &error)) {
		ck_assert_ptr_nonnull(fBufGetCollectionTemplate(buffer, &id));
		if (fn != NULL)
			fn(arg, id, &record);
		size = sizeof(record);
		n++;
	}
	ck_assert_msg(g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_BUFSZ), "%s",
		      error->message);
	ck_assert_uint_eq(fBufRemaining(buffer), 0);
	g_clear_error(&error);
	fBufFree(buffer);
	return n;
}

static uint32_t
get(const uint8_t *at, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

/** @return data records in a message, by letting libfixbuf count those of all up to it. */
static uint32_t
records_in(struct collector *collector, const uint8_t *message, uint32_t size, uint32_t templates)
{
	struct collector one = *collector;
	uint32_t n;

	one.bytes = malloc(templates + size);
	memcpy(one.bytes, collector->bytes, templates);
	memcpy(one.bytes + templates, message, size);
	one.size = templates + size;
	n = collector_each(&one, NULL, NULL);
	free(one.bytes);
	return n;
}

uint32_t
collector_check_sequence(struct collector *collector, uint32_t *missing)
{
	uint32_t n = 0, templates = 0, records = 0;

	*missing = 0;
	for (uint32_t at = 0; at < collector->size; n++) {
		const uint8_t *message = collector->bytes + at;
		uint32_t size = get(message + 2, 2), sequence = get(message + 8, 4);
		bool is_data = get(message + HEADER, 2) != SET_TEMPLATES;

		ck_assert_uint_eq(get(message, 2), 10);
		ck_assert_uint_le(at + size, collector->size);
		ck_assert_uint_ge(sequence, records + *missing);
		*missing = sequence - records;
		if (is_data)
			records += records_in(collector, message, size, templates);
		else if (at == templates)
			templates += size;
		at += size;
	}
	return n;
}

void
collector_close(struct collector *collector)
{
	if (collector->fd >= 0)
		close(collector->fd);
	if (collector->listener >= 0)
		close(collector->listener);
	free(collector->bytes);
	fbInfoModelFree(collector->model);
}
