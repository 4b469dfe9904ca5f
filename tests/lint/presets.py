#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configures a preset on a machine that lacks what the preset must do without. Run as: presets.py ROOT PRESET. Builds nothing.

Hidden are: programs, by a PATH of links to all others and by making CMake ignore the system's folders; pkg-config modules, likewise; and CMake
packages, by CMake's own switch. What is included or linked without being looked for is the business of layers.py and needed.py."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HIDDEN = {
    "agent-only": {
        "programs": r"(qmake|qtpaths|moc|rcc|uic|lrelease|lupdate|lconvert)\d?(-.*)?",
        "modules": r"Qt\d?.*",
        "packages": ["Qt5", "Qt6"] + ["Qt6" + part for part in ("Charts", "Core", "Gui", "Network", "Sql", "Svg", "Test", "Widgets")],
    },
    "console-only": {
        "programs": r"(clang|clang\+\+|clang-\d+|clang-cpp|llvm-.*|llc|opt|bpftool)(-\d+)?",
        "modules": r"libbpf",
        "packages": ["libbpf", "LibBpf", "Clang", "LLVM"],
    },
}


def link_all_but(hidden, folders, target, suffix=""):
    target.mkdir()
    for folder in folders:
        if not os.path.isdir(folder) or folder.rstrip("/").endswith("ccache"):  # ccache's own "c++" looks for a real one on PATH
            continue
        for entry in os.scandir(folder):
            name = entry.name.removesuffix(suffix)
            link = target / entry.name
            if entry.name.endswith(suffix) and not re.fullmatch(hidden, name) and not os.path.lexists(link):
                link.symlink_to(entry.path)


def pkg_config_folders(path):
    told = subprocess.run(["pkg-config", "--variable", "pc_path", "pkg-config"], check=True, capture_output=True, text=True, env={"PATH": path})
    return told.stdout.strip().split(":")


PROGRAM_FOLDERS = list(dict.fromkeys(os.environ["PATH"].split(":") + ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]))


def hide(preset, folder):
    """Makes below `folder` what is left of the machine."""
    folder.mkdir(exist_ok=True)
    link_all_but(HIDDEN[preset]["programs"], PROGRAM_FOLDERS, folder / "bin")
    link_all_but(HIDDEN[preset]["modules"], pkg_config_folders(os.environ["PATH"]), folder / "pkgconfig", ".pc")
    return folder


def configure(root, preset, machine):
    """The end of what CMake says when the preset cannot be configured on what `hide` left; None when it can."""
    # A compiler from outside could be a hidden one; the presets name none.
    environment = {key: value for key, value in os.environ.items() if key not in ("CC", "CXX", "CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH")}
    environment |= {"PATH": str(machine / "bin"), "PKG_CONFIG_LIBDIR": str(machine / "pkgconfig")}
    with tempfile.TemporaryDirectory() as build:
        command = ["cmake", "-S", str(root), "-B", build, "--preset", preset, f"-DCMAKE_IGNORE_PATH={';'.join(PROGRAM_FOLDERS)}"]
        command += [f"-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON" for package in HIDDEN[preset]["packages"]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return None if done.returncode == 0 else "\n".join((done.stdout + done.stderr).splitlines()[-30:])


def main():
    with tempfile.TemporaryDirectory() as machine:
        said = configure(pathlib.Path(sys.argv[1]), sys.argv[2], hide(sys.argv[2], pathlib.Path(machine)))
    print(f"{sys.argv[2]} needs what it must do without:\n{said}" if said else f"{sys.argv[2]} does without what is hidden")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
