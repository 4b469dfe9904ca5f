#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Help, wrong arguments, and saying at once what is missing."""
import os
import re
import unittest

from checkout import ScriptTest

NOBODY = 65534


class Arguments(ScriptTest):
    def test_help_names_every_option(self):
        for script in ("installers/run", "tests/run"):
            with self.subTest(script=script):
                options = re.findall(r"^        (--[a-z-]+)[)|]", (self.root / script).read_text(encoding="utf-8"), re.MULTILINE)
                self.assertIn("--help", options)
                code, out, err = self.run_script(script, "--help")
                self.assertEqual((code, err), (0, ""))
                usage = out.splitlines()[0]
                self.assertTrue(usage.startswith(f"usage: {script} "), usage)
                for option in options:
                    self.assertRegex(usage, rf"\[{option}[ \]]")
                self.assertEqual(self.calls(), [], "help does nothing else")

    def test_wrong_arguments_are_refused_before_anything_happens(self):
        rows = [
            ("installers/run", ["--wat"], "unknown argument '--wat'"),
            ("installers/run", ["more"], "unknown argument 'more'"),
            ("installers/run", ["--port"], "--port needs a number"),
            ("installers/run", ["--port", "0"], "from 1 to 65535, not '0'"),
            ("installers/run", ["--port", "65536"], "from 1 to 65535, not '65536'"),
            ("installers/run", ["--port", "80a"], "from 1 to 65535, not '80a'"),
            ("installers/run", ["--seconds"], "--seconds needs a number"),
            ("installers/run", ["--seconds", "0"], "not '0'"),
            ("installers/run", ["--seconds", "1.5"], "not '1.5'"),
            ("installers/run", ["--state"], "--state needs a folder"),
            ("tests/run", ["--wat"], "unknown argument '--wat'"),
            ("tests/run", ["--preset"], "--preset needs a name"),
            ("tests/run", ["--preset", "release"], "no test preset is called 'release'"),
        ]
        for script, arguments, sentence in rows:
            with self.subTest(script=script, arguments=arguments):
                code, _, err = self.run_script(script, *arguments)
                self.assertEqual(code, 64, err)
                self.assertIn(f"{script}: ", err)
                self.assertIn(sentence, err)
                self.assertEqual(self.calls(), [])

    def test_no_apt_get_names_the_packages(self):
        (self.stubs / "apt-get").unlink()
        for script in ("installers/run", "tests/run"):
            with self.subTest(script=script):
                code, _, err = self.run_script(script, MISSING="cmake qt6-base-dev")
                self.assertEqual(code, 69, err)
                self.assertIn("install these by hand: cmake qt6-base-dev", err)

    def test_no_root_and_no_sudo_says_so(self):
        (self.stubs / "sudo").unlink()
        for script in ("installers/run", "tests/run"):
            with self.subTest(script=script):
                code, _, err = self.run_script(script, MISSING="cmake", STUB_UID="1000")
                self.assertEqual(code, 77, err)
                self.assertIn("root is needed for 'apt-get' and there is no sudo", err)

    def test_a_failing_apt_get_is_quoted_and_its_output_kept(self):
        code, _, err = self.run_script("tests/run", MISSING="cmake", APT_EXIT="100")
        self.assertEqual(code, 69, err)
        self.assertIn("apt-get says why", err)
        with open(re.search(r"whole output is in (\S+)\.", err).group(1), encoding="utf-8") as kept:
            self.assertIn("apt-get says why", kept.read())

    def test_a_failing_configuration_is_quoted(self):
        code, _, err = self.run_script("installers/run", "--build-only", CMAKE_FAILS="yes")
        self.assertEqual(code, 70, err)
        self.assertIn("cmake says why", err)

    def test_a_read_only_checkout_is_named(self):
        self.root.chmod(0o555)
        self.addCleanup(self.root.chmod, 0o755)
        self.log.chmod(0o666)
        for script in ("installers/run", "tests/run"):
            with self.subTest(script=script):
                # Root may write whatever the mode says.
                code, _, err = self.run_script(script, user=NOBODY if os.geteuid() == 0 else None)
                self.assertEqual(code, 73, err)
                self.assertIn(f"{self.root} is read-only", err)
                self.assertEqual(self.calls(), [])

    def test_a_state_folder_that_cannot_be_is_named(self):
        code, _, err = self.run_script("installers/run", "--state", str(self.log / "below-a-file"))
        self.assertEqual(code, 73, err)
        self.assertIn("choose another with --state", err)

    def test_a_sudo_that_refuses_ends_it(self):
        code, _, err = self.run_script("installers/run", "--state", str(self.state), STUB_UID="1000", SUDO_REFUSES="yes")
        self.assertEqual(code, 77, err)
        self.assertIn("sudo refused", err)
        self.assertNotIn("agent started", self.calls())


if __name__ == "__main__":
    unittest.main()
