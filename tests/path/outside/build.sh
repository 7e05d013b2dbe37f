#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# build.sh BUILD-DIR OUT-DIR: installs the headers into a folder, and builds hello.so there by pkg-config alone.
set -euo pipefail
build=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$out"
mkdir -p "$out/module"
DESTDIR=$out/root meson install -C "$build" --no-rebuild --quiet
cp "$here/hello.c" "$here/Makefile" "$out/module/"
pc=$(find "$out/root" -name waypoint.pc -printf '%h')
export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$out/root
make -s -C "$out/module"
test -f "$out/module/hello.so"
# What a packager asks waypoint.pc for is what the headers and the daemon say.
grep -q "^#define WP_SERVICE_ABI $(pkg-config --variable=abi waypoint) " "$here/../../../lib/service.h"
test -f "$(pkg-config --variable=moduledir waypoint)/ttl.so"
