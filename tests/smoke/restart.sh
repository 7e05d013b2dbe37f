#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The state of a real waypointd outlives it: written on SIGUSR2 under traffic, killed with -9, taken back by the next
# one. A download over TCP through the NAT goes on, and so does each of 3,000 UDP mappings.
#
#   client 10.1.0.2 ─ br-campus ═══ br-hq ─ hq 10.1.0.10     what the client sends to hq, and what comes back to
#                        │ pe0 ── waypointd (nat)             203.0.113.0/29, passes the PE at br-campus
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
trap network_down EXIT

mappings=3000
flows=$top/tests/smoke/restart.py
to_pe='encap(nsh(md_type=1)),set_field:%s->nsh_spi,set_field:255->nsh_si,encap(ethernet),set_field:02:00:00:00:0a:00->dl_dst,set_field:02:00:00:00:0b:00->dl_src,output:10'
bad=0
check() { # check WORDS COMMAND...
	local words=$1
	shift
	"$@" && say "ok      $words" && return 0
	say "FAILED  $words: $*"
	bad=1
}

# shellcheck disable=SC2059 # the format is ours
campus_flows() {
	printf "table=0,priority=100,in_port=1,ip,nw_dst=10.1.0.10 actions=$to_pe\n" 10
	printf "table=0,priority=100,in_port=3,ip,nw_dst=203.0.113.0/29 actions=$to_pe\n" 11
	echo 'table=0,priority=100,in_port=10,dl_type=0x894f,nsh_spi=10,nsh_si=254 actions=decap(),decap(),output:3'
	echo 'table=0,priority=100,in_port=10,dl_type=0x894f,nsh_spi=11,nsh_si=254 actions=decap(),decap(),output:1'
	echo 'table=0,priority=90,in_port=10 actions=drop'
	grep -E 'priority=50|^table=10' "$top/config/demo/br-campus.flows"
}

start() { # start OPTIONS...: the PE; waits until it runs
	ip netns exec "$net" "$top/build/pe/waypointd" -c "$work/document.json" --stats "$work/stats.json" \
		--export "$work/state" "$@" 2>"$work/waypointd.log" &
	pe_pid=$!
	for _ in $(seq 100); do
		grep -q 'is in force' "$work/waypointd.log" && return 0
		kill -0 "$pe_pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/waypointd.log" >&2
	return 1
}
ask() { # all sockets send; how many were answered, and how many from another endpoint than at first
	echo out >&"${udp[1]}"
	read -r -t 20 answered moved <&"${udp[0]}"
}
written() { grep -c -- '--export: .* entries of .* tables' "$work/waypointd.log" || true; }
size_of() { stat -c %s "$work/file" 2>/dev/null || echo 0; }
counted() { # counted NAME: a counter of nat, fresh
	fresh_numbers
	fresh_numbers
	number "instances/0/counters/$1"
}

cat >"$work/document.json" <<-'END'
	{"version": 1, "workers": {"cores": [0, 1]}, "modules": ["nat"],
	 "ports": [{"name": "campus", "type": "xdp", "interface": "pe0p"}],
	 "tenants": [{"name": "campus"}],
	 "instances": [{"name": "cgn", "service": "nat", "config":
	   {"pools": [{"name": "p", "addresses": ["203.0.113.0/29"]}], "max_blocks": 1024}}],
	 "paths": [
	   {"name": "out", "spi": 10, "tenant": "campus", "inside": "source", "reverse": "in", "steps": [{"instance": "cgn"}]},
	   {"name": "in", "spi": 11, "tenant": "campus", "inside": "destination", "reverse": "out",
	    "steps": [{"instance": "cgn"}]}]}
END
network_up
campus_flows >"$work/br-campus.flows"
ofctl --bundle replace-flows br-campus "$work/br-campus.flows"
printf 'table=0,in_port=1 actions=output:3\ntable=0,in_port=3 actions=output:1\n' >"$work/br-hq.flows"
ofctl --bundle replace-flows br-hq "$work/br-hq.flows"
ip -n "$hq" route add 203.0.113.0/29 via 10.1.0.2
mkdir -p "$work/www"
head -c 12M /dev/urandom >"$work/www/file"
web_up "$hq" "$work/www"
ip netns exec "$hq" python3 "$flows" echo &
web_pids+=($!)
start
coproc udp { exec ip netns exec "$client" python3 "$flows" send "$mappings"; }
web_pids+=("$udp_PID")
ask
check "each of $mappings UDP flows is answered" test "$answered" -eq "$mappings"

ip netns exec "$client" curl -s --limit-rate 1M --max-time 60 -o "$work/file" http://10.1.0.10/file &
download=$!
web_pids+=("$download")
for _ in $(seq 100); do
	[ "$(size_of)" -lt 1000000 ] || break
	sleep 0.1
done
check "a download is on its way" test "$(size_of)" -ge 1000000
kill -USR2 "$pe_pid"
for _ in $(seq 50); do
	[ "$(written)" -eq 0 ] || break
	sleep 0.1
done
check "state was written under traffic" test "$(written)" -eq 1
check "for the owner's eyes only" test "$(stat -c %a "$work/state")" = 600
kill -KILL "$pe_pid"
wait "$pe_pid" 2>/dev/null || true
check "it was killed amid the download" test "$(size_of)" -lt 11000000
start --import "$work/state"
grep -- --import "$work/waypointd.log"
check "all mappings came back" grep -qE "nat/mappings: $((mappings + 1)) came back, 0 left out" "$work/waypointd.log"
ask
check "each of $mappings UDP flows is answered again" test "$answered" -eq "$mappings"
check "from the same outside endpoints" test "$moved" -eq 0
check "no mapping was made anew" test "$(counted mappings-created)" -eq 0
wait "$download" || bad=1
check "the download is whole" cmp -s "$work/www/file" "$work/file"
"$top/build/pe/waypointd" --get nat/mappings,tenant=campus,address=10.1.0.2 "$work/state" >"$work/mappings"
check "entries can be looked at" test "$(grep -cE '"key":\["10.1.0.2",[0-9]+,17\],"key2":\["203.0.113.[0-7]",' \
	"$work/mappings")" -eq "$mappings"
fresh_numbers
check "the accounts are closed" test "$(number audit/failures)" -eq 0
kill -TERM "$pe_pid"
status=0
wait "$pe_pid" || status=$?
pe_pid=
check "it ends well" test "$status" -eq 0
check "and writes its state" test "$(written)" -eq 1
exit "$bad"
