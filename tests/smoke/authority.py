# SPDX-License-Identifier: BSD-3-Clause
"""Certificates, and clients that have them."""
import os
import socket
import ssl
import subprocess

from controlled import Client


class Authority:
    """Makes certificates."""

    def __init__(self, folder, name):
        self.folder, self.name, self.serial = folder, name, 1000
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.at("key"),
                 "-out", self.at("crt"), "-days", "2", "-subj", f"/CN={name}")
        with open(self.at("cnf"), "w") as file:
            file.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={self.at('db')}\ndefault_md=sha256\ndefault_crl_days=2\n"
                       f"certificate={self.at('crt')}\nprivate_key={self.at('key')}\n")
        open(self.at("db"), "w").close()

    def at(self, kind, name=None):
        return os.path.join(self.folder, f"{name or self.name}.{kind}")

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def issue(self, name, alternative=None):
        self.serial += 1
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.at("key", name),
                 "-out", self.at("csr", name), "-subj", f"/CN={name}")
        with open(self.at("ext", name), "w") as file:
            file.write(f"subjectAltName={alternative}\n" if alternative else "basicConstraints=CA:FALSE\n")
        self.run("x509", "-req", "-in", self.at("csr", name), "-CA", self.at("crt"), "-CAkey", self.at("key"), "-days", "2",
                 "-set_serial", str(self.serial), "-extfile", self.at("ext", name), "-out", self.at("crt", name))

    def revoke(self, *names):
        for name in names:
            self.run("ca", "-config", self.at("cnf"), "-revoke", self.at("crt", name))
        self.run("ca", "-config", self.at("cnf"), "-gencrl", "-out", self.at("new"))
        os.rename(self.at("new"), self.at("crl"))


def connect(folder, port, name=None, authority="ca", version=ssl.TLSVersion.TLSv1_3):
    """@return a client; fails with OSError when it is not let in"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = version
    context.check_hostname = False
    context.load_verify_locations(os.path.join(folder, f"{authority}.crt"))
    if name:
        context.load_cert_chain(os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key"))
    return Client(None, 10, context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10)))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
