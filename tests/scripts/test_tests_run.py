#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/run and .ci/run: what reaches ctest, and when the tests of the kernel programs must run."""
import os
import shutil
import unittest

from checkout import ScriptTest

HAS_BTF = os.path.exists("/sys/kernel/btf/vmlinux")


class TestsRun(ScriptTest):
    def ctest(self):
        return self.calls()[-1]

    def test_it_ends_with_the_summary_and_code_of_ctest(self):
        for code in ("0", "8"):
            with self.subTest(code=code):
                returned, out, _ = self.run_script("tests/run", CTEST_EXIT=code)
                self.assertEqual(returned, int(code))
                self.assertEqual(out.splitlines()[-1], "100% tests passed")

    def test_arguments_after_the_dashes_go_to_ctest(self):
        self.run_script("tests/run", "--", "-R", "tst_codec")
        self.assertIn(" -R tst_codec", self.ctest())

    def test_sanitizers_run_one_test_at_a_time(self):
        jobs = len(os.sched_getaffinity(0))
        for preset, expected in (("dev", jobs), ("dev-asan", 1), ("dev-tsan", 1)):
            with self.subTest(preset=preset):
                self.run_script("tests/run", "--preset", preset)
                self.assertIn(f"ctest --preset {preset} -j {expected} ", self.ctest())

    def test_kernel_tests_must_run_where_ci_is_root_and_the_kernel_has_types(self):
        rows = [
            ("tests/run", {"CI": "true"}, HAS_BTF),
            ("tests/run", {"CI": "true", "STUB_UID": "1000"}, False),
            ("tests/run", {}, False),
            (".ci/run", {}, HAS_BTF),
            (".ci/run", {"STUB_UID": "1000"}, False),
        ]
        for script, environment, required in rows:
            with self.subTest(script=script, environment=environment):
                self.run_script(script, **environment)
                self.assertTrue(self.ctest().endswith("kernel=1" if required else "kernel="), self.ctest())

    def test_it_stops_before_ctest_when_the_build_fails(self):
        code, _, _ = self.run_script("tests/run", CMAKE_FAILS="yes")
        self.assertEqual(code, 70)
        self.assertFalse([call for call in self.calls() if call.startswith("ctest")])

    def test_a_checkout_with_a_space_in_its_name_works(self):
        spaced = self.folder / "a checkout"
        shutil.move(self.root, spaced)
        self.root = spaced
        code, _, err = self.run_script(".ci/run")
        self.assertEqual((code, err), (0, ""))


if __name__ == "__main__":
    unittest.main()
