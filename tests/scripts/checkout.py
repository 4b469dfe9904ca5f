# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the scripts among stubs. PATH has the stubs and the few real tools that the scripts may use, and nothing else."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ("installers/run", "installers/common.sh", "installers/packages.txt", "tests/run", ".ci/run")
TOOLS = ("awk", "bash", "cat", "chmod", "cp", "dirname", "env", "mkdir", "mktemp", "nproc", "rm", "seq", "setsid", "sleep", "tail", "touch",
         "tr", "true", "uname")
NODE = os.uname().nodename.lower().replace("_", "-")
PATIENCE = 60  # seconds, for what must happen but takes a loaded machine a while

# Each stub notes how it was called in $LOG. What a test varies is in its environment.
STUBS = {
    "dpkg-query": 'case " ${MISSING:-} " in *" ${!#} "*) exit 1 ;; esac; printf installed',
    "apt-get": 'echo "apt-get $*" >>"$LOG"; echo "apt-get says why"; exit "${APT_EXIT:-0}"',
    "sudo": 'echo "sudo $*" >>"$LOG"; [ -z "${SUDO_REFUSES:-}" ] || exit 1; AS_ROOT=yes exec "$@"',
    "id": 'case "$1" in -u) echo "${STUB_UID:-0}" ;; -un) echo tester ;; esac',
    # Under sudo the folder of the agent belongs to root and nobody else may look into it.
    "cat": 'case "${STUB_UID:-0}:${AS_ROOT:-}:$*" in [!0]*::*/run/*) exit 1 ;; esac; exec "$REAL_CAT" "$@"',
    "cmake": '''echo "cmake $*" >>"$LOG"
        [ -z "${CMAKE_FAILS:-}" ] || { echo "cmake says why"; exit 1; }
        case "$1" in
            --preset) mkdir -p "build/$2" && touch "build/$2/build.ninja" ;;
            --build) mkdir -p "build/$3/bin" && cp "$PROGRAMS"/* "build/$3/bin/" ;;
        esac''',
    "ctest": 'echo "ctest $* kernel=${TAPIO_REQUIRE_KERNEL:-}" >>"$LOG"; echo "100% tests passed"; exit "${CTEST_EXIT:-0}"',
}
PROGRAMS = {
    "tapio": '''echo "tapio $*" >>"$LOG"
        [ "$1 $2" != "pki init" ] || { mkdir -p "$4" && touch "$4/ca.crt" "$4/index.json"; }''',
    "tapio-agent": '''[ -z "${AGENT_EXIT:-}" ] || { echo "agent started" >>"$LOG"; echo "the agent says why"; exit "$AGENT_EXIT"; }
        while [ $# -gt 0 ]; do case "$1" in --runtime-folder) folder=$2 ;; --pid-file) pidfile=$2 ;; esac; shift; done
        mkdir -p "$folder"
        sleep 1000 >/dev/null 2>&1 &
        trap 'kill $!; rm -f "$pidfile"; echo "agent ended" >>"$LOG"; exit 0' TERM
        echo "agent started" >>"$LOG"
        [ -n "${AGENT_HANGS:-}" ] || echo $$ >"$pidfile"
        wait''',
    "tapio-console": '''sleep 1000 >/dev/null 2>&1 &
        trap 'kill $!; echo "console ended" >>"$LOG"; exit 0' TERM
        echo "console started $*" >>"$LOG"
        [ -z "${CONSOLE_EXIT:-}" ] || { kill $!; exit "$CONSOLE_EXIT"; }
        wait''',
}


def write_program(path, body):
    path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.root, self.stubs, programs = self.folder / "checkout", self.folder / "stubs", self.folder / "programs"
        self.state = self.folder / "state"
        self.log = self.folder / "log"
        self.log.touch()
        for name in SCRIPTS:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, self.root / name)
        self.stubs.mkdir()
        programs.mkdir()
        for name in TOOLS:
            (self.stubs / name).symlink_to(shutil.which(name))
        for name, body in STUBS.items():
            (self.stubs / name).unlink(missing_ok=True)
            write_program(self.stubs / name, body)
        for name, body in PROGRAMS.items():
            write_program(programs / name, body)
        self.environment = {
            "PATH": str(self.stubs), "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder), "LOG": str(self.log),
            "PROGRAMS": str(programs), "REAL_CAT": shutil.which("cat"),
        }

    def start(self, script, *arguments, user=None, **environment):
        process = subprocess.Popen([self.root / script, *arguments], env=self.environment | environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, user=user,
                                   extra_groups=[] if user is not None else None, cwd="/")
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Only what a failed test left: the script, and with it whatever it would have waited for."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdout, process.stderr):
            stream.close()
        process.wait()

    def run_script(self, script, *arguments, **environment):
        process = self.start(script, *arguments, **environment)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def calls(self):
        return self.log.read_text(encoding="utf-8").splitlines()

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what} did not happen; calls: {self.calls()}")
            time.sleep(0.02)

    def until_called(self, beginning):
        self.until(lambda: any(call.startswith(beginning) for call in self.calls()), f"'{beginning}'")
