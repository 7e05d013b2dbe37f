#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo's story is true, on a real switch.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
exec "$(dirname "$0")/../../tools/demo" --once
