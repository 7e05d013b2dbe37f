#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Controllers of single tenants: each sees and changes what is its tenant's, and learns nothing of others.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/smoke/tenants.py
