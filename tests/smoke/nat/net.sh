# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The network of the NAT's smoke tests. To be sourced after demo-net.sh.
#
#   red   192.168.0.2 ─┐
#   red2  192.168.0.3 ─┤                   192.0.2.1           198.51.100.1
#   blue  192.168.0.2 ─┴─ br-nat ───────────────── router ═══════════════ outside 198.51.100.10, .11
#                           │ pe0                        MTU 1400
#                           └──── pe0p ── waypointd
#
# red and blue are tenants; each host has a gateway 192.168.0.1, which is nobody: the switch answers all ARP. It sends
# all IP of the hosts through firewall and NAT, and what comes back for an external address through NAT and firewall:
# 203.0.113.0/28 is red's, 203.0.113.16/28 blue's.

: "${top:?source lib.sh first}" "${id:?source demo-net.sh first}" "${work:?}"
here=$top/tests/smoke/nat
red=wpr$id red2=wpt$id blue=wpb$id router=wpg$id outside=wpo$id
outside_ip=198.51.100.10 outside_ip2=198.51.100.11 router_ip=192.0.2.1 wan_mtu=1400

in_red() { ip netns exec "$red" "$@"; }
in_red2() { ip netns exec "$red2" "$@"; }
in_outside() { ip netns exec "$outside" "$@"; }

# What a router's rules are made of: to the PE on a path of two steps, and back from it.
to_pe() { # to_pe MATCH SPI
	printf 'table=0,priority=100,%s actions=encap(nsh(md_type=1)),set_field:%s->nsh_spi,set_field:255->nsh_si,' "$@"
	printf 'encap(ethernet),set_field:02:00:00:00:0a:00->dl_dst,set_field:02:00:00:00:0b:00->dl_src,output:10\n'
}
from_pe() { # from_pe SPI ACTIONS
	printf 'table=0,priority=100,in_port=10,dl_type=0x894f,nsh_spi=%s,nsh_si=253 actions=decap(),decap(),%s\n' "$@"
}
to_host() { # to_host MATCH LAST-BYTE PORT
	printf 'table=10,%sactions=set_field:02:00:00:00:00:01->dl_src,set_field:02:00:00:00:00:%02x->dl_dst,output:%s\n' "$@"
}
# Whoever asks for whatever address gets 02:00:00:00:00:01.
answer_arp() {
	printf 'table=0,priority=200,arp,arp_op=1 actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],'
	printf 'set_field:02:00:00:00:00:01->dl_src,set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],'
	printf 'set_field:02:00:00:00:00:01->arp_sha,move:NXM_OF_ARP_TPA[]->NXM_NX_REG0[],'
	printf 'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],move:NXM_NX_REG0[]->NXM_OF_ARP_SPA[],in_port\n'
}
flows() {
	answer_arp
	to_pe in_port=1,ip 10
	to_pe in_port=2,ip 10
	to_pe in_port=4,ip,nw_dst=203.0.113.0/28 11
	to_pe in_port=3,ip 20
	to_pe in_port=4,ip,nw_dst=203.0.113.16/28 21
	from_pe 10 "set_field:1->reg1,resubmit(,10)"
	from_pe 20 "set_field:1->reg1,resubmit(,10)"
	from_pe 11 "set_field:2->reg1,resubmit(,10)"
	from_pe 21 "set_field:3->reg1,resubmit(,10)"
	to_host reg1=1 4 4
	to_host reg1=2,ip,nw_dst=192.168.0.2 2 1
	to_host reg1=2,ip,nw_dst=192.168.0.3 3 2
	to_host reg1=3,ip,nw_dst=192.168.0.2 5 3
}

# internet_up BITS: behind the router, which knows so many bits of 203.0.113.0 to lead to the PE.
internet_up() {
	host_up br-nat 4 "$router" 4 $router_ip/24
	space_up "$outside"
	ip link add eth1 netns "$router" type veth peer name eth0 netns "$outside"
	ip -n "$router" addr add 198.51.100.1/24 dev eth1
	ip -n "$outside" addr add $outside_ip/24 dev eth0
	ip -n "$outside" addr add $outside_ip2/24 dev eth0
	ip -n "$router" link set eth1 mtu $wan_mtu up
	ip -n "$outside" link set eth0 mtu $wan_mtu up
	ip -n "$router" route add "203.0.113.0/$1" via 192.0.2.2
	ip -n "$outside" route add default via 198.51.100.1
	ip netns exec "$outside" ethtool -K eth0 tx off >/dev/null 2>&1
	ip netns exec "$router" ethtool -K eth1 tx off >/dev/null 2>&1
	in_ns_sysctl "$router" net.ipv4.ip_forward=1
	in_ns_sysctl "$router" net.ipv4.icmp_ratelimit=0
	in_ns_sysctl "$router" net.ipv4.conf.eth0.send_redirects=0
	in_ns_sysctl "$outside" net.ipv4.icmp_ratelimit=0
}
nat_network_up() {
	switch_up br-nat
	host_up br-nat 1 "$red" 2 192.168.0.2/24
	host_up br-nat 2 "$red2" 3 192.168.0.3/24
	host_up br-nat 3 "$blue" 5 192.168.0.2/24
	for space in "$red" "$red2" "$blue"; do ip -n "$space" route add default via 192.168.0.1; done
	internet_up 27
	link_up br-nat 10 pe0
	flows >"$work/flows"
	ofctl --bundle replace-flows br-nat "$work/flows"
}

# nat_document PYTHON: the document of these tests, changed: 'document', and 'nat', its configuration.
nat_document() {
	python3 - "$here/document.json" "$work/document.json" "$(nproc)" "${1:-}" <<-'END'
		import json, os, sys
		name, new, cores, change = sys.argv[1:]
		document = json.load(open(name))
		document["workers"]["cores"] = [0, 1] if int(cores) > 1 else [0]
		nat = document["instances"][1]["config"]
		exec(change)
		json.dump(document, open(new + ".new", "w"), indent=1)
		os.rename(new + ".new", new)
	END
}

# Checks. Each says what it is, or what was expected and what was seen; a failure is noted for the end.
passed() { say "ok      $1"; }
missed() { # missed WORDS EXPECTED SEEN
	printf 'FAILED  %s\n        expected: %s\n        seen:     %s\n' "$1" "$2" "${3:-nothing}"
	echo "$1" >>"$work/failed"
}
# same WORDS TEXT COMMAND...: the command says just that.
same() {
	local seen
	seen=$("${@:3}" 2>&1) || true
	if [ "$seen" = "$2" ]; then passed "$1"; else missed "$1" "${2:-nothing}" "$seen"; fi
}
# says WORDS PATTERN COMMAND...: a line of what it says matches.
says() {
	local seen
	seen=$("${@:3}" 2>&1) || true
	if grep -q -e "$2" <<<"$seen"; then passed "$1"; else missed "$1" "a line like '$2'" "$seen"; fi
}
# between WORDS LEAST MOST COMMAND...: it says a number.
between() {
	local seen
	seen=$("${@:4}" 2>&1) || true
	if [[ "$seen" =~ ^[0-9]+$ ]] && [ "$seen" -ge "$2" ] && [ "$seen" -le "$3" ]; then
		passed "$1: $seen"
	else
		missed "$1" "$2 to $3" "$seen"
	fi
}
# works WORDS COMMAND...: its exit status is 0.
works() {
	local seen status=0
	seen=$("${@:2}" 2>&1) || status=$?
	if [ $status -eq 0 ]; then passed "$1"; else missed "$1" "$2 with exit status 0" "exit status $status: $seen"; fi
}

# Takes all down; what a failure may be found in is kept.
nat_down() {
	local status=$?
	if [ "$status" -ne 0 ]; then
		[ ! -s "$work/failed" ] || { say "$(wc -l <"$work/failed") checks failed:"; sed 's/^/    /' "$work/failed"; }
		say "logs, counters and the document are kept in $work: waypointd.log, stats.json, document.json, flows, ovs/switch.log"
		export WP_DEMO_KEEP=1
	fi
	network_down
}
