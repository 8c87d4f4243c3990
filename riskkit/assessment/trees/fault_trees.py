"""Fault tree analysis: exact top probability, cut and path sets, importance, uncertain basic events.

A tree becomes a decision diagram, so that events which appear in many places are counted rightly and
nothing is cut off: no rare-event approximation, no truncation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.assessment.trees.fault_tree_diagram import Functions, draw_events, event_matrix, functions_of
from riskkit.assessment.trees.fault_tree_file import FaultTree
from riskkit.foundation.numbers.decision_diagrams import Floats, diagram, probabilities
from riskkit.foundation.numbers.distributions import best


def top_probability(tree: FaultTree, p: Mapping[str, ArrayLike] | None = None) -> Any:
    """Exact probability of the top event.

    Parameters
    ----------
    tree : FaultTree
        The tree; its basic events are independent.
    p : mapping of str to array_like, optional
        Probabilities to use instead of the tree's own (their best values), 0–1. Shapes are broadcast
        together; NaN is missing.

    Returns
    -------
    float or ndarray of float
        In the common shape of `p`; NaN where a needed probability is missing.

    Raises
    ------
    ValueError
        When a name is no basic event, or a probability lies outside 0–1.

    References
    ----------
    .. [1] Vesely et al. (1981), Fault Tree Handbook (``nureg_0492``), ch. VI, VII; Stamatelatos et al.
       (2002) (``nasa_fth_2002``); SN/T 5589.3-2023 (``sn_t_5589_3``) names the method.
    .. [2] Rauzy (1993), New algorithms for fault trees analysis.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"fire": {"kind": "or", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.1}, "b": {"p": 0.2}}})
    >>> round(top_probability(tree), 12)
    0.28
    >>> top_probability(tree, {"a": [0.0, 1.0]})
    array([0.2, 1. ])
    """
    functions = functions_of(tree)
    rows, shape = event_matrix(tree, p or {})
    out = probabilities(functions.top_diagram, rows)[0].reshape(shape)
    return float(out) if out.ndim == 0 else out


def gate_probabilities(tree: FaultTree, p: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Exact probability of every gate, for checking a tree by hand from the bottom upwards.

    Returns
    -------
    DataFrame
        gate, kind, p; parts before wholes, the top last.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "not", "of": ["a"]}}, "events": {"a": {"p": 0.1}}})
    >>> gate_probabilities(tree).to_dict("records")
    [{'gate': 't', 'kind': 'not', 'p': 0.9}]
    """
    functions = functions_of(tree)
    rows, _ = event_matrix(tree, p or {})
    roots = [functions.gates[gate.id] for gate in tree.gates]
    values = probabilities(diagram(functions.store, roots), rows)[:, 0]
    kinds = [gate.kind for gate in tree.gates]
    return pd.DataFrame({"gate": [gate.id for gate in tree.gates], "kind": kinds, "p": values})


def top_draws(tree: FaultTree, n: int, *, rng: np.random.Generator) -> Floats:
    """Draws of the top probability from what is known of the basic events.

    Parameters
    ----------
    tree : FaultTree
        Events of one group share their draws: what is not known of one is not known of the other.
    n : int
        Draws, at least 1.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (n,)

    References
    ----------
    .. [1] Apostolakis & Kaplan (1981), Pitfalls in risk calculations: events estimated from the same data
       must be drawn together.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": {"low": 0, "high": 1}}, "b": {"p": 0.5}}})
    >>> top_draws(tree, 1000, rng=np.random.default_rng(1)).max() < 0.5
    np.True_
    """
    return np.asarray(np.broadcast_to(top_probability(tree, draw_events(tree, n, rng=rng)), (n,)))


def is_coherent(tree: FaultTree) -> bool:
    """Whether no event that happens can prevent the top; only then do path sets have a meaning.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> is_coherent(fault_tree({"gates": {"t": {"kind": "not", "of": ["a"]}}, "events": {"a": {"p": 0.1}}}))
    False
    """
    functions = functions_of(tree)
    return functions.store.is_monotone(functions.top)


def cut_set_counts(tree: FaultTree) -> pd.Series:
    """Number of minimal cut sets by order, exactly, without listing them.

    Returns
    -------
    Series of int
        Indexed by order (number of events in the set); orders that do not occur are left out.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "at_least", "k": 2, "of": ["a", "b", "c"]}},
    ...                    "events": {event: {"p": 0.1} for event in "abc"}})
    >>> cut_set_counts(tree).to_dict()
    {2: 3}
    """
    functions = functions_of(tree)
    counts = functions.families.orders(functions.families.primes(functions.top))
    found = {order: count for order, count in enumerate(counts) if count}
    return pd.Series(found, name="cut_sets", dtype=object).rename_axis("order")


def minimal_cut_sets(
    tree: FaultTree, *, max_order: int | None = None, max_sets: int = 100_000
) -> pd.DataFrame:
    """The smallest combinations of events that bring about the top.

    Where the tree is not coherent these are its prime implicants, and ``not x`` stands for an event
    that must not happen.

    Parameters
    ----------
    tree : FaultTree
        The tree.
    max_order : int, optional
        Only sets of at most so many events.
    max_sets : int, optional
        More sets than that are an error that says how many there are.

    Returns
    -------
    DataFrame
        events (tuple of str), order, p (product of the best values); likeliest first. A top that
        always happens has one empty set, one that never happens has none.

    Raises
    ------
    ValueError
        When there are more sets than `max_sets`.

    References
    ----------
    .. [1] Fault Tree Handbook (``nureg_0492``), ch. VII; Coudert & Madre (1992), Implicit and incremental
       computation of primes and essential primes of Boolean functions.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "or", "of": ["a", "g"]},
    ...                              "g": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.1}, "b": {"p": 0.2}}})
    >>> minimal_cut_sets(tree).to_dict("records")
    [{'events': ('a',), 'order': 1, 'p': 0.1}]
    """
    functions = functions_of(tree)
    family = functions.families.primes(functions.top)
    return _listed(tree, family, max_order=max_order, max_sets=max_sets)


def minimal_path_sets(
    tree: FaultTree, *, max_order: int | None = None, max_sets: int = 100_000
) -> pd.DataFrame:
    """The smallest combinations of events whose absence rules the top out.

    Parameters
    ----------
    tree : FaultTree
        A coherent tree.
    max_order, max_sets : int, optional
        As for `minimal_cut_sets`.

    Returns
    -------
    DataFrame
        events (tuple of str), order, p (probability that none of them happens); likeliest first.

    Raises
    ------
    ValueError
        When the tree is not coherent, or there are more sets than `max_sets`.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.1}, "b": {"p": 0.2}}})
    >>> minimal_path_sets(tree)["events"].tolist()
    [('a',), ('b',)]
    """
    functions = functions_of(tree)
    if not functions.store.is_monotone(functions.top):
        raise ValueError("path sets need a coherent tree: here an event that happens can prevent the top")
    family = functions.families.primes(functions.store.negated(functions.top))
    rows = _listed(tree, family, max_order=max_order, max_sets=max_sets)
    names = [tuple(name.removeprefix("not ") for name in events) for events in rows["events"]]
    return rows.assign(events=pd.Series(names, index=rows.index, dtype=object))


def _listed(tree: FaultTree, family: int, *, max_order: int | None, max_sets: int) -> pd.DataFrame:
    functions = functions_of(tree)
    counts = functions.families.orders(family)
    many = sum(counts if max_order is None else counts[: max_order + 1])
    if many > max_sets:
        raise ValueError(f"{many:,} sets, more than the {max_sets:,} asked for: give max_order or max_sets")
    own = {event.id: float(best(event.p)) for event in tree.events}
    values = [value for name in functions.events for value in (own[name], 1.0 - own[name])]
    words = [word for name in functions.events for word in (name, f"not {name}")]
    sets = list(functions.families.sets(family, max_order=max_order))
    rows = pd.DataFrame(
        {
            "events": pd.Series([tuple(words[i] for i in one) for one in sets], dtype=object),
            "order": np.array([len(one) for one in sets], dtype=np.int64),
            "p": np.array([np.prod([values[i] for i in one]) for one in sets], dtype=np.float64),
        }
    )
    return rows.sort_values("p", ascending=False, kind="stable", ignore_index=True)


def importance(tree: FaultTree, p: Mapping[str, float] | None = None) -> pd.DataFrame:
    """How much each basic event matters, by the usual measures.

    With P the top probability, P₁ and P₀ the same with the event certain and impossible, p its own
    probability: Birnbaum = P₁ − P₀; criticality = p·Birnbaum/P; Fussell–Vesely = probability that a
    minimal cut set with the event happens, /P; risk achievement worth RAW = P₁/P; risk reduction worth
    RRW = P/P₀.

    Parameters
    ----------
    tree : FaultTree
        The tree.
    p : mapping of str to float, optional
        Probabilities to use instead of the tree's own.

    Returns
    -------
    DataFrame
        event, p, n_cut_sets, birnbaum, criticality, fussell_vesely, raw, rrw; largest Birnbaum first.
        RRW is infinite where the top needs the event; shares of P are NaN where P is 0, and
        Fussell–Vesely is NaN for a tree that is not coherent (no accepted definition).

    References
    ----------
    .. [1] Birnbaum (1969); Fussell (1975), How to hand-calculate system reliability and safety
       characteristics; van der Borst & Schoonakker (2001), An overview of PSA importance measures.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.5}, "b": {"p": 0.25}}})
    >>> importance(tree)[["event", "birnbaum", "raw", "rrw"]].to_dict("records")[0]
    {'event': 'b', 'birnbaum': 0.5, 'raw': 4.0, 'rrw': inf}
    """
    functions = functions_of(tree)
    column, _ = event_matrix(tree, {name: float(one) for name, one in (p or {}).items()})
    n, own = len(functions.events), column[:, 0]
    rows = np.repeat(column, 2 * n + 1, axis=1)
    rows[np.arange(n), np.arange(n)], rows[np.arange(n), np.arange(n, 2 * n)] = 1.0, 0.0
    values = probabilities(functions.top_diagram, rows)[0]
    certain, impossible, top = values[:n], values[n:-1], values[-1]
    birnbaum = certain - impossible
    counts, covered = _by_event(functions, column)
    whole = top if top > 0 else np.nan  # of nothing there are no shares, not infinite ones
    with np.errstate(divide="ignore", invalid="ignore"):
        measures = {
            "birnbaum": birnbaum,
            "criticality": own * birnbaum / whole,
            "fussell_vesely": covered / whole,
            "raw": certain / whole,
            "rrw": top / impossible,
        }
    table = pd.DataFrame({"event": functions.events, "p": own, "n_cut_sets": counts, **measures})
    return table.sort_values("birnbaum", ascending=False, kind="stable", ignore_index=True)


def _by_event(functions: Functions, column: Floats) -> tuple[list[int], Floats]:
    """For each event: how many minimal cut sets name it, and the probability that one of these happens."""
    families, store = functions.families, functions.store
    family, n = families.primes(functions.top), len(functions.events)
    named = [[families.containing(family, 2 * level + sign) for sign in (0, 1)] for level in range(n)]
    counts = [sum(sum(families.orders(one)) for one in pair) for pair in named]
    if not store.is_monotone(functions.top):
        return counts, np.full(n, np.nan)
    roots = [families.covered(pair[0]) for pair in named]
    return counts, probabilities(diagram(store, roots), column)[:, 0]
