"""The web page and the REST API: `bonemets serve`.

For one person on one machine, or behind a proxy that asks who is there. Nothing of a patient is
kept: what a page knows of a case travels with each request.
"""
