#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Files that mail carries, as wp-ids takes them out of SMTP, and as Python's reader of mail does.
set -euo pipefail
cd "$(dirname "$0")"
build=$(realpath "../../${WP_BUILD_DIR:-build}")
mails=20
[ -z "${WP_TEST_ALL:-}" ] || mails=200
exec /usr/bin/python3 ids_mail.py "$build/services/ids/tool/wp-ids" "$mails"
