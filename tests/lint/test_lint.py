#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks must bite: each is shown a tree that breaks it."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layers  # noqa: E402
import links  # noqa: E402
import presets  # noqa: E402
import registered  # noqa: E402
import style  # noqa: E402
import tree  # noqa: E402

SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"


class Locks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_layers_refuse(self):
        rows = [
            ("protocol/base/a.h", "#include <QString>"),
            ("protocol/base/b.h", '#include "protocol/wire/event.h"'),
            ("protocol/wire/a.cpp", "#include <zmq.hpp>"),
            ("protocol/transport/a.cpp", "#include <capnp/message.h>"),
            ("agent/collect/a.cpp", "#include <QtCore/QString>"),
            ("agent/server/a.cpp", '#include "agent/collect/kernelcollectors.h"'),
            ("agent/pipeline/a.cpp", "#include <prometheus/registry.h>"),
            ("agent/correlation/a.cpp", '#include "agent/pipeline/pipeline.h"'),
            ("agent/drill/a.cpp", '#include "agent/collect/smallfile.h"'),
            ("agent/correlation/b.cpp", '#include "agent/replay/replayer.h"'),
            ("agent/replay/a.cpp", '#include "agent/pipeline/correlator.h"'),
            ("protocol/recording/a.cpp", '#include "protocol/transport/endpoint.h"'),
            ("console/cli/a.cpp", '#include "agent/config/agentconfig.h"'),
            ("agent/server/b.cpp", "#include <bpf/libbpf.h>"),
            ("console/core/session/a.cpp", "#include <QWidget>"),
            ("console/core/store/a.cpp", "#include <QObject>"),
            ("console/ui/a.cpp", "#include <openssl/ssl.h>"),
            ("console/ui/pages/a.cpp", '#include "agent/collect/kernelcollectors.h"'),
        ]
        for name, line in rows:
            with self.subTest(name=name):
                self.write(name, SPDX + line + "\n")
                self.assertEqual(len(layers.breaks(self.root)), 1)
                (self.root / name).unlink()

    def test_layers_allow(self):
        self.write("console/core/session/a.cpp", '#include <QObject>\n#include "agent/server/fanin.h"\n')
        self.write("protocol/wire/a.cpp", '#include <capnp/message.h>\n#include "protocol/base/result.h"\n')
        self.write("console/cli/a.cpp", '#include "agent/drill/runner.h"\n#include "agent/replay/replayer.h"\n')
        self.write("agent/collect/a.cpp", '#include <bpf/libbpf.h>\n')
        self.assertEqual(layers.breaks(self.root), [])

    def test_tree_refuses(self):
        rows = [
            ("protocol/a.h", "#pragma once\n", "SPDX"),
            ("protocol/b.h", SPDX, "pragma once"),
            ("protocol/c.cpp", SPDX + "\n" * 700, "lines"),
            ("tests/a/tst_a.cpp", SPDX + "QTest::qSleep(5);\n", "sleeps"),
            ("bpf/programs/a.c", SPDX, "BSD-2-Clause"),
            ("vendor/a.cpp", SPDX, "top level"),
            (".clang-format", "Standard: c++20\n", "SPDX"),
            (".ci/other", "#!/bin/sh\n", "SPDX"),
            ("resources/icons/a.svg", "<svg/>\n", "SPDX"),
            ("resources/images/a.png", "PNG", "SPDX"),
            ("tests/data/bytes", "0", "SPDX"),
        ]
        for name, text, word in rows:
            with self.subTest(name=name):
                self.write(name, text)
                found = tree.problems(self.root)
                self.assertEqual(len(found), 1, found)
                self.assertIn(word, found[0])
                (self.root / name).unlink()
                if name.startswith("vendor"):
                    (self.root / "vendor").rmdir()

    def test_tree_allows_bytes_that_a_reuse_file_names(self):
        self.write("tests/REUSE.toml", SPDX.replace("//", "#") + 'version = 1\n[[annotations]]\npath = ["data/**"]\nSPDX-License-Identifier = "MIT"\n')
        self.write("tests/data/deep/bytes", "0")
        self.write("build/dev/CMakeCache.txt", "")
        self.write("tests/lint/__pycache__/a.pyc", "")
        self.assertEqual(tree.problems(self.root), [])
        self.write("tests/data/code.cpp", "int a;\n")
        self.assertEqual(len(tree.problems(self.root)), 1, "code can carry the line")

    @unittest.skipIf(style.version() != style.VERSION, "clang-format of another version, or none")
    def test_style_refuses(self):
        self.write(".clang-format", "BasedOnStyle: LLVM\n")
        self.write("protocol/a.cpp", "int a;\n")
        self.assertEqual(style.problems(self.root), [])
        self.write("protocol/b.h", "int a;\nint  b;\n")
        self.assertEqual(len(style.problems(self.root)), 1)
        self.assertIn("protocol/b.h:2:", style.problems(self.root)[0])
        self.write(".clang-format", "BasedOnStyle: none of these\n")
        self.assertIn("clang-format:", style.problems(self.root)[0])

    def test_tree_misses_licence_texts(self):
        self.assertEqual(len(tree.missing_licences(self.root)), 3)

    def test_registered_finds_forgotten_tests(self):
        self.write("tests/CMakeLists.txt", "if(X)\nadd_subdirectory(a)\nendif()\n# add_subdirectory(b)\n")
        self.write("tests/a/CMakeLists.txt", "foreach(name one two)\n  tapio_add_test(tst_${name} SOURCES tst_${name}.cpp LINK x)\nendforeach()\n"
                                             "tapio_add_test(tst_three\n    SOURCES tst_three.cpp help.cpp)\n# tapio_add_test(tst_six SOURCES tst_six.cpp)\n"
                                             "include(more.cmake)\n")
        self.write("tests/a/more.cmake", "tapio_add_test(tst_four SOURCES tst_four.cpp)\n")
        self.write("tests/b/CMakeLists.txt", "tapio_add_test(tst_five SOURCES tst_five.cpp)\n")
        for name in ("a/tst_one", "a/tst_two", "a/tst_three", "a/tst_four"):
            self.write(f"tests/{name}.cpp", "")
        self.assertEqual(registered.forgotten(self.root), [])
        for name in ("b/tst_five", "a/tst_six", "a/tst_seven"):
            with self.subTest(name=name):
                self.write(f"tests/{name}.cpp", "")
                found = registered.forgotten(self.root)
                self.assertEqual(len(found), 1, found)
                self.assertIn(name, found[0])
                (self.root / f"tests/{name}.cpp").unlink()

    def test_links_refuse(self):
        self.write("tests/README.md", "# Tests of it\n")
        rows = [
            "[a](agent/README.md)", "![picture](resources/a.png)", "see [a](tests/README.md#nothing)", "[a](#nothing)", "[a]: docs/a.md",
            "[out](../outside)", "a\n[a](tests/none.md 'with a title')",
        ]
        for text in rows:
            with self.subTest(text=text):
                self.write("README.md", text + "\n")
                self.assertEqual(len(links.broken(self.root)), 1)

    def test_links_allow(self):
        self.write("tests/README.md", "# Tests of it\n[up](../README.md)\n")
        self.write("README.md", "# Top\n[a](tests/README.md) [b](tests/) [c](tests/README.md#tests-of-it) [d](https://example.org/x) [e](#top)\n"
                                "```\n[f](none.md)\n```\n")
        self.assertEqual(links.broken(self.root), [])

    def test_presets_refuse_what_they_must_do_without(self):
        self.write("CMakePresets.json", '{ "version": 6, "configurePresets": [' + ", ".join(
            f'{{ "name": "{name}", "generator": "Ninja", "binaryDir": "${{sourceDir}}/build" }}' for name in presets.HIDDEN) + "] }")
        pkg_config = "find_package(PkgConfig REQUIRED)\npkg_check_modules({0} REQUIRED {0})"
        rows = [
            ("agent-only", "find_package(Qt6 REQUIRED COMPONENTS Core)", None),
            ("agent-only", "find_package(Qt6Core REQUIRED)", None),
            ("agent-only", pkg_config.format("Qt6Core"), None),
            ("agent-only", pkg_config.format("libbpf"), "OK"),
            ("agent-only", "find_program(CLANG clang REQUIRED)", "OK"),
            ("console-only", "find_program(CLANG clang REQUIRED)", None),
            ("console-only", "find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)", None),
            ("console-only", pkg_config.format("libbpf"), None),
            ("console-only", "find_package(Qt6 REQUIRED COMPONENTS Core)", "OK"),
        ]
        outside = tempfile.TemporaryDirectory()
        self.addCleanup(outside.cleanup)
        machines = {preset: presets.hide(preset, pathlib.Path(outside.name) / preset) for preset in presets.HIDDEN}
        for preset, line, allowed in rows:
            with self.subTest(preset=preset, line=line):
                # Qt looks for threads, which takes a compiler; the others need none.
                languages = "CXX" if "Qt6 " in line else "NONE"
                self.write("CMakeLists.txt", f"cmake_minimum_required(VERSION 3.25)\nproject(a LANGUAGES {languages})\n{line}\n")
                said = presets.configure(self.root, preset, machines[preset])
                self.assertEqual(said is None, allowed is not None, said)


if __name__ == "__main__":
    unittest.main()
