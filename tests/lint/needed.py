#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails when a program needs a library it must never link. Run as: needed.py --never PATTERN PROGRAM..."""
import re
import subprocess
import sys


def needed(program):
    direct = subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", direct)


def main():
    if len(sys.argv) < 4 or sys.argv[1] != "--never":
        print("usage: needed.py --never PATTERN PROGRAM...", file=sys.stderr)
        return 64
    failed = False
    for program in sys.argv[3:]:
        libraries = needed(program)
        hits = [library for library in libraries if re.search(sys.argv[2], library)]
        print(f"{program}: {len(libraries)} libraries" + (f", among them {', '.join(hits)}" if hits else ""))
        failed = failed or bool(hits) or not libraries
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
