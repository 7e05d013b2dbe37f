/* SPDX-License-Identifier: BSD-3-Clause */
/* What the contract lets a service call. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "tool/host_own.h"

static const char instance_name[] = "ids", tenant_name[] = "capture";

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	va_list args;
	int used = 0;

	if (env == NULL)
		return error;
	if (member != NULL)
		used = snprintf(env->why, env->size, "%s: ", member);
	if (used < 0 || (size_t)used >= env->size)
		return error;
	va_start(args, format);
	vsnprintf(env->why + used, env->size - (size_t)used, format, args);
	va_end(args);
	return error;
}

void
wp_log(struct wp_env *env, const char *format, ...)
{
	FILE *notes = env == NULL ? NULL : env->host->notes;
	va_list args;

	if (notes == NULL)
		return;
	fputs("wp-ids: ", notes);
	va_start(args, format);
	vfprintf(notes, format, args);
	va_end(args);
	fputc('\n', notes);
}

unsigned int
wp_env_workers(const struct wp_env *env)
{
	return 1;
}

uint16_t
wp_env_tenant(const struct wp_env *env)
{
	return 0;
}

int
wp_env_tenant_id(struct wp_env *env, const char *name)
{
	return strcmp(name, tenant_name) == 0 ? 0 : -ENOENT;
}

const char *
wp_env_tenant_name(struct wp_env *env, uint16_t tenant)
{
	return tenant == 0 ? tenant_name : NULL;
}

uint32_t
wp_env_tenants(struct wp_env *env)
{
	return 1;
}

const char *
wp_env_instance(const struct wp_env *env, uint32_t *number)
{
	if (number != NULL)
		*number = HOST_SERVICE;
	return instance_name;
}

bool
wp_env_is_over(const struct wp_env *env)
{
	return false;
}

bool
wp_env_tells_late(const struct wp_env *env)
{
	const struct stream_conf *conf = env->host->tracker.conf;

	return conf->when == STREAM_WHEN_ACKED;
}

bool
wp_env_passes_unseen(const struct wp_env *env)
{
	return false; /* what a capture has cannot be stopped */
}

int
wp_env_key(struct wp_env *env, const char *member, const char *name, enum wp_key_use use,
	   const struct wp_aead **aead, uint8_t fingerprint[16])
{
	return wp_error(env, -ENOKEY, member, "there is no key store here");
}

int
wp_env_entry(struct wp_env *env, unsigned int table, uint8_t version, const void *key,
	     struct wp_entry **entry)
{
	int err =
		wp_table_hold(env->host->side.tables[table], HOST_SERVICE, 0, version, key, entry);

	return err == 0 ? 0 : wp_error(env, err, NULL, "a table has no room: %s", strerror(-err));
}

uint8_t
wp_bucket_of_host(const struct wp_core *core, uint16_t tenant, uint8_t version, const void *address)
{
	return 0;
}

uint64_t
wp_hold_id(struct wp_core *core, struct wp_packet *pkt)
{
	return 0; /* so the packet ends at once, as its hold says */
}

int
wp_release(struct wp_core *core, uint64_t hold_id, enum wp_verdict verdict)
{
	return verdict == WP_NEXT || verdict == WP_DROP ? -ENOENT : -EINVAL;
}

struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	return NULL; /* nobody would get it */
}

struct wp_teller *
wp_env_teller(struct wp_env *env)
{
	return env->host->teller.heard == NULL ? NULL : &env->host->teller;
}

bool
wp_tell(struct wp_teller *teller, const char *instance, const char *text, size_t size)
{
	teller->heard(teller->arg, text, size);
	return true;
}

bool
wp_event(struct wp_core *core, const void *event, uint16_t size)
{
	struct host *host = core->runtime;
	_Alignas(16) uint8_t copy[WP_EVENT_SIZE_MAX];
	struct wp_event told = {.data = copy, .time_ns = host->packet_ns, .size = size};

	if (host->log == NULL)
		return true; /* nobody wants it */
	if (size > sizeof(copy))
		return false;
	memcpy(copy, event, size);
	host->service->log(host->log, host->inst, host->log_counters, &told, 1);
	return true;
}
