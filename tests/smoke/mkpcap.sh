#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What mkpcap writes is good to the kernel's own tools and to the PE.
set -euo pipefail
. "$(dirname "$0")/../../tools/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/document.json" <<-END
	{"version": 1, "modules": ["ttl"], "ports": [{"name": "p", "type": "pcap", "in": "in.pcap", "out": "out.pcap"}],
	 "instances": [{"name": "t", "service": "ttl", "config": {"min_ttl": 5}}],
	 "paths": [{"name": "out", "spi": 7, "steps": [{"instance": "t"}]}]}
END
for options in "" --tcp --ipv6 "--ipv6 --tcp"; do
	# shellcheck disable=SC2086
	"$top/tools/mkpcap" "$work/in.pcap" --spi 7 --count 100 --size 101 $options
	"$top/build/pe/waypointd" -c "$work/document.json" --stats "$work/stats.json" 2>"$work/log" || { cat "$work/log"; exit 1; }
	/usr/bin/python3 - "$work" <<-END
		import json, sys
		from scapy.all import rdpcap, IP, IPv6, TCP, UDP
		path = json.load(open(sys.argv[1] + "/stats.json"))["paths"][0]
		assert path["rx"] == path["tx"] == 100, path
		for packet in rdpcap(sys.argv[1] + "/in.pcap"):
		    inner = (IPv6 if b"\x86\xdd" == bytes(packet)[50:52] else IP)(bytes(packet)[52:])
		    again = inner.copy()
		    for layer in (IP, TCP, UDP):
		        if layer in again:
		            del again[layer].chksum
		    assert bytes(again) == bytes(inner), (inner.show(dump=True), again.__class__(bytes(again)).show(dump=True))
	END
done
say "IPv4 and IPv6, UDP and TCP: right checksums, and through the PE"
