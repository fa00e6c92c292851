"""Take htmx, the page's interactive layer, out of its npm package.

npm pack htmx.org@2.0.11
python tools/vendor_htmx.py htmx.org-2.0.11.tgz
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path

VERSION = "2.0.11"
SHA256 = "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e"
SCRIPT = "package/dist/htmx.min.js"
TARGET = Path(__file__).parents[1] / "src/bonemets/web/static/htmx.js"
HEAD = f"/* htmx {VERSION}, 0BSD; see NOTICE */\n"


def main() -> None:
    """Write the script."""
    package = Path(sys.argv[1])
    if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{package.name} is not htmx {VERSION} as published")
    with tarfile.open(package) as archive:
        member = archive.extractfile(SCRIPT)
        script = member.read().decode() if member is not None else ""
    TARGET.write_text(HEAD + script, encoding="utf-8")


if __name__ == "__main__":
    main()
