#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the recordings of tests/scenarios are of, where it is no drill. Run in a cgroup of its own by make; workloads.py NAME FOLDER.

Faults are made by other means than the drills make them, so that a rule is not only right about drills. A workload prints one JSON
line: when what it does began and ended, as seconds of UTC."""
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

from helpers import (FAR, LOCAL, NAME, NEAR, Answers, answer_by_reset, answer_well, certificate, closed_port, every, listener, requests, serve, take_far_address,
                     try_connect)
from longloads import LONG_WORKLOADS


# Faults

def oom(_):
    """The limit is 32 MiB: a child that takes 200 is killed, twice."""
    for _ in every(2.0, 1.0):
        subprocess.run([sys.executable, "-c", "x = bytearray(200 << 20); x[::4096] = b'1' * len(x[::4096])"], check=False)


def crash(_):
    for _ in every(4.0, 0.5):
        subprocess.run(["sh", "-c", "ulimit -c 0; kill -ABRT $$"], check=False)


def refused(_):
    place = closed_port()
    for _ in every(4.0, 0.05):
        try_connect(place)


def refused_far(_):
    take_far_address()
    place = closed_port(FAR)
    for _ in every(4.0, 0.05):
        try_connect(place, source=(NEAR, 0))


def elsewhere(server, answer):
    """A process that answers, in no cgroup of this workload: as a server on another machine, of which nothing is recorded."""
    pid = os.fork()
    if pid == 0:
        for procs in (*pathlib.Path("/sys/fs/cgroup").glob("*/cgroup.procs"), pathlib.Path("/sys/fs/cgroup/cgroup.procs")):
            with contextlib.suppress(OSError):
                procs.write_text("0")
        while True:
            answer(server.accept()[0])
    server.close()
    return pid


def stopped_far(_):
    """Is answered for three seconds and a half, and then refused for four."""
    take_far_address()
    server, place = listener((FAR, 0))
    pid = elsewhere(server, answer_well)
    for _ in every(3.5, 0.05):
        try_connect(place, source=(NEAR, 0))
    begins = time.time()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    for _ in every(4.0, 0.05):
        try_connect(place, source=(NEAR, 0))
    return begins


def reset(_):
    server, place = listener()
    serve(server, answer_by_reset)
    for _ in every(4.0, 0.05):
        try_connect(place)


def name_server(code, delay=0.0, address=LOCAL):
    """Answers whatever is asked with this code and so late, on port 53 of a network namespace of its own."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))

    def loop():
        while True:
            question, peer = server.recvfrom(512)
            time.sleep(delay)
            server.sendto(question[:2] + bytes([0x81, 0x80 | code]) + question[4:], peer)
    threading.Thread(target=loop, daemon=True).start()


def ask(name, address=LOCAL):
    question = struct.pack("!HHHHHH", random.randrange(65536), 0x0100, 1, 0, 0, 0)
    question += b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1.0)
        client.connect((address, 53))
        client.send(question)
        client.recv(512)


def names(code, seconds, apart, delay=0.0, address=LOCAL):
    name_server(code, delay, address)
    for number, _ in enumerate(every(seconds, apart)):
        ask(f"db{number % 3}.shop.example", address)


def dns(_):
    names(2, 4.0, 0.2)  # SERVFAIL


def dns_far(_):
    take_far_address()
    names(2, 4.0, 0.2, address=FAR)


def dns_shared(_):
    """At an address that all of the node have, so that several cgroups ask one name server."""
    names(2, 4.0, 0.2, address="127.0.0.54")


def dns_slow(_):
    names(0, 12.0, 0.25, 0.15)


def descriptors(_):
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
    held = []
    for _ in every(6.0, 0.02):
        try:
            held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass


def disk(folder):
    """A file system of 12 MiB is filled, and written to further."""
    image, place = folder / "image", folder / "disk"
    place.mkdir()
    subprocess.run(["truncate", "-s", "12M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        for _ in every(14.0, 0.5):
            subprocess.run(["dd", "if=/dev/zero", f"of={place}/file", "bs=64k", "oflag=append", "conv=notrunc", "status=none"], check=False,
                           stderr=subprocess.DEVNULL)
    finally:
        subprocess.run(["umount", place], check=True)


def privilege(folder):
    program = folder / "id"
    program.write_bytes(pathlib.Path("/usr/bin/id").read_bytes())
    program.chmod(0o4755)
    for _ in every(1.0, 0.5):
        subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program], check=True, stdout=subprocess.DEVNULL)


def do_not_answer(hosts):
    """Addresses that nobody has, behind an interface whose other end drops all: connections time out."""
    for command in ("ip link add t0 type veth peer name t1", "ip addr add 10.9.0.1/24 dev t0", "ip link set t0 up", "ip link set t1 up",
                    "sysctl -qw net.ipv4.tcp_syn_retries=1"):
        subprocess.run(command.split(), check=True)
    for host in hosts:
        subprocess.run(["ip", "neigh", "add", f"10.9.0.{host}", "lladdr", f"02:00:00:00:00:{host:02x}", "dev", "t0"], check=True)
    clients = [threading.Thread(target=try_connect, args=((f"10.9.0.{host}", 80), 10.0)) for host in hosts]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def unreachable(_):
    do_not_answer(range(2, 6))


def untrusted(folder):
    """A client does not know who signed the certificate of its server, and tries again and again."""
    shakes = Handshakes(folder)
    for _ in every(8.0, 0.5):
        shakes.once(trusts=False)


def ended(folder):
    """A client knows who signed it, but it has ended."""
    shakes = Handshakes(folder, days=-1)
    for _ in every(8.0, 0.5):
        shakes.once()


class Handshakes:
    """A server of TLS, and clients of it."""

    def __init__(self, folder, days=30):
        own, key = certificate(folder, days)
        self.own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.own.load_cert_chain(own, key)
        self.trusting, self.strict = (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
        self.trusting.load_verify_locations(own)
        server, self.place = listener()
        serve(server, self.answer)

    def answer(self, peer):
        with contextlib.suppress(OSError), peer, self.own.wrap_socket(peer, server_side=True) as inside:
            inside.recv(16)
            inside.sendall(b"y")

    def once(self, trusts=True):
        with contextlib.suppress(OSError), socket.create_connection(self.place, timeout=5) as peer:
            with (self.trusting if trusts else self.strict).wrap_socket(peer, server_hostname=NAME) as inside:
                inside.sendall(b"x")
                inside.recv(16)


def http_errors(_):
    Answers.status = 500
    requests(5.0, 0.05, lambda number: "/bad" if number % 3 == 0 else "/good")


def fails(_):
    """A program that starts, and fails a second later."""
    subprocess.run(["sh", "-c", "sleep 1; exit 3"], check=False)


def answers_badly(_):
    Answers.status = 500
    requests(8.0, 0.1, lambda number: "/bad" if number % 4 == 0 else "/good")


def aborts(_):
    for _ in every(1.0, 0.5):
        subprocess.run(["sh", "-c", "ulimit -c 0; kill -ABRT $$"], check=False)


def no_config(_):
    for _ in every(2.0, 1.0):
        subprocess.run(["sh", "-c", "exec 3< /etc/shop/web.yaml"], check=False, stderr=subprocess.DEVNULL)


def setuid_shell(folder):
    """Nobody runs a setuid shell that was written a moment ago."""
    program = folder / "sh"
    program.write_bytes(pathlib.Path("/bin/sh").read_bytes())
    program.chmod(0o4755)
    for _ in every(1.0, 0.5):
        subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "-c", "true"], check=True)


# What is well

def answers(_):
    requests(8.0, 0.1, lambda _: "/good")


def handshakes(folder):
    """Well, but for two; and there are those that only look whether somebody listens."""
    shakes = Handshakes(folder)
    for number, _ in enumerate(every(8.0, 0.2)):
        shakes.once(trusts=number % 20 != 7)
        with socket.create_connection(shakes.place):
            pass


def absent(_):
    """Two addresses of the network do not answer, and two do."""
    subprocess.run(["ip", "addr", "add", "10.9.1.1/32", "dev", "lo"], check=True)
    subprocess.run(["ip", "addr", "add", "10.9.1.2/32", "dev", "lo"], check=True)
    for address in ("10.9.1.1", "10.9.1.2"):
        server, place = listener((address, 80))
        serve(server, answer_well)
        try_connect(place)
    do_not_answer(range(2, 4))


def no_gain(folder):
    """A setuid program is run by root, and the same without its bit by nobody."""
    marked, plain = folder / "id", folder / "plain"
    for program in (marked, plain):
        program.write_bytes(pathlib.Path("/usr/bin/id").read_bytes())
        program.chmod(0o755)
    marked.chmod(0o4755)
    for _ in every(4.0, 0.5):
        subprocess.run([marked], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", plain], check=True, stdout=subprocess.DEVNULL)


def service(_):
    """A service that is asked once a second: as quiet as a node with something on it gets."""
    requests(60.0, 1.0, lambda _: "/good")


def connections(_):
    server, place = listener()
    serve(server, answer_well)
    for _ in every(10.0, 0.01):
        try_connect(place)


def waits(_):
    """Starts before what it needs is there, and asks again: three times refused, then not."""
    place = closed_port()
    for _ in range(3):
        try_connect(place)
        time.sleep(0.5)
    server, _ = listener(place)
    serve(server, answer_well)
    for _ in every(6.0, 0.1):
        try_connect(place)


def clients(_):
    """One in twenty clients breaks off, as people do."""
    server, place = listener()
    serve(server, answer_well)
    for number, _ in enumerate(every(8.0, 0.04)):
        with socket.create_connection(place) as peer:
            peer.sendall(b"x")
            if number % 20 == 0:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                peer.recv(16)


def names_unknown(_):
    names(3, 8.0, 0.2)  # NXDOMAIN is an answer


def compile_all(folder):
    sources = []
    for number in range(12):
        source = folder / f"part{number}.cpp"
        source.write_text("#include <map>\n#include <string>\n#include <vector>\n"
                          f"std::map<std::string, std::vector<int>> part{number}() {{ return {{{{\"a\", {{{number}}}}}}}; }}\n")
        sources.append(source)
    (folder / "main.cpp").write_text("int main() { return 0; }\n")
    (folder / "Makefile").write_text("all: " + " ".join(f"part{n}.o" for n in range(12)) + " main.o\n\tg++ -o all $^\n"
                                     "%.o: %.cpp\n\tg++ -O1 -c -o $@ $<\n")
    subprocess.run(["make", "-s", "-j2", "-C", folder], check=True)


def test_suite(folder):
    """A suite of tests, of which many expect a failure and two a crash: an exit code is no fault."""
    (folder / "list").write_text("a\nb\n")
    for number in range(60):
        subprocess.run(["grep", "-q", "c", folder / "list"], check=False)
        subprocess.run(["false"], check=False)
        subprocess.run(["timeout", "0.05", "sleep", "1"], check=False)
        if number in (20, 40):
            subprocess.run(["sh", "-c", "ulimit -c 0; kill -SEGV $$"], check=False)


def package(folder):
    """A package is built, installed, updated and removed, below a root of its own."""
    root, tree = folder / "root", folder / "tree"
    for place in ("var/lib/dpkg/updates", "var/lib/dpkg/info"):
        (root / place).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/made-up").mkdir(parents=True)
    for number in range(50):
        (tree / f"usr/share/made-up/{number}").write_text("x" * 4096)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for version in range(1, 6):
        (tree / "DEBIAN/control").write_text(f"Package: made-up\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\n"
                                             "Description: nothing\n")
        subprocess.run(["dpkg-deb", "-b", tree, folder / "a.deb"], **quiet)
        subprocess.run(["dpkg", f"--root={root}", "-i", folder / "a.deb"], **quiet)
    subprocess.run(["dpkg", f"--root={root}", "-P", "made-up"], **quiet)


def archive(folder):
    for _ in range(3):
        subprocess.run(["tar", "-czf", folder / "a.tar.gz", "-C", "/usr/share", "zoneinfo"], check=True)
        (folder / "out").mkdir(exist_ok=True)
        subprocess.run(["tar", "-xzf", folder / "a.tar.gz", "-C", folder / "out"], check=True)
        subprocess.run(["cp", "-a", folder / "out", folder / "copy"], check=True)
        subprocess.run(["rm", "-rf", folder / "out", folder / "copy"], check=True)


def cache(folder):
    """Reads more than its limit of 32 MiB again and again: what is only cache goes away by itself."""
    subprocess.run(["dd", "if=/dev/zero", f"of={folder}/data", "bs=1M", "count=96", "status=none"], check=True)
    for _ in range(6):
        subprocess.run(["sha256sum", folder / "data"], check=True, stdout=subprocess.DEVNULL)


def logs(folder):
    """Writes its limit of 32 MiB as logs again and again for a quarter of a minute, and reads each: what was written is cache, and may go once it
    is on disk."""
    for turn, _ in enumerate(every(15, 0.3)):
        name = folder / f"log.{turn % 8}"
        with open(name, "wb", buffering=0) as log:
            for _ in range(256):
                log.write(b"a line of a log, as services write them all day long\n" * 1240)
            os.fdatasync(log.fileno())
        name.read_bytes()[-4096:].splitlines()


def limit(folder):
    """Holds 60 of 64 MiB, and reads files in what is left for ten seconds: each page of them has to make room for the next."""
    (folder / "data").write_bytes(bytes(48 << 20))
    held = int(next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")).split()[1]) << 10
    kept = bytearray(os.urandom(1)) * ((60 << 20) - held)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with open(folder / "data", "rb", buffering=0) as data:
            while data.read(1 << 18):
                pass
    del kept


WORKLOADS = {"fails": fails, "answers": answers, "answers-badly": answers_badly, "aborts": aborts, "no-config": no_config, "setuid-shell": setuid_shell,
                          "oom": oom, "crash": crash, "refused": refused, "reset": reset, "dns": dns, "dns-slow": dns_slow, "dns-shared": dns_shared, "stopped-far": stopped_far, "dns-far": dns_far, "refused-far": refused_far, "descriptors": descriptors, "disk": disk,
             "privilege": privilege, "unreachable": unreachable, "untrusted": untrusted, "ended": ended, "handshakes": handshakes, "absent": absent, "no-gain": no_gain, "http-errors": http_errors, "service": service, "connections": connections,
             "waits": waits, "clients": clients, "names-unknown": names_unknown, "compile": compile_all, "test-suite": test_suite,
             "package": package, "archive": archive, "cache": cache, "logs": logs, "limit": limit, **LONG_WORKLOADS}


def main():
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    begins, told = time.time(), WORKLOADS[name](folder)  # where all is well for a while before or after, it says when it was not
    begins, ends = told if isinstance(told, tuple) else (told or begins, None)
    print(json.dumps({"from": begins, "to": ends or time.time()}), flush=True)


if __name__ == "__main__":
    main()
