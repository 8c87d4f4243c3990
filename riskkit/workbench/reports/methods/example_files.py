"""The files that the notebooks of methods start from: a shipped example by its name, or a TOML file.

Every fault of a file is told at once, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from riskkit.assessment.trees.bayes_net_file import Network, network
from riskkit.assessment.trees.bow_ties import BowTie, load_bow_tie
from riskkit.assessment.trees.fault_tree_file import FaultTree, load_fault_tree
from riskkit.assessment.trees.information_value import Decision, decision
from riskkit.assessment.trees.product_model_file import ProductModel, load_product_model
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.inputs.toml_file import TomlFile, read_toml
from riskkit.foundation.language import language
from riskkit.foundation.numbers.toml_record import as_record
from riskkit.workbench.reports.methods.example_records import (
    Doses,
    InformationHistory,
    LaboratoryRound,
    Ranking,
    ScoredExperts,
)

Content = TypeVar("Content")


@dataclass(frozen=True)
class OpenFile(Generic[Content]):
    """A file as read."""

    name: str
    content: Content
    data: Mapping[str, Any]
    sha256: str

    def title(self) -> str:
        """What the file calls itself, or its name."""
        told = self.data.get("title")
        return str(told.get(language(), self.name)) if isinstance(told, Mapping) else self.name

    def entry(self, kind: str, id_: str) -> Mapping[str, Any]:
        """One entry as it stands in the file, with its basis and source; empty where there is none."""
        entries = self.data.get(kind, {})
        found = entries.get(id_, {}) if isinstance(entries, Mapping) else {}
        return found if isinstance(found, Mapping) else {}


def example_file(name: str) -> Path:
    """The file of a shipped example, or the ``.toml`` file of that name."""
    if name.endswith(".toml"):
        return Path(name)
    is_plain = name.replace("-", "").replace("_", "").isalnum()
    is_there = is_plain and shipped.example_path(name).is_file()
    rule = RuleText("a .toml file, or {}", one_of(name, example_names()))
    refuse("example", [] if is_there else [Fault("example", shown(name), rule)])
    return shipped.example_path(name)


def example_names() -> list[str]:
    """The shipped examples."""
    return sorted(path.stem for path in shipped.example_path("any").parent.glob("*.toml"))


def _opened(name: str) -> tuple[TomlFile, Path]:
    path = example_file(name)
    return read_toml(path), path


def _named(name: str, file: TomlFile) -> str:
    return file.name if name.endswith(".toml") else name


def open_fault_tree(name: str) -> OpenFile[FaultTree]:
    """A fault tree."""
    file, path = _opened(name)
    return OpenFile(_named(name, file), load_fault_tree(path), file.data, file.sha256)


def open_bow_tie(name: str) -> OpenFile[BowTie]:
    """A bow-tie."""
    file, path = _opened(name)
    return OpenFile(_named(name, file), load_bow_tie(path), file.data, file.sha256)


def open_product_model(name: str) -> OpenFile[ProductModel]:
    """What is known of a product before it is tested."""
    file, path = _opened(name)
    return OpenFile(_named(name, file), load_product_model(path), file.data, file.sha256)


@dataclass(frozen=True)
class NetworkCase:
    """A network, what was found, what is to be decided, and what could still be looked at."""

    net: Network
    evidence: dict[str, str]
    choice: Decision
    observe: tuple[str | tuple[str, ...], ...]
    costs: dict[str, float]
    words: dict[str, Mapping[str, str]]

    def word(self, code: str) -> str:
        """A state or option in words; its code where it has none."""
        return str(self.words.get(code, {}).get(language(), code))


_NETWORK_KEYS = ("title", "nodes", "evidence", "decision", "observe", "costs", "words")


def open_network(name: str) -> OpenFile[NetworkCase]:
    """A network with findings and a decision."""
    file, _ = _opened(name)
    data = file.data
    refuse(file.name, list(_network_faults(file)))
    net = network({key: data[key] for key in ("title", "nodes") if key in data}, name=file.name)
    observe = tuple(one[0] if len(one) == 1 else tuple(one) for one in data["observe"])
    found = NetworkCase(
        net,
        dict(data["evidence"]),
        decision(data["decision"], net=net),
        observe,
        {key: float(cost) for key, cost in data.get("costs", {}).items()},
        dict(data.get("words", {})),
    )
    return OpenFile(_named(name, file), found, data, file.sha256)


def _network_faults(file: TomlFile) -> Iterator[Fault]:
    data = file.data
    for key in data:
        if key not in _NETWORK_KEYS:
            yield Fault(file.place((key,)), shown(data[key]), "a known key")
    for key in ("nodes", "evidence", "decision"):
        if not isinstance(data.get(key), Mapping) or not data[key]:
            yield Fault(file.place((key,)), shown(data.get(key)), "a table")
    listed = data.get("observe")
    if not isinstance(listed, list) or not listed or not all(map(_is_names, listed)):
        yield Fault(file.place(("observe",)), shown(listed), "lists of at least one node")
    yield from _entry_faults(
        file, "evidence", "the state that was found", is_fine=lambda one: isinstance(one, str)
    )
    yield from _entry_faults(file, "costs", "a number from 0 up", is_fine=_is_cost)
    yield from _entry_faults(file, "words", "a text in each of zh and en", is_fine=_is_words)


def _is_names(one: object) -> bool:
    return isinstance(one, list) and bool(one) and all(isinstance(node, str) for node in one)


def _is_cost(one: object) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < float("inf")


def _is_words(one: object) -> bool:
    return (
        isinstance(one, Mapping)
        and set(one) == {"zh", "en"}
        and all(isinstance(t, str) for t in one.values())
    )


def _entry_faults(
    file: TomlFile, key: str, rule: str, *, is_fine: Callable[[object], bool]
) -> Iterator[Fault]:
    entries = file.data.get(key, {})
    if not isinstance(entries, Mapping):
        yield Fault(file.place((key,)), shown(entries), "a table")
        return
    for id_, one in entries.items():
        if not is_fine(one):
            yield Fault(file.place((key, str(id_))), shown(one), rule)


def open_ranking(name: str) -> OpenFile[Ranking]:
    """Alternatives, criteria, and experts' judgements of them."""
    file, _ = _opened(name)
    found = as_record(file, Ranking)
    n, m = len(found.criteria), len(found.fuzzy.grades)
    faults = [
        Fault(
            file.place(("alternatives", i, "figures")),
            f"{len(one.figures)} values",
            RuleText("{}, one a criterion", n),
        )
        for i, one in enumerate(found.alternatives)
        if len(one.figures) != n
    ]
    for i, expert in enumerate(found.experts):
        if [len(row) for row in expert.judgements] != [n] * n:
            shape = RuleText("{} rows of {} judgements", n, n)
            faults.append(Fault(file.place(("experts", i, "judgements")), "another shape", shape))
    if [len(row) for row in found.fuzzy.relation] != [m] * n:
        shape = RuleText("{} rows of {} memberships", n, m)
        faults.append(Fault(file.place(("fuzzy", "relation")), "another shape", shape))
    ids = [one.id for one in found.alternatives]
    if found.fuzzy_of not in ids:
        rule = one_of(found.fuzzy_of, ids)
        faults.append(Fault(file.place(("fuzzy_of",)), shown(found.fuzzy_of), rule))
    refuse(file.name, faults + _doubled(file, "alternatives", ids))
    return OpenFile(_named(name, file), found, file.data, file.sha256)


def _doubled(file: TomlFile, kind: str, ids: list[str]) -> list[Fault]:
    return [
        Fault(file.place((kind, i, "id")), shown(id_), "an id that stands once")
        for i, id_ in enumerate(ids)
        if id_ in ids[:i]
    ]


def open_round(name: str) -> OpenFile[LaboratoryRound]:
    """A round of proficiency testing, with what is needed of the laboratories."""
    file, _ = _opened(name)
    found = as_record(file, LaboratoryRound)
    refuse(file.name, _doubled(file, "results", [one.laboratory for one in found.round.results]))
    return OpenFile(_named(name, file), found, file.data, file.sha256)


def open_history(name: str) -> OpenFile[InformationHistory]:
    """What was heard of a product over time, and a measure taken in it."""
    file, _ = _opened(name)
    found = as_record(file, InformationHistory)
    ids = [one.id for one in found.records]
    faults = _doubled(file, "records", ids)
    for i, one in enumerate(found.records):
        if one.n_nonconforming > one.n_tested:
            told = f"{one.n_nonconforming} of {one.n_tested}"
            faults.append(Fault(file.place(("records", i, "n_nonconforming")), told, "at most n_tested"))
    if found.measure is not None:
        faults += [
            Fault(file.place(("measure", key)), shown(id_), one_of(id_, ids))
            for key, id_ in (("before", found.measure.before), ("after", found.measure.after))
            if id_ not in ids
        ]
    refuse(file.name, faults)
    return OpenFile(_named(name, file), found, file.data, file.sha256)


def open_doses(name: str) -> OpenFile[Doses]:
    """Doses of substances from one product."""
    file, _ = _opened(name)
    found = as_record(file, Doses)
    refuse(file.name, _doubled(file, "doses", [one.id for one in found.doses]))
    return OpenFile(_named(name, file), found, file.data, file.sha256)


def open_experts(name: str) -> OpenFile[ScoredExperts]:
    """Experts' quantiles, with the questions whose answer is known."""
    file, _ = _opened(name)
    found = as_record(file, ScoredExperts)
    return OpenFile(_named(name, file), found, file.data, file.sha256)
