# SPDX-License-Identifier: BSD-3-Clause
"""Contestants: each measures itself and gives clk a packet."""
import os
import shutil
import subprocess
import time

from benches.daemon import Daemon
from benches.machine import BUILD, CORE, huge, launch, run_delay, tsc_hz


class Waypointd:
    """Our daemon with a document over a pcap file that is read again and again."""

    def __init__(self, folder, pcap, instances, paths, keys=None):
        self.daemon = Daemon(folder)
        self.keys = keys
        self.document = self.daemon.document(
            [pcap], [os.path.join(BUILD, "tests", "bench", "noop.so"), "encrypt", "decrypt"], instances, paths)

    def command(self):
        return "waypointd -c document.json"

    def run(self, seconds):
        self.daemon.start(self.document, self.keys)
        try:
            clk = self.daemon.measure(seconds)
        finally:
            self.daemon.stop()
        self.waited, self.isa = self.daemon.waited, self.daemon.isa
        return clk


def dpdk_memory():
    return ["--in-memory"] if huge() else ["--no-huge", "-m", "512", "--no-shconf"]


class Testpmd:
    """DPDK's testpmd over the same file."""

    def __init__(self, pcap, mode="io"):
        self.pcap, self.mode = pcap, mode
        if shutil.which("dpdk-testpmd") is None:
            raise RuntimeError("dpdk-testpmd, the reference, is not here: apt-get install dpdk-dev")

    def command(self):
        return f"dpdk-testpmd --vdev=net_pcap0,rx_pcap={os.path.basename(self.pcap)},infinite_rx=1 " \
               f"-- --forward-mode={self.mode}"

    def run(self, seconds):
        process = launch(
            ["stdbuf", "-oL", "dpdk-testpmd", "--lcores", f"0@0,1@{CORE}", "--no-pci", "--no-telemetry", *dpdk_memory(),
             "--file-prefix=benchref", f"--vdev=net_pcap0,rx_pcap={self.pcap},infinite_rx=1", "--",
             f"--forward-mode={self.mode}", "--total-num-mbufs=8192", "--no-lsc-interrupt", "-i"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        def ask(text):
            process.stdin.write(text + "\n")
            process.stdin.flush()

        def count():
            ask("show port stats 0")
            for line in process.stdout:
                if "RX-packets:" in line:
                    return time.monotonic(), int(line.split("RX-packets:")[1].split()[0])
            raise RuntimeError("testpmd ended")

        try:
            ask("start")
            time.sleep(1)
            start, before = count()
            waited = run_delay(process.pid)
            time.sleep(seconds)
            end, after = count()
            self.waited = (run_delay(process.pid) - waited) / 1e9 / (end - start)
            ask("stop")
            ask("quit")
        finally:
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
        return tsc_hz() * (end - start) / (after - before)


class CryptoPerf:
    """DPDK's crypto benchmark on the aesni_gcm driver: what ties stored figures to this hour."""

    def __init__(self, bits, size):
        self.bits, self.size = bits, size

    def command(self):
        return f"dpdk-test-crypto-perf --devtype crypto_aesni_gcm --aead-key-sz {self.bits // 8} --buffer-sz {self.size}"

    def run(self, seconds):
        process = launch(
            ["dpdk-test-crypto-perf", "--lcores", f"0@0,1@{CORE}", "--no-pci", "--no-telemetry", *dpdk_memory(),
             "--file-prefix=benchcrypto", "--vdev=crypto_aesni_gcm",
             "--", "--ptest", "throughput", "--devtype", "crypto_aesni_gcm", "--optype", "aead", "--aead-algo",
             "aes-gcm", "--aead-op", "encrypt", "--aead-key-sz", str(self.bits // 8), "--aead-iv-sz", "12",
             "--aead-aad-sz", "8", "--digest-sz", "16", "--burst-sz", "32", "--buffer-sz", str(self.size),
             "--total-ops", str(int(3e6 * seconds)), "--silent", "--csv-friendly"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        start, waited = time.monotonic(), 0
        while process.poll() is None and time.monotonic() - start < 120:
            try:
                waited = run_delay(process.pid)
            except OSError:
                pass  # it has just ended
            time.sleep(0.02)
        self.waited = waited / 1e9 / (time.monotonic() - start)
        process.kill()
        out = process.communicate()[0]
        rows = [line.split(",") for line in out.splitlines() if line[:1].isdigit()]
        if not rows:
            raise RuntimeError(f"dpdk-test-crypto-perf: {out[-300:]}")
        return float(rows[-1][-1])
