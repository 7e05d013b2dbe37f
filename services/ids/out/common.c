/* SPDX-License-Identifier: BSD-3-Clause */
/* Members that events of several kinds have. */

#include <string.h>

#include "out/line.h"
#include "out/record.h"
#include "stream/flow.h"
#include "stream/stream.h"

void
line_tx(const struct line *line)
{
	if (line->head->tx >= 0)
		text_number(line->text, "tx_id", (uint64_t)line->head->tx);
}

void
line_app_proto(const struct line *line)
{
	uint8_t l7 = line->head->l7;

	if (l7 == WP_L7_NONE)
		text_static(line->text, "app_proto", "failed");
	else if (l7 > WP_L7_NONE && l7 < WP_L7_PROTOCOLS)
		text_static(line->text, "app_proto", wp_l7_name(l7));
}

void
line_direction(const struct line *line)
{
	if ((line->head->has & HAS_FLOW) != 0)
		text_static(line->text, "direction",
			    line->head->side == WP_CLIENT ? "to_server" : "to_client");
}

void
line_bytes(const struct line *line, const char *name, enum field_kind kind)
{
	struct field field = field_find(line->fields, kind);

	if (field.bytes != NULL)
		text_bytes(line->text, name, (struct wp_span){field.bytes, field.size});
}

bool
line_has(const struct line *line, enum field_kind first, enum field_kind last)
{
	struct wp_span rest = line->fields;
	struct field field;

	while (field_next(&rest, &field))
		if (field.kind >= first && field.kind <= last)
			return true;
	return false;
}

void
line_message(const struct line *line)
{
	static const struct {
		enum field_kind first, last;
		void (*put)(const struct line *);
	} objects[] = {
		{FIELD_HTTP_REQUEST, FIELD_HTTP_LENGTH, line_http_object},
		{FIELD_DNS_MESSAGE, FIELD_DNS_MESSAGE, line_dns_of_alert},
		{FIELD_TLS_HELLO, FIELD_TLS_FINGERPRINT, line_tls},
		{FIELD_SSH_CLIENT, FIELD_SSH_SERVER, line_ssh_object},
		{FIELD_SMTP_HELO, FIELD_SMTP_TO, line_smtp_object},
		{FIELD_FTP_COMMAND, FIELD_FTP_REPLY, line_ftp_object},
		{FIELD_SMB_MESSAGE, FIELD_SMB_MESSAGE, line_smb},
	};

	for (unsigned int i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (line_has(line, objects[i].first, objects[i].last))
			objects[i].put(line);
}

/** Flowbits of these names tell what kind of traffic a flow is: an object of their own. */
static const struct {
	const char *begin, *name;
} traffic[] = {{"traffic/id/", "id"}, {"traffic/label/", "label"}};

enum { N_TRAFFIC = sizeof(traffic) / sizeof(traffic[0]) };

/** @return which of them a flowbit is; N_TRAFFIC: none. */
static unsigned int
traffic_of(const struct field *field)
{
	for (unsigned int i = 0; i < N_TRAFFIC; i++) {
		size_t size = strlen(traffic[i].begin);

		if (field->size > size && memcmp(field->bytes, traffic[i].begin, size) == 0)
			return i;
	}
	return N_TRAFFIC;
}

/** Takes the next flowbit of a kind. @return false: there are no more */
static bool
next_bit(struct wp_span *rest, unsigned int of, struct field *field)
{
	while (field_next(rest, field))
		if (field->kind == FIELD_FLOWBIT && traffic_of(field) == of)
			return true;
	return false;
}

/** Writes flowbits of a kind, without what their names begin with. */
static void
put_bits(const struct line *line, const char *name, unsigned int of)
{
	size_t skip = of == N_TRAFFIC ? 0 : strlen(traffic[of].begin);
	struct wp_span rest = line->fields;
	struct field field;

	if (!next_bit(&rest, of, &field))
		return;
	text_open_array(line->text, name);
	do
		text_bytes(line->text, NULL,
			   (struct wp_span){field.bytes + skip, field.size - (uint32_t)skip});
	while (next_bit(&rest, of, &field));
	text_close_array(line->text);
}

static bool
has_bits(const struct line *line, unsigned int of)
{
	struct wp_span rest = line->fields;
	struct field field;

	return next_bit(&rest, of, &field);
}

static void
put_traffic(const struct line *line)
{
	if (!has_bits(line, 0) && !has_bits(line, 1))
		return;
	text_open(line->text, "traffic");
	for (unsigned int i = 0; i < N_TRAFFIC; i++)
		put_bits(line, traffic[i].name, i);
	text_close(line->text);
}

static void
put_ints(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct field field;
	uint32_t value;

	if (field_find(rest, FIELD_FLOWINT).bytes == NULL)
		return;
	text_open(line->text, "flowints");
	while (field_next(&rest, &field)) {
		if (field.kind != FIELD_FLOWINT || field.size < sizeof(value))
			continue;
		memcpy(&value, field.bytes, sizeof(value));
		text_key(line->text, (struct wp_span){field.bytes + sizeof(value),
						      field.size - (uint32_t)sizeof(value)});
		text_number(line->text, NULL, value);
	}
	text_close(line->text);
}

void
line_marks(const struct line *line)
{
	put_traffic(line);
	if (!has_bits(line, N_TRAFFIC) && !line_has(line, FIELD_FLOWINT, FIELD_FLOWINT))
		return;
	text_open(line->text, "metadata");
	put_bits(line, "flowbits", N_TRAFFIC);
	put_ints(line);
	text_close(line->text);
}
