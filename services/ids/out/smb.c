/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "smb": a request, and its response where it is there. */

#include <stdio.h>
#include <string.h>

#include "out/line.h"
#include "stream/l7/smb.h"

static const char *const smb1[256] = {
	[0x00] = "CREATE_DIRECTORY",
	[0x01] = "DELETE_DIRECTORY",
	[0x02] = "OPEN",
	[0x03] = "CREATE",
	[0x04] = "CLOSE",
	[0x05] = "FLUSH",
	[0x06] = "DELETE",
	[0x07] = "RENAME",
	[0x08] = "QUERY_INFORMATION",
	[0x09] = "SET_INFORMATION",
	[0x0a] = "READ",
	[0x0b] = "WRITE",
	[0x0c] = "LOCK_BYTE_RANGE",
	[0x0d] = "UNLOCK_BYTE_RANGE",
	[0x0e] = "CREATE_TEMPORARY",
	[0x0f] = "CREATE_NEW",
	[0x10] = "CHECK_DIRECTORY",
	[0x11] = "PROCESS_EXIT",
	[0x12] = "SEEK",
	[0x13] = "LOCK_AND_READ",
	[0x14] = "WRITE_AND_UNLOCK",
	[0x24] = "LOCKING_ANDX",
	[0x25] = "TRANS",
	[0x2b] = "ECHO",
	[0x2d] = "OPEN_ANDX",
	[0x2e] = "READ_ANDX",
	[0x2f] = "WRITE_ANDX",
	[0x32] = "TRANS2",
	[0x33] = "TRANS2_SECONDARY",
	[0x34] = "FIND_CLOSE2",
	[0x71] = "TREE_DISCONNECT",
	[0x72] = "NEGOTIATE_PROTOCOL",
	[0x73] = "SESSION_SETUP_ANDX",
	[0x74] = "LOGOFF_ANDX",
	[0x75] = "TREE_CONNECT_ANDX",
	[0x80] = "QUERY_INFO_DISK",
	[0x81] = "SEARCH",
	[0x82] = "FIND",
	[0x83] = "FIND_UNIQUE",
	[0x84] = "FIND_CLOSE",
	[0xa0] = "NT_TRANS",
	[0xa1] = "NT_TRANS_SECONDARY",
	[0xa2] = "NT_CREATE_ANDX",
	[0xa4] = "NT_CANCEL",
	[0xa5] = "NT_RENAME",
};

static const char *const smb2[] = {
	"NEGOTIATE_PROTOCOL",
	"SESSION_SETUP",
	"SESSION_LOGOFF",
	"TREE_CONNECT",
	"TREE_DISCONNECT",
	"CREATE",
	"CLOSE",
	"FLUSH",
	"READ",
	"WRITE",
	"LOCK",
	"IOCTL",
	"CANCEL",
	"KEEPALIVE",
	"FIND",
	"CHANGE_NOTIFY",
	"GET_INFO",
	"SET_INFO",
	"OPLOCK_BREAK",
};

/* MS-ERREF 2.3.1. */
static const struct {
	uint32_t status;
	const char *name;
} statuses[] = {
	{0x00000000, "STATUS_SUCCESS"},
	{0x00000103, "STATUS_PENDING"},
	{0x0000010b, "STATUS_NOTIFY_CLEANUP"},
	{0x0000010c, "STATUS_NOTIFY_ENUM_DIR"},
	{0x80000005, "STATUS_BUFFER_OVERFLOW"},
	{0x80000006, "STATUS_NO_MORE_FILES"},
	{0xc0000003, "STATUS_INVALID_INFO_CLASS"},
	{0xc0000008, "STATUS_INVALID_HANDLE"},
	{0xc000000d, "STATUS_INVALID_PARAMETER"},
	{0xc000000f, "STATUS_NO_SUCH_FILE"},
	{0xc0000010, "STATUS_INVALID_DEVICE_REQUEST"},
	{0xc0000011, "STATUS_END_OF_FILE"},
	{0xc0000016, "STATUS_MORE_PROCESSING_REQUIRED"},
	{0xc0000022, "STATUS_ACCESS_DENIED"},
	{0xc0000023, "STATUS_BUFFER_TOO_SMALL"},
	{0xc0000033, "STATUS_OBJECT_NAME_INVALID"},
	{0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND"},
	{0xc0000035, "STATUS_OBJECT_NAME_COLLISION"},
	{0xc000003a, "STATUS_OBJECT_PATH_NOT_FOUND"},
	{0xc0000043, "STATUS_SHARING_VIOLATION"},
	{0xc0000054, "STATUS_FILE_LOCK_CONFLICT"},
	{0xc0000055, "STATUS_LOCK_NOT_GRANTED"},
	{0xc0000056, "STATUS_DELETE_PENDING"},
	{0xc000006a, "STATUS_WRONG_PASSWORD"},
	{0xc000006d, "STATUS_LOGON_FAILURE"},
	{0xc000006e, "STATUS_ACCOUNT_RESTRICTION"},
	{0xc0000071, "STATUS_PASSWORD_EXPIRED"},
	{0xc0000072, "STATUS_ACCOUNT_DISABLED"},
	{0xc000009a, "STATUS_INSUFFICIENT_RESOURCES"},
	{0xc00000ac, "STATUS_PIPE_NOT_AVAILABLE"},
	{0xc00000ad, "STATUS_PIPE_BUSY"},
	{0xc00000b0, "STATUS_PIPE_DISCONNECTED"},
	{0xc00000b5, "STATUS_IO_TIMEOUT"},
	{0xc00000ba, "STATUS_FILE_IS_A_DIRECTORY"},
	{0xc00000bb, "STATUS_NOT_SUPPORTED"},
	{0xc00000c9, "STATUS_NETWORK_NAME_DELETED"},
	{0xc00000cb, "STATUS_BAD_DEVICE_TYPE"},
	{0xc00000cc, "STATUS_BAD_NETWORK_NAME"},
	{0xc0000101, "STATUS_DIRECTORY_NOT_EMPTY"},
	{0xc0000103, "STATUS_NOT_A_DIRECTORY"},
	{0xc0000120, "STATUS_CANCELLED"},
	{0xc0000128, "STATUS_FILE_CLOSED"},
	{0xc000019c, "STATUS_FS_DRIVER_REQUIRED"},
	{0xc0000203, "STATUS_USER_SESSION_DELETED"},
	{0xc0000225, "STATUS_NOT_FOUND"},
	{0xc0000257, "STATUS_PATH_NOT_COVERED"},
	{0xc000035c, "STATUS_NETWORK_SESSION_EXPIRED"},
};

static const struct {
	uint16_t dialect;
	const char *name;
} dialects[] = {{0x0202, "2.02"}, {0x0210, "2.10"}, {0x02ff, "2.?\?"},
		{0x0300, "3.00"}, {0x0302, "3.02"}, {0x0311, "3.11"}};

static void
put_command(struct text *text, const struct field_smb *smb)
{
	const char *name = NULL;
	char out[64];

	if (smb->version == WP_SMB_1)
		name = smb->command < 256 ? smb1[smb->command] : NULL;
	else if (smb->command < sizeof(smb2) / sizeof(smb2[0]))
		name = smb2[smb->command];
	if (name != NULL)
		snprintf(out, sizeof(out), "SMB%u_COMMAND_%s", smb->version, name);
	else
		snprintf(out, sizeof(out), "%u", smb->command);
	text_static(text, "command", out);
}

static void
put_status(struct text *text, uint32_t status)
{
	const char *name = NULL;
	char out[16];

	for (unsigned int i = 0; i < sizeof(statuses) / sizeof(statuses[0]) && name == NULL; i++)
		if (statuses[i].status == status)
			name = statuses[i].name;
	snprintf(out, sizeof(out), "%u", status);
	text_static(text, "status", name != NULL ? name : out);
	snprintf(out, sizeof(out), "0x%x", status);
	text_static(text, "status_code", out);
}

/** Writes the dialect that the sides have agreed on. */
static void
put_dialect(const struct line *line, const struct field_smb *smb)
{
	struct field field = field_find(line->fields, FIELD_SMB_DIALECT);
	uint16_t dialect = smb->dialect;

	field_get(&field, &dialect, sizeof(dialect));
	if (smb->version != WP_SMB_2 || dialect == 0)
		return;
	for (unsigned int i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (dialects[i].dialect == dialect)
			text_static(line->text, "dialect", dialects[i].name);
}

/** Writes a share; the one of pipes has a name of its own. */
static void
put_share(const struct line *line)
{
	static const char pipes[] = "\\IPC$";
	struct field field = field_find(line->fields, FIELD_SMB_SHARE);
	size_t n = sizeof(pipes) - 1;
	bool is_pipe = field.size >= n && memcmp(field.bytes + field.size - n, pipes, n) == 0;

	line_bytes(line, is_pipe ? "named_pipe" : "share", FIELD_SMB_SHARE);
}

static void
put_ntlmssp(const struct line *line)
{
	if (field_find(line->fields, FIELD_SMB_USER).bytes == NULL)
		return;
	text_open(line->text, "ntlmssp");
	line_bytes(line, "domain", FIELD_SMB_DOMAIN);
	line_bytes(line, "user", FIELD_SMB_USER);
	line_bytes(line, "host", FIELD_SMB_HOST);
	text_close(line->text);
}

/** Finds the last message of those that belong together. @return whether there is one */
static bool
find_last(struct wp_span rest, struct field_smb *smb)
{
	struct field field;
	bool found = false;

	while (field_next(&rest, &field))
		if (field.kind == FIELD_SMB_MESSAGE)
			found |= field_get(&field, smb, sizeof(*smb));
	return found;
}

void
line_smb(const struct line *line)
{
	struct text *text = line->text;
	struct field_smb smb;

	if (!find_last(line->fields, &smb))
		return;
	text_open(text, "smb");
	text_number(text, "id", line->head->tx < 0 ? smb.id : (uint64_t)line->head->tx + 1);
	put_dialect(line, &smb);
	put_command(text, &smb);
	if (smb.is_response)
		put_status(text, smb.status);
	text_number(text, "session_id", smb.session);
	text_number(text, "tree_id", smb.tree);
	line_bytes(line, "filename", FIELD_SMB_FILE);
	put_share(line);
	put_ntlmssp(line);
	text_close(text);
}
