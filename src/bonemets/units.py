"""UCUM through a library, at load only: one table variable × accepted unit -> factor and offset.

`value in unit × factor + offset = value in the variable's own unit`. Mass turns into substance by
the variable's molar mass, equivalents by the valence of the ion; a factor that a source prints
wins.
Units are matched as written: first as UCUM, then against spellings listed in the knowledge; case is
never folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

Factor = tuple[float, float]
Table = dict[str, Factor]

ANNOTATION: Final = re.compile(r"\{[^}]*\}")
"""What UCUM lets one add to a unit without changing it: `mg{creat}/dL`."""
MASSES: Final = {
    "kg": 1e6,
    "g": 1000.0,
    "mg": 1.0,
    "ug": 1e-3,
    "mcg": 1e-3,
    "µg": 1e-3,
    "μg": 1e-3,
    "ng": 1e-6,
    "pg": 1e-9,
}
"""Milligrams in each unit of mass that a medicine's strength is told in, as records spell it."""
DIGITS: Final = 15
"""Significant digits kept of a computed factor: the library's arithmetic leaves noise beyond them.
"""


@cache
def _registry() -> Any:
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


@cache
def _quantity(unit: str) -> Any:
    plain = re.sub(r"/?\{[^}]*\}", "", unit)
    if plain in ("", "1"):
        return _registry().Quantity(1.0, "")
    if plain.startswith("/"):
        plain = "1" + plain
    try:
        return _registry().from_ucum(plain)
    except Exception:  # noqa: BLE001  (the library raises parser errors of several roots)
        return None


def is_ucum(unit: str) -> bool:
    """Say whether a text is a UCUM unit that the library reads."""
    return _quantity(unit) is not None


@cache
def conversion(
    unit: str, to: str, molar_mass: float | None = None, valence: int | None = None
) -> Factor | None:
    """Give factor and offset from one UCUM unit to another.

    None where they do not measure the same.
    """
    if unit == to:
        return (1.0, 0.0)
    a, b = _quantity(unit), _quantity(to)
    if a is None or b is None:
        return None
    if ANNOTATION.findall(unit) != ANNOTATION.findall(to) and to != "1":
        return None  # mL/min/{1.73_m2} is not mL/min, whatever UCUM's algebra says
    registry = _registry()
    charge = 1.0
    if ("eq" in unit) != ("eq" in to):
        if valence is None or valence <= 0:
            return None
        charge = 1.0 / valence if "eq" in unit else float(valence)
    source, target = a.units, b.units
    scale = float(a.magnitude) / float(b.magnitude) if a.magnitude != 1 or b.magnitude != 1 else 1.0
    if not source.is_compatible_with(target):
        if molar_mass is None or molar_mass <= 0:
            return None
        per_mole = registry.Quantity(molar_mass, "g/mol")
        if not source.is_compatible_with("mol/L") and not source.is_compatible_with("g/L"):
            return None
        for factor in (1 / per_mole, per_mole):
            combined = registry.Quantity(1.0, source) * factor
            if combined.is_compatible_with(target):
                return (_clean(combined.to(target).magnitude * charge * scale), 0.0)
        return None
    zero = registry.Quantity(0.0, source).to(target).magnitude
    one = registry.Quantity(1.0, source).to(target).magnitude
    return (_clean((one - zero) * charge * scale), _clean(zero))


def _clean(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def table(
    unit: str | None,
    candidates: Iterable[str],
    printed: Mapping[str, float],
    molar_mass: float | None,
    valence: int | None,
) -> Table:
    """Give every accepted unit of a variable with its factor and offset.

    Args:
        unit: the variable's own unit (None or `1`: a pure number).
        candidates: UCUM units that records use.
        printed: factors that a source prints, which win.
    """
    own = unit or "1"
    found: Table = {own: (1.0, 0.0)}
    for candidate in candidates:
        if (
            candidate not in found
            and (factor := conversion(candidate, own, molar_mass, valence)) is not None
        ):
            found[candidate] = factor
    found |= {name: (float(factor), 0.0) for name, factor in printed.items()}
    return found
