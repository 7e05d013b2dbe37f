/* SPDX-License-Identifier: BSD-3-Clause */
/* The words that the scenarios are written in. */

#include <string.h>

#include "requirements.h"

void
config_common(struct model_config *config)
{
	model_config_init(config);
	config->pool[0] = POOL_1;
	config->pool[1] = POOL_2;
	config->pool[2] = POOL_3;
	config->n_pool = 3;
	config->last_port = 2047;
}

struct bench_out
udp_out(struct bench *bench, uint32_t host, uint16_t port, uint32_t remote, uint16_t remote_port)
{
	return bench_send(bench, MODEL_OUTBOUND, 1,
			  &(struct forge){.proto = UDP,
					  .src = host,
					  .sport = port,
					  .dst = remote,
					  .dport = remote_port,
					  .payload = 5});
}

struct bench_out
udp_in(struct bench *bench, uint32_t remote, uint16_t remote_port, uint32_t ext, uint16_t ext_port)
{
	return bench_send(bench, MODEL_INBOUND, 0,
			  &(struct forge){.proto = UDP,
					  .src = remote,
					  .sport = remote_port,
					  .dst = ext,
					  .dport = ext_port,
					  .payload = 4});
}

struct bench_out
tcp_out(struct bench *bench, uint32_t host, uint16_t port, uint32_t remote, uint16_t remote_port,
	uint8_t flags)
{
	return bench_send(bench, MODEL_OUTBOUND, 1,
			  &(struct forge){.proto = TCP,
					  .src = host,
					  .sport = port,
					  .dst = remote,
					  .dport = remote_port,
					  .flags = flags});
}

struct bench_out
tcp_in(struct bench *bench, uint32_t remote, uint16_t remote_port, uint32_t ext, uint16_t ext_port,
       uint8_t flags)
{
	return bench_send(bench, MODEL_INBOUND, 0,
			  &(struct forge){.proto = TCP,
					  .src = remote,
					  .sport = remote_port,
					  .dst = ext,
					  .dport = ext_port,
					  .flags = flags});
}

struct bench_out
ping_out(struct bench *bench, uint32_t host, uint16_t id, uint32_t remote)
{
	return bench_send(bench, MODEL_OUTBOUND, 1,
			  &(struct forge){.proto = ICMP,
					  .type = 8,
					  .src = host,
					  .dst = remote,
					  .sport = id,
					  .payload = 8});
}

struct bench_out
ping_in(struct bench *bench, uint32_t remote, uint32_t ext, uint16_t id, uint8_t type)
{
	return bench_send(bench, MODEL_INBOUND, 0,
			  &(struct forge){.proto = ICMP,
					  .type = type,
					  .src = remote,
					  .dst = ext,
					  .sport = id,
					  .payload = 8});
}

struct bench_out
error_back(struct bench *bench, const struct bench_out *about, uint32_t from, uint8_t type,
	   uint8_t code)
{
	uint8_t inner[FORGE_MAX];
	bool outbound = about->direction == MODEL_INBOUND; /* what went in comes back out */

	memcpy(inner, about->bytes, about->size);
	return bench_send(bench, outbound ? MODEL_OUTBOUND : MODEL_INBOUND,
			  outbound ? about->tenant : 0,
			  &(struct forge){.proto = ICMP,
					  .type = type,
					  .code = code,
					  .src = from,
					  .dst = about->src,
					  .inner = inner,
					  .inner_size = about->size});
}

void
expect_passed(const struct bench_out *out)
{
	ck_assert_msg(out->outcome == MODEL_PASSED, "not passed: outcome %d, reasons %#x",
		      (int)out->outcome, out->reasons);
}

void
expect_dropped(const struct bench_out *out, uint32_t reasons)
{
	ck_assert_msg(out->outcome == MODEL_DROPPED, "not dropped but outcome %d",
		      (int)out->outcome);
	ck_assert_msg((out->reasons & reasons) != 0, "dropped for %#x, not for %#x", out->reasons,
		      reasons);
}

void
wait_nearly(struct bench *bench, uint64_t ms)
{
	bench_wait(bench, ms - 2 - bench_slack(bench));
}

void
wait_rest(struct bench *bench)
{
	bench_wait(bench, bench_slack(bench));
}

bool
is_alive(struct bench *bench, uint8_t proto, uint32_t ext, uint16_t port)
{
	struct bench_out out;

	if (proto == UDP)
		out = udp_in(bench, REMOTE, 9, ext, port);
	else if (proto == TCP)
		out = tcp_in(bench, REMOTE, 9, ext, port, FORGE_ACK);
	else
		out = ping_in(bench, REMOTE, ext, port, 0);
	return out.outcome == MODEL_PASSED;
}
