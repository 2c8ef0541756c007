#!/usr/bin/env python3
"""Copies the icons the pages use out of the npm package `lucide-static`, with the design's stroke.

    npm pack lucide-static@1.62.0; tar xzf lucide-static-1.62.0.tgz; ./make.py package

Run by hand when a page needs another icon; the results are committed.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
# 1.75 at 16 and 20 px; a check mark in its small box and the 28 px ones have their own.
STROKES = {"check": "2.5", "cloud-off": "1.5", "shield-x": "1.5"}
source = Path(sys.argv[1])
wanted = sorted(set(re.findall(r'icons/([a-z0-9-]+)\.svg', "".join(p.read_text() for p in (HERE / "../ui").rglob("*.slint")))))
for name in wanted:
    if name == "mark":
        continue
    svg = (source / "icons" / f"{name}.svg").read_text()
    svg = re.sub(r"<!--.*?-->\s*", "", svg)
    svg = re.sub(r'\s*class="[^"]*"', "", svg)
    svg = svg.replace('stroke="currentColor"', 'stroke="#000"').replace('stroke-width="2"', f'stroke-width="{STROKES.get(name, "1.75")}"')
    (HERE / f"{name}.svg").write_text(re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><").strip() + "\n")
(HERE / "LICENSE").write_text((source / "LICENSE").read_text())
print(len(wanted), "icons")
