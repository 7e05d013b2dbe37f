/* SPDX-License-Identifier: BSD-3-Clause */
/* explain: what would become of packets. */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/caller.h"
#include "ctl/agent/delegate.h"
#include "ctl/agent/explain.h"
#include "ctl/agent/methods.h"
#include "ctl/agent/pace.h"
#include "pe/epoch.h"

enum { FRAME_MAX = 16000, PCAP_MAX = 4 << 20, PCAP_HEADER = 24, RECORD_HEADER = 16 };

struct question {
	const char *packet, *pcap, *path;
	bool state;
};

#define ASKED(NAME) .name = #NAME, .offset = offsetof(struct question, NAME)

static const struct wp_field question_params[] = {
	{ASKED(packet), .type = WP_STRING, .max = 2 * FRAME_MAX, .dflt = "\"\"",
	 .help = "a frame in hex, from its Ethernet header on, as the router sends it"},
	{ASKED(pcap), .type = WP_STRING, .max = PCAP_MAX, .dflt = "\"\"",
	 .help = "or a capture file (pcap, pcapng) of such frames, in base64"},
	{ASKED(path), .type = WP_STRING, .max = 63, .dflt = "\"\"",
	 .help = "name of a path: frames without a tag are taken as tagged for it"},
	{ASKED(state), .type = WP_BOOL, .dflt = "true",
	 .help = "take a copy of the state along; else it begins empty"},
	{.name = NULL},
};

/** A capture as bytes. */
struct capture {
	uint8_t *bytes; /* malloc'ed */
	size_t size;
};

/** Makes a capture of one frame. @return whether the text is hex */
static bool
capture_frame(const char *hex, struct capture *capture)
{
	static const uint32_t header[PCAP_HEADER / 4] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};
	const size_t front = PCAP_HEADER + RECORD_HEADER;
	uint32_t record[RECORD_HEADER / 4] = {0};
	long size = 0;
	uint8_t *frame = OPENSSL_hexstr2buf(hex, &size);

	if (frame != NULL)
		capture->bytes = malloc(front + (size_t)size);
	if (capture->bytes != NULL) {
		record[2] = record[3] = (uint32_t)size; /* as captured, and as it was */
		memcpy(capture->bytes, header, sizeof(header));
		memcpy(capture->bytes + PCAP_HEADER, record, sizeof(record));
		memcpy(capture->bytes + front, frame, (size_t)size);
		capture->size = front + (size_t)size;
	}
	OPENSSL_free(frame);
	return capture->bytes != NULL;
}

/** @return whether the text is base64. */
static bool
capture_file(const char *base64, struct capture *capture)
{
	size_t n = strlen(base64), padding = n - strcspn(base64, "=");
	int size;

	capture->bytes = malloc(n + 1);
	if (capture->bytes == NULL || n % 4 != 0 || padding > 2)
		return false;
	size = EVP_DecodeBlock(capture->bytes, (const unsigned char *)base64, (int)n);
	if (size < (int)padding)
		return false;
	capture->size = (size_t)size - padding;
	return true;
}

/** @return whether a call has packets; else it is refused. */
static bool
read_packets(struct rpc_call *call, struct capture *capture)
{
	const struct question *params = rpc_params(call);
	bool has_packet = params->packet[0] != '\0', has_pcap = params->pcap[0] != '\0';
	const char *path = has_packet ? "/packet" : "/pcap";

	if (has_packet == has_pcap)
		rpc_refuse(call,
			   &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/packet"},
			   "give one of packet and pcap");
	else if (has_packet ? capture_frame(params->packet, capture)
			    : capture_file(params->pcap, capture))
		return true;
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = path},
			   "%s: is no %s", path + 1, has_packet ? "hex" : "base64");
	return false;
}

/** @return a new reference to the document that a caller's packets run by: tenants' controllers
 * have their paths, and the instances that serve these. */
static json_t *
document_for(const struct document *document, const struct grant *grant)
{
	json_t *own, *used, *instances, *instance, *path, *step;
	size_t i, j;

	if (grant_is_whole(grant))
		return json_incref(document->root);
	own = json_deep_copy(document->root);
	used = json_object();
	instances = json_array();
	path = delegate_view(document->root, grant);
	json_object_set(own, "paths", json_object_get(path, "paths"));
	json_decref(path);
	json_array_foreach(json_object_get(own, "paths"), i, path)
	{
		json_array_foreach(json_object_get(path, "steps"), j, step)
		{
			json_object_set(used, json_string_value(json_object_get(step, "instance")),
					json_true());
		}
	}
	json_array_foreach(json_object_get(own, "instances"), i, instance)
	{
		if (json_object_get(used, json_string_value(json_object_get(instance, "name"))) !=
		    NULL)
			json_array_append(instances, instance);
	}
	json_object_set_new(own, "instances", instances);
	for (i = 0; i < document->n_tenants; i++) /* what they may use is not all there */
		json_object_del(json_array_get(json_object_get(own, "tenants"), i), "delegated");
	json_decref(used);
	return own;
}

/** As explain_fn. */
static void
on_explained(void *arg, json_t *packets, const char *why)
{
	struct rpc_call *call = arg;

	if (packets != NULL)
		rpc_answer(call, json_pack("{so ss}", "packets", packets, "remark",
					   why != NULL ? why : ""));
	else
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .reason = "explain"},
			   "%s", why);
}

/** Asks. @param tenant  whose state is needed; NULL: all */
static void
ask(struct rpc_call *call, const struct capture *capture, const struct grant *grant,
    const char *tenant)
{
	const struct question *params = rpc_params(call);
	struct agent *agent = rpc_context(call);
	struct state_filter filter = state_filter_all;
	const struct explain_question question = {.pcap = capture->bytes,
						  .size = capture->size,
						  .path = params->path,
						  .document = document_for(grant->document, grant),
						  .filter = params->state ? &filter : NULL};
	int err;

	if (tenant != NULL)
		snprintf(filter.tenant, sizeof(filter.tenant), "%s", tenant);
	err = explainer_ask(agent_explainer(agent), &question, on_explained, call);
	json_decref(question.document);
	if (err != 0)
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_REFUSED, .reason = "explain"},
			   "it cannot be started: %s", strerror(-err));
}

/** @return whether the caller may ask, of its path or without one; else the call is refused.
 * @param[out] tenant  whose state is needed; NULL: all */
static bool
find_tenant(struct rpc_call *call, const struct grant *grant, const char **tenant)
{
	const struct question *params = rpc_params(call);
	const struct document_path *path = NULL;

	*tenant = grant->n_tenants == 1 ? grant->tenants[0] : NULL;
	if (params->path[0] == '\0' && grant->n_tenants <= 1)
		return true;
	if (params->path[0] == '\0')
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_INVALID_PARAMS, .path = "/path"},
			   "path: needed, by a controller of several tenants");
	else
		path = caller_path(call, grant, params->path);
	if (path != NULL)
		*tenant = path->tenant;
	return path != NULL;
}

static void
explain(struct rpc_call *call)
{
	const struct grant grant = grant_of(call);
	struct capture capture = {NULL, 0};
	const char *tenant;

	if (!find_tenant(call, &grant, &tenant))
		return;
	if (explainer_is_busy(agent_explainer(rpc_context(call))))
		rpc_refuse(call, &(struct rpc_refusal){.code = RPC_BUSY, .reason = "explain"},
			   "another explanation is under way");
	else if (read_packets(call, &capture) && pace_take_turn(call))
		ask(call, &capture, &grant, tenant);
	free(capture.bytes);
}

const struct rpc_method explain_methods[] = {
	{.name = "explain",
	 .summary = "says what would become of packets, step by step; nothing is sent or changed",
	 .result = "packets: for each its tag, refused (why it is on no path), paths with steps "
		   "(decision, reason, what their services counted), dropped (by the runtime), "
		   "sent frames with their tags, held; remark: what went wrong, such as that "
		   "there are more, \"\": nothing; keys are random",
	 .params = question_params,
	 .params_size = sizeof(struct question),
	 .role = ROLE_OPERATOR,
	 .for_tenants = true,
	 .run = explain},
	{.name = NULL},
};
