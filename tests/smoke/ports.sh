#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Frames through each kind of port to another process or the kernel, and over a link that goes down.
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
exec /usr/bin/python3 "$(dirname "$0")/ports.py"
