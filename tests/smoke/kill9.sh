#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Killed at random moments, reloaded, the key put back under another name: no (key, nonce) is used twice.
set -euo pipefail
exec /usr/bin/python3 "$(dirname "$0")/kill9.py"
