#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Hundreds of captures laid end to end, with a large set of rules: alerts beside Suricata's.
set -euo pipefail
suites=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}")
cd "$(dirname "$0")"
build=$(realpath "../../${WP_BUILD_DIR:-build}")
[ -r "$suites/traffic/oracle_et2024.json" ] || { echo "no captures: test material is expected in ../shared/suites"; exit 77; }
[ -r "$suites/rules/et2024.rules" ] || { echo "no rules: test material is expected in ../shared/suites"; exit 77; }
exec /usr/bin/python3 ids_mix.py "$suites" "$build/services/ids/tool/wp-ids"
