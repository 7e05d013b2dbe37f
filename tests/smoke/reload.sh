#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Re-keying by reload, under traffic through the real switch: no request fails, nothing goes in clear.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
trap network_down EXIT

reloads=10
mkdir -p "$work/hq"
marker="secret-$(random_hex 8)"
for _ in $(seq 50); do echo "$marker"; done >"$work/hq/index.html"
network_up
pe_files
pe_up
web_up "$hq" "$work/hq"

# The document with the tunnel to headquarters on another key; the far side knows both.
use_key() { # use_key NAME SPI
	python3 - "$work/document.json" "$1" "$2" <<-'END'
		import json, os, sys
		name, key, spi = sys.argv[1:]
		document = json.load(open(name))
		paths = {path["name"]: path for path in document["paths"]}
		paths["to-hq"]["steps"][0]["args"].update(key=key, spi=int(spi))
		paths["at-hq"]["steps"][0]["args"]["sas"] = [{"spi": 4096, "key": "hq@1"}, {"spi": 4097, "key": "hq@2"}]
		json.dump(document, open(name + ".new", "w"))
		os.rename(name + ".new", name)
	END
	kill -HUP "$pe_pid"
}

capture_up wan0 "$work/wan.pcap"
ip netns exec "$client" ping -n -i 0.01 10.1.0.10 >"$work/ping.log" 2>&1 &
ping=$!
web_pids+=("$ping")
bad=0 good=0
for i in $(seq $reloads); do
	if [ $((i % 2)) -eq 1 ]; then use_key hq@2 4097; else use_key hq@1 4096; fi
	for _ in 1 2 3; do
		page=$(in_client curl -s --max-time 5 http://10.1.0.10/ || true)
		if [[ "$page" == *"$marker"* ]]; then good=$((good + 1)); else bad=$((bad + 1)); fi
	done
done
kill -INT "$ping" # so that it writes out what it has
wait "$ping" 2>/dev/null || true
captures_down
fresh_numbers
fresh_numbers
epoch=$(number epoch)
drops=$(python3 - "$work/stats.json" <<-'END'
	import json, sys
	stats = json.load(open(sys.argv[1]))
	drops = [port["refused"] for port in stats["ports"]] + [path["drops"] for path in stats["paths"]]
	drops += [step["drops"] for path in stats["paths"] for step in path["steps"]]
	print(sum(sum(reasons.values()) for reasons in drops))
END
)
clear=$(grep -c -a -F "$marker" "$work/wan.pcap" || true)
spis=$(tcpdump -nr "$work/wan.pcap" 'ip proto 50' 2>/dev/null | grep -o 'spi=0x0000100[01]' | sort -u | wc -l)
# Answers come numbered: a number that is missing below the last one is a lost ping.
read -r answered lost < <(awk -F'icmp_seq=' 'NF > 1 { n = $2 + 0; if (!(n in seen)) got++; seen[n]; if (n > last) last = n }
	END { print got + 0, last - got }' "$work/ping.log")
say "epoch $epoch, $good requests good, $bad bad, $drops packets dropped, $clear in clear, $spis SPIs seen,"
say "$answered pings answered, $lost lost"
[ "$epoch" -eq $((reloads + 1)) ] && [ "$bad" -eq 0 ] && [ "$good" -eq $((3 * reloads)) ] && [ "$drops" -eq 0 ] &&
	[ "$clear" -eq 0 ] && [ "$spis" -eq 2 ] && [ "$answered" -gt 50 ] && [ "$lost" -eq 0 ] && [ "$(number audit/failures)" -eq 0 ]
