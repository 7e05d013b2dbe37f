#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Wycheproof's AES-GCM vectors through the decrypt service, as far as they can be ESP packets.
set -euo pipefail
suites=${WP_SUITES:-$(dirname "$0")/../../../shared/suites}
[ -r "$suites/crypto/aes_gcm_test.json" ] || { echo "no vectors: test material is expected in ../shared/suites"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/wycheproof.py" "$suites/crypto/aes_gcm_test.json"
