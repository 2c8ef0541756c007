#!/usr/bin/env python3
"""Makes the program's embedded fonts from Inter. Run by hand when the character set changes; the results are committed.

    pip install fonttools; apt install fonts-inter; ./make.py

Three families, because the toolkit cannot switch OpenType features:
  Amparo Inter    text
  Amparo Figures  the same with tabular figures frozen in: times, counts, IDs
  Amparo Code     the same with tabular figures and slashed zero frozen in: passwords, hashes
The line height is written into the metrics (1.4 of the size, half above and half below), as the design's sizes have it.
"""
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOURCE = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/opentype/inter")
WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
PUNCTUATION = [*range(0x2010, 0x2028), 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2122, 0x2212, 0x25CF]
ARROWS = [*range(0x2190, 0x219A)]
WIDE = LATIN + [*range(0x100, 0x180)] + PUNCTUATION + ARROWS
FAMILIES = {
    "Inter": (WIDE, []),
    "Figures": (WIDE, ["tnum"]),
    "Code": (LATIN + PUNCTUATION, ["tnum", "zero"]),
}
LINE = 1.4


def frozen(font, feature):
    """The one-to-one substitutions of a feature."""
    gsub = font["GSUB"].table
    found = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag != feature:
            continue
        for index in record.Feature.LookupListIndex:
            for sub in gsub.LookupList.Lookup[index].SubTable:
                sub = getattr(sub, "ExtSubTable", sub)
                found.update(getattr(sub, "mapping", {}))
    if not found:
        raise SystemExit(f"{feature} is not in {font.reader.file.name}")
    return found


def make(family, weight, codepoints, features):
    font = TTFont(SOURCE / f"Inter-{weight}.otf")
    for feature in features:
        swap = frozen(font, feature)
        for table in font["cmap"].tables:
            if hasattr(table, "cmap"):
                table.cmap = {c: swap.get(g, g) for c, g in table.cmap.items()}

    options = Options(layout_features=["kern", "mark", "mkmk", "ccmp"] + ([] if features else ["calt"]),
                      name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17], notdef_outline=True, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codepoints)
    subsetter.subset(font)

    units = font["head"].unitsPerEm
    extra = round((LINE * units - font["hhea"].ascent + font["hhea"].descent) / 2)
    ascent, descent = font["hhea"].ascent + extra, -font["hhea"].descent + extra
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = ascent, -descent, 0
    os2 = font["OS/2"]
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = ascent, -descent, 0
    os2.usWinAscent, os2.usWinDescent, os2.usWeightClass = ascent, descent, WEIGHTS[weight]

    name = f"Amparo {family}"
    for number, text in {1: name, 2: weight, 3: f"{name} {weight}", 4: f"{name} {weight}",
                         6: f"Amparo{family}-{weight}", 16: name, 17: weight}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["name"].names = [n for n in font["name"].names if n.platformID == 3]
    font["CFF "].cff.fontNames = [f"Amparo{family}-{weight}"]
    top = font["CFF "].cff.topDictIndex[0]
    top.FullName, top.FamilyName = f"{name} {weight}", name
    out = Path(__file__).parent / f"Amparo{family}-{weight}.otf"
    font.save(out)
    print(f"{out.name}: {out.stat().st_size} bytes")


for family, (codepoints, features) in FAMILIES.items():
    for weight in WEIGHTS:
        make(family, weight, codepoints, features)
