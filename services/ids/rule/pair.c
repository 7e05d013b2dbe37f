/* SPDX-License-Identifier: BSD-3-Clause */
/* See pair.h. */

#include "rule/pair.h"

#include <string.h>
#include <strings.h>

#include "rule/check.h"

int
pair_read_side(struct rule_reader *reader, const char *text, uint8_t *side)
{
	if (!reader->rule->is_pair)
		return reader_fault(reader, "only a rule of '=>' is about both directions");
	if (strcasecmp(text, "to_server") == 0)
		*side = BUFFER_TO_SERVER;
	else if (strcasecmp(text, "to_client") == 0)
		*side = BUFFER_TO_CLIENT;
	else
		return reader_fault(reader, "'%.40s' is neither to_server nor to_client", text);
	return 0;
}

/** Says which a list is about, where its buffer or its word does. */
static int
settle(struct draft *draft, struct draft_list *list)
{
	const struct buffer *buffer = &buffers[list->list.buffer];

	if (buffer->stage < STAGE_HEAD)
		return check_fault(draft, list, "it is of no request or answer");
	if (list->list.side == 0)
		list->list.side = buffer->directions;
	if (list->list.side == BUFFER_BOTH_WAYS) {
		reader_hint(&draft->reader, "'%s: to_server' or '%s: to_client'", buffer->name,
			    buffer->name);
		return check_fault(draft, list, "it is found in both directions");
	}
	return (list->list.side & buffer->directions) != 0
		       ? 0
		       : check_fault(draft, list, "it is found in the other direction only");
}

int
pair_check(struct draft *draft)
{
	struct rule *rule = draft->reader.rule;
	unsigned int sides = rule->file_side;
	int err = 0;

	if ((rule->flow & (RULE_TO_SERVER | RULE_TO_CLIENT)) != 0)
		return reader_fault(&draft->reader, "a rule of '=>' is about both directions");
	for (unsigned int i = 0; i < draft->n_lists && err == 0; i++) {
		if (draft->lists[i].list.n == 0)
			continue;
		err = settle(draft, &draft->lists[i]);
		sides |= draft->lists[i].list.side;
	}
	if (err == 0 && sides != BUFFER_BOTH_WAYS)
		return reader_fault(&draft->reader,
				    "a rule of '=>' needs conditions on requests and on answers");
	return err;
}
