/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of SMB commands: MS-CIFS 2.2.2.1, MS-SMB2 2.2.1.2. */

#include "stream/l7/smb_view.h"

static const char *const smb1_names[256] = {
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
	[0x1a] = "READ_RAW",
	[0x1b] = "READ_MPX",
	[0x1c] = "READ_MPX_SECONDARY",
	[0x1d] = "WRITE_RAW",
	[0x1e] = "WRITE_MPX",
	[0x1f] = "WRITE_MPX_SECONDARY",
	[0x20] = "WRITE_COMPLETE",
	[0x21] = "QUERY_SERVER",
	[0x22] = "SET_INFORMATION2",
	[0x23] = "QUERY_INFORMATION2",
	[0x24] = "LOCKING_ANDX",
	[0x25] = "TRANSACTION",
	[0x26] = "TRANSACTION_SECONDARY",
	[0x27] = "IOCTL",
	[0x28] = "IOCTL_SECONDARY",
	[0x29] = "COPY",
	[0x2a] = "MOVE",
	[0x2b] = "ECHO",
	[0x2c] = "WRITE_AND_CLOSE",
	[0x2d] = "OPEN_ANDX",
	[0x2e] = "READ_ANDX",
	[0x2f] = "WRITE_ANDX",
	[0x30] = "NEW_FILE_SIZE",
	[0x31] = "CLOSE_AND_TREE_DISC",
	[0x32] = "TRANSACTION2",
	[0x33] = "TRANSACTION2_SECONDARY",
	[0x34] = "FIND_CLOSE2",
	[0x35] = "FIND_NOTIFY_CLOSE",
	[0x70] = "TREE_CONNECT",
	[0x71] = "TREE_DISCONNECT",
	[0x72] = "NEGOTIATE",
	[0x73] = "SESSION_SETUP_ANDX",
	[0x74] = "LOGOFF_ANDX",
	[0x75] = "TREE_CONNECT_ANDX",
	[0x7e] = "SECURITY_PACKAGE_ANDX",
	[0x80] = "QUERY_INFORMATION_DISK",
	[0x81] = "SEARCH",
	[0x82] = "FIND",
	[0x83] = "FIND_UNIQUE",
	[0x84] = "FIND_CLOSE",
	[0xa0] = "NT_TRANSACT",
	[0xa1] = "NT_TRANSACT_SECONDARY",
	[0xa2] = "NT_CREATE_ANDX",
	[0xa4] = "NT_CANCEL",
	[0xa5] = "NT_RENAME",
	[0xc0] = "OPEN_PRINT_FILE",
	[0xc1] = "WRITE_PRINT_FILE",
	[0xc2] = "CLOSE_PRINT_FILE",
	[0xc3] = "GET_PRINT_QUEUE",
	[0xd8] = "READ_BULK",
	[0xd9] = "WRITE_BULK",
	[0xda] = "WRITE_BULK_DATA",
	[0xfe] = "INVALID",
	[0xff] = "NO_ANDX_COMMAND",
};

static const char *const smb2_names[] = {
	"NEGOTIATE",
	"SESSION_SETUP",
	"LOGOFF",
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
	"ECHO",
	"QUERY_DIRECTORY",
	"CHANGE_NOTIFY",
	"QUERY_INFO",
	"SET_INFO",
	"OPLOCK_BREAK",
	"SERVER_TO_CLIENT_NOTIFICATION",
};

static const char unknown[] = "UNKNOWN";

const char *
smb1_name(uint8_t command)
{
	return smb1_names[command] != NULL ? smb1_names[command] : unknown;
}

const char *
smb2_name(uint16_t command)
{
	if (command >= sizeof(smb2_names) / sizeof(smb2_names[0]))
		return unknown;
	return smb2_names[command];
}
