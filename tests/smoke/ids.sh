#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Captures that others wrote, with rules, options and alerts that are expected: those at the core, or all with WP_TEST_ALL.
set -euo pipefail
suites=$(realpath -m "${WP_SUITES:-$(dirname "$0")/../../../shared/suites}")
cd "$(dirname "$0")"
build=$(realpath "../../${WP_BUILD_DIR:-build}")
[ -r "$suites/ids/check_eve.py" ] || { echo "no captures: test material is expected in ../shared/suites"; exit 77; }
scope=(--core)
[ -z "${WP_TEST_ALL:-}" ] || scope=()
exec /usr/bin/python3 ids.py "$suites" --engine "$build/services/ids/tool/wp-ids" "${scope[@]}"
