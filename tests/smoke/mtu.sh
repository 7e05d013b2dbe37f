#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Stock curl, iperf3, ssh and ping between hosts that know nothing of tunnels, at host MTU 1400 and 1500 over a WAN of
# 1500, through the tunnel and beside it. At 1500 no full packet fits the tunnel: first MSS sees to it, then ICMP alone.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in iperf3 /usr/sbin/sshd ssh; do
	command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
trap network_down EXIT

hq_ip=10.1.0.10 server_ip=10.1.0.3 client_ip6=fd00:1::2 hq_ip6=fd00:1::a inner_mtu=1446 # of the tunnel: 1500 less headers, padding and ICV
bad=0
check() { # check WORDS COMMAND...
	local words=$1
	shift
	"$@" && say "ok      $words" && return 0
	say "FAILED  $words: $*"
	bad=1
}

# tag_all BRIDGE MATCH NEW-MATCHES...: what the bridge sends to the PE is any of these, not HTTP alone.
tag_all() {
	local bridge=$1 match=$2 file=$top/config/demo/$1.flows
	shift 2
	{
		grep -v -F "$match" "$file"
		for new; do grep -F "$match" "$file" | sed "s/$match/$new/"; done
	} >"$work/$bridge.flows"
	ofctl --bundle replace-flows "$bridge" "$work/$bridge.flows"
}

# change_document PYTHON: of the arguments of each tunnel, 'args'.
change_document() {
	python3 - "$work/document.json" "$1" <<-'END'
		import json, os, sys
		name, change = sys.argv[1:]
		document = json.load(open(name))
		for path in document["paths"]:
		    args = path["steps"][0].get("args")
		    if args is not None:
		        exec(change)
		json.dump(document, open(name + ".new", "w"))
		os.rename(name + ".new", name)
	END
}

# ip6_up NAMESPACE ADDRESS
ip6_up() {
	in_ns_sysctl "$1" net.ipv6.conf.eth0.disable_ipv6=0
	ip -n "$1" addr add "$2/64" dev eth0 nodad
}

# serve NAMESPACE ADDRESS [IPV6-ADDRESS]: a web server, an iperf3 server and an ssh server for the key of this run.
serve() {
	mkdir -p "$work/www" "$work/ssh"
	[ -s "$work/www/file" ] || head -c 10M /dev/urandom >"$work/www/file"
	[ -s "$work/ssh/host" ] || for key in host user; do ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/$key"; done
	for address in "${@:2}"; do
		printf '%s %s\n' "$address" "$(cut -d' ' -f1,2 "$work/ssh/host.pub")" >>"$work/ssh/known"
		echo "ListenAddress $address" >>"$work/ssh/$2"
	done
	cat >>"$work/ssh/$2" <<-END
		HostKey $work/ssh/host
		AuthorizedKeysFile $work/ssh/user.pub
		StrictModes no
		PidFile none
		UsePAM no
	END
	web_up "$1" "$work/www"
	ip netns exec "$1" iperf3 -s -B "$2" >/dev/null 2>&1 &
	web_pids+=($!)
	mkdir -p /run/sshd # sshd insists
	ip netns exec "$1" /usr/sbin/sshd -D -f "$work/ssh/$2" 2>/dev/null &
	web_pids+=($!)
}

# set_mtu MTU: of all hosts; what they have learned of paths is forgotten.
set_mtu() {
	for space in "$client" "$server" "$hq"; do
		ip -n "$space" link set eth0 mtu "$1"
		ip -n "$space" -4 route flush cache
		ip -n "$space" -6 route flush cache
	done
}

sum_of() { sha256sum | cut -d' ' -f1; }
curls() { [ "$(in_client curl -s --max-time 10 "http://$1/file" | sum_of)" = "$file_sum" ]; }
ssh_to() {
	in_client ssh -F none -i "$work/ssh/user" -o UserKnownHostsFile="$work/ssh/known" -o BatchMode=yes \
		-o ConnectTimeout=5 "root@$1" "$2"
}
ssh_up() { [ "$(ssh_to "$1" "sha256sum | cut -d' ' -f1" <"$work/www/file")" = "$file_sum" ]; }
ssh_down() { [ "$(ssh_to "$1" "cat $work/www/file" </dev/null | sum_of)" = "$file_sum" ]; }
iperf() { # iperf ADDRESS [-R]: 20 MB, of which some are still on their way when the client ends
	in_client timeout 10 iperf3 -J -n 20M -c "$@" >"$work/iperf.json" &&
		[ "$(number "end/sum_received/bytes" "$work/iperf.json")" -gt 10000000 ]
}
pings() { in_client ping -c 3 -i 0.05 -W 1 "$@" >"$work/ping.log" 2>&1; }
all_of() { # all_of WORDS ADDRESS
	check "$1: curl, 10 MB" curls "$2"
	check "$1: iperf3" iperf "$2"
	check "$1: iperf3, other direction" iperf "$2" -R
	check "$1: ssh, 10 MB there" ssh_up "$2"
	check "$1: ssh, 10 MB back" ssh_down "$2"
}

# counted NAME: a counter of encrypt, fresh.
counted() {
	fresh_numbers
	fresh_numbers
	number "instances/0/counters/$1"
}

network_up
tag_all br-campus ,tcp,nw_dst=$hq_ip,tp_dst=80 ,ip,nw_dst=$hq_ip ,ipv6,ipv6_dst=$hq_ip6
tag_all br-hq ,tcp,nw_src=$hq_ip,tp_src=80 ,ip,nw_src=$hq_ip ,ipv6,ipv6_src=$hq_ip6
ip6_up "$client" $client_ip6
ip6_up "$hq" $hq_ip6
pe_files
change_document 'args.pop("to", None)'
pe_up
serve "$hq" $hq_ip $hq_ip6
serve "$server" $server_ip
file_sum=$(sum_of <"$work/www/file")

for mtu in 1400 1500; do
	set_mtu $mtu
	all_of "MTU $mtu, tunnel" $hq_ip
	all_of "MTU $mtu, beside it" $server_ip
	check "MTU $mtu, tunnel, IPv6: ssh, 10 MB there" ssh_up $hq_ip6
	check "MTU $mtu, tunnel, IPv6: ssh, 10 MB back" ssh_down $hq_ip6
done
check "no TCP packet was too long: MSS saw to it" test "$(counted too-big-answered)" -eq 0
check "MSS was lowered" test "$(number instances/0/counters/mss-clamped)" -gt 0
check "ping of 1500 bytes without DF is answered" pings -M dont -s 1472 $hq_ip
check "in fragments" test "$(counted fragmented)" -eq 6
check "beside the tunnel 1500 bytes fit" pings -M 'do' -s 1472 $server_ip
pings -M 'do' -s 1472 $hq_ip || true
check "with DF the sender is told" grep -q "From $hq_ip .*Frag needed and DF set (mtu = $inner_mtu)" "$work/ping.log"
check "and what it was told fits" pings -M 'do' -s $((inner_mtu - 28)) $hq_ip
pings -M 'do' -s 1452 $hq_ip6 || true
check "in IPv6 the sender is told" grep -q "From $hq_ip6 .*Packet too big: mtu=$inner_mtu" "$work/ping.log"
check "and what it was told fits" pings -M 'do' -s $((inner_mtu - 48)) $hq_ip6

change_document 'args["clamp_mss"] = False'
kill -HUP "$pe_pid"
for _ in $(seq 30); do
	fresh_numbers
	[ "$(number epoch)" -eq 1 ] || break
done
answers=$(number instances/0/counters/too-big-answered) clamped=$(number instances/0/counters/mss-clamped)
set_mtu 1500
all_of "MTU 1500, MSS left alone" $hq_ip
check "MTU 1500, MSS left alone, IPv6: ssh, 10 MB there" ssh_up $hq_ip6
check "MTU 1500, MSS left alone, IPv6: ssh, 10 MB back" ssh_down $hq_ip6
check "ICMP did it" test "$(counted too-big-answered)" -ge $((answers + 4))
check "alone" test "$(number instances/0/counters/mss-clamped)" -eq "$clamped"
check "the accounts are closed" test "$(number audit/failures)" -eq 0
"$top/tools/stats-table" "$work/stats.json"
exit "$bad"
