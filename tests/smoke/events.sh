#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The control socket tells of keys at their end, drops, alerts, links and epochs, with numbers that have no gap.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/events.py"
