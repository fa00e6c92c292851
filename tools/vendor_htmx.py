"""Take htmx, the page's interactive layer, out of its npm package.

npm pack htmx.org@2.0.11
python tools/vendor_htmx.py htmx.org-2.0.11.tgz
"""

from __future__ import annotations

from pathlib import Path

from package import member

VERSION = "2.0.11"
SHA256 = "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e"
SCRIPT = "package/dist/htmx.min.js"
TARGET = Path(__file__).parents[1] / "src/bonemets/web/static/htmx.js"
HEAD = f"/* htmx {VERSION}, 0BSD; see NOTICE */\n"


def main() -> None:
    """Write the script."""
    script = member(f"htmx {VERSION}", SHA256, SCRIPT)
    TARGET.write_text(HEAD + script, encoding="utf-8")


if __name__ == "__main__":
    main()
