"""Make the style sheet that reports and pages carry from the NHS.UK frontend's npm package.

    npm pack nhsuk-frontend@10.6.1
    python tools/vendor_nhsuk.py nhsuk-frontend-10.6.1.tgz

What names or belongs to the NHS goes: its typeface (licensed to NHS bodies in England), and every
address outside the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from package import member

VERSION = "10.6.1"
SHA256 = "1af037bcb75237c4208809d3ac9a06522ccf61b2268221268ead3985bceb060b"
SHEET = "package/dist/nhsuk/nhsuk-frontend.min.css"
TARGET = Path(__file__).parents[1] / "src/bonemets/renderers/html/static/nhsuk.css"
HEAD = f"/* nhsuk-frontend {VERSION}, MIT, Copyright (c) 2019 NHS England; patched: see NOTICE */\n"


def main() -> None:
    """Write the patched sheet."""
    sheet = member(f"nhsuk-frontend {VERSION}", SHA256, SHEET)
    sheet = re.sub(r"@font-face\{[^}]*\}", "", sheet).replace("Frutiger W01,", "")
    sheet = re.sub(r"/\*#.*?\*/", "", sheet)
    sheet = re.sub(r"url\((?!data:)[^)]*\)", "none", sheet)
    if "http" in re.sub(r"http://www\.w3\.org/\S+", "", sheet) or "Frutiger" in sheet:
        sys.exit("an address or the licensed typeface is left")
    TARGET.write_text(HEAD + sheet, encoding="utf-8")


if __name__ == "__main__":
    main()
