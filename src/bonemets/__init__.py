"""bonemets: decision support for bone metastasis.

A record in, an explained and cited assessment out:

    import bonemets
    assessment = bonemets.assess(bonemets.read("record.json"))
"""

from bonemets.api import Knowledge, assess, load_pack, read

__all__ = ["Knowledge", "assess", "load_pack", "read"]
