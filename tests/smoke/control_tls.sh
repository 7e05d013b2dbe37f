#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The control socket for other hosts: TLS 1.3, certificates on both sides, roles; what changed leaves a line.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/smoke/control_tls.py
