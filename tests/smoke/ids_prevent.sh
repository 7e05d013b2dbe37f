#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a rule stops never arrives at a real host, and what is rejected ends at once, also with bytes in flight.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
command -v ethtool >/dev/null || { echo "needs ethtool"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/ids_prevent.py"
