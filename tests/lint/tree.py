#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""House rules that a look at the tree can check. Run as: tree.py ROOT."""
import fnmatch
import pathlib
import re
import sys
import tomllib

TOP = {"CMakeLists.txt", "console", "agent", "bpf", "protocol", "resources", "installers", "tests"}
BESIDE = {"CMakePresets.json", "LICENSE", "README.md"}
# What editors and builds leave, as .gitignore has it, and folders of tools.
IGNORED = re.compile(r"^build/|^\.(?!ci/)[^/]+/|^\.git$|(^|/)__pycache__/|\.user$")
BPF_LICENCE = "SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
LICENCE_TEXTS = ("LICENSE", "bpf/LICENSES/BSD-2-Clause.txt", "bpf/LICENSES/GPL-2.0-only.txt")
CODE = {".h", ".cpp", ".c", ".py", ".sh", ".cmake", ".capnp", ".md"}
MAX_LINES = 600
SLEEPS = re.compile(r"QTest::qSleep|QTest::qWait\(|\busleep\(|sleep_for|\bsleep\(\d")


def files(root):
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not IGNORED.search(name):
            yield name, path


def annotated(root):
    """Patterns of the files that cannot carry a line, since a comment would change what they are: those named in a REUSE.toml."""
    patterns = []
    for path in root.rglob("REUSE.toml"):
        for annotation in tomllib.loads(path.read_text(encoding="utf-8"))["annotations"]:
            if annotation["SPDX-License-Identifier"]:
                patterns += [(path.parent.relative_to(root) / pattern).as_posix() for pattern in annotation["path"]]
    return patterns


def problems(root):
    found = []
    for entry in root.iterdir():
        if entry.name.startswith(".") or entry.name == "build":
            continue
        if entry.name not in TOP | BESIDE:
            found.append(f"{entry.name}: the top level is fixed: {', '.join(sorted(TOP))}")
    bare = annotated(root)
    for name, path in files(root):
        excused = path.suffix not in CODE and any(fnmatch.fnmatchcase(name, pattern) for pattern in bare)
        if name not in LICENCE_TEXTS and not excused:
            found += check_text(name, path.read_text(encoding="utf-8", errors="replace"), path.suffix)
    return found


def missing_licences(root):
    return [f"{name}: the text of a licence that our files name" for name in LICENCE_TEXTS if not (root / name).is_file()]


def check_text(name, text, suffix):
    found = []
    wanted = BPF_LICENCE if name.startswith("bpf/") and suffix in {".c", ".h"} else LICENCE
    if wanted not in "\n".join(text.splitlines()[:5]):
        found.append(f"{name}:1: no line '{wanted}' among the first five")
    if suffix in {".h", ".cpp", ".c"}:
        lines = text.count("\n") + 1
        if lines > MAX_LINES:
            found.append(f"{name}: {lines} lines, more than {MAX_LINES}: cut it where it has two subjects")
        if suffix == ".h" and not name.startswith("bpf/") and "#pragma once" not in text:
            found.append(f"{name}: a header without #pragma once")
        # A benchmark paces its load; a test never waits by the clock.
        if name.startswith("tests/") and not name.startswith("tests/benchmarks/"):
            for number, line in enumerate(text.splitlines(), 1):
                if SLEEPS.search(line):
                    found.append(f"{name}:{number}: a test that sleeps; use QTRY_*, a signal or an injected clock")
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    found = problems(root) + missing_licences(root)
    print("\n".join(found) if found else "the tree follows the house rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
