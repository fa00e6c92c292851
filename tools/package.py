"""A file out of an npm package, whose hash has to be the published one."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path


def member(name: str, sha256: str, path: str) -> str:
    """Give a file of the package that the command line names, as text."""
    package = Path(sys.argv[1])
    if hashlib.sha256(package.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{package.name} is not {name} as published")
    with tarfile.open(package) as archive:
        found = archive.extractfile(path)
        return "" if found is None else found.read().decode()
