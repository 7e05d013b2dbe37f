#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# explain says what would become of a packet, by the live document and state, and changes nothing.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/explain.py"
