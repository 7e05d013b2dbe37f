/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be said of a rule only when all of it is read: whether its parts go together. */

#include "rule/check.h"

#include <errno.h>
#include <string.h>

#include "rule/pair.h"

int
check_fault(struct draft *draft, const struct draft_list *list, const char *why)
{
	draft->reader.column = list->column;
	return reader_fault(&draft->reader, "%s: %s", buffers[list->list.buffer].name, why);
}

/** Whether something is asked about each buffer that is named. */
static int
check_idle(struct draft *draft)
{
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft_is_idle(draft, &draft->lists[i]))
			return check_fault(draft, &draft->lists[i], "nothing is asked about it");
	return 0;
}

/** @return whether a list is of files. */
static bool
is_of_files(const struct draft_list *list)
{
	return list->list.n != 0 && list->list.buffer >= BUFFER_FILE_DATA &&
	       list->list.buffer <= BUFFER_FILE_EXTENSION;
}

/** Whether there are files where they are asked about. */
static int
check_files(struct draft *draft, const struct draft_list *list)
{
	const struct rule *rule = draft->reader.rule;

	if (rule->l7 == RULE_L7_SMB)
		return check_fault(draft, list, "files of its protocol are not looked at");
	if (rule->l7 != RULE_L7_UNKNOWN && rule->l7 != RULE_L7_HTTP && rule->l7 != RULE_L7_SMTP)
		return check_fault(draft, list, "the rule's protocol has no files");
	if (list->list.buffer == BUFFER_FILE_DATA && rule->proto != RULE_L7 &&
	    rule->proto != RULE_TCP && rule->proto != RULE_ANY)
		return check_fault(draft, list, "there are files in TCP only");
	return 0;
}

/** Headers as they were sent are those of one side. */
static int
check_raw_header(struct draft *draft, const struct draft_list *list)
{
	if (list->list.buffer != BUFFER_HTTP_HEADER_RAW || list->list.n == 0 ||
	    draft->reader.rule->is_pair ||
	    (draft->reader.rule->flow & (RULE_TO_SERVER | RULE_TO_CLIENT)) != 0)
		return 0;
	reader_hint(&draft->reader, "flow:to_server for requests, flow:to_client for responses");
	return check_fault(draft, list, "the rule must say which direction it is about");
}

static int
check_lists(struct draft *draft)
{
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < draft->n_lists; i++) {
		const struct draft_list *list = &draft->lists[i];

		err = check_raw_header(draft, list);
		if (err == 0 && is_of_files(list))
			err = check_files(draft, list);
		if (err == 0)
			err = check_contents(draft, list);
	}
	return err;
}

/** @return directions that a rule can be about, by its "flow". */
static unsigned int
flow_directions(const struct rule *rule)
{
	unsigned int directions = 0;

	if ((rule->flow & RULE_TO_SERVER) != 0)
		directions |= BUFFER_TO_SERVER;
	if ((rule->flow & RULE_TO_CLIENT) != 0)
		directions |= BUFFER_TO_CLIENT;
	return directions == 0 ? BUFFER_BOTH_WAYS : directions;
}

/** Whether all buffers are found in one direction; the rule is about that one, then. */
static int
check_directions(struct draft *draft)
{
	struct rule *rule = draft->reader.rule;
	unsigned int directions = flow_directions(rule);

	for (unsigned int i = 0; i < draft->n_lists; i++) {
		struct draft_list *list = &draft->lists[i];

		if (list->list.n == 0)
			continue;
		if ((directions & buffers[list->list.buffer].directions) == 0) {
			reader_hint(&draft->reader, "it is found to the %s only",
				    buffers[list->list.buffer].directions == BUFFER_TO_SERVER
					    ? "server"
					    : "client");
			return check_fault(draft, list, "the rule is about the other direction");
		}
		directions &= buffers[list->list.buffer].directions;
	}
	if (directions == BUFFER_TO_SERVER)
		rule->flow |= RULE_TO_SERVER;
	else if (directions == BUFFER_TO_CLIENT)
		rule->flow |= RULE_TO_CLIENT;
	return 0;
}

int
draft_check(struct draft *draft)
{
	struct rule_reader *reader = &draft->reader;
	int err;

	reader->column = 1;
	if (!draft->has_sid) {
		reader_fault(reader, "the rule has no 'sid'");
		return reader_hint(reader, "it needs a number of its own");
	}
	err = check_idle(draft);
	if (err == 0)
		err = check_lists(draft);
	if (err == 0)
		err = check_packets(draft);
	if (err != 0)
		return err;
	return reader->rule->is_pair ? pair_check(draft) : check_directions(draft);
}
