#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# TCP streams of captures, byte by byte: the tracker's beside Suricata's and tshark's.
set -euo pipefail
suites=${WP_SUITES:-$(dirname "$0")/../../../shared/suites}
for program in suricata tshark; do
	command -v "$program" >/dev/null || { echo "no $program: sudo tools/test installs it"; exit 77; }
done
[ -r "$suites/ids/cases.json" ] || { echo "no captures: test material is expected in ../shared/suites"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/streams.py" "$suites"
