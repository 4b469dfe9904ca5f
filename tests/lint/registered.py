#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every tests/**/tst_*.cpp is built and run. Run as: registered.py ROOT. Follows the build files from tests/CMakeLists.txt on, so a
test that is registered in a file which nothing includes counts as forgotten. Conditions are not looked at."""
import pathlib
import re
import sys

COMMAND = re.compile(r"\b(add_subdirectory|include|foreach|endforeach|tapio_add_test)\s*\(([^)]*)\)", re.IGNORECASE)


def sources_of(build_file, seen):
    """The sources of all tapio_add_test reached from this file, as paths."""
    if build_file in seen or not build_file.is_file():
        return set()
    seen.add(build_file)
    folder = build_file.parent
    found, loops = set(), []
    for command, text in COMMAND.findall(re.sub(r"#.*", "", build_file.read_text(encoding="utf-8"))):
        words = text.split()
        if command == "foreach":
            loops.append((words[0], words[1:]))
        elif command == "endforeach":
            loops.pop()
        elif command == "add_subdirectory":
            found |= sources_of(folder / words[0] / "CMakeLists.txt", seen)
        elif command == "include":
            found |= sources_of(folder / words[0], seen)
        else:
            for word in expand(words, loops):
                if word.endswith(".cpp"):
                    found.add((folder / word).resolve())
    return found


def expand(words, loops):
    for variable, values in loops:
        words = [word.replace("${" + variable + "}", value) for word in words for value in (values if "${" + variable + "}" in word else [""])]
    return words


def forgotten(root):
    sources = sources_of(root / "tests" / "CMakeLists.txt", set())
    return [f"{path.relative_to(root).as_posix()}: no tapio_add_test names it, so it is never built or run"
            for path in sorted((root / "tests").rglob("tst_*.cpp")) if path.resolve() not in sources]


def main():
    found = forgotten(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "every test is registered")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
