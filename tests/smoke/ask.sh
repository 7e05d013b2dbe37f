#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a document alone says of who has which external port: waypointd --ask.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat >"$work/document.json" <<-END
	{"version": 1, "modules": ["nat", "ttl"], "tenants": [{"name": "red"}], "instances": [
	 {"name": "hop", "service": "ttl", "config": {}},
	 {"name": "cgn", "service": "nat", "config": {"pools": [{"name": "p", "addresses": ["203.0.113.0/30"],
	  "deterministic": {"hosts": [{"tenant": "red", "inside": ["10.0.0.0/24"]}]}}]}}]}
END
ask() { timeout 60 build/pe/waypointd -c "$work/document.json" --ask "$1" 2>"$work/errors"; }

[ "$(ask 203.0.113.1:2345)" = "cgn: 10.0.0.65 of tenant red: 203.0.113.1 ports 1984-2943" ]
[ "$(ask red/10.0.0.65)" = "cgn: 10.0.0.65 of tenant red: 203.0.113.1 ports 1984-2943" ]
for question in 10.9.9.9 nonsense; do
	status=0
	ask $question >"$work/answer" || status=$?
	[ $status = 1 ] && [ ! -s "$work/answer" ] && grep -q "'$question'" "$work/errors"
done
echo "both directions are answered, and what nobody knows is said"
