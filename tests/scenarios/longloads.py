# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads that last for minutes, since what they show is a trend or a change from what was usual; and those of several nodes."""
import contextlib
import http.client
import http.server
import mmap
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

from helpers import Answers, answer_well, every, listener, requests, serve, try_connect

SLOW_DEVICE = "/dev/loop7"


def slow(_):
    """Answers in no time for six minutes and a half, and then after 0.4 s for two."""
    begins = time.time() + 390
    threading.Timer(390, lambda: setattr(Answers, "delay", 0.4)).start()
    requests(510.0, 0.5, lambda _: "/good")
    return begins


def forecast(_):
    """Has 150 MiB, and takes 10 more each minute, for six minutes and a half."""
    kept = [bytearray(os.urandom(1)) * (150 << 20)]
    for _ in every(390, 3):
        kept.append(bytearray(os.urandom(1)) * (512 << 10))


def send_datagrams(seconds, per_second):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in every(seconds, 0.1):
            for _ in range(max(1, per_second // 10_000)):
                client.sendto(bytes(1000), ("10.9.0.2", 9))


def export(_):
    """20 kB a second for six minutes and a half, and then 5 MB for two and a half; to nobody, by an interface of its own."""
    for command in ("ip link add t0 type veth peer name t1", "ip addr add 10.9.0.1/24 dev t0", "ip link set t0 up", "ip link set t1 up",
                    "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev t0"):
        subprocess.run(command.split(), check=True)
    send_datagrams(390, 20_000)
    begins = time.time()
    send_datagrams(150, 5_000_000)
    return begins


def resent(_):
    """Twenty clients send to a server behind a pair of interfaces for six minutes and a half; then its answers get lost for a third of a second, each two."""
    with subprocess.Popen(["unshare", "-n", "sleep", "infinity"]) as other:
        time.sleep(1)
        far = ["nsenter", "-t", str(other.pid), "-n"]
        for command in (["ip", "link", "add", "t0", "type", "veth", "peer", "name", "t1", "netns", str(other.pid)],
                        ["ip", "addr", "add", "10.9.0.1/24", "dev", "t0"], ["ip", "link", "set", "t0", "up"],
                        [*far, "ip", "addr", "add", "10.9.0.2/24", "dev", "t1"], [*far, "ip", "link", "set", "t1", "up"]):
            subprocess.run(command, check=True)
        server = subprocess.Popen([*far, sys.executable, sys.argv[0], "sink", "/"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(2)
            for _ in range(20):
                threading.Thread(target=send_for_ever, daemon=True).start()
            time.sleep(390)
            begins = time.time()
            for _ in every(150, 2.0):
                subprocess.run([*far, "ip", "route", "add", "blackhole", "10.9.0.1/32"], check=True)
                time.sleep(0.35)
                subprocess.run([*far, "ip", "route", "del", "blackhole", "10.9.0.1/32"], check=True)
            ends = time.time()
        finally:
            server.kill()
            other.kill()
    return begins, ends


def send_for_ever():
    with contextlib.suppress(OSError), socket.create_connection(("10.9.0.2", 80)) as client:
        while True:
            client.sendall(b"x" * 100)
            time.sleep(0.1)


def sink(_):
    server, _ = listener(("10.9.0.2", 80))

    def swallow(peer):
        threading.Thread(target=lambda: [None for _ in iter(lambda: peer.recv(4096), b"")], daemon=True).start()
    serve(server, swallow)
    time.sleep(3600)


def in_parallel(count, seconds, apart, work):
    """So many processes that compute for `work` seconds in each `apart`."""
    children = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            for _ in every(seconds, apart):
                until = time.monotonic() + work
                while time.monotonic() < until:
                    sum(range(200))
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


def greedy(_):
    in_parallel(4, 240, 0, 1.0)


def modest(_):
    in_parallel(2, 240, 0.025, 0.005)


def leak(_):
    """Keeps 4 MiB more each minute, in small pieces, for 13 minutes."""
    kept = []
    for _ in every(780, 4):
        kept.append(bytearray(os.urandom(1)) * (280 << 10))


def throttled(_):
    """Wants a whole CPU for six minutes, and may have a fifth."""
    for _ in every(360, 0):
        sum(range(10_000))


def growth(_):
    """Fills its cache of 32 MiB in three minutes and then keeps it, some of it renewed now and then."""
    kept = []
    for _ in every(780, 4):
        kept.append(bytearray(os.urandom(1)) * (720 << 10))
        if len(kept) > 45:
            del kept[random.randrange(len(kept))]


def steady(_):
    """Takes 24 MiB for a while and gives them back, each minute; computes a third of the time, within its limit."""
    kept = []
    for turn, _ in enumerate(every(780, 0.3)):
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            sum(range(1000))
        if turn % 200 == 0:
            kept = [bytearray(os.urandom(1)) * (1 << 20) for _ in range(24)]
        elif turn % 200 == 100:
            kept = []


def reading(folder):
    """Reads 4 MiB more of its files each minute, again and again, for 13 minutes: they stay in memory, and nobody else needs the room."""
    data = folder / "data"
    data.write_bytes(os.urandom(64 << 20))
    piece = 280 << 10
    with open(data, "rb", buffering=0) as file:
        for turn, _ in enumerate(every(780, 4)):
            for _ in range(3):
                file.seek(turn * piece)
                file.read(piece)


def memory_for_disk(size):
    """Aligned as a disk wants it."""
    return memoryview(mmap.mmap(-1, size))


def small_writes(disk, seconds):
    """One page twenty times a second, past the cache."""
    page = memory_for_disk(4096)
    for number, _ in enumerate(every(seconds, 0.05)):
        os.pwrite(disk, page, number % 1000 * 4096)


def own_group(controller):
    """The folder of this process's cgroup, of version 1."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return pathlib.Path("/sys/fs/cgroup") / controller / path.lstrip("/")
    raise OSError(f"there is no {controller} controller of cgroups here")


def slow_device(folder):
    """A loop device that answers in no time for six minutes and a half; then what is behind it may write 15 times a second, for two and a half."""
    image = folder / "image"
    subprocess.run(["truncate", "-s", "64M", image], check=True)
    subprocess.run(["losetup", "--direct-io=on", SLOW_DEVICE, image], check=True)
    behind = os.stat(folder).st_dev
    limit = own_group("blkio") / "blkio.throttle.write_iops_device"
    disk = os.open(SLOW_DEVICE, os.O_WRONLY | os.O_DIRECT | os.O_SYNC)
    try:
        small_writes(disk, 390)
        begins = time.time()
        limit.write_text(f"{os.major(behind)}:{os.minor(behind)} 15")
        small_writes(disk, 150)
        ends = time.time()
        limit.write_text(f"{os.major(behind)}:{os.minor(behind)} 0")
    finally:
        os.close(disk)
        subprocess.run(["losetup", "-d", SLOW_DEVICE], check=True)
    return begins, ends


def slow_writes(folder):
    """Twenty writes a second past the cache, of which the disk takes ten after a while, for a quarter of a minute."""
    behind = os.stat(folder).st_dev
    limit = own_group("blkio") / "blkio.throttle.write_iops_device"
    disk = os.open(folder / "data", os.O_WRONLY | os.O_CREAT | os.O_DIRECT, 0o600)
    small_writes(disk, 6)
    begins = time.time()
    limit.write_text(f"{os.major(behind)}:{os.minor(behind)} 10")
    small_writes(disk, 15)
    ends = time.time()
    limit.write_text(f"{os.major(behind)}:{os.minor(behind)} 0")
    os.close(disk)
    return begins, ends


def thrashing(folder):
    """Eight threads read single pages of a file that is half as large again as its limit of memory: what one reads, another lets go."""
    data, piece = folder / "data", 1 << 20
    begins = time.time()  # to write it takes more than there is, too
    with open(data, "wb") as file:
        for _ in range(96):
            file.write(os.urandom(piece))
    pages = 96 * piece // 4096
    file = os.open(data, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)

    def read():
        until = time.monotonic() + 20
        while time.monotonic() < until:
            os.pread(file, 4096, random.randrange(pages) * 4096)
    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return begins


def filling(folder):
    """A file system of 64 MiB, two thirds full, gets 3.5 % more each minute for eight minutes."""
    image, place = folder / "image", pathlib.Path("/var/tmp/tapio-filling")
    place.mkdir(exist_ok=True)
    subprocess.run(["truncate", "-s", "64M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        about = os.statvfs(place)
        size = about.f_blocks * about.f_frsize
        (place / "before").write_bytes(os.urandom(size * 65 // 100))
        time.sleep(30)
        begins = time.time()
        with open(place / "log", "wb", buffering=0) as log:
            for _ in every(480, 3):
                log.write(os.urandom(size * 35 // 1000 // 20))
        return begins, time.time()
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


# Of several nodes, or for their agents: arguments follow the folder

def neighbour(_):
    """Answers on its address, and asks each of the others twice a second."""
    seconds, address, *others = sys.argv[3:]
    pathlib.Path("/proc/sys/net/ipv4/tcp_syn_retries").write_text("1")
    server, _ = listener((address, 80))
    serve(server, answer_well)
    time.sleep(2)  # until all others do

    def ask(other):
        for _ in every(float(seconds), 0.5):
            try_connect((other, 80), timeout=20.0, source=(address, 0))
    threads = [threading.Thread(target=ask, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def storm(_):
    """A hundred programs a second."""
    for _ in every(float(sys.argv[3]), 0.01):
        subprocess.run(["true"], check=False)


BACK, FRONT, CLIENT = "10.9.0.9", "10.9.0.8", "10.9.0.7"
CHAIN_SECONDS, CHAIN_WELL = 190, 120


def get(place, source):
    client = http.client.HTTPConnection(*place, timeout=10, source_address=(source, 0))
    client.request("GET", "/")
    client.getresponse().read()
    client.close()


class Front(Answers):
    def do_GET(self):
        get((BACK, 8080), FRONT)
        super().do_GET()


def answer_http(address, handler):
    server = http.server.ThreadingHTTPServer((address, 8080), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def chain_back(_):
    """Answers in no time for two minutes, and then after 0.3 s."""
    answer_http(BACK, Answers)
    time.sleep(CHAIN_WELL)
    begins = time.time()
    Answers.delay = 0.3
    time.sleep(CHAIN_SECONDS - CHAIN_WELL)
    return begins


def limit_own_cpu(percent):
    (own_group("cpu") / "cpu.cfs_quota_us").write_text(str(percent * 1000))


class Busy(Answers):
    """Takes 5 ms of a CPU for an answer."""
    def do_GET(self):
        until = time.thread_time() + 0.005
        while time.thread_time() < until:
            pass
        super().do_GET()


def chain_starved(_):
    """The same, but it is its limit of CPU time that is lowered, to a fiftieth of a CPU."""
    answer_http(BACK, Busy)
    time.sleep(CHAIN_WELL)
    begins = time.time()
    limit_own_cpu(2)
    time.sleep(CHAIN_SECONDS - CHAIN_WELL)
    return begins


def chain_front(_):
    """Asks the one behind it for each answer."""
    answer_http(FRONT, Front)
    time.sleep(CHAIN_SECONDS)


def chain_aside(_):
    """Asks the one behind it as well, and keeps nobody waiting for it: what it answers it has."""
    answer_http(FRONT, Answers)
    time.sleep(2)
    for _ in every(CHAIN_SECONDS - 5, 0.2):
        with contextlib.suppress(OSError):
            get((BACK, 8080), FRONT)


def chain_client(_):
    time.sleep(2)
    for _ in every(CHAIN_SECONDS - 5, 0.2):
        with contextlib.suppress(OSError):
            get((FRONT, 8080), CLIENT)


LONG_WORKLOADS = {"slow": slow, "forecast": forecast, "export": export, "resent": resent, "sink": sink, "greedy": greedy, "modest": modest, "leak": leak,
                  "throttled": throttled, "reading": reading, "growth": growth, "steady": steady, "slow-device": slow_device, "slow-writes": slow_writes, "thrashing": thrashing, "filling": filling, "neighbour": neighbour,
                  "storm": storm, "chain-back": chain_back, "chain-starved": chain_starved, "chain-front": chain_front, "chain-aside": chain_aside, "chain-client": chain_client}
