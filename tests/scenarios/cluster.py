# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in for a cluster where there is none: an API server that tells of the pods that make runs, and of its nodes, and the folder that a kubelet
would have. What happens in the pods, and to agents, is real; who runs the pods, that one was evicted, and whether a node is Ready, is said here."""
import http.server
import json
import os
import pathlib
import queue
import secrets
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid

import helpers

NAMESPACE = "shop"
BOOKMARK = 30  # seconds


class Pod:
    """Of a Deployment, by its names."""

    def __init__(self, workload, image, template, node):
        self.workload, self.image, self.template, self.node = workload, image, template, node
        self.uid = str(uuid.uuid4())
        self.name = f"{workload}-{template}-{secrets.token_hex(3)[:5]}"
        self.container = secrets.token_hex(32)
        self.phase = {"phase": "Running"}

    @property
    def entity(self):
        return f"{NAMESPACE}/{self.name}"

    @property
    def parent(self):
        return f"/kubepods/burstable/pod{self.uid}"

    @property
    def cgroup(self):
        return f"{self.parent}/{self.container}"

    def json(self, version):
        return {
            "metadata": {"name": self.name, "namespace": NAMESPACE, "uid": self.uid, "resourceVersion": str(version),
                         "creationTimestamp": "2026-11-29T00:00:00Z", "labels": {"pod-template-hash": self.template},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{self.workload}-{self.template}", "uid": "x",
                                              "controller": True}]},
            "spec": {"nodeName": self.node, "containers": [{"name": "app", "image": self.image}]},
            "status": {**self.phase, "containerStatuses": [{"name": "app", "containerID": f"containerd://{self.container}", "image": self.image,
                                                            "imageID": f"{self.image}@sha256:{'1' * 64}"}]},
        }


class Node:
    """Whether it is Ready, as its kubelet or who misses that says."""

    def __init__(self, name):
        self.name = name
        self.say("True", "KubeletReady", "kubelet is posting ready status")

    @property
    def uid(self):
        return self.name

    def say(self, ready, reason, message):
        self.ready = {"type": "Ready", "status": ready, "reason": reason, "message": message,
                      "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}

    def json(self, version):
        return {"metadata": {"name": self.name, "resourceVersion": str(version)},
                "status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, self.ready]}}


class Kind:
    """Objects of one kind, what was told of them, and who watches. `version` counts for all of this kind."""

    def __init__(self, name):
        self.name, self.objects, self.version, self.watches, self.told = name, {}, 1, [], []


class Cluster:
    def __init__(self, folder, node):
        self.node, self.kubelet = node, folder / "kubelet"
        (self.kubelet / "pods").mkdir(parents=True)
        self.certificate, key = folder / "cluster.crt", folder / "cluster.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=cluster",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        self.token = folder / "token"
        self.token.write_text("of-nobody")
        self.lock, self.pods, self.nodes = threading.Lock(), Kind("Pod"), Kind("Node")
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kind = cluster.nodes if self.path.startswith("/api/v1/nodes?") else cluster.pods
                if "watch=1" in self.path or "watch=true" in self.path:
                    cluster.watch(self, kind)
                else:
                    cluster.list(self, kind)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self):
        return (f'[kubernetes]\nsource = "apiserver"\naddress = "127.0.0.1:{self.server.server_address[1]}"\ntoken_file = "{self.token}"\n'
                f'ca = "{self.certificate}"\n')

    def list(self, handler, kind):
        with self.lock:
            body = json.dumps({"kind": f"{kind.name}List", "apiVersion": "v1", "metadata": {"resourceVersion": str(kind.version)},
                               "items": [one.json(kind.version) for one in kind.objects.values()]}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def watch(self, handler, kind):
        """With a bookmark each 30 s; a real one sends them each minute."""
        told = queue.Queue()
        since = int(urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query).get("resourceVersion", ["0"])[0])
        with self.lock:
            for version, line in kind.told:
                if version > since:
                    told.put(line)
            kind.watches.append(told)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while True:
                try:
                    line = told.get(timeout=BOOKMARK)
                except queue.Empty:
                    line = self.bookmark(kind)
                handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                handler.wfile.flush()
        except OSError:  # who watched asks anew, from where it was
            with self.lock:
                kind.watches.remove(told)

    def bookmark(self, kind):
        with self.lock:
            return json.dumps({"type": "BOOKMARK", "object": {"kind": kind.name, "metadata": {"resourceVersion": str(kind.version)}}}).encode() + b"\n"

    def tell(self, what, one):
        """And waits until who watches may have heard it."""
        kind = self.nodes if isinstance(one, Node) else self.pods
        with self.lock:
            kind.version += 1
            known = one.uid in kind.objects
            kind.objects[one.uid] = one
            line = json.dumps({"type": "MODIFIED" if known and what == "ADDED" else what, "object": one.json(kind.version)}).encode() + b"\n"
            if what == "DELETED":
                del kind.objects[one.uid]
            kind.told.append((kind.version, line))
            for watch in kind.watches:
                watch.put(line)
        time.sleep(1)

    def volume(self, pod, source, name, files):
        """As a kubelet has it: another content is another folder, to which the link is put at once."""
        place = self.kubelet / "pods" / pod.uid / "volumes" / f"kubernetes.io~{source}" / name
        place.mkdir(parents=True, exist_ok=True)
        content = place / f"..{time.strftime('%Y_%m_%d_%H_%M_%S')}.{secrets.randbelow(10**9)}"
        content.mkdir()
        for file, text in files.items():
            (content / file).write_bytes(text)
        os.symlink(content.name, place / "..data_tmp")
        os.replace(place / "..data_tmp", place / "..data")
        for file in files:
            link = place / file
            if not link.is_symlink():
                os.symlink(pathlib.Path("..data") / file, link)


def certificate(days):
    with tempfile.TemporaryDirectory() as folder:
        return helpers.certificate(pathlib.Path(folder), days)[0].read_bytes()
