#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""installers/run: what it starts, what it does only once, and that it ends what it started and nothing else."""
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from checkout import NODE, PATIENCE, ScriptTest, write_program


class Start(ScriptTest):
    def begin(self, **environment):
        return self.start("installers/run", "--state", str(self.state), **environment)

    def once(self, *arguments, **environment):
        return self.run_script("installers/run", "--state", str(self.state), *arguments, **environment)

    def victim(self):
        """A process that has nothing to do with us; its pid is what an earlier agent left behind."""
        process = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        run = self.state / "run"
        run.mkdir(parents=True, exist_ok=True)
        for name in (f"agent-{NODE}.lock", f"agent-{NODE}.pid", "started-1.pid"):
            (run / name).write_text(f"{process.pid}\n", encoding="utf-8")
        return process

    def agent_pid(self, out):
        return int(re.search(r"tapio-agent runs \(pid (\d+)\)", out).group(1))

    def test_build_only_starts_nothing(self):
        code, out, err = self.once("--build-only")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.calls(), ["cmake --preset release", "cmake --build --preset release"])
        self.assertIn("tapio-agent", out)

    def test_the_second_start_does_nothing_twice(self):
        code, _, err = self.once(CONSOLE_EXIT="0", MISSING="cmake zlib1g-dev")
        self.assertEqual(code, 0, err)
        first = self.calls()
        self.assertIn("apt-get install -y -qq --no-install-recommends cmake zlib1g-dev", first)
        self.assertEqual([call.split(" --pki")[0] for call in first if "pki init" in call], ["tapio pki init"])
        self.log.write_text("", encoding="utf-8")
        code, _, err = self.once(CONSOLE_EXIT="0")
        self.assertEqual(code, 0, err)
        second = [call for call in self.calls() if not call.startswith("tapio pki issue")]
        self.assertEqual(second[0], "cmake --build --preset release")
        self.assertEqual(second[1], "agent started")
        self.assertTrue(second[2].startswith("console started --listen 127.0.0.1:7117 "), second[2])
        self.assertEqual(second[3:], ["agent ended"])
        issued = [call for call in self.calls() if call.startswith("tapio pki issue")]
        self.assertEqual(len(issued), 3)
        self.assertTrue(all("--ensure" in call for call in issued), issued)

    def test_an_authority_that_was_made_by_half_is_made_anew(self):
        pki = self.folder / "home/.config/tapio/pki"
        pki.mkdir(parents=True)
        for there, made in (("ca.key", True), ("ca.crt", True), ("index.json", False)):
            with self.subTest(there=there):
                (pki / there).touch()
                self.log.write_text("", encoding="utf-8")
                if made:
                    (pki / "index.json").unlink(missing_ok=True)
                code, _, err = self.once(CONSOLE_EXIT="0")
                self.assertEqual(code, 0, err)
                self.assertEqual(bool([call for call in self.calls() if call.startswith("tapio pki init")]), made)

    def test_options_reach_the_programs(self):
        code, _, err = self.once("--port", "7200", "--seconds", "3", CONSOLE_EXIT="0")
        self.assertEqual(code, 0, err)
        console = next(call for call in self.calls() if call.startswith("console started"))
        self.assertIn("--listen 127.0.0.1:7200 ", console)
        self.assertIn(f"--headless --snapshot {self.state}/overview.png --seconds 3", console)

    def test_a_display_brings_the_window(self):
        code, _, err = self.once(CONSOLE_EXIT="0", DISPLAY=":77")
        self.assertEqual(code, 0, err)
        self.assertFalse([call for call in self.calls() if "--headless" in call])

    def test_the_consoles_exit_code_is_the_scripts(self):
        code, _, _ = self.once(CONSOLE_EXIT="69")
        self.assertEqual(code, 69)
        self.assertEqual(self.calls()[-1], "agent ended")

    def test_an_agent_that_does_not_start_is_quoted(self):
        code, _, err = self.once(AGENT_EXIT="78")
        self.assertEqual(code, 78, err)
        self.assertIn("the agent says why", err)
        self.assertFalse([call for call in self.calls() if call.startswith("console")])

    def test_a_signal_ends_console_and_agent_at_once(self):
        for number, uid in ((signal.SIGTERM, "0"), (signal.SIGINT, "0"), (signal.SIGHUP, "0"), (signal.SIGTERM, "1000")):
            with self.subTest(signal=number.name, uid=uid):
                self.log.write_text("", encoding="utf-8")
                process = self.begin(STUB_UID=uid)
                self.until_called("console started")
                process.send_signal(number)
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 0, err)
                self.assertEqual(sorted(self.calls()[-2:]), ["agent ended", "console ended"])
                self.assertFalse(os.path.exists(f"/proc/{self.agent_pid(out)}"))
                self.assertEqual(list((self.state / "run").glob("started-*")), [])

    def test_a_signal_while_the_agent_starts_ends_it(self):
        process = self.begin(AGENT_HANGS="yes")
        self.until_called("agent started")
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 143)
        self.assertEqual(self.calls()[-1], "agent ended")

    def test_an_agent_that_is_too_slow_is_no_success(self):
        # It leaves with 0 when asked to. The half minute that it has is three hundred looks, shorter ones here.
        (self.stubs / "sleep").unlink()  # a link to the machine's own
        write_program(self.stubs / "sleep", f'[ "$1" != 0.1 ] || set -- 0.01; exec {shutil.which("sleep")} "$@"')
        code, _, err = self.once(AGENT_HANGS="yes")
        self.assertEqual(code, 69, err)
        self.assertIn("tapio-agent did not start", err)
        self.assertEqual(self.calls()[-1], "agent ended")

    def test_a_port_in_use_is_said_before_the_agent_starts(self):
        # It would connect to the console that is there, in the place of that one's own agent.
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            code, _, err = self.once("--port", port)
        self.assertEqual(code, 69)
        self.assertIn(f"port {port} is in use", err)
        self.assertFalse([call for call in self.calls() if "started" in call or call.startswith("tapio pki")])

    def test_a_killed_script_leaves_no_agent(self):
        process = self.begin()
        self.until_called("console started")
        process.kill()
        self.until_called("agent ended")
        os.killpg(process.pid, signal.SIGTERM)  # the console that it left
        self.until_called("console ended")

    def test_sudo_is_not_asked_again_at_the_end(self):
        # sudo forgets the password after some minutes, and a desktop start has no terminal to ask on.
        process = self.begin(STUB_UID="1000")
        self.until_called("console started")
        asked = [call for call in self.calls() if call.startswith("sudo")]
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual([call for call in self.calls() if call.startswith("sudo")], asked)

    def test_a_stale_pid_is_neither_believed_nor_killed(self):
        for uid in ("0", "1000"):
            with self.subTest(uid=uid):
                victim = self.victim()
                code, out, err = self.once(STUB_UID=uid, CONSOLE_EXIT="0")
                self.assertEqual(code, 0, err)
                self.assertNotEqual(self.agent_pid(out), victim.pid)
                self.assertIsNone(victim.poll())
                code, out, err = self.once(STUB_UID=uid, AGENT_EXIT="69")
                self.assertEqual(code, 69, err)
                self.assertNotIn("tapio-agent runs", out)
                self.assertIsNone(victim.poll())

    def test_programs_can_be_built_anew_while_they_run(self):
        process = self.begin()
        self.until_called("console started")
        code, _, err = self.once("--build-only")
        self.assertEqual(code, 0, err)
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
