#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers on threads of their own, two ports, reloads under full load: accounts closed, one writer a host. Then
# buckets move from one to the other, by hand and by load.
set -euo pipefail
cd "$(dirname "$0")"
build=$(realpath "../../${WP_BUILD_DIR:-build}")
seconds=${WP_TEST_ALL:+20}
/usr/bin/python3 threads.py
timeout 200 "$build/tests/smoke/moves/moves" "${seconds:-4}" hand
timeout 200 "$build/tests/smoke/moves/moves" "${seconds:-6}" load
