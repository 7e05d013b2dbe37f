# SPDX-License-Identifier: BSD-3-Clause
"""ESP tunnels: the whole path without the driver, against stored figures of others."""
import os
import statistics

from benches.contestants import CryptoPerf, Testpmd, Waypointd
from benches.ledger import alternate, row
from benches.traffic import write_pcap

ABOUT = ""
# Figures of references that do not install from Debian, measured once on a machine like this one, in clk. What ties
# them to this machine and hour is the crypto driver's cost, known from then and measured again now.
# VPP 26.06, ESP tunnel encrypt, without driver; the middles of the ranges seen; by (key bits, size).
VPP = {(128, "64"): 180, (128, "imix"): 276, (128, "1400"): 410,
       (256, "64"): 181, (256, "imix"): 268, (256, "1400"): 418}
# rte_cryptodev_sym_cpu_crypto_process, AES-GCM-256, aesni_gcm: (bytes, clk).
CPU_PATH = [(64, 137), (256, 172), (1420, 367)]
# dpdk-test-crypto-perf, aesni_gcm: (bytes, clk), by key bits.
CRYPTO = {128: [(64, 150), (256, 178), (1420, 351)], 256: [(64, 131), (256, 172), (1420, 353)]}
MIX = {"64": [64], "imix": [64] * 7 + [594] * 4 + [1400], "1400": [1400]}


def between(points, x):
    """A figure between the two measured ones around it, on the line through them."""
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    raise ValueError(x)


def run(folder, pairs, seconds):
    rows = []
    for mix, sizes in MIX.items():
        pcap = os.path.join(folder, f"{mix}.pcap")
        write_pcap(pcap, [1], sizes, 4092)
        base = Testpmd(pcap)
        for bits in (128, 256):
            keys = [{"name": "k@1", "algorithm": f"aes-{bits}-gcm", "key": "5a" * (bits // 8), "salt": "01020304"}]
            tunnel = Waypointd(folder, pcap, [{"name": "e", "service": "encrypt"}],
                               [{"name": "p", "spi": 1, "steps": [{"instance": "e", "args": {
                                   "spi": 4096, "local": "192.0.2.1", "remote": "192.0.2.2", "key": "k@1"}}]}], keys)
            size = round(statistics.mean(sizes))
            (io, ours, crypto), lost = alternate(f"encrypt {bits} {mix}", [base, tunnel, CryptoPerf(bits, size)], pairs,
                                                  seconds)
            path = [b - a for a, b in zip(io, ours)]
            stored = between(CRYPTO[bits], size)
            vpp = [VPP[bits, mix] * c / stored for c in crypto]
            rows.append(row(f"AES-GCM-{bits}, {mix}", "clk", path, vpp, "VPP 26.06 (stored, by crypto-perf's ratio)",
                            [p / v for p, v in zip(path, vpp)], 1.1 if mix == "64" else 1.0, "ours / reference", lost,
                            tunnel.isa))
            if mix == "1400":
                cpu = [between(CPU_PATH, size) * c / stored for c in crypto]
                rows.append(row(f"AES-GCM-{bits}, {mix}, against bare crypto", "clk", path, cpu,
                                "synchronous CPU path (stored, likewise)", [p / c for p, c in zip(path, cpu)], 1.25,
                                "ours / reference", lost, tunnel.isa))
    return rows
