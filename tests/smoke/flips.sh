#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two documents in turn under traffic: each packet is of one of them, whole, and none is lost.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || { echo "python3-cryptography is missing"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/flips.py"
