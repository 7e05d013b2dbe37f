#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Keys and algorithms changed from another host (TLS) while packets flow: none is lost, in clear, or has a nonce twice.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || { echo "python3-cryptography is missing"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/rekey.py"
