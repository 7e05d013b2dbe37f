#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# wp-ids says what it cannot read, and why, and its status is that it could not.
set -euo pipefail
cd "$(dirname "$0")"
exec /usr/bin/python3 ids_tool.py
