"""bonemets: decision support for bone metastasis.

A record in, an explained and cited assessment out:

    import bonemets
    assessment = bonemets.assess(bonemets.read("record.json"))
"""

from bonemets.api import Knowledge, assess, load_pack, read, reading
from bonemets.model import Assessment, Reading, Record

__all__ = ["Assessment", "Knowledge", "Reading", "Record", "assess", "load_pack", "read", "reading"]
