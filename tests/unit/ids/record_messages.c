/* SPDX-License-Identifier: BSD-3-Clause */
/* See record_messages.h. */

#include "record_messages.h"

#include <string.h>

#include "record_bed.h"

static struct wp_http_header request_headers[] = {
	{{(const uint8_t *)"HOST", 4}, {(const uint8_t *)"Example.org:8080", 16}},
	{{(const uint8_t *)"User-Agent", 10}, {(const uint8_t *)"a", 1}},
	{{(const uint8_t *)"user-agent", 10}, {(const uint8_t *)"b\x01\xff", 3}},
	{{(const uint8_t *)"Referer", 7}, {(const uint8_t *)"r\xc3\xa9", 3}},
	{{(const uint8_t *)"NoColon", 7}, {NULL, 0}},
};

struct wp_http_head
message_request(const char *first_line, const char *method, const char *target)
{
	struct wp_http_head head = {
		.first_line = bed_span(first_line),
		.method = {(const uint8_t *)first_line, (uint32_t)strlen(method)},
		.target = {(const uint8_t *)strstr(first_line, target), (uint32_t)strlen(target)},
		.headers = request_headers,
		.n_headers = ROWS(request_headers),
		.is_request = true,
	};

	return head;
}

static struct wp_dns_question questions[] = {
	{.name = {.text = {(const uint8_t *)"we\\.ird.\\001\\255\\\\.Ex", 21}}, .type = 255},
	{.name = {.text = {(const uint8_t *)".", 1}}, .type = 65280},
	{.name = {.text = {NULL, 0}}, .type = 1},
};

struct wp_dns_message
message_dns(bool is_response)
{
	return (struct wp_dns_message){
		.questions = questions,
		.id = 77,
		.flags = is_response ? 0x8583 : 0x0100,
		.n_questions_told = is_response ? 1 : MESSAGE_QUERIES,
		.is_response = is_response,
	};
}

#define NAME                                                                                       \
	{                                                                                          \
		.text = {(const uint8_t *)"a.example", 9 }                                         \
	}
#define SPAN(TEXT)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(TEXT), sizeof(TEXT) - 1                                          \
	}

const struct wp_dns_record message_records[MESSAGE_RECORDS] = {
	{.name = NAME,
	 .type = WP_DNS_A,
	 .ttl = 7,
	 .rdata = SPAN("\1\2\3\4"),
	 .text = SPAN("1.2.3.4")},
	{.name = NAME, .type = WP_DNS_AAAA, .rdata = SPAN("\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x0f")},
	{.name = NAME, .type = WP_DNS_A},
	{.name = NAME, .type = WP_DNS_CNAME, .text = SPAN("c\\.d.e")},
	{.name = NAME,
	 .type = WP_DNS_TXT,
	 .rdata = SPAN("\5h\xff\x01\"\n\0\2x"),
	 .text = SPAN("h")},
	{.name = NAME,
	 .type = WP_DNS_SOA,
	 .text = SPAN("m"),
	 .mailbox = SPAN("r"),
	 .rdata = SPAN("....\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5")},
	{.name = NAME,
	 .type = WP_DNS_SRV,
	 .text = SPAN("s"),
	 .priority = 1,
	 .weight = 2,
	 .port = 3},
	{.name = NAME, .type = 44, .rdata = SPAN("\1\2\x0a\xff")},
	{.name = NAME, .type = 44, .rdata = SPAN("\1")},
	{.name = NAME, .type = WP_DNS_HTTPS, .text = SPAN("h")},
	{.name = NAME, .type = WP_DNS_NS, .section = WP_DNS_AUTHORITY, .text = SPAN("n")},
	{.name = NAME, .type = WP_DNS_A, .section = WP_DNS_ADDITIONAL, .rdata = SPAN("\4\3\2\1")},
};
