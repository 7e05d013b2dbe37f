#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rules are proved and replaced while packets pass: nothing stops, nothing is lost, subscribers hear of alerts.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
WP_SUITES=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}") exec /usr/bin/python3 "$(dirname "$0")/ids_reload.py"
