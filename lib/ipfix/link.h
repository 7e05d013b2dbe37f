/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to one IPFIX collector (RFC 7011 section 10): a socket that nothing waits for, and a
 * bounded store of whole messages in front of it. Numbers and times of export are put into messages
 * when they leave. For this folder only. Log thread, but for opening.
 */

#ifndef WP_IPFIX_LINK_H
#define WP_IPFIX_LINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipfix/collector.h"

/** Bytes of messages that may wait. */
#define IPFIX_LINK_STORE (4u << 20)
/** Bytes of a message at the most. */
#define IPFIX_MESSAGE_MAX 8192

enum ipfix_link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct ipfix_link {
	struct sockaddr_storage address;
	socklen_t address_size;
	int fd;
	bool stream;       /* TCP */
	bool is_refused;   /* UDP: nobody was there; records wait until templates are not refused */
	uint8_t state;     /* enum ipfix_link_state */
	uint32_t sequence; /* data records of this transport session so far (RFC 7011 3.1) */
	uint64_t now_ns, next_try_ns, wait_ns, late_ns;
	uint64_t refresh_ns, next_refresh_ns; /* UDP: templates */
	/* What each transport session starts with. */
	uint8_t *templates;
	uint32_t templates_size, templates_sent;
	/* The message being sent, and how much of it has gone. */
	uint8_t message[IPFIX_MESSAGE_MAX];
	uint32_t message_size, message_sent, message_records;
	/* Messages that wait, each behind a struct of its own; a ring of bytes. */
	uint8_t *store;
	uint64_t head, tail; /* bytes ever put in and taken out */
	uint32_t gap;        /* records dropped since the last message went in */
};

/** @param refresh_ns  between templates; 0: a stream @return 0 or -ENOMEM. Control. */
int ipfix_link_open(struct ipfix_link *link, const struct wp_addr *host, uint16_t port,
		    uint64_t refresh_ns);

/** Adds a message of templates, to be sent at each start. @return 0 or -ENOMEM. Control. */
int ipfix_link_template(struct ipfix_link *link, const uint8_t *message, size_t size);

/** Puts a message in; when there is no room, its records are lost and counted. */
void ipfix_link_put(struct ipfix_link *link, const uint8_t *message, size_t size, uint32_t records,
		    uint64_t *counts);

/** Connects and sends as far as it goes. */
void ipfix_link_run(struct ipfix_link *link, uint64_t *counts, uint64_t now_ns);

/** Tries until @p until_ns (ipfix_clock_ns()), and counts what is left as lost. */
void ipfix_link_close(struct ipfix_link *link, uint64_t *counts, uint64_t until_ns);

#endif
