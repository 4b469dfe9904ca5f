# SPDX-License-Identifier: GPL-3.0-or-later
"""What workloads are made of: turns, servers that answer, clients that ask."""
import contextlib
import http.client
import http.server
import socket
import struct
import subprocess
import threading
import time

LOCAL = "127.0.0.1"
FAR = "10.9.0.9"  # in a network namespace of its own: an address that means the same on each node
NEAR = "10.9.0.7"  # and whoever calls it has another


def every(seconds, apart):
    """Turns so far apart, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        yield
        time.sleep(max(0.0, apart - (time.monotonic() - begun)))


NAME = "web.shop.example"


def certificate(folder, days):
    """Files of a certificate that signs itself and ends in so many days, or has ended, and of its key."""
    made, key, wanted, settings = (folder / name for name in ("cert.pem", "key.pem", "wanted.pem", "ca.cnf"))
    settings.write_text(f"[ca]\ndefault_ca=own\n[own]\nnew_certs_dir={folder}\ndatabase={folder}/index\nserial={folder}/serial\npolicy=any\ncopy_extensions=copy\nunique_subject=no\n"
                        "[any]\ncommonName=supplied\n")
    (folder / "index").touch()
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
                    "-keyout", key, "-out", wanted], check=True, capture_output=True)
    ends = time.time() + days * 86400
    times = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when)) for when in (min(time.time(), ends) - 86400, ends)]
    subprocess.run(["openssl", "ca", "-batch", "-config", settings, "-selfsign", "-keyfile", key, "-in", wanted, "-out", made, "-startdate", times[0], "-enddate", times[1],
                    "-md", "sha256", "-rand_serial", "-notext"], check=True, capture_output=True)
    return made, key


def listener(address=(LOCAL, 0)):
    server = socket.create_server(address, backlog=64)
    return server, server.getsockname()


def serve(server, answer):
    def loop():
        while True:
            peer, _ = server.accept()
            answer(peer)
    threading.Thread(target=loop, daemon=True).start()


def take_far_address():
    for address in (FAR, NEAR):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)


def closed_port(address=LOCAL):
    server, place = listener((address, 0))
    server.close()
    return place


def try_connect(place, timeout=5.0, source=None):
    try:
        with socket.create_connection(place, timeout=timeout, source_address=source) as peer:
            peer.sendall(b"x")
            peer.recv(16)
        return True
    except OSError:
        return False


def answer_well(peer):
    with peer, contextlib.suppress(ConnectionError):  # a client may break off
        peer.recv(16)
        peer.sendall(b"y")
        peer.recv(16)


def answer_by_reset(peer):
    peer.recv(16)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class Answers(http.server.BaseHTTPRequestHandler):
    status, delay = 200, 0.0
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(self.delay)
        self.send_response(self.status if self.path.endswith("/bad") else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def requests(seconds, apart, path_of):
    server = http.server.ThreadingHTTPServer((LOCAL, 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for number, _ in enumerate(every(seconds, apart)):
        client = http.client.HTTPConnection(*server.server_address, timeout=5)
        client.request("GET", path_of(number))
        client.getresponse().read()
        client.close()
