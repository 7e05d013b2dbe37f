#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Stock programs talk over IPv4 and IPv6, and two collectors are told of their flows: nfcapd over UDP, and one over TCP whose
# stream libfixbuf's own reader shows. What they have is compared with a capture.
#
#   left 10.2.0.2, 2001:db8:2::2 ───┐
#   right 10.2.0.3, .4, ...:2::3 ───┴─ br-flows
#                                         │ pe0
#                                         └──── pe0p ── waypointd ─── nfcapd, collector
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in nfcapd nfdump ipfixDump tshark iperf3 dnsmasq dig; do
	command -v $tool >/dev/null || { echo "$tool is missing: sudo tools/test installs it"; exit 77; }
done
[ -d /proc/sys/net/ipv6 ] || { echo "this kernel has no IPv6"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
. "$top/tests/smoke/nat/net.sh"
trap nat_down EXIT

left=wpr$id right=wpt$id out_spi=10 back_spi=11 udp_port=9995 tcp_port=9996
four=10.2.0.3 six=2001:db8:2::3
on_left() { ip netns exec "$left" "$@"; }
serve() { # serve NAMESPACE NAME PROGRAM...: in the background; its log is NAME.log.
	ip netns exec "$1" "${@:3}" >"$work/$2.log" 2>&1 </dev/null &
	web_pids+=($!)
}

# All that goes between the two, but for neighbours' questions, through one step of the PE.
to_and_fro() { # to_and_fro FROM-PORT TO-PORT SPI
	local ip
	for ip in ip,nw_dst=10.2.0.0/24 ipv6,ipv6_dst=2001:db8:2::/64; do to_pe "in_port=$1,$ip" "$3"; done
	printf 'table=0,priority=100,in_port=10,dl_type=0x894f,nsh_spi=%s,nsh_si=254 actions=decap(),decap(),output:%s\n' "$3" "$2"
}
flows() {
	printf 'table=0,priority=%s actions=NORMAL\n' 200,arp 200,icmp6,icmp_type=135 200,icmp6,icmp_type=136
	to_and_fro 1 2 $out_spi
	to_and_fro 2 1 $back_spi
}
network_of_two_up() {
	local space
	switch_up br-flows
	host_up br-flows 1 "$left" 2 10.2.0.2/24
	host_up br-flows 2 "$right" 3 10.2.0.3/24
	for space in "$left" "$right"; do
		in_ns_sysctl "$space" net.ipv6.conf.eth0.disable_ipv6=0
		in_ns_sysctl "$space" net.ipv6.conf.eth0.router_solicitations=0
	done
	ip -n "$left" addr add 2001:db8:2::2/64 dev eth0 nodad
	ip -n "$right" addr add $six/64 dev eth0 nodad
	ip -n "$right" addr add 10.2.0.4/24 dev eth0
	link_up br-flows 10 pe0
	flows >"$work/flows"
	ofctl --bundle replace-flows br-flows "$work/flows"
}
document_up() {
	cat >"$work/document.json" <<-END
		{"version": 1, "workers": {"cores": [0], "idle": "adaptive"}, "modules": ["ipfix"],
		 "ports": [{"name": "p", "type": "xdp", "interface": "pe0p"}], "tenants": [{"name": "green"}],
		 "instances": [
		  {"name": "tracker", "service": "stream", "config": {"tcp_closed_s": 1, "udp_new_s": 2, "udp_established_s": 2,
		   "other_new_s": 2, "other_established_s": 2}},
		  {"name": "flows", "service": "ipfix", "config": {"active_s": 2, "collectors": [
		   {"to": "ipfix-udp", "host": "127.0.0.1", "port": $udp_port},
		   {"to": "ipfix-tcp", "host": "127.0.0.1", "port": $tcp_port}]}}],
		 "paths": [
		  {"name": "out", "spi": $out_spi, "tenant": "green", "inside": "source", "reverse": "back", "steps": [{"instance": "flows"}]},
		  {"name": "back", "spi": $back_spi, "tenant": "green", "inside": "destination", "reverse": "out",
		   "steps": [{"instance": "flows"}]}]}
	END
}
servers_up() {
	mkdir -p "$work/www" "$work/nfcapd"
	head -c 100k /dev/urandom >"$work/www/file"
	serve "$right" web python3 -m http.server 80 --bind :: --directory "$work/www"
	serve "$right" iperf iperf3 -s
	serve "$right" dns dnsmasq -k -C /dev/null -u root --pid-file= --no-resolv --no-hosts --listen-address=$four,$six \
		--bind-interfaces --address=/host.example/198.51.100.77
}
collectors_up() {
	serve "$net" nfcapd nfcapd -b 127.0.0.1 -p $udp_port -w "$work/nfcapd" -t 3600
	serve "$net" collector timeout 60 python3 "$top/tests/smoke/natlog.py" collect $tcp_port "$work/stream"
	collector=$! nfcapd=${web_pids[-2]}
	for _ in $(seq 50); do
		grep -q Startup "$work/nfcapd.log" && grep -q ready "$work/collector.log" && return 0
		sleep 0.1
	done
	fail "no collectors; logs: $work/nfcapd.log, $work/collector.log"
}

# What stock programs do, all at once; nobody is at port 81.
talk() {
	local jobs=()
	of_talk() { on_left "$@" & jobs+=($!); }
	of_talk ping -n -q -c 3 -i 0.2 $four
	of_talk ping -n -q -c 3 -i 0.2 $six
	of_talk curl -sS -o /dev/null --local-port 40001 http://$four/file
	of_talk curl -sS -o /dev/null --local-port 40002 "http://[$six]/file"
	of_talk dig +short @$four -b 10.2.0.2#40003 host.example
	of_talk dig +short @$six -b 2001:db8:2::2#40004 host.example
	of_talk curl -sS --local-port 40005 http://$four:81/
	of_talk iperf3 -c $six -u -b 200k -l 1000 -t 5 --cport 40006
	wait "${jobs[@]}" || true
}

start=$EPOCHREALTIME
network_of_two_up
document_up
servers_up
collectors_up
pe_up || fail "waypointd did not start; its log is above"
ip netns exec "$left" tcpdump -i eth0 -w "$work/left.pcap" -U 'net 10.2.0.0/24 or net 2001:db8:2::/64' 2>"$work/left.log" &
capture_pids+=($!)
for _ in $(seq 50); do
	grep -q 'listening on' "$work/left.log" && break
	sleep 0.1
done
say "up after $(seconds_since "$start") s"

talk >"$work/talk.log" 2>&1
on_left ping -n -q -i 0.2 10.2.0.4 >/dev/null & # until the end
web_pids+=($!)
sleep 3.5 # idle times
pe_down
wait "$collector" # it ends when waypointd has hung up
captures_down     # takes a second: time for nfcapd to read
kill -TERM "$nfcapd"
wait "$nfcapd" || true
works "records, capture and counters" /usr/bin/python3 "$top/tests/smoke/ipfix.py" "$work"
say "$(seconds_since "$start") s in all"
[ ! -s "$work/failed" ]
