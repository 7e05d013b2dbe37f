#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Stock programs on a host that has IPv6 only, to a server that has IPv4 only, through firewall and NAT64 on a real
# switch; beside it a host of NAT44, through the same paths.
#
#   six   2001:db8:1::2 ─┐                        192.0.2.1           198.51.100.1
#   four  192.168.0.2 ───┴─ br-nat ───────────────── router ═══════════════ outside 198.51.100.10
#                             │ pe0                        MTU 1400
#                             └──── pe0p ── waypointd
#
# The hosts' gateways are nobody: six is told its MAC address, and to the others the switch answers all ARP.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in traceroute tracepath dnsmasq dig; do
	command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
[ -d /proc/sys/net/ipv6 ] || { echo "this kernel has no IPv6"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
. "$top/tests/smoke/nat/net.sh"
trap nat_down EXIT

six=wpr$id four=wpt$id
six_ip=2001:db8:1::2 prefix=2001:db8:64:: nat_mtu=1300
server=$prefix$outside_ip server_text=2001:db8:64::c633:640a router_text=2001:db8:64::c000:201 dns_answer=198.51.100.77
on_six() { ip netns exec "$six" "$@"; }
on_four() { ip netns exec "$four" "$@"; }

nat64_flows() {
	answer_arp
	to_pe "in_port=1,ipv6,ipv6_dst=$prefix/96" 10
	to_pe in_port=2,ip 10
	to_pe in_port=4,ip,nw_dst=203.0.113.0/28 11
	from_pe 10 "set_field:1->reg1,resubmit(,10)"
	from_pe 11 "set_field:2->reg1,resubmit(,10)"
	to_host reg1=1,ip, 4 4
	to_host "reg1=2,ipv6,ipv6_dst=$six_ip," 2 1
	to_host reg1=2,ip,nw_dst=192.168.0.2, 3 2
	# What the NAT answers itself goes back on the other path.
	to_host "reg1=1,ipv6,ipv6_dst=$six_ip," 2 1
}
network64_up() {
	switch_up br-nat
	host_up br-nat 1 "$six" 2 192.0.0.8/32 # no address of its own
	host_up br-nat 2 "$four" 3 192.168.0.2/24
	ip -n "$six" addr flush dev eth0
	in_ns_sysctl "$six" net.ipv6.conf.eth0.disable_ipv6=0
	ip -n "$six" addr add $six_ip/64 dev eth0 nodad
	ip -n "$six" neigh add fe80::1 lladdr 02:00:00:00:00:01 nud permanent dev eth0
	ip -n "$six" route add default via fe80::1 dev eth0
	ip -n "$four" route add default via 192.168.0.1
	internet_up 28
	link_up br-nat 10 pe0
	nat64_flows >"$work/flows"
	ofctl --bundle replace-flows br-nat "$work/flows"
}
document_up() { # document_up MTU: what the NAT is told of links; 0: nothing
	python3 - "$here/nat64.json" "$work/document.json" "$(nproc)" "$1" <<-'END'
		import json, os, sys
		name, new, cores, mtu = sys.argv[1:]
		document = json.load(open(name))
		document["workers"]["cores"] = [0, 1] if int(cores) > 1 else [0]
		document["instances"][1]["config"]["mtu"] = int(mtu)
		json.dump(document, open(new + ".new", "w"), indent=1)
		os.rename(new + ".new", new)
	END
}
serve() { # serve NAME PROGRAM...: outside, in the background; its log is NAME.log.
	ip netns exec "$outside" "${@:2}" >"$work/$1.log" 2>&1 </dev/null &
	web_pids+=($!)
}
servers_up() {
	local i records=() # ten that together fit no packet
	for i in $(seq 10); do records+=("--txt-record=big.example,$i$(printf '%0200d' 0)"); done
	mkdir -p "$work/www"
	head -c 2M /dev/urandom >"$work/www/file"
	web_up "$outside" "$work/www" || fail "no web server outside"
	serve dns dnsmasq -k -C /dev/null -u root --pid-file= --no-resolv --no-hosts --edns-packet-max=4096 \
		--listen-address=$outside_ip --bind-interfaces --address=/host.example/$dns_answer "${records[@]}"
	serve echo-dont python3 "$here/echo.py" serve $outside_ip 7 dont
	serve echo-want python3 "$here/echo.py" serve $outside_ip 8 want
}

sum_of() { sha256sum | cut -d' ' -f1; }
curl_sum() { on_"$1" curl -sS -g --max-time 20 "$2" | sum_of; }
pings() { on_six ping -6 -n -c 3 -i 0.1 -W 2 "$@"; }
# The hops that traceroute shows, each once, in one line.
hops() { # hops OPTIONS...
	on_six traceroute -6 -n -q 2 -m 5 -w 2 "$@" $server |
		awk 'NR > 1 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9a-f:]+$/ && $(i + 1) != "ms") print $1 "=" $i }' | uniq | xargs
}
digs() { on_six dig +time=2 +tries=3 +short "@$server" "$@" | grep -v '^;'; }
digs_lines() { digs "$@" | wc -l; }
status_of() { # status_of COMMAND...
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo $status
}
asks() { on_six python3 "$here/echo.py" ask $server "$@"; }
# The address that the server sees.
known_as() { grep -ho '203\.0\.113\.[0-9]*' "$work/echo-want.log" | tail -1; }
counted() { number "instances/1/counters/$1"; }

start=$EPOCHREALTIME
network64_up
document_up 0
pe_up || fail "waypointd did not start; its log is above"
servers_up
say "up after $(seconds_since "$start") s"

file_sum=$(sum_of <"$work/www/file")
works "ping" pings $server
works "ping of the NAT's own pool" pings ${prefix}203.0.113.5
same "curl" "$file_sum" curl_sum six "http://[$server]/file"
same "curl of the host with IPv4, at the same NAT" "$file_sum" curl_sum four "http://$outside_ip/file"
same "DNS" $dns_answer digs host.example
same "DNS over TCP" $dns_answer digs +tcp host.example
same "DNS, an answer in fragments" 10 digs_lines +bufsize=4096 +ignore big.example TXT
same "traceroute by UDP" "1=$router_text 2=$server_text" hops
same "traceroute by ICMP" "1=$router_text 2=$server_text" hops -I
same "traceroute by TCP" "1=$router_text 2=$server_text" hops -T -p 80
says "tracepath learns the MTU behind the router, and 20 more" "pmtu $((wan_mtu + 20))" on_six tracepath -6 -n -m 3 $server
ip -n "$six" -6 route flush cache
says "the router's ICMP error comes through" "From $router_text.*Packet too big: mtu=$((wan_mtu + 20))" \
	pings -M 'do' -s 1440 $server
same "a port that nobody has" 7 status_of on_six curl -s --max-time 5 "http://[$server]:81/"
same "the firewall sees IPv6 before the NAT" 28 status_of on_six curl -s --max-time 1 "telnet://[$server]:25"
for size in 1300 1400 4000; do
	same "$size bytes by UDP, back without DF" "came back" asks 7 $size
done
same "1300 bytes by UDP, back with DF" "came back" asks 8 1300

# Now it knows that less fits: senders are told.
document_up $nat_mtu
kill -HUP "$pe_pid"
fresh_numbers
fresh_numbers
same "another document has come into force" 2 number epoch
same "1300 bytes by UDP, back with DF" "came back" asks 8 1300
says "the server has learned what fits" "mtu $((nat_mtu - 20))" ip -n "$outside" route get "$(known_as)"
same "4000 bytes by UDP, back without DF" "came back" asks 7 4000
same "curl, its segments small enough" "$file_sum" curl_sum six "http://[$server]/file"

works "still runs: waypointd" kill -0 "$pe_pid"
fresh_numbers
fresh_numbers
same "the accounts are closed" 0 number audit/failures
between "answers to what is too big" 1 1000 counted too-big-answers
between "packets that were cut" 1 1000 counted nat64-cut
between "ICMP errors" 5 1000 counted icmp-errors
"$top/tools/stats-table" "$work/stats.json"
say "$(seconds_since "$start") s in all"
[ ! -s "$work/failed" ]
