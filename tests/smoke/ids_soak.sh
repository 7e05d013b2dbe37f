#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Mixed traffic through a large set of rules that is replaced again and again: 20 seconds; 20 minutes with WP_TEST_ALL.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
suites=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}")
for file in traffic/mix.pcap rules/et2024.rules; do
	[ -r "$suites/$file" ] || { echo "no traffic: test material is expected in ../shared/suites"; exit 77; }
done
WP_SUITES=$suites exec /usr/bin/python3 "$(dirname "$0")/ids_soak.py"
