#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Captures of a path: packets before, behind each step, and as sent, with what was decided of them.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/capture.py"
