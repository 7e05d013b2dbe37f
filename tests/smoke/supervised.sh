#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a supervisor such as systemd hears: ready, the watchdog's food, the end; and what its unit file says.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/smoke/supervised.py
