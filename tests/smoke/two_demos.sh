#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two demos at once do not meet; one that is ended half way leaves nothing behind, and the other does not notice.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
cd "$(dirname "$0")/../.."
tools/build product

TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 10))
	shift
	for _ in $(seq "$tries"); do
		"$@" && return 0
		sleep 0.1
	done
	echo "waited in vain for: $*"
	return 1
}
# The demo's folder, once it is there and its PE runs.
pe_runs() { compgen -G "$TMPDIR/$1/waypoint-demo.*/stats.json" >/dev/null; }
# left ID: namespaces and processes of a demo that are still there.
left() {
	ip netns list | grep -F "$1" || true
	pgrep -af "waypoint-demo\\.$1" || true
}

mkdir "$TMPDIR/stopped" "$TMPDIR/whole"
TMPDIR=$TMPDIR/stopped tools/demo --once >"$TMPDIR/stopped.log" 2>&1 &
stopped=$!
TMPDIR=$TMPDIR/whole tools/demo --once >"$TMPDIR/whole.log" 2>&1 &
whole=$!
ended=0 status=0
wait_for 60 pe_runs stopped || ended=1
wait_for 60 pe_runs whole || ended=1
ids=("$TMPDIR"/*/waypoint-demo.*)
ids=("${ids[@]##*.}")
kill -TERM "$stopped"
wait "$stopped" || status=$?
[ "$status" -eq 143 ] || { echo "the ended demo's exit status is $status"; cat "$TMPDIR/stopped.log"; ended=1; }
wait "$whole" || { echo "the other demo failed:"; cat "$TMPDIR/whole.log"; ended=1; }

for id in "${ids[@]}"; do
	remains=$(left "$id")
	[ -z "$remains" ] || { printf 'demo %s left behind:\n%s\n' "$id" "$remains"; ended=1; }
done
if compgen -G "$TMPDIR/*/*" >/dev/null; then
	echo "folders are left behind:" "$TMPDIR"/*/*
	ended=1
fi
[ "$ended" -ne 0 ] || echo "${#ids[@]} demos at once, one ended half way; nothing is left of them"
exit "$ended"
