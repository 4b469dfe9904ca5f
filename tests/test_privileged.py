#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ctest is told of a privileged test, for each way in which one can end."""
import os
import pathlib
import subprocess
import sys
import unittest

WRAPPER = pathlib.Path(__file__).with_name("privileged.py")
SKIP = "SKIP   : TestX::row() no BTF"
FAIL = "FAIL!  : TestX::row2() it broke"


class Ends(unittest.TestCase):
    def code(self, lines, code, require="0"):
        script = "".join(f"print({line!r});" for line in lines) + f"raise SystemExit({code})"
        environment = dict(os.environ, TAPIO_REQUIRE_KERNEL=require)
        run = subprocess.run([sys.executable, str(WRAPPER), sys.executable, "-c", script], env=environment, capture_output=True, text=True)
        return run.returncode, run.stdout

    def test_passes(self):
        self.assertEqual(self.code(["Totals: 5 passed, 0 failed, 0 skipped"], 0)[0], 0)

    def test_aRowThatFailsIsNotHiddenByOneThatWasSkipped(self):
        self.assertEqual(self.code([SKIP, FAIL, "Totals: 3 passed, 1 failed, 1 skipped"], 1)[0], 1)

    def test_allRowsSkippedIsSkipped(self):
        self.assertEqual(self.code([SKIP, "Totals: 2 passed, 0 failed, 1 skipped"], 0)[0], 77)

    def test_someRowsSkippedIsPassed(self):
        self.assertEqual(self.code([SKIP, "Totals: 3 passed, 0 failed, 1 skipped"], 0)[0], 0)

    def test_aSkippedRowFailsWhereTheKernelIsRequired(self):
        code, output = self.code([SKIP, "Totals: 3 passed, 0 failed, 1 skipped"], 0, "1")
        self.assertEqual(code, 1)
        self.assertIn("no BTF", output)

    def test_aCrashIsAFailure(self):
        run = subprocess.run([sys.executable, str(WRAPPER), "sh", "-c", "kill -SEGV $$"], check=False)
        self.assertNotIn(run.returncode, (0, 77))


if __name__ == "__main__":
    unittest.main()
