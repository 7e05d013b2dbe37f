/* SPDX-License-Identifier: BSD-3-Clause */
/* Which request a response answers: they come in the same order (RFC 9112 section 9.3.2). Where
 * bytes are missing, a response may be to a request that was not seen. */

#include "stream/l7/http_view.h"

static void
push(struct http_requests *requests, struct wp_http_head *head)
{
	uint8_t entry = head->known_method | (head->is_upgrade ? HTTP_ASKS_UPGRADE : 0);

	if (requests->is_next_unknown)
		entry = WP_HTTP_METHOD_UNKNOWN;
	requests->is_next_unknown = false;
	head->transaction = ++requests->n_told;
	if (requests->n == HTTP_REQUESTS_MAX) {
		head->anomalies |= WP_HTTP_BIT(WP_HTTP_MANY_REQUESTS);
		requests->first = (requests->first + 1) % HTTP_REQUESTS_MAX;
		requests->n--;
		requests->n_forgotten++;
	}
	requests->ring[(requests->first + requests->n++) % HTTP_REQUESTS_MAX] = entry;
}

/** @return the request that is answered next; WP_HTTP_METHOD_UNKNOWN: it was not seen. */
static uint8_t
oldest(const struct http_requests *requests)
{
	if (requests->n_forgotten != 0)
		return WP_HTTP_METHOD_GET;
	return requests->n != 0 ? requests->ring[requests->first] : WP_HTTP_METHOD_UNKNOWN;
}

/** @return the number of that request. */
static uint32_t
number_of_oldest(const struct http_requests *requests)
{
	if (oldest(requests) == WP_HTTP_METHOD_UNKNOWN)
		return 0;
	return requests->n_told - requests->n - (uint32_t)requests->n_forgotten + 1;
}

static void
pop(struct http_requests *requests)
{
	if (requests->n_forgotten != 0) {
		requests->n_forgotten--;
	} else if (requests->n != 0) {
		requests->first = (requests->first + 1) % HTTP_REQUESTS_MAX;
		requests->n--;
	}
}

/** RFC 9110 section 15.2.2. A client that has not asked for another protocol goes on with this one,
 * as behind any 1xx; of one that was not seen nobody knows. */
static bool
switches(struct wp_http_head *head, uint8_t request)
{
	if (request == WP_HTTP_METHOD_UNKNOWN || (request & HTTP_ASKS_UPGRADE) != 0)
		return true;
	head->anomalies |= WP_HTTP_BIT(WP_HTTP_UNASKED_SWITCH);
	return false;
}

bool
http_pair(struct http_requests *requests, struct wp_http_head *head)
{
	uint8_t request;

	if (head->is_request) {
		push(requests, head);
		return false;
	}
	request = oldest(requests);
	head->known_method = request & (HTTP_ASKS_UPGRADE - 1);
	head->transaction = number_of_oldest(requests);
	if (head->status == 101)
		head->is_upgrade = switches(head, request);
	else
		head->is_upgrade =
			head->known_method == WP_HTTP_METHOD_CONNECT && head->status / 100 == 2;
	/* RFC 9110 section 15.2: more than one 1xx may come in front of the answer. */
	if (head->status / 100 != 1)
		pop(requests);
	return head->is_upgrade;
}

void
http_pair_anew(struct http_requests *requests, unsigned int side)
{
	bool is_any_waiting = requests->n != 0 || requests->is_next_unknown;

	/* The next response is to a request that waits, not to the one that was found. */
	*requests = (struct http_requests){.n_told = requests->n_told,
					   .is_next_unknown = side == WP_CLIENT && is_any_waiting};
}
