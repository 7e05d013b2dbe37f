#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A small controller re-keys a PE over TLS: controller.py, which uses nothing of ours.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/smoke/controller_test.py
