# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The demo network, for tools/demo and the smoke tests, and what networks of their own are made of. To be sourced after
# lib.sh: makes the folder $work, which network_down removes. Its random name is also the end of all other names, so
# that two runs do not meet.
#
#   client 10.1.0.2 ─────────┐                                            ┌─ hq 10.1.0.10
#   server 10.1.0.3 ─────────┤                                            │
#   laptop 192.168.0.2 ──────┼─ br-campus ──────── wan0 ═══ wan1 ──────── br-hq
#   internet 198.51.100.10 ──┘      │ pe0                             pe1 │
#                                   └──── pe0p ── waypointd ── pe1p ──────┘
#
# Both bridges are waypoint routers (one private Open vSwitch, userspace datapath). HTTP between client and hq is
# tagged with NSH and sent to the PE: encrypted on one side, decrypted on the other. TCP of the laptop to the internet is
# sent there, too: through firewall and NAT, and back. All else is forwarded. The hosts and the WAN have the usual MTU of
# 1500 and know nothing of tunnels and NAT; links between switch and PE have room for the tag.

: "${top:?source lib.sh first}"
work=$(mktemp -d -t waypoint-demo.XXXXXX)
id=${work##*.}
host_mtu=1500 wan_mtu=1500 pe_mtu=1700
net=wp$id                 # namespace of switch and PE
client=wpc$id server=wps$id hq=wph$id laptop=wpl$id internet=wpi$id
ovs=$work/ovs
spaces=() # all namespaces that were made
echo $$ >"$work/owner"

in_net() { ip netns exec "$net" "$@"; }
in_client() { ip netns exec "$client" "$@"; }
in_hq() { ip netns exec "$hq" "$@"; }
in_server() { ip netns exec "$server" "$@"; }
in_laptop() { ip netns exec "$laptop" "$@"; }
in_internet() { ip netns exec "$internet" "$@"; }

vsctl() { OVS_RUNDIR=$ovs ovs-vsctl --db="unix:$ovs/db.sock" --timeout=20 "$@"; }
ofctl() { OVS_RUNDIR=$ovs ovs-ofctl -O OpenFlow15 "$@"; }

# space_up NAMESPACE
space_up() {
	ip netns add "$1" || fail "no network namespace can be made here; in a container that needs CAP_SYS_ADMIN"
	spaces+=("$1")
	ip -n "$1" link set lo up
}

# A private Open vSwitch with these bridges: its own database, sockets and namespace.
switch_up() {
	mkdir -p "$ovs"
	space_up "$net"
	ovsdb-tool create "$ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
	OVS_RUNDIR=$ovs ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --unixctl="$ovs/db.ctl" \
		--pidfile="$ovs/db.pid" --log-file="$ovs/db.log" --detach --no-chdir 2>/dev/null
	vsctl --no-wait init
	OVS_RUNDIR=$ovs in_net ovs-vswitchd "unix:$ovs/db.sock" --unixctl="$ovs/switch.ctl" \
		--pidfile="$ovs/switch.pid" --log-file="$ovs/switch.log" --detach --no-chdir 2>/dev/null
	for bridge; do
		vsctl add-br "$bridge" -- set bridge "$bridge" datapath_type=netdev fail-mode=secure
	done
}

# link BRIDGE PORT-NUMBER NAME: a veth whose near end NAME is a port of the bridge; the far end is NAMEp.
link_up() {
	ip link add "$3" netns "$net" type veth peer name "$3p" netns "$net" ||
		fail "no veth interface can be made here; that needs CAP_NET_ADMIN and the kernel module veth"
	for end in "$3" "$3p"; do
		in_net sysctl -qw "net.ipv6.conf.$end.disable_ipv6=1"
		in_net ethtool -K "$end" tx off >/dev/null 2>&1 # the userspace switch finishes no checksums
		ip -n "$net" link set "$end" mtu "$pe_mtu" up
	done
	vsctl add-port "$1" "$3" -- set Interface "$3" ofport_request="$2"
}

# host_up BRIDGE PORT-NUMBER NAMESPACE LAST-BYTE [ADDRESS/BITS]: the byte ends its MAC address, and 10.1.0.0 without one.
host_up() {
	space_up "$3"
	link_up "$1" "$2" "v$4"
	ip -n "$net" link set "v$4p" netns "$3" name eth0
	in_ns_sysctl "$3" net.ipv6.conf.eth0.disable_ipv6=1
	ip -n "$3" link set eth0 address "02:00:00:00:00:$(printf %02x "$4")" mtu "$host_mtu" up
	ip -n "$3" addr add "${5:-10.1.0.$4/24}" dev eth0
	ip netns exec "$3" ethtool -K eth0 tx off >/dev/null 2>&1
}
in_ns_sysctl() { ip netns exec "$1" sysctl -qw "$2"; }

network_up() {
	switch_up br-campus br-hq
	host_up br-campus 1 "$client" 2
	host_up br-campus 2 "$server" 3
	host_up br-campus 4 "$laptop" 4 192.168.0.2/24
	host_up br-campus 5 "$internet" 5 198.51.100.10/24
	host_up br-hq 1 "$hq" 10
	ip -n "$laptop" route add default via 192.168.0.1
	ip -n "$internet" route add 203.0.113.0/28 via 198.51.100.1
	ip link add wan0 netns "$net" type veth peer name wan1 netns "$net"
	for end in wan0 wan1; do
		in_net sysctl -qw "net.ipv6.conf.$end.disable_ipv6=1"
		in_net ethtool -K $end tx off >/dev/null 2>&1
		ip -n "$net" link set $end mtu "$wan_mtu" up
	done
	vsctl add-port br-campus wan0 -- set Interface wan0 ofport_request=3
	vsctl add-port br-hq wan1 -- set Interface wan1 ofport_request=3
	link_up br-campus 10 pe0
	link_up br-hq 10 pe1
	for bridge in campus hq; do
		ofctl --bundle replace-flows br-$bridge "$top/config/demo/br-$bridge.flows"
	done
}

# Keys of this run, and the document beside them.
pe_files() {
	(
		umask 077
		cat >"$work/keys.json" <<-END
			{"keys": [
			  {"name": "hq@1", "algorithm": "aes-256-gcm", "key": "$(random_hex 32)", "salt": "$(random_hex 4)"},
			  {"name": "hq@2", "algorithm": "aes-128-gcm", "key": "$(random_hex 16)", "salt": "$(random_hex 4)"},
			  {"name": "campus@1", "algorithm": "aes-256-gcm", "key": "$(random_hex 32)", "salt": "$(random_hex 4)"}
			]}
		END
	)
	demo_document
}
# The demo's document, with its files where they are.
demo_document() {
	sed -e "s,\"ids.rules\",\"$top/config/demo/ids.rules\"," -e "s,\"eve.json\",\"$work/eve.json\"," \
		"$top/config/demo/document.json" >"$work/document.json"
}
random_hex() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

pe_up() {
	ip netns exec "$net" "$top/build/pe/waypointd" -c "$work/document.json" --stats "$work/stats.json" \
		2>"$work/waypointd.log" &
	pe_pid=$!
	for _ in $(seq 100); do
		grep -q 'is in force' "$work/waypointd.log" && [ -s "$work/stats.json" ] && return 0
		kill -0 "$pe_pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/waypointd.log" >&2
	return 1
}

pe_down() {
	[ -n "${pe_pid:-}" ] || return 0
	kill -TERM "$pe_pid" 2>/dev/null || true
	wait "$pe_pid" 2>/dev/null || true
	pe_pid=
}

# A web server whose pages carry a marker. web_up NAMESPACE FOLDER
web_up() {
	ip netns exec "$1" python3 -m http.server 80 --directory "$2" >/dev/null 2>&1 &
	web_pids+=($!)
	for _ in $(seq 50); do
		ip netns exec "$1" curl -s -o /dev/null --max-time 1 http://127.0.0.1/ && return 0
		sleep 0.1
	done
	return 1
}
web_pids=()

# capture_up PORT FILE: captures what passes a port of the switch's namespace, from now to captures_down.
capture_up() {
	ip netns exec "$net" tcpdump -i "$1" -w "$2" -U ip 2>"$2.log" &
	capture_pids+=($!)
	for _ in $(seq 50); do
		grep -q 'listening on' "$2.log" && return 0
		sleep 0.1
	done
	cat "$2.log" >&2
	return 1
}
captures_down() {
	local pid
	sleep 1 # the kernel's buffer reaches tcpdump a block at a time
	for pid in "${capture_pids[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	capture_pids=()
}
capture_pids=()

# Ends all that was started here, by process id, and removes what was made.
network_down() {
	local pid file
	pe_down
	for pid in "${web_pids[@]}" "${capture_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	OVS_RUNDIR=$ovs ovs-appctl -t "$ovs/switch.ctl" exit --cleanup 2>/dev/null || true
	OVS_RUNDIR=$ovs ovs-appctl -t "$ovs/db.ctl" exit 2>/dev/null || true
	for file in "$ovs"/*.pid; do
		kill "$(cat "$file" 2>/dev/null)" 2>/dev/null || true
	done
	for space in "${spaces[@]}"; do
		ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null || true # children of servers, say
		ip netns del "$space" 2>/dev/null || true
	done
	[ -n "${WP_DEMO_KEEP:-}" ] || rm -rf "$work"
}

# Takes down what demos have left whose script was killed: their folder names a process that is no more.
leftovers_down() {
	local folder space name
	for folder in "${TMPDIR:-/tmp}"/waypoint-demo.*/; do
		if [ ! -O "$folder" ] || [ ! -s "$folder/owner" ]; then continue; fi
		grep -q . "/proc/$(cat "$folder/owner")/cmdline" 2>/dev/null && continue
		folder=${folder%/} name=${folder##*.}
		say "taking down what a killed demo has left: $folder"
		for space in $(ip netns list | grep -o "^wp[a-z]*$name\b"); do
			ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null || true
			ip netns del "$space" 2>/dev/null || true
		done
		OVS_RUNDIR=$folder/ovs ovs-appctl -t "$folder/ovs/db.ctl" exit 2>/dev/null || true
		rm -rf "$folder"
	done
}

# number WHERE [FILE]: a number of the PE's counters, such as paths/0/rx, or of another JSON file.
number() {
	python3 - "${2:-$work/stats.json}" "$1" <<-'END'
		import json, sys
		at = json.load(open(sys.argv[1]))
		for part in sys.argv[2].split("/"):
		    at = at[int(part)] if isinstance(at, list) else at[part]
		print(at)
	END
}
# Waits for the next snapshot of the counters.
fresh_numbers() {
	local before
	before=$(stat -c %Y.%i "$work/stats.json")
	for _ in $(seq 40); do
		[ "$(stat -c %Y.%i "$work/stats.json")" = "$before" ] || break
		sleep 0.1
	done
}
