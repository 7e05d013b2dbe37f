#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What coturn's client says of our NAT (RFC 5780) is what the document says, for each kind of filtering, for two tenants
# with the same address at once. The network is drawn in nat/net.sh.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in turnserver turnutils_natdiscovery; do
	command -v $tool >/dev/null || { echo "$tool is missing; apt-get install coturn"; exit 77; }
done
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
. "$top/tests/smoke/nat/net.sh"
trap nat_down EXIT

stun_up() {
	ip netns exec "$outside" turnserver -n -S --no-tls --no-dtls --no-cli -L $outside_ip -L $outside_ip2 \
		--log-file=stdout --pidfile "$work/stun.pid" -b "$work/stun.db" >"$work/stun.log" 2>&1 &
	web_pids+=($!)
	for _ in $(seq 100); do
		in_outside turnutils_natdiscovery -m $outside_ip 2>/dev/null | grep -q 'reflexive addr' && return 0
		sleep 0.1
	done
	fail "coturn does not answer; its log is $work/stun.log"
}

# use_filtering NAME: puts it in force.
use_filtering() {
	local before
	before=$(number epoch)
	nat_document "nat['filtering'] = '$1'"
	kill -HUP "$pe_pid"
	for _ in $(seq 50); do
		fresh_numbers
		[ "$(number epoch)" -eq "$before" ] || return 0
	done
	fail "the document with filtering $1 did not come into force; see $work/waypointd.log"
}

# discover TENANT OPTION: what the client says, in a file; its client is at 192.168.0.2 of the tenant.
discover() {
	local space=$red
	[ "$1" = red ] || space=$blue
	ip netns exec "$space" timeout 30 turnutils_natdiscovery "$2" $outside_ip >"$work/discovered-$1$2" 2>&1 || true
}
verdict() { sed -n 's/^NAT with \(.*\)!$/\1/p' "$work/discovered-$1"; }
# Where the server sees a client, each endpoint once.
seen_at() { grep -o 'reflexive addr: [0-9.:]*' "$work/discovered-$1" | sort -u | cut -d' ' -f3; }
in_pool() { # in_pool ENDPOINT FIRST-LAST: of 203.0.113.0
	local last=${1%:*}
	[[ "$1" == 203.0.113.*:* ]] && [ "${last##*.}" -ge "${2%-*}" ] && [ "${last##*.}" -le "${2#*-}" ]
}

# judged_as FILTERING VERDICT
judged_as() {
	local jobs=() tenant option
	use_filtering "$1"
	for tenant in red blue; do
		for option in -m -f; do
			discover $tenant $option &
			jobs+=($!)
		done
	done
	wait "${jobs[@]}"
	for tenant in red blue; do
		same "$1, $tenant: mapping" "Endpoint Independent Mapping" verdict $tenant-m
		same "$1, $tenant: filtering" "$2" verdict $tenant-f
		works "$1, $tenant: seen at $(seen_at $tenant-m | xargs), of its pool" \
			in_pool "$(seen_at $tenant-m)" "$([ $tenant = red ] && echo 0-15 || echo 16-31)"
	done
}

# Where red is seen first by a PE that has just started.
first_seen() {
	discover red -m
	seen_at red-m | head -1
}
differ() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ]; }

start=$EPOCHREALTIME
nat_network_up
nat_document
pe_up || fail "waypointd did not start; its log is above"
stun_up
judged_as endpoint-independent "Endpoint Independent Filtering"
for tenant in red blue; do
	discover $tenant -H
	says "endpoint-independent, $tenant: hairpinning" "successful hairpinning" cat "$work/discovered-$tenant-H"
done
judged_as address-dependent "Address Dependent Filtering"
judged_as address-and-port-dependent "Address and Port Dependent Filtering"
fresh_numbers
same "the accounts are closed" 0 number audit/failures
pe_down
pe_up || fail "waypointd did not start again; its log is above"
before=$(first_seen)
pe_down
pe_up || fail "waypointd did not start a third time; its log is above"
after=$(first_seen)
works "nobody can foresee the first endpoint: after one start $before, after another $after" differ "$before" "$after"
say "$(seconds_since "$start") s in all"
[ ! -s "$work/failed" ]
