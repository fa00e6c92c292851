"""A cache that holds our knowledge as compiled already: most tests are not about compiling it."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from pathlib import Path

import pytest

import bonemets
from bonemets import api, cache
from bonemets.pack.load import HOME, content_hash, knowledge_files


def warmed(folder: Path) -> Path:
    """Give the folder with what the cache of this machine holds of our knowledge."""
    bonemets.load_pack()
    own = cache.place(f"{content_hash(knowledge_files((HOME,)))} False")
    if own is not None and own.exists():
        kept = folder / own.name
        kept.write_bytes(own.read_bytes())
        kept.chmod(0o600)
        return folder
    with pytest.MonkeyPatch.context() as patch:  # others drove it out of there: once more
        patch.setenv("BONEMETS_CACHE", str(folder))
        api._knowledge.cache_clear()
        bonemets.load_pack()
    return folder
