"""What is known of a product before it is tested: manufacturing qualities and ways of using it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml

Finding = tuple[tuple[str | int, ...], object, str]

_PARTS = {"qualities": ("p", "alpha", "beta"), "behaviours": ("share", "uses", "p_injury")}
_TEXTS = {"title", "source", "basis", "note"}
_MAX_USES = 10_000_000


@dataclass(frozen=True)
class Quality:
    """A manufacturing quality: how credible it is, and what hazard rate per use goes with it."""

    id: str
    p: float
    alpha: float
    beta: float
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Behaviour:
    """A way of using the product.

    Parameters
    ----------
    id : str
        Name.
    share : float
        Share of consumers, 0–1.
    uses : int
        Uses over the product's life [count].
    p_injury : float
        Probability that a hazard in one use injures.
    zh, en : str
        Title.
    """

    id: str
    share: float
    uses: int
    p_injury: float
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class ProductModel:
    """What is known of a product before it is tested."""

    qualities: tuple[Quality, ...]
    behaviours: tuple[Behaviour, ...]


def load_product_model(path: str | Path) -> ProductModel:
    """A product model from a TOML file with ``[qualities.<id>]`` and ``[behaviours.<id>]``.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> try:
    ...     load_product_model("nowhere.toml")
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a file that exists
    """
    file = read_toml(path)
    found = list(_findings(file.data))
    refuse(file.name, [Fault(file.place(place), shown(value), rule) for place, value, rule in found])
    return _built(file.data)


def product_model(data: Mapping[str, Any], *, name: str = "product model") -> ProductModel:
    """A product model from a mapping of the form the TOML file has.

    Parameters
    ----------
    data : mapping
        ``qualities`` (p, alpha, beta by id; the p sum to 1) and ``behaviours`` (share, uses, p_injury
        by id; the shares sum to 1).
    name : str, optional
        Name for messages.

    Raises
    ------
    InputFaults
        With every fault and its place.

    Examples
    --------
    >>> model = product_model({"qualities": {"any": {"p": 1, "alpha": 1, "beta": 1}},
    ...                        "behaviours": {"any": {"share": 1, "uses": 1, "p_injury": 1}}})
    >>> model.qualities[0].alpha
    1.0
    """
    found = list(_findings(data))
    refuse(name, [Fault(".".join(map(str, place)), shown(value), rule) for place, value, rule in found])
    return _built(data)


def _built(data: Mapping[str, Any]) -> ProductModel:
    def title(item: Mapping[str, Any]) -> tuple[str, str]:
        words = item.get("title", {})
        return str(words.get("zh", "")), str(words.get("en", ""))

    qualities = [
        Quality(k, float(exact(one["p"])), float(exact(one["alpha"])), float(exact(one["beta"])), *title(one))
        for k, one in data["qualities"].items()
    ]
    behaviours = [
        Behaviour(
            k, float(exact(one["share"])), int(exact(one["uses"])), float(exact(one["p_injury"])), *title(one)
        )
        for k, one in data["behaviours"].items()
    ]
    return ProductModel(tuple(qualities), tuple(behaviours))


def _findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in data:
        if key not in {"schema", "id", "title", *_PARTS}:
            yield (key,), data[key], "a known key"
    if data.get("schema", 1) != 1:
        yield ("schema",), data["schema"], "1"
    for part, keys in _PARTS.items():
        items = data.get(part)
        if not isinstance(items, Mapping) or not items:
            yield (part,), items, RuleText("at least one, by id, with {}", ", ".join(keys))
            continue
        sound = True
        for id_, item in items.items():
            found = list(_item_findings((part, str(id_)), item, keys))
            sound = sound and not found
            yield from found
        total = sum(exact(item[keys[0]]) for item in items.values()) if sound else 1
        if abs(float(total) - 1) > 1e-9:
            yield (part,), f"{keys[0]} sums to {float(total):.10g}", "a sum of 1"


def _item_findings(place: tuple[str, str], item: object, keys: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(item, Mapping):
        yield place, item, RuleText("an entry with {}", ", ".join(keys))
        return
    for key in item:
        if key not in {*keys, *_TEXTS}:
            yield (*place, key), item[key], "a known key"
    title = item.get("title", {"zh": "", "en": ""})
    if not isinstance(title, Mapping) or set(title) != {"zh", "en"}:
        yield (*place, "title"), title, "a text in each of zh and en"
    rules = {
        "alpha": "a number above 0",
        "beta": "a number above 0",
        "uses": RuleText("a whole number from 0 to {}", f"{_MAX_USES:,}"),
    }
    for key in keys:
        try:
            value = exact(item.get(key))
        except ValueError as error:
            yield (*place, key), item.get(key), str(error)
            continue
        if key in ("alpha", "beta"):
            lawful = value > 0
        elif key == "uses":
            lawful = 0 <= value <= _MAX_USES and value.denominator == 1
        else:
            lawful = 0 <= value <= 1
        if not lawful:
            yield (*place, key), item[key], rules.get(key, "a number from 0 to 1")
