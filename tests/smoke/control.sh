#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The control socket under full load: documents prepared, committed, confirmed, taken back; kill -9; hostile bytes.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/smoke/control.py
