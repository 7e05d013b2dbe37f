#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What waypointd says when a service brings it down, and when it is told to end in the middle of files.
exec /usr/bin/python3 "$(dirname "$0")/faults.py"
