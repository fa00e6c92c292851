"""From bytes to the resources of a FHIR record, and from references to resources."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Never, cast

import msgspec

from bonemets.errors import Fault, RecordRefused
from bonemets.readers.fhir.codes import in_error
from bonemets.readers.fhir.nodes import Node, node, nodes, text
from bonemets.readers.times import parse

MOST_BYTES = 200_000_000
MOST_LEVELS = 100
MOST_ENTRIES = 1_000_000
MOST_NAMESAKES = 20
"""How many resources of one name are kept apart; hostile records hold more."""

PLAIN_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_KIND = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
_NAMED = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64})(?:/_history/[^/]*)?", re.ASCII | re.DOTALL
)
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NEITHER = bytes(set(range(256)) - set(b'[]{}"'))


def refuse(name: str, code: str, message: str) -> Never:
    """Refuse the record `name` for one fault; the message holds no value of it."""
    raise RecordRefused([Fault(name, 0, 0, code, message)])


# --- bytes to a tree ---------------------------------------------------------------------------


def parse_json(data: bytes, name: str) -> object:
    """Read JSON text, or refuse it with the place and what is wrong."""
    if len(data) > MOST_BYTES:
        refuse(name, "too-large", "the file has more than 200 MB. Send one patient at a time.")
    utf8 = _utf8(data)
    if utf8 is None:
        message = "the file begins as UTF-16 or UTF-32 and does not go on so."
        refuse(name, "not-json", f"{message} Save it as UTF-8.")
    if not utf8.strip():
        refuse(name, "empty", "the file is empty. Send a FHIR R4 Bundle in JSON.")
    tree, fault = _decode(utf8, name)
    if fault is not None:  # raised here, as an error from within would carry the bytes along
        raise RecordRefused([fault])
    return tree


def _utf8(data: bytes) -> bytes | None:
    """Give the text in UTF-8 without a mark; None where the mark does not keep its promise."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:]
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding).encode()
            except UnicodeError:
                return None
    return data


def _decode(data: bytes, name: str) -> tuple[object, Fault | None]:
    """Parse JSON: the tree, or the fault that it has."""
    deep = f"the JSON is nested more than {MOST_LEVELS} levels deep, which no FHIR record is."
    too_deep = Fault(name, 0, 0, "too-deep", f"{deep} Send the Bundle itself.")
    try:
        tree = cast("object", msgspec.json.decode(data))
    except RecursionError:
        return None, too_deep
    except UnicodeDecodeError:
        message = "the text is not UTF-8. Save the file as UTF-8."
        return None, Fault(name, 0, 0, "not-json", message)
    except msgspec.ValidationError:
        message = "a number is larger than any number can be. Correct it."
        return None, Fault(name, 0, 0, "not-a-number", message)
    except msgspec.DecodeError as error:
        return None, _malformed(data, name, str(error))
    return tree, too_deep if _deeper_than(data, MOST_LEVELS) else None


def _deeper_than(data: bytes, levels: int) -> bool:
    """Say whether valid JSON is nested deeper than that; brackets in its strings do not count.

    Only brackets and quotes are kept; to take out two neighbouring quotes leaves all else as far
    inside or outside of strings as it was; each pass then takes out the innermost brackets.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    kept = data.translate(_BRACKETS, _NEITHER).replace(b'""', b"")
    brackets = b"".join(kept.split(b'"')[::2])
    for _ in range(levels):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _malformed(data: bytes, name: str, error: str) -> Fault:
    """Say what is wrong with text that is not JSON, and where."""
    found = re.search(r"\(byte (\d+)\)", error)
    at = int(found.group(1)) if found else 0
    line, column = (
        (data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)) if found else (0, 0)
    )
    start, code = data.lstrip()[:1], "not-json"
    if "truncated" in error and data.rstrip()[-1:] not in (b"}", b"]"):
        code, message = "json-truncated", "the JSON ends before it is complete. Send all of it."
    elif data.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        message = "this is a packed file. Unpack it first."
    elif start == b"<":
        message = "this is XML or HTML. Send FHIR in its JSON form."
    elif any(word in data[max(0, at - 1) : at + 9] for word in (b"NaN", b"Infinity")):
        code = "not-a-number"
        message = "NaN and Infinity are no numbers in JSON. Leave the value out."
    elif "trailing characters" in error and start == b"{":
        message = "more text follows the first resource. Send one Bundle; NDJSON goes line by line."
    else:
        message = (
            "this is no JSON text. Send a FHIR R4 Bundle in JSON, or a case file, "
            "whose first line is `bonemets: case/1`."
        )
    return Fault(name, line, column, code, message)


# --- a tree to resources -----------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Entry:
    """One resource of the record and what names it."""

    kind: str
    node: Node
    where: str
    """Its place for people: `Observation/ca-1`, or `entry[12]` where it has no id."""
    ident: str
    """Its own identifier: the id, else the last part of its full URL, else its place."""
    url: str = ""
    holder: Entry | None = None
    """The resource that contains it."""


@dataclass(slots=True)
class Container:
    """The resources of one record, each once, and the ways to name them."""

    entries: list[Entry] = field(default_factory=list[Entry])
    ignored: Counter[str] = field(default_factory=Counter[str])
    """What was passed over, by name."""
    in_conflict: list[Entry] = field(default_factory=list[Entry])
    """Resources that came twice with other content and nothing to tell which is newer."""
    by_url: dict[str, Entry] = field(default_factory=dict[str, Entry])
    by_name: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    by_ident: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    _inside: dict[int, dict[str, Entry]] = field(default_factory=dict[int, dict[str, Entry]])

    def find(self, reference: str, at: Entry) -> Entry | None:
        """Find what a reference in the resource `at` points to; None where it is not here."""
        if reference.startswith("#"):
            return self._contained(reference[1:], at)
        found = self.by_url.get(reference)
        if found is not None:
            return found
        if reference.startswith("urn:"):
            same = self.by_ident.get(reference.rsplit(":", 1)[-1], [])
            return same[0] if len(same) == 1 else None
        name = named(reference)
        if not name:
            return None
        same = [e for e in self.by_name.get(name, []) if not _elsewhere(reference, e.url)]
        if len(same) > 1 and at.url.startswith("http"):
            base = at.url.removesuffix(named(at.url))
            same = [e for e in same if e.url == base + name] or same
        return same[0] if len({e.url for e in same}) == 1 else None

    def _contained(self, ident: str, at: Entry) -> Entry | None:
        holder = at if at.holder is None else at.holder
        if not ident:
            return holder
        known = self._inside.get(id(holder.node))
        if known is None:
            inner = nodes(holder.node.get("contained"))
            known = {text(i.get("id")): contained(i, holder) for i in inner}
            self._inside[id(holder.node)] = known
        return known.get(ident)


def contained(inner: Node, holder: Entry) -> Entry:
    """Name a resource contained in `holder`."""
    ident = text(inner.get("id"))
    tag = f"#{ident}" if PLAIN_ID.fullmatch(ident) else "#"
    kind = text(inner.get("resourceType"))
    return Entry(kind, inner, holder.where + tag, holder.ident + tag, holder=holder)


def named(reference: str) -> str:
    """Give the `Type/id` in which a reference ends, without its version, or nothing."""
    match = _NAMED.fullmatch(reference)
    return match.group(1) if match else ""


def _elsewhere(reference: str, url: str) -> bool:
    """Say whether an absolute reference names another server than the resource's own URL."""
    if not (reference.startswith("http") and url.startswith("http")):
        return False
    bases = [r.split("://", 1)[-1].rsplit("/_history/", 1)[0] for r in (reference, url)]
    return bases[0] != bases[1]


def open_record(tree: object, name: str) -> Container:
    """Collect the resources of a Bundle or of a single resource."""
    if isinstance(tree, list):
        message = "this is a list, not a resource. Put the resources into a Bundle (collection)."
        refuse(name, "bare-list", message)
    top = node(tree)
    kind = text(top.get("resourceType"))
    if not _KIND.fullmatch(kind):
        message = "this is JSON, but not FHIR: it has no resourceType. Send a FHIR R4 Bundle."
        refuse(name, "wrong-resource", message)
    box = Container()
    if kind == "Bundle":
        _unpack(box, top, name, "", history=False)
    else:
        ident = text(top.get("id"))
        _add(box, _entry(top, kind, kind, ident, ""), history=False)
    return box


def _unpack(box: Container, bundle: Node, name: str, inside: str, *, history: bool) -> None:
    """Add the entries of a Bundle, and of Bundles within it."""
    history = history or bundle.get("type") == "history"
    deleted: set[str] = set()
    items = nodes(bundle.get("entry"))
    if len(items) + len(box.entries) > MOST_ENTRIES:
        message = f"the Bundle holds more than {MOST_ENTRIES:,} entries."
        refuse(name, "too-many", f"{message} Send one patient at a time.")
    for n, item in enumerate(items):
        place = f"{inside}entry[{n}]"
        resource, url = node(item.get("resource")), text(item.get("fullUrl"))
        kind, ident = text(resource.get("resourceType")), text(resource.get("id"))
        if not resource:
            request = node(item.get("request"))
            if request.get("method") == "DELETE":
                deleted |= {url, named(url), named(text(request.get("url")))}
            box.ignored["entry without a resource"] += 1
        elif not _KIND.fullmatch(kind):
            box.ignored["entry without a resourceType"] += 1
        elif kind == "Bundle":
            _unpack(box, resource, name, f"{place}.", history=history)
        elif history and not deleted.isdisjoint({url, f"{kind}/{ident}"} - {""}):
            box.ignored[f"{kind} (deleted)"] += 1
        else:
            _add(box, _entry(resource, kind, place, ident, url), history=history)


def _entry(resource: Node, kind: str, place: str, ident: str, url: str) -> Entry:
    if PLAIN_ID.fullmatch(ident):
        return Entry(kind, resource, f"{kind}/{ident}", ident, url)
    tail = re.split(r"[/:]", url)[-1]
    return Entry(kind, resource, place, tail if PLAIN_ID.fullmatch(tail) else place, url)


def _add(box: Container, new: Entry, *, history: bool) -> None:
    """Add a resource, unless it is here already; of two versions the newer stays."""
    old = _same(box, new)
    if old is not None:
        if _content(old.node) == _content(new.node):
            box.ignored[f"{new.kind} (sent twice)"] += 1
            return
        newer = _newer(old.node, new.node)
        if newer is None and history:
            newer = False
        if newer is None and in_error(old.node) != in_error(new.node):
            newer = in_error(new.node)
        if newer is not None:
            box.ignored[f"{new.kind} (older version)"] += 1
            if newer:
                old.node = new.node
            return
        box.in_conflict.append(new)
    box.entries.append(new)
    if new.url:
        box.by_url.setdefault(new.url, new)
    name = new.where if new.where.startswith(new.kind + "/") else named(new.url)
    for names, one in ((box.by_name, name), (box.by_ident, new.ident)):
        same = names.setdefault(one, [])
        if one and len(same) < MOST_NAMESAKES:
            same.append(new)


def _same(box: Container, new: Entry) -> Entry | None:
    """Find the resource of the same full URL, or of the same type and id on the same server."""
    old = box.by_url.get(new.url) if new.url else None
    if old is not None:
        return old if old.kind == new.kind else None
    for other in box.by_name.get(new.where, []):
        if not (new.url and other.url) or _content(other.node) == _content(new.node):
            return other
    return None


def _content(of: Node) -> Node:
    return {k: v for k, v in of.items() if k != "meta"}


def _newer(old: Node, new: Node) -> bool | None:
    """Say whether `new` is the later version; None where neither says so."""
    metas = node(old.get("meta")), node(new.get("meta"))
    stamps = [parse(text(m.get("lastUpdated"))) for m in metas]
    seconds = [s.first - (s.offset or 0) * 60 for s in stamps if s is not None]
    if len(seconds) == 2 and seconds[0] != seconds[1]:
        return seconds[1] > seconds[0]
    versions = [text(m.get("versionId")) for m in metas]
    plain = all(v.isascii() and v.isdigit() and len(v) < 19 for v in versions)
    if plain and int(versions[0]) != int(versions[1]):
        return int(versions[1]) > int(versions[0])
    return None
