#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Stock programs of two tenants with the same addresses, both at once, through firewall and NAT on a real switch.
# The network is drawn in nat/net.sh.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in iperf3 traceroute tracepath dnsmasq dig ssh /usr/sbin/sshd; do
	command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }
done
/usr/bin/python3 -c 'import pyftpdlib, scapy' 2>/dev/null || { echo "python3-pyftpdlib or python3-scapy is missing"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
. "$top/tests/smoke/nat/net.sh"
trap nat_down EXIT
trap '' PIPE # an ssh that has ended is a failed check, no end of the test

dns_answer=198.51.100.77 forward=203.0.113.1
declare -A space=([red]=$red [blue]=$blue) iperf_port=([red]=5201 [blue]=5202) own_pool=([red]=203.0.113.5 [blue]=203.0.113.21)

sum_of() { sha256sum | cut -d' ' -f1; }
as() { ip netns exec "${space[$1]}" "${@:2}"; } # as TENANT COMMAND...: on its host 192.168.0.2

# serve NAME PROGRAM...: outside, in the background; its log is NAME.log.
serve() {
	ip netns exec "$outside" "${@:2}" >"$work/$1.log" 2>&1 </dev/null &
	web_pids+=($!)
	servers+=("$1 $!")
}
servers=()
wait_for_port() {
	for _ in $(seq 100); do
		in_outside bash -c "echo >/dev/tcp/$outside_ip/$1" 2>/dev/null && return 0
		sleep 0.1
	done
	fail "nobody listens on port $1 outside; logs: $work/*.log"
}
sshd_up() {
	mkdir -p "$work/ssh" /run/sshd # sshd insists
	for key in host user; do ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/$key"; done
	echo "$outside_ip $(cut -d' ' -f1,2 "$work/ssh/host.pub")" >"$work/ssh/known"
	serve ssh /usr/sbin/sshd -D -e -f /dev/null -o HostKey="$work/ssh/host" -o PidFile=none -o UsePAM=no \
		-o AuthorizedKeysFile="$work/ssh/user.pub" -o StrictModes=no -o ListenAddress=$outside_ip
}
dns_up() {
	local i records=() # ten that together fit no packet
	for i in $(seq 10); do records+=("--txt-record=big.example,$i$(printf '%0200d' 0)"); done
	serve dns dnsmasq -k -C /dev/null -u root --pid-file= --no-resolv --no-hosts --edns-packet-max=4096 \
		--listen-address=$outside_ip --bind-interfaces --address=/host.example/$dns_answer "${records[@]}"
}
servers_up() {
	local port
	mkdir -p "$work/www" "$work/red2"
	head -c 10M /dev/urandom >"$work/www/file"
	file_sum=$(sum_of <"$work/www/file")
	echo "hello from red2" >"$work/red2/index.html"
	web_up "$outside" "$work/www" || fail "no web server outside"
	web_up "$red2" "$work/red2" || fail "no web server on red2"
	serve iperf-red iperf3 -s -p "${iperf_port[red]}"
	serve iperf-blue iperf3 -s -p "${iperf_port[blue]}"
	serve ftp /usr/bin/python3 -m pyftpdlib -i $outside_ip -p 21 -d "$work/www"
	dns_up
	sshd_up
	for port in 21 22 53 "${iperf_port[@]}"; do wait_for_port "$port"; done
}

pings() { as "$1" ping -n -c 3 -i 0.1 -W 2 "${@:2}"; } # pings TENANT OPTIONS... ADDRESS
# The hops that traceroute shows, each once, in one line.
hops() { # hops TENANT OPTIONS...
	as "$1" traceroute -n -q 2 -m 5 -w 2 "${@:2}" $outside_ip |
		awk 'NR > 1 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9.]+$/ && $(i + 1) != "ms") print $1 ":" $i }' | uniq | xargs
}
# What a file's sum is, or why curl did not get it. curl_sum TENANT OPTIONS... URL
curl_sum() {
	local log
	log=$(mktemp "$work/curl-$1.XXXX")
	as "$1" curl -sS --max-time 30 --limit-rate 8M -w '%{stderr}%{size_download} bytes in %{time_total} s\n' "${@:2}" 2>"$log" |
		sum_of || cat "$log"
}
# iperf_once TENANT OPTIONS...: the share of what was sent that came, in percent.
iperf_once() {
	local log=$work/iperf-$1.json
	as "$1" timeout 20 iperf3 -J -p "${iperf_port[$1]}" -c $outside_ip "${@:2}" >"$log" 2>"$log.err" || true
	python3 - "$log" <<-'END'
		import json, sys
		with open(sys.argv[1]) as file:
		    result = json.load(file)
		sent, came = result["end"].get("sum_sent"), result["end"].get("sum_received")
		if "error" in result or not came:
		    print(result.get("error", "no answer"))
		elif "packets" in came:
		    print(100 * (came["packets"] - came["lost_packets"]) // sent["packets"])
		else:
		    print(100 * came["bytes"] // sent["bytes"])
	END
}
# iperf TENANT LEAST OPTIONS...: that share. A switch that others keep from its core loses datagrams, so there are three
# tries; a NAT that is wrong loses a whole flow in each, and its drops are looked at in the end.
iperf() {
	local share
	for _ in 1 2 3; do
		share=$(iperf_once "$1" "${@:3}")
		[[ "$share" =~ ^[0-9]+$ ]] && [ "$share" -ge "$2" ] && break
	done
	echo "$share"
}
carries() { between "$1" "$3" 100 iperf "${@:2}"; } # carries WORDS TENANT LEAST OPTIONS...
digs() { as "$1" dig +time=2 +tries=3 +short "@$outside_ip" "${@:2}" | grep -v '^;'; }
digs_lines() { digs "$@" | wc -l; }
status_of() { # status_of COMMAND...
	local status=0
	"$@" >/dev/null || status=$?
	echo $status
}
# Active FTP tells the server an address that it cannot reach: curl's exit status, and whether it was told soon.
active_ftp() {
	local start=$SECONDS
	echo "status $(status_of as "$1" curl -s --max-time 10 -P - "ftp://$outside_ip/file"), $(
		[ $((SECONDS - start)) -lt 5 ] && echo soon || echo late
	)"
}

# An ssh connection that says something now and again: idle_open TENANT, idle_says TENANT WORD.
idle_open() {
	mkfifo "$work/idle-$1"
	as "$1" ssh -F none -i "$work/ssh/user" -o UserKnownHostsFile="$work/ssh/known" -o BatchMode=yes -o ConnectTimeout=5 \
		root@$outside_ip cat <"$work/idle-$1" >"$work/idle-$1.out" 2>"$work/idle-$1.log" &
	web_pids+=($!)
	exec {idle_fd}>"$work/idle-$1"
}
idle_says() {
	echo "$2" >&"$idle_fd"
	for _ in $(seq 80); do
		grep -qx "$2" "$work/idle-$1.out" && break
		sleep 0.1
	done
	tail -1 "$work/idle-$1.out"
}

# All that one tenant does. Runs beside the other's; neither sends more than a switch of one busy core forwards.
battery() {
	local me=$1 since
	idle_open "$me"
	same "$me: ssh" first idle_says "$me" first
	since=$SECONDS
	works "$me: ping" pings "$me" $outside_ip
	works "$me: ping of its own pool" pings "$me" "${own_pool[$me]}"
	works "$me: ping in fragments" pings "$me" -s 4000 $outside_ip
	same "$me: traceroute by UDP" "1:$router_ip 2:$outside_ip" hops "$me"
	same "$me: traceroute by ICMP" "1:$router_ip 2:$outside_ip" hops "$me" -I
	same "$me: traceroute by TCP" "1:$router_ip 2:$outside_ip" hops "$me" -T -p 80
	says "$me: tracepath learns the MTU behind the router" "pmtu $wan_mtu" as "$me" tracepath -n -m 3 $outside_ip
	ip -n "${space[$me]}" route flush cache
	says "$me: the router's ICMP error comes through" "From $router_ip .*Frag needed and DF set (mtu = $wan_mtu)" \
		pings "$me" -M 'do' -s 1472 $outside_ip
	same "$me: curl" "$file_sum" curl_sum "$me" "http://$outside_ip/file"
	same "$me: DNS" $dns_answer digs "$me" host.example
	same "$me: DNS over TCP" $dns_answer digs "$me" +tcp host.example
	same "$me: DNS, an answer in fragments" 10 digs_lines "$me" +bufsize=4096 +ignore big.example TXT
	same "$me: FTP, passive" "$file_sum" curl_sum "$me" "ftp://$outside_ip/file"
	same "$me: FTP, passive as of old" "$file_sum" curl_sum "$me" --disable-epsv "ftp://$outside_ip/file"
	same "$me: active FTP is refused, by the server" "status 30, soon" active_ftp "$me"
	carries "$me: iperf3, percent that came by the end" "$me" 20 -b 40M -n 5M
	carries "$me: iperf3, other direction" "$me" 20 -b 40M -n 5M -R
	carries "$me: iperf3, UDP" "$me" 70 -u -b 5M -t 1 -l 1200
	carries "$me: iperf3, UDP, other direction" "$me" 70 -u -b 5M -t 1 -l 1200 -R
	carries "$me: iperf3, UDP in fragments" "$me" 70 -u -b 5M -t 1 -l 4000
	carries "$me: iperf3, UDP in fragments, other direction" "$me" 70 -u -b 5M -t 1 -l 4000 -R
	while [ $((SECONDS - since)) -le $((tcp_transitory + 1)) ]; do sleep 0.2; done
	same "$me: ssh again, idle for $((SECONDS - since)) s; opening connections have $tcp_transitory s" last idle_says "$me" last
	exec {idle_fd}>&-
}

# Port forwards, what the firewall does in front and behind, and pings of addresses that are nobody's.
forwards() {
	same "a static port forward, from outside" "hello from red2" in_outside curl -s --max-time 5 http://$forward:8080/
	same "a static port forward, from red: hairpin" "hello from red2" as red curl -s --max-time 5 http://$forward:8080/
	same "a static port forward, from blue" "hello from red2" as blue curl -s --max-time 5 http://$forward:8080/
	works "ping of red's pool from outside" in_outside ping -n -c 3 -i 0.1 -W 2 203.0.113.7
	works "ping of blue's pool from outside" in_outside ping -n -c 3 -i 0.1 -W 2 203.0.113.23
	works "ping of blue's pool from red" pings red 203.0.113.23
	same "the firewall stops red's mail before the NAT" 28 status_of as red curl -s --max-time 2 "telnet://$outside_ip:25"
	same "the firewall stops telnet from outside behind the NAT" 28 status_of in_outside curl -s --max-time 2 telnet://$forward:23
}

# Downloads that other documents come into force under.
reloads() {
	local before n=5 tenant downloads=()
	before=$(number epoch)
	for tenant in red blue; do
		curl_sum $tenant --limit-rate 4M "http://$outside_ip/file" >"$work/download-$tenant" &
		downloads+=($!)
	done
	for i in $(seq $n); do
		nat_document "nat['timeouts']['udp'] = 300 + $i"
		kill -HUP "$pe_pid"
		sleep 0.4
	done
	wait "${downloads[@]}"
	fresh_numbers
	fresh_numbers
	same "$n documents have come into force" $((before + n)) number epoch
	for tenant in red blue; do
		same "$tenant: a download under them" "$file_sum" cat "$work/download-$tenant"
	done
}

# drops_but PATTERN: drops and refusals, one a line, but those that are expected.
drops_but() {
	python3 - "$work/stats.json" <<-'END' | grep -vxE "($1) [0-9]+" || true
		import json, sys
		with open(sys.argv[1]) as file:
		    stats = json.load(file)
		places = [("port " + port["name"], dict(port["refused"], missed=port.get("missed", 0))) for port in stats["ports"]]
		for path in stats["paths"]:
		    places += [(path["name"], path["drops"])]
		    places += [(path["name"] + " " + step["instance"], step["drops"]) for step in path["steps"]]
		for place, drops in places:
		    for reason, n in drops.items():
		        if n:
		            print(place, reason, n)
	END
}

start=$EPOCHREALTIME
nat_network_up
nat_document
tcp_transitory=$(number instances/1/config/timeouts/tcp_transitory "$work/document.json")
pe_up || fail "waypointd did not start; its log is above"
servers_up
say "up after $(seconds_since "$start") s"

battery red &
battery_red=$!
web_pids+=("$battery_red")
battery blue
wait $battery_red
say "both tenants after $(seconds_since "$start") s"
/usr/bin/python3 "$here/talk.py" "$red" "$red2" "$blue" "$outside" || echo "datagram by datagram" >>"$work/failed"
forwards
reloads

for server in "${servers[@]}"; do
	works "still runs: ${server% *}" kill -0 "${server#* }"
done
works "still runs: waypointd" kill -0 "$pe_pid"
fresh_numbers
same "the accounts are closed" 0 number audit/failures
# A firewall's rule, and the last segments of connections that have ended.
same "nothing was dropped without a reason" "" drops_but "out-red fw rule|in-red fw rule|(in|out)-(red|blue) nat no-session"
"$top/tools/stats-table" "$work/stats.json"
say "$(seconds_since "$start") s in all"
[ ! -s "$work/failed" ]
