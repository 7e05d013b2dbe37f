#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What is read of application protocols in captures, beside what Suricata reads there.
set -euo pipefail
suites=${WP_SUITES:-$(dirname "$0")/../../../shared/suites}
command -v suricata >/dev/null || { echo "no suricata: sudo tools/test installs it"; exit 77; }
[ -r "$suites/ids/cases.json" ] || { echo "no captures: test material is expected in ../shared/suites"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/views.py" "$suites"
