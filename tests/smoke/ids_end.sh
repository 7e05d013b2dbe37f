#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# waypointd ends when it is told to, whatever is being opened: proofs that take long, and large sets of rules.
set -euo pipefail
WP_SUITES=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}") exec /usr/bin/python3 "$(dirname "$0")/ids_end.py"
