#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/nat-conformance.md is what the tests print.
set -euo pipefail
cd "$(dirname "$0")/../.."
tool=build/tests/unit/nat/test_conformance
"$tool" --markdown | diff - docs/nat-conformance.md ||
	{ echo "docs/nat-conformance.md is old; run: $tool --markdown > docs/nat-conformance.md"; exit 1; }
