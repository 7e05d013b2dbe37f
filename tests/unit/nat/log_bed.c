/* SPDX-License-Identifier: BSD-3-Clause */
/* See log_bed.h. */

#include "log_bed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define V4_INSIDE                                                                                  \
	{                                                                                          \
		10, 0, 0, 1                                                                        \
	}
#define V4_OUTSIDE                                                                                 \
	{                                                                                          \
		192, 0, 2, 1                                                                       \
	}
#define V4_REMOTE                                                                                  \
	{                                                                                          \
		198, 51, 100, 1                                                                    \
	}
#define V6_INSIDE                                                                                  \
	{                                                                                          \
		0x20, 1, 0xd, 0xb8, [15] = 1                                                       \
	}
#define V6_REMOTE                                                                                  \
	{                                                                                          \
		0, 0x64, 0xff, 0x9b, [12] = 198, 51, 100, 1                                        \
	}
#define WHO4 .version = 4, .tenant = 2, .inside = V4_INSIDE, .outside = V4_OUTSIDE
#define WHO6 .version = 6, .tenant = 2, .inside = V6_INSIDE, .outside = V4_OUTSIDE
#define PORTS .protocol = 6, .inside_port = 1000, .outside_port = 2000
#define FAR .remote_port = 80, .far_port = 8080, .far = {203, 0, 113, 9}
#define BLOCK .first_port = 1024, .last_port = 1087

const struct nat_event bed_events[] = {
	{.kind = NAT_SESSION_CREATED, WHO4, PORTS, FAR, .remote = V4_REMOTE},
	{.kind = NAT_SESSION_DELETED, WHO6, PORTS, FAR, .remote = V6_REMOTE},
	{.kind = NAT_MAPPING_CREATED, WHO4, PORTS},
	{.kind = NAT_MAPPING_DELETED, WHO6, PORTS},
	{.kind = NAT_BLOCK_ALLOCATED, WHO4, BLOCK},
	{.kind = NAT_BLOCK_RELEASED, WHO6, BLOCK},
	{.kind = NAT_BINDING_CREATED, WHO4},
	{.kind = NAT_BINDING_DELETED, WHO6},
	{.kind = NAT_ADDRESSES_EXHAUSTED, .version = 4, .pool = 1},
	{.kind = NAT_PORTS_EXHAUSTED,
	 .version = 4,
	 .pool = 1,
	 .protocol = 17,
	 .outside = V4_OUTSIDE,
	 .suppressed = 41},
	{.kind = NAT_QUOTA_EXCEEDED, WHO4, .quota = NAT_QUOTA_USER, .limit = 500},
	{.kind = NAT_QUOTA_EXCEEDED, WHO6, .quota = NAT_QUOTA_USER, .limit = 501},
	{.kind = NAT_QUOTA_EXCEEDED, .quota = NAT_QUOTA_SESSIONS, .limit = 502},
	{.kind = NAT_QUOTA_EXCEEDED, .quota = NAT_QUOTA_MAPPINGS, .limit = 503},
	{.kind = NAT_QUOTA_EXCEEDED, .quota = NAT_QUOTA_HOSTS, .limit = 504},
	{.kind = NAT_N_EVENTS},
};

static const char *const tenants[] = {NULL, "red", "green"};
static const char *const pools[] = {"small", "big"};
static const struct nat_log_names names = {
	.tenants = tenants, .pools = pools, .n_tenants = 3, .n_pools = 2};
static char refusal[512];

/* The runtime's side. */

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	int n = snprintf(refusal, sizeof(refusal), "%s: ", member);
	va_list args;

	va_start(args, format);
	vsnprintf(refusal + n, sizeof(refusal) - (size_t)n, format, args);
	va_end(args);
	return error;
}

const char *
wp_env_instance(const struct wp_env *env, uint32_t *number)
{
	*number = BED_INSTANCE;
	return "cgn";
}

uint32_t
wp_env_tenants(struct wp_env *env)
{
	return names.n_tenants;
}

const char *
wp_env_tenant_name(struct wp_env *env, uint16_t tenant)
{
	return tenants[tenant];
}

const char *
bed_refusal(void)
{
	return refusal;
}

/* The bed. */

void
bed_open(struct log_bed *bed, const struct nat_log_target *target)
{
	const struct wp_list targets = {.items = (void *)(uintptr_t)target, .n = 1};

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(nat_log_check(NULL, "log", &targets), 0);
	ck_assert_msg(nat_log_open(NULL, "log", &targets, NULL, &bed->log) == 0, "%s", refusal);
	bed_tick(bed, 1000);
}

void
bed_put(struct log_bed *bed, const struct nat_event *event)
{
	const struct wp_event record = {
		.data = event, .size = sizeof(*event), .time_ns = BED_TIME_NS};

	nat_log_write(bed->log, &names, bed->counts, &record, 1);
}

void
bed_tick(struct log_bed *bed, unsigned int ms)
{
	bed->now_ns += ms * 1000000ull;
	nat_log_tick(bed->log, bed->counts, bed->now_ns);
}

void
bed_close(struct log_bed *bed)
{
	nat_log_close(bed->log, bed->counts);
	bed->log = NULL;
}
