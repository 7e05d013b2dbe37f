#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scapy decrypts what the PE encrypts, and the PE decrypts what scapy encrypts, over pcap files.
set -euo pipefail
/usr/bin/python3 -c 'import scapy' 2>/dev/null || { echo "scapy is missing"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/esp_scapy.py"
