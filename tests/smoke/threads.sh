#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two workers on threads of their own, two ports, reloads under full load: accounts closed, one writer a host.
set -euo pipefail
exec /usr/bin/python3 "$(dirname "$0")/threads.py"
