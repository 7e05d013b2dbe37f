/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a TCP segment does to the state of its connection: RFC 6146 3.5.2.2, with RFC 7857 section
 * 2. A SYN alone opens nothing, from either side: it takes one from each.
 */

#include "nat.h"

static enum tcp_state
after_syn(enum tcp_state state, bool from_inside)
{
	switch (state) {
	case TCP_INIT_IN:
		return from_inside ? TCP_INIT_IN : TCP_ESTABLISHED;
	case TCP_INIT_OUT:
		return from_inside ? TCP_ESTABLISHED : TCP_INIT_OUT;
	case TCP_ESTABLISHED:
	case TCP_FIN_IN:
	case TCP_FIN_OUT:
		return state; /* a retransmission, or a guess */
	default:
		return from_inside ? TCP_INIT_IN : TCP_INIT_OUT;
	}
}

static enum tcp_state
after_fin(enum tcp_state state, bool from_inside)
{
	switch (state) {
	case TCP_ESTABLISHED:
		return from_inside ? TCP_FIN_IN : TCP_FIN_OUT;
	case TCP_TRANS:
		return TCP_ESTABLISHED;
	case TCP_FIN_IN:
		return from_inside ? TCP_FIN_IN : TCP_FIN_BOTH;
	case TCP_FIN_OUT:
		return from_inside ? TCP_FIN_BOTH : TCP_FIN_OUT;
	default:
		return state;
	}
}

static enum tcp_state
after_rst(enum tcp_state state)
{
	switch (state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_IN:
	case TCP_FIN_OUT:
		return TCP_TRANS;
	default:
		return state;
	}
}

enum tcp_state
tcp_next(enum tcp_state state, uint8_t flags, bool from_inside)
{
	if ((flags & TCP_RST) != 0)
		return after_rst(state);
	if ((flags & TCP_SYN) != 0)
		return after_syn(state, from_inside);
	if ((flags & TCP_FIN) != 0)
		return after_fin(state, from_inside);
	return state == TCP_TRANS ? TCP_ESTABLISHED : state;
}

bool
tcp_refreshes(enum tcp_state state, uint8_t flags)
{
	switch (state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_IN:
	case TCP_FIN_OUT:
		return true;
	case TCP_INIT_IN:
		return (flags & (TCP_SYN | TCP_RST)) == TCP_SYN;
	default:
		return false;
	}
}

bool
tcp_opens(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN;
}

bool
tcp_goes_on(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_RST)) == 0;
}
