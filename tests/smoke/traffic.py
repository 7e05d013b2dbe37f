# SPDX-License-Identifier: BSD-3-Clause
"""Numbered packets into a PE, and what comes out of its tunnels."""
import struct
import threading
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from frames import udp
from veth import is_answer

MARK, PAUSE_S = b"in the clear", 0.0005
ESP = 14 + 24 + 14 + 20  # where it begins


class Sender(threading.Thread):
    """Sends numbered packets until told to end."""

    def __init__(self, socket):
        super().__init__(daemon=True)
        self.socket, self.sent, self.ends = socket, 0, False

    def run(self):
        while not self.ends:
            self.socket.send(udp(1, MARK + struct.pack("!I", self.sent)))
            self.sent += 1
            time.sleep(PAUSE_S)


class Receiver(threading.Thread):
    """Keeps what comes back."""

    def __init__(self, socket):
        super().__init__(daemon=True)
        self.socket, self.frames, self.ends = socket, [], False

    def run(self):
        while True:
            try:
                data, where = self.socket.recvfrom(4096)
            except TimeoutError:
                if self.ends:
                    return
                continue
            if is_answer(data, where):
                self.frames.append(data)


class Traffic:
    """Both, for as long as something is done; then all that is on its way is waited for."""

    def __init__(self, network):
        self.sender, self.receiver = Sender(network.socket), Receiver(network.socket)

    def __enter__(self):
        self.receiver.start()
        self.sender.start()
        return self

    def __exit__(self, kind, error, trace):
        self.sender.ends = True
        self.sender.join()
        time.sleep(0.5)
        self.receiver.ends = True
        self.receiver.join()

    @property
    def sent(self):
        return self.sender.sent

    @property
    def frames(self):
        return self.receiver.frames


def unsealed(frame, key_of):
    """@param key_of  of an SPI: the key, as a key store has it. @return (SPI, nonce, inner packet)"""
    assert MARK not in frame and frame[ESP - 20 + 9] == 50, "a packet in clear"
    spi, sequence = struct.unpack_from("!II", frame, ESP)
    iv, key = frame[ESP + 8:ESP + 16], key_of(spi)
    high = struct.unpack("!Q", iv)[0] >> 32  # the counter is the sequence number
    aad = struct.pack("!III", spi, high, sequence)
    return spi, iv, AESGCM(bytes.fromhex(key["key"])).decrypt(bytes.fromhex(key["salt"]) + iv, frame[ESP + 16:], aad)
