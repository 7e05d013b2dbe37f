#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A large set of rules: nearly all of it loads, and rules that are drawn of it alert where Suricata does.
set -euo pipefail
suites=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}")
cd "$(dirname "$0")"
build=$(realpath "../../${WP_BUILD_DIR:-build}")
command -v suricata >/dev/null || { echo "no suricata: sudo tools/test installs it"; exit 77; }
[ -r "$suites/rules/et2024.rules" ] || { echo "no rules: test material is expected in ../shared/suites"; exit 77; }
exec /usr/bin/python3 ids_et.py "$suites/rules/et2024.rules" "$build/services/ids/tool/wp-ids"
