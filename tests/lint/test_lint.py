#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks must bite: each is shown a tree that breaks it."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layers  # noqa: E402
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


if __name__ == "__main__":
    unittest.main()
