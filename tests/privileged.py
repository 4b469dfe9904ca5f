#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one privileged Qt Test and tells ctest apart: failed (its own exit code), skipped as a whole (SKIPPED), passed.

A row that was skipped never hides one that failed. Where the environment says TAPIO_REQUIRE_KERNEL=1, as on a machine that
is known to allow everything, each skipped row is a failure.
"""
import os
import re
import subprocess
import sys

SKIPPED = 77  # SKIP_RETURN_CODE in TapioTest.cmake
OWN_ROWS = 2  # initTestCase() and cleanupTestCase() pass in every Qt Test


def main(command):
    skips = []
    passed = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as test:
        for line in test.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.startswith("SKIP   : "):
                skips.append(line.removeprefix("SKIP   : ").strip())
            elif totals := re.match(r"Totals: (\d+) passed", line):
                passed += int(totals.group(1))
    if test.returncode != 0:
        return test.returncode if test.returncode > 0 else 128 - test.returncode
    if skips and os.environ.get("TAPIO_REQUIRE_KERNEL") == "1":
        print(f"FAIL: {len(skips)} rows were skipped although TAPIO_REQUIRE_KERNEL=1: " + "; ".join(skips))
        return 1
    return SKIPPED if skips and passed <= OWN_ROWS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
