# SPDX-License-Identifier: BSD-3-Clause
"""What tools/bench is made of: machine, traffic, contestants, ledger, and a file for each benchmark."""
