"""Where the peers come from: their own registries, at run time, into `.peers/` of the checkout.

Nothing of theirs is kept in this repository.
A peer that cannot be installed is told, with the reason.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".peers"
NPM = (
    "@cqframework/cql@5.3.0",
    "cql-execution@3.3.2",
    "cql-exec-fhir@2.2.0",
    "fqm-execution@1.8.6",
)
PYPI = ("fhir4ds-v2==0.0.17", "pandas==3.1.1")


class Absent(Exception):
    """A peer is not to be had here; the text says why."""


def ready(name: str, wanted: tuple[str, ...], commands: list[list[str]]) -> Path:
    """Give the folder of an installation, made by these commands unless it is there already."""
    folder = PLACE / name
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text("utf-8").split() == list(wanted):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [x for x in (done.stderr or done.stdout).splitlines() if x.strip()]
            raise Absent(
                f"{command[0]} could not install it: {lines[-1] if lines else 'no reason'}"
            )
    stamp.write_text("\n".join(wanted), "utf-8")
    return folder


def npm() -> Path:
    """Give the folder of modules with the peers of npm; no script of a package is run."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Absent(f"`{program}` is not on the path")
    into = ["--prefix", str(PLACE / "npm"), "--ignore-scripts", "--no-audit", "--no-fund"]
    return ready("npm", NPM, [["npm", "install", *into, *NPM]]) / "node_modules"


def fhir4ds() -> Path:
    """Give the Python of an environment of its own with the peer of PyPI."""
    folder = PLACE / "fhir4ds"
    python = folder / "bin" / "python"
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", *PYPI],
    ]
    ready("fhir4ds", PYPI, commands)
    return python
