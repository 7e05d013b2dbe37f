# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What the tools share: messages, packages. To be sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -t 1 ]; then
	bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
	bold='' green='' red='' dim='' plain=''
fi

say() { printf '%s\n' "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
	printf '%s: %s%s%s\n' "${0##*/}" "$red" "$*" "$plain" >&2
	exit 1
}

# seconds_since START, an earlier $EPOCHREALTIME: with one digit behind the point, in any locale.
seconds_since() {
	local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
	printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# quietly_or_fail WHAT COMMAND...: says nothing when it works; when not, its errors and where all of it is.
quietly_or_fail() {
	local what=$1 log
	shift
	log=$(mktemp -t waypoint-log.XXXXXX)
	if "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return 0
	fi
	{ grep -iE 'error|failed|^E:' "$log" || tail "$log"; } | head -20 >&2
	fail "$what failed; all that it said is in $log"
}

packages_build=(gcc pkg-config meson ninja-build libdpdk-dev libbpf-dev libssl-dev libipsec-mb-dev
	libjansson-dev libevent-dev libedit-dev libpcap-dev libsystemd-dev libfixbuf-dev libhyperscan-dev libpcre2-dev libyaml-dev libbsd-dev node-llhttp zlib1g-dev check clang-14 llvm-14)
packages_demo=(openvswitch-switch iproute2 ethtool tcpdump curl iputils-ping python3 procps)
packages_lint=(clang-format-14 clang-tidy-14 cppcheck codespell shellcheck git)
packages_test=(openssl prometheus libclang-rt-14-dev python3-scapy python3-cryptography python3-jsonschema iperf3 openssh-server openssh-client
	nfdump libfixbuf-tools coturn traceroute iputils-tracepath dnsmasq-base bind9-dnsutils python3-pyftpdlib lftp tshark)
packages_backports=(suricata) # of Debian's backports: the judge of streams, and what ids is measured against
packages_bench=(dpdk nftables iperf3 iproute2)

# Units that come up with the host, one a line; nothing where there is no systemd.
enabled_units() {
	command -v systemctl >/dev/null || return 0
	systemctl --root=/ list-unit-files --state=enabled --no-legend 2>/dev/null | awk '{ print $1 }' | sort
}

# Installs packages, but starts and enables none of the services that some of them bring: what tests and demos need they start
# themselves, in their own namespaces, and nobody's host becomes a server by running them. Services that are there already
# stay as they are, restarts after an upgrade included. A policy-rc.d that the host has is not replaced.
install_packages() (
	policy=/usr/sbin/policy-rc.d
	before=$(enabled_units)
	if [ ! -e "$policy" ]; then
		trap 'rm -f "$policy"' EXIT
		# Should this shell be killed, the file that it leaves allows all.
		printf '#!/bin/sh\n[ -d /proc/%d ] || exit 0\ncase " $* " in *" start "*) exit 101 ;; esac\n' "$BASHPID" >"$policy"
		chmod 755 "$policy"
	fi
	export DEBIAN_FRONTEND=noninteractive
	quietly_or_fail "apt-get install" apt-get install -y -qq --no-install-recommends "$@"
	mapfile -t new < <(comm -13 <(printf '%s\n' "$before") <(enabled_units))
	[ ${#new[@]} -eq 0 ] && return 0
	systemctl disable --quiet "${new[@]}" >/dev/null 2>&1 || say "could not disable ${new[*]}"
)

# Installs packages that are missing. Only root can; others are told what to run.
need_packages() {
	local missing=() package
	for package in "$@"; do
		[[ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" == *'install ok installed' ]] ||
			missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$(id -u)" -ne 0 ]; then
		fail "packages are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
	fi
	say "installing ${#missing[@]} packages: ${missing[*]}"
	apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; going on with the lists there are"
	install_packages "${missing[@]}" || exit 1
}

# Installs packages of Debian's backports. Where it lies is taken from the host's own sources; the list that is added for it goes
# again afterwards. Only root can.
need_backports() (
	missing=()
	for package in "$@"; do
		dpkg-query -W -f '${Status} ${Version}' "$package" 2>/dev/null | grep -q 'install ok installed.*bpo' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	list=$(mktemp /etc/apt/sources.list.d/waypoint-XXXXXX.sources)
	trap 'rm -f "$list"' EXIT
	codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
	# shellcheck disable=SC2016
	origin=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null | awk -v name="$codename" '$2 == name { print $1; exit }')
	[ -n "$origin" ] || fail "no source of $codename is configured; ${missing[*]} of its backports cannot be found"
	printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
		"$origin" "$codename" >"$list"
	chmod 644 "$list"
	say "installing of $codename-backports: ${missing[*]}"
	apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; going on with the lists there are"
	install_packages -t "$codename-backports" "${missing[@]}"
)

need_root() {
	[ "$(id -u)" -eq 0 ] || fail "$1 needs root (namespaces, AF_XDP); run: sudo $0"
}
