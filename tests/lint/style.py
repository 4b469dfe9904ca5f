#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source is as its .clang-format wants it. Run as: style.py ROOT. To mend: clang-format -i FILE."""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

from tree import files

SUFFIXES = {".c", ".cpp", ".h"}
VERSION = 14  # Debian 12's: others judge differently
BATCH = 50
COMPLAINT = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): code should be clang-formatted", re.MULTILINE)
SKIPPED = 77


def version():
    """None when it is not installed."""
    try:
        said = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"version (\d+)", said)
    return int(found.group(1)) if found else None


def complaints(root, paths):
    said = subprocess.run(["clang-format", "--dry-run", "--style=file", *map(str, paths)], capture_output=True, text=True, check=False).stderr
    lines = {}
    for match in COMPLAINT.finditer(said):
        lines.setdefault(match.group(1), match.group(2))
    found = [f"{pathlib.Path(path).relative_to(root)}:{line}: is not formatted as .clang-format says" for path, line in lines.items()]
    return found or ([f"clang-format: {said.strip()}"] if said.strip() else [])


def problems(root):
    paths = [path for _, path in files(root) if path.suffix in SUFFIXES]
    batches = [paths[i:i + BATCH] for i in range(0, len(paths), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return sorted(line for found in pool.map(lambda batch: complaints(root, batch), batches) for line in found)


if __name__ == "__main__":
    have = version()
    if have is None:
        sys.exit("clang-format is not installed: apt-get install clang-format")
    if have != VERSION:
        print(f"clang-format is of version {have}, and the style is written for {VERSION}: not looked at")
        sys.exit(SKIPPED)
    lines = problems(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(lines))
    sys.exit(1 if lines else 0)
