#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# State of all services outlives changed documents, replaced modules and kill -9, as its classes promise.
set -euo pipefail
cd "$(dirname "$0")/../.."
[[ $EUID -eq 0 ]] || { echo "needs root: it makes a network namespace"; exit 77; }
exec /usr/bin/python3 tests/smoke/survive.py
