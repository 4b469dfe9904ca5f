#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between our Markdown files lead somewhere. Run as: links.py ROOT. Links into the web are not followed."""
import pathlib
import re
import sys

from tree import files

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//", re.IGNORECASE)


def anchors(text):
    """As GitHub makes them from headings."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(root):
    found = []
    for name, path in files(root):
        if path.suffix != ".md":
            continue
        text = path.read_text(encoding="utf-8")
        prose = FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)
        for match in LINK.finditer(prose):
            link = match.group(1) or match.group(2)
            if ELSEWHERE.match(link):
                continue
            target, _, anchor = link.partition("#")
            goal = (root / target.lstrip("/") if target.startswith("/") else path.parent / target) if target else path
            line = prose.count("\n", 0, match.start()) + 1
            if not goal.exists() or not goal.resolve().is_relative_to(root.resolve()):
                found.append(f"{name}:{line}: the link to {link} leads nowhere")
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
                found.append(f"{name}:{line}: {target or name} has no heading #{anchor}")
    return found


def main():
    found = broken(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "every link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
