#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The NAT's log over UDP, as nfdump's collector understands it.
set -euo pipefail
command -v nfcapd >/dev/null || { echo "needs nfcapd; apt-get install nfdump"; exit 77; }
exec timeout 120 /usr/bin/python3 "$(dirname "$0")/natlog.py" udp
