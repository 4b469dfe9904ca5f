#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which folder may include what. Run as: layers.py ROOT. Prints each break as FILE:LINE and exits with 1 if there is one."""
import pathlib
import re
import sys

QT = r"<(Q[A-Z][A-Za-z]*|Qt[A-Z]\w*/.*|Qt[A-Z]\w*)>"
WIDGETS = r"<(QtWidgets|QtGui|QtCharts|QWidget|QApplication|QGuiApplication|QPainter|QPixmap|QImage|QIcon|QColor|QFont|QChart.*)\b.*>"
ZMQ = r"<zmq(_addon)?\.h(pp)?>"
OPENSSL = r"<openssl/"
CAPNP = r"(<capnp/|<kj/|\.capnp\.h)"
BPF = r"(<bpf/|<linux/bpf\.h>|\.skel\.h)"
SQLITE = r"<sqlite3\.h>"
PROMETHEUS = r"<prometheus/"
CURL = r"<curl/"
SYSTEMD = r"<systemd/"


def own(*folders):
    """Includes of the project's own folders that a layer must not see."""
    return r'"(' + "|".join(folders) + r')/'


# Folder (longest prefix wins) -> what it must never include.
RULES = {
    "protocol/base": [QT, ZMQ, OPENSSL, CAPNP, BPF, SQLITE, own("protocol/wire", "protocol/transport", "agent", "console", "bpf")],
    "protocol/wire": [QT, ZMQ, OPENSSL, BPF, SQLITE, own("protocol/transport", "protocol/recording", "agent", "console", "bpf")],
    "protocol/recording": [QT, ZMQ, OPENSSL, CAPNP, BPF, SQLITE, own("protocol/transport", "agent", "console", "bpf")],
    "protocol/http": [QT, ZMQ, OPENSSL, CAPNP, BPF, SQLITE, CURL, own("protocol/wire", "protocol/transport", "agent", "console", "bpf")],
    "protocol/transport": [QT, CAPNP, BPF, SQLITE, own("protocol/wire", "agent", "console", "bpf")],
    "agent": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, PROMETHEUS, CURL, SYSTEMD, own("console")],
    "agent/observe": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, BPF, own("console")],
    # agent/daemon and agent/kube are what the two programs that run as services share; the server library itself does without them.
    "agent/server": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, BPF, own("agent/(?!server|daemon|kube|correlation)\\w+", "console", "bpf")],
    # agent/correlation is pure: agent, server and tests run the same engine.
    "agent/correlation": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, BPF, PROMETHEUS, CURL, SYSTEMD,
                          own("agent/(?!correlation)\\w+", "protocol/transport", "console", "bpf")],
    # agent/replay feeds recordings through that engine: as pure, of the command line and of tests.
    "agent/replay": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, BPF, PROMETHEUS, CURL, SYSTEMD,
                     own("agent/(?!replay|correlation)\\w+", "protocol/transport", "console", "bpf")],
    # agent/drill is a library of the command line, which runs the drills; the agent has its message format, and what its cgroups are called, from there.
    "agent/drill": [QT, CAPNP, ZMQ, OPENSSL, SQLITE, BPF, own("agent/(?!drill)\\w+", "protocol/transport", "console", "bpf")],
    # The console judges drills and scores the shipped suite with the code of recordings, draws calls with the fan-in's map of services, and
    # tells of rules as they are shipped: all of that is pure.
    "console/core": [WIDGETS, CAPNP, ZMQ, OPENSSL, BPF, CURL,
                     own("console/ui", "console/cli", "bpf", r"agent/(?!server/|replay/(?:drilltruth|labels|score|suite)\.h|correlation/(?:ruleloader|selector|servicemap|topic)\.h)\w+")],
    # PromQL is pure: text and samples in, values out.
    "console/core/promql": [QT, CAPNP, ZMQ, OPENSSL, BPF, SQLITE, CURL,
                            own("console/ui", "console/cli", "console/core/(?!promql)\\w+", "agent", "bpf", "protocol/(?!base)\\w+")],
    # Who answers queries: no Qt, so that any thread can ask. The key ring, which is Qt's, is handed to it.
    "console/core/sources": [QT, CAPNP, ZMQ, OPENSSL, BPF, SQLITE, CURL,
                             own("console/ui", "console/cli", "console/core/(?!sources|promql|metrics|store)\\w+", "agent", "bpf")],
    # What a page of panels is, and its files: no Qt, as any thread reads them.
    "console/core/dashboards": [QT, CAPNP, ZMQ, OPENSSL, BPF, SQLITE, CURL,
                                own("console/ui", "console/cli", "console/core/(?!dashboards|promql|metrics)\\w+", "agent", "bpf")],
    "console/core/store": [QT, CAPNP, ZMQ, OPENSSL, BPF, CURL, own("console/ui", "console/cli", "console/core/session", "agent", "bpf", "protocol/transport")],
    "console/cli": [WIDGETS, CAPNP, ZMQ, OPENSSL, BPF, SQLITE, CURL, own("console/ui", "bpf", "agent/(?!server|drill|replay|correlation)\\w+")],
    "console/ui": [CAPNP, ZMQ, OPENSSL, BPF, SQLITE, CURL, own("console/cli", "bpf", "agent/(?!server)\\w+")],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"].*[>"])')
# The files that may see what their layer hides: each translates one foreign library.
EXEMPT = {"console/core/store/digest.cpp": [OPENSSL],     # SHA-256 of the hash chain
          "protocol/http/client.cpp": [CURL],
          "protocol/http/url.cpp": [CURL],
          "agent/collect/readers/journal.cpp": [SYSTEMD]}


def rule_for(path):
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:length])
        if folder in RULES:
            return folder
    return None


def breaks(root):
    found = []
    for path in sorted(p for pattern in ("*.h", "*.cpp", "*.c") for p in root.rglob(pattern)):
        name = path.relative_to(root).as_posix()
        folder = rule_for(name)
        if folder is None or name.startswith("build/"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            for forbidden in RULES[folder]:
                if re.search(forbidden, match.group(1)) and forbidden not in EXEMPT.get(name, []):
                    found.append(f"{name}:{number}: {folder}/ may not include {match.group(1)}")
    return found


def main():
    found = breaks(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "every include stays in its layer")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
