/* SPDX-License-Identifier: BSD-3-Clause */
/* Words of EVE for what is known of a flow. */

#include "eve/eve.h"

const char *const eve_flow_states[] = {
	[WP_FLOW_NEW] = "new",
	[WP_FLOW_ESTABLISHED] = "established",
	[WP_FLOW_CLOSING] = "established", /* EVE has no other word; the part of TCP says more */
	[WP_FLOW_CLOSED] = "closed",
};

const char *const eve_reasons[] = {
	[WP_FLOW_IS_OPEN] = "unknown",    [WP_FLOW_BY_FIN] = "fin",
	[WP_FLOW_BY_RST] = "rst",         [WP_FLOW_BY_TIME_OUT] = "timeout",
	[WP_FLOW_BY_REUSE] = "tcp_reuse", [WP_FLOW_BY_SHUTDOWN] = "shutdown",
};

const char *const eve_tcp_states[] = {
	[WP_TCP_NONE] = "none",
	[WP_TCP_SYN_SENT] = "syn_sent",
	[WP_TCP_SYN_RECEIVED] = "syn_recv",
	[WP_TCP_ESTABLISHED] = "established",
	[WP_TCP_FIN_WAIT_1] = "fin_wait1",
	[WP_TCP_FIN_WAIT_2] = "fin_wait2",
	[WP_TCP_CLOSE_WAIT] = "close_wait",
	[WP_TCP_CLOSING] = "closing",
	[WP_TCP_LAST_ACK] = "last_ack",
	[WP_TCP_TIME_WAIT] = "time_wait",
	[WP_TCP_CLOSED] = "closed",
};
