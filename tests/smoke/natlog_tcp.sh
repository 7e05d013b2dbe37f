#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The NAT's log over TCP at full load: a collector that stops reading costs counted records, no packet, no speed.
set -euo pipefail
exec timeout 120 /usr/bin/python3 "$(dirname "$0")/natlog.py" tcp
