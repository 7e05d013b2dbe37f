#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Stock clients and servers of FTP through a NAT that knows it, under the strictest filter: active clients of two tenants
# with the same address, also where segments get lost and overtake each other; servers behind a forward. And a stranger's
# SYN. The network is drawn in nat/net.sh.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in curl lftp; do command -v $tool >/dev/null || { echo "$tool is missing"; exit 77; }; done
/usr/bin/python3 -c 'import pyftpdlib' 2>/dev/null || { echo "python3-pyftpdlib is missing"; exit 77; }
. "$(dirname "$0")/../../tools/lib.sh"
. "$top/tools/demo-net.sh"
. "$top/tests/smoke/nat/net.sh"
trap nat_down EXIT

declare -A space=([red]=$red [red2]=$red2 [blue]=$blue [outside]=$outside)
as() { ip netns exec "${space[$1]}" "${@:2}"; } # as HOST COMMAND...
sum_of() { sha256sum | cut -d' ' -f1; }

# A thread for each session: one loop for all of them now and then misses that a data connection stands.
ftpd='
import sys, warnings
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import ThreadedFTPServer
warnings.simplefilter("ignore")
address, folder, *ports = sys.argv[1:]
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(folder, perm="elradfmwMT")
FTPHandler.passive_ports = [int(port) for port in ports] or None
ThreadedFTPServer((address, 21), FTPHandler).serve_forever()'
# serve_ftp HOST ADDRESS PASSIVE-PORTS...: its files are in $work/HOST.
serve_ftp() {
	mkdir -p "$work/$1"
	head -c 300k /dev/urandom >"$work/$1/file"
	as "$1" /usr/bin/python3 -c "$ftpd" "$2" "$work/$1" "${@:3}" >"$work/ftp-$1.log" 2>&1 </dev/null &
	web_pids+=($!)
	for _ in $(seq 100); do
		as "$1" bash -c "echo >/dev/tcp/$2/21" 2>/dev/null && return 0
		sleep 0.1
	done
	fail "no FTP server; its log: $work/ftp-$1.log"
}
sum_in() { sum_of <"$work/$1/file"; }
# curl_sum HOST OPTIONS... URL: the sum of what curl gets, or why it gets nothing.
curl_sum() {
	local log
	log=$(mktemp "$work/curl-$1.XXXX")
	as "$1" curl -sS --max-time 60 "${@:2}" 2>"$log" | sum_of
	cat "$log"
}
# Many files by one control connection: as many lines are replaced in it.
curl_many() { # curl_many HOST OPTIONS...
	local urls=()
	for _ in $(seq 12); do urls+=("ftp://$outside_ip/file" -o -); done
	as "$1" curl -sS --max-time 120 "${@:2}" "${urls[@]}" 2>&1 | sum_of
}
sum_of_many() { for _ in $(seq 12); do cat "$work/outside/file"; done | sum_of; }
curl_upload() { # curl_upload HOST OPTIONS...: the sum of what has come
	as "$1" curl -sS --max-time 60 "${@:2}" -T "$work/upload" "ftp://$outside_ip/upload-$1" 2>&1
	sum_of <"$work/outside/upload-$1"
}
lftp_sum() { # lftp_sum HOST
	local dir
	dir=$(mktemp -d "$work/lftp-$1.XXXX")
	as "$1" env HOME="$dir" timeout 60 lftp -e "set ftp:passive-mode off; set net:max-retries 2; ls; get file -o $dir/file; bye" \
		-u anonymous,x "$outside_ip" >"$dir/log" 2>&1 || cat "$dir/log"
	sum_of <"$dir/file"
}
# A client that does not wait for answers: the sum of what it gets by several commands in one segment, PORT and then EPRT.
pipelined() { # pipelined HOST ADDRESS
	as "$1" /usr/bin/python3 - "$outside_ip" "$2" <<-'END'
		import hashlib, socket, sys
		server, own = sys.argv[1:]
		control = socket.create_connection((server, 21), timeout=20)
		lines = control.makefile("rw", newline="")
		def answered(code):
		    while not lines.readline().startswith(code + " "):
		        pass
		def say(text, code):
		    lines.write(text)
		    lines.flush()
		    answered(code)
		def port(own, number):
		    return f"PORT {own.replace('.', ',')},{number >> 8},{number & 255}"
		def eprt(own, number):
		    return f"EPRT |1|{own}|{number}|"
		answered("220")
		say("USER anonymous\r\n", "331")
		say("PASS x\r\n", "230")
		for command in (port, eprt):
		    with socket.create_server((own, 0)) as listener:
		        listener.settimeout(20)
		        number = listener.getsockname()[1]
		        say(f"TYPE I\r\nNOOP\r\n{command(own, number)}\r\nRETR file\r\n", "200")
		        data = listener.accept()[0].makefile("rb").read()
		        answered("226")
		        print(hashlib.sha256(data).hexdigest())
	END
}
# What a server answers to a PORT command with an address. answer_to HOST LINE
answer_to() {
	as "$1" /usr/bin/python3 - "$outside_ip" "$2" <<-'END'
		import ftplib, sys
		ftp = ftplib.FTP(sys.argv[1], timeout=10)
		ftp.login()
		try:
		    print(ftp.sendcmd(sys.argv[2])[:3])
		except ftplib.Error as error:
		    print(str(error)[:3])
	END
}
# How a connection from outside to a port that nobody has ends, and whether that takes 6 to 9 s. No SYN comes when the
# answer is due: it is the clock's.
knock() {
	as outside /usr/bin/python3 - <<-'END'
		import socket, time
		start = time.monotonic()
		try:
		    socket.create_connection(("203.0.113.9", 4444), timeout=20)
		    print("connected")
		except OSError as error:
		    seconds = time.monotonic() - start
		    print(error.strerror or error, "in time" if 6 <= seconds < 9 else f"after {seconds} s")
	END
}

# All that a client inside does.
battery() {
	local me=$1 file
	file=$(sum_in outside)
	same "$me$2: curl, EPRT" "$file" curl_sum "$me" -P - "ftp://$outside_ip/file"
	same "$me$2: curl, PORT" "$file" curl_sum "$me" -P - --disable-eprt "ftp://$outside_ip/file"
	same "$me$2: curl, twelve files" "$(sum_of_many)" curl_many "$me" -P - --disable-eprt
	same "$me$2: curl sends a file" "$(sum_of <"$work/upload")" curl_upload "$me" -P -
	same "$me$2: lftp" "$file" lftp_sum "$me"
	same "$me$2: several commands in one segment" "$file"$'\n'"$file" pipelined "$me" 192.168.0.2
	same "$me$2: curl, passive" "$file" curl_sum "$me" "ftp://$outside_ip/file"
}

start=$EPOCHREALTIME
nat_network_up
# shellcheck disable=SC2016
nat_document '
nat["ftp_alg"] = True
nat["filtering"] = "address-and-port-dependent"
for outer, inner in [(21, 21), (6000, 5000), (6001, 5001)]:
    nat["static"].append({"tenant": "red", "inside": "192.168.0.3", "inside_port": inner, "outside": "203.0.113.1",
                          "outside_port": outer, "protocol": "tcp"})'
pe_up || fail "waypointd did not start; its log is above"
head -c 200k /dev/urandom >"$work/upload"
serve_ftp outside $outside_ip
serve_ftp red2 192.168.0.3 5000 5001
say "up after $(seconds_since "$start") s"

battery red "" &
battery_red=$!
web_pids+=("$battery_red")
battery blue ""
wait $battery_red
# A narrow link: what does not fit gets lost, of red's connections too, while blue sends all it can.
for link in "$router eth1" "$outside eth0"; do
	read -r space device <<<"$link"
	ip netns exec "$space" tc qdisc add dev "$device" root tbf rate 10mbit burst 4k limit 5k
done
(while :; do curl_upload blue -P - --limit-rate 900k; done) >/dev/null 2>&1 &
uploads=$!
battery red ", where segments get lost"
kill $uploads
wait $uploads 2>/dev/null || true
lost=$(ip netns exec "$router" tc -s qdisc show dev eth1 | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p')
between "segments that got lost on the way out" 20 1000000 echo "$lost"
for link in "$router eth1" "$outside eth0"; do
	read -r space device <<<"$link"
	ip netns exec "$space" tc qdisc del dev "$device" root
done

same "another's address is left to the server, which refuses it" 501 answer_to red "PORT 192,168,0,3,200,1"
same "a port of services likewise" 501 answer_to red "PORT 192,168,0,2,0,139"
same "a server inside, from outside: 227" "$(sum_in red2)" curl_sum outside --disable-epsv --no-ftp-skip-pasv-ip ftp://203.0.113.1/file
same "a server inside, from outside: 229" "$(sum_in red2)" curl_sum outside ftp://203.0.113.1/file
same "a server inside, from outside: an active client" "$(sum_in red2)" curl_sum outside -P - ftp://203.0.113.1/file
same "a server inside, from blue: 227" "$(sum_in red2)" curl_sum blue --disable-epsv --no-ftp-skip-pasv-ip ftp://203.0.113.1/file
same "a SYN that nobody asked for" "Connection refused in time" knock
works "still runs: waypointd" kill -0 "$pe_pid"
fresh_numbers
same "the accounts are closed" 0 number audit/failures
"$top/tools/stats-table" "$work/stats.json"
say "$(seconds_since "$start") s in all"
[ ! -s "$work/failed" ]
