/* SPDX-License-Identifier: BSD-3-Clause */
/* See file.h. */

#include "file.h"

#include <string.h>

#include "detect.h"
#include "match/view_parts.h"
#include "state/flow_state.h"

static struct file *
find(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	const struct flow_state *state = flow_state_find(flow, detect->core);

	return state == NULL || state->sides[side].file == NULL
		       ? NULL
		       : (struct file *)(uintptr_t)wp_value(state->sides[side].file);
}

/** @return a side's file, made if need be; NULL: there is no room, which is counted. */
static struct file *
make(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_make(flow, detect->core);

	if (state != NULL && state->sides[side].file == NULL)
		state->sides[side].file = flow_state_entry(flow, side, detect->core, TABLE_FILES);
	if (state == NULL || state->sides[side].file == NULL)
		detect->core->counters[COUNT_NO_ROOM]++;
	return find(detect, flow, side);
}

bool
file_is(const struct wp_http_head *head)
{
	const struct wp_http_header *type;

	if (!head->is_request)
		return head->status / 100 != 1;
	if (head->known_method != WP_HTTP_METHOD_PUT && head->known_method != WP_HTTP_METHOD_POST)
		return false;
	type = wp_http_header(head, "content-type");
	return type == NULL || type->value.data == NULL || !view_file_is_form(type->value);
}

void
file_open(struct detect *detect)
{
	detect->digests = detect->detector->digests | detect->tell.kinds->digests;
	detect->keeps_files = detect->digests != 0 || detect->detector->asks_files;
}

static void
begin_digests(struct file *file)
{
	if ((file->digests & FILE_MD5) != 0)
		MD5_Init(&file->md5);
	if ((file->digests & FILE_SHA1) != 0)
		SHA1_Init(&file->sha1);
	if ((file->digests & FILE_SHA256) != 0)
		SHA256_Init(&file->sha256);
}

void
file_begin(struct detect *detect, const struct wp_stream_event *event)
{
	struct file *file;

	file_drop(detect, event->flow, event->side);
	if (!detect->keeps_files || (event->type == WP_HTTP_HEAD && !file_is(event->http)))
		return;
	file = make(detect, event->flow, event->side);
	if (file == NULL)
		return;
	file->size = 0;
	file->digests = detect->digests;
	file->has_gaps = file->is_over = false;
	begin_digests(file);
}

static void
add(struct file *file, const uint8_t *data, uint32_t size)
{
	file->size += size;
	if (file->has_gaps || size == 0)
		return;
	if ((file->digests & FILE_MD5) != 0)
		MD5_Update(&file->md5, data, size);
	if ((file->digests & FILE_SHA1) != 0)
		SHA1_Update(&file->sha1, data, size);
	if ((file->digests & FILE_SHA256) != 0)
		SHA256_Update(&file->sha256, data, size);
}

void
file_take(struct detect *detect, const struct wp_stream_event *event)
{
	struct file *file = find(detect, event->flow, event->side);

	if (file == NULL || file->is_over)
		return;
	if (event->type == WP_FLOW_GAP)
		file->has_gaps = true;
	else
		add(file, event->data, event->size);
}

static void
end_digests(struct file *file)
{
	if ((file->digests & FILE_MD5) != 0) {
		MD5_Final(file->md5_sum, &file->md5);
		file->facts.md5 = file->md5_sum;
	}
	if ((file->digests & FILE_SHA1) != 0) {
		SHA1_Final(file->sha1_sum, &file->sha1);
		file->facts.sha1 = file->sha1_sum;
	}
	if ((file->digests & FILE_SHA256) != 0) {
		SHA256_Final(file->sha256_sum, &file->sha256);
		file->facts.sha256 = file->sha256_sum;
	}
}

void
file_end(struct detect *detect, struct wp_flow *flow, unsigned int side, bool is_whole)
{
	struct file *file = find(detect, flow, side);

	if (file == NULL || file->is_over || file->size == 0)
		return;
	file->is_over = true;
	file->facts =
		(struct file_facts){.size = file->size, .is_whole = is_whole && !file->has_gaps};
	if (file->facts.is_whole)
		end_digests(file);
}

void
file_drop(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	struct flow_state *state = flow_state_find(flow, detect->core);

	if (state != NULL)
		flow_state_give(detect->core, TABLE_FILES, &state->sides[side].file);
}

const struct file_facts *
file_known(struct detect *detect, struct wp_flow *flow, unsigned int side)
{
	const struct file *file = find(detect, flow, side);

	return file == NULL || !file->is_over ? NULL : &file->facts;
}
