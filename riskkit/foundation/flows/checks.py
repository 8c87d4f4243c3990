"""The named checks of flows: what an act must bring to be taken, for many acts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from riskkit.foundation.flows.acts import NEVER, Acts, Flags, Floats, Whole


@dataclass(frozen=True)
class Turn:
    """Some acts that are to be taken, each with the life it continues.

    Parameters
    ----------
    acts : Acts
    row : ndarray of int
        The acts' rows.
    last : ndarray of int
        Row of the act before; -1 for none.
    step : ndarray of int
        The step of each act; the last of `roles` for an act that stands in no order.
    roles : tuple of str
        Step → who may take it, with spaces between; empty for anybody.
    held : mapping of str to ndarray of int
        Column → row of the last act that gave it; -1 for none.
    did : mapping of str to ndarray of int
        Event → row of its last act; -1 for none.
    """

    acts: Acts
    row: Whole
    last: Whole
    step: Whole
    roles: tuple[str, ...]
    held: Mapping[str, Whole]
    did: Mapping[str, Whole]

    def given(self, name: str) -> Flags:
        """Whether each act gives something."""
        return self.acts.given(name)[self.row]

    def codes(self, name: str) -> Whole:
        """What each act says: equal texts have equal numbers, 0 is nothing."""
        return self.acts.codes(name)[self.row]

    def numbers(self, name: str) -> Floats:
        """The numbers of each act."""
        return self.acts.numbers(name)[self.row]

    def moments(self, name: str) -> Whole:
        """The moments of each act [µs]."""
        return self.acts.moments(name)[self.row]

    def held_numbers(self, name: str) -> Floats:
        """The last number each life was given before."""
        rows = self.held.get(name, np.full(len(self.row), -1))
        return np.where(rows < 0, np.nan, self.acts.numbers(name)[rows])

    def held_moments(self, name: str) -> Whole:
        """The last moment each life was given before [µs]."""
        rows = self.held.get(name, np.full(len(self.row), -1))
        return np.where(rows < 0, NEVER, self.acts.moments(name)[rows])

    def actor(self, event: str) -> Whole:
        """Who did an event last in each life, as `codes`; 0 for nobody."""
        rows = self.did.get(event, np.full(len(self.row), -1))
        return np.where(rows < 0, 0, self.acts.codes("who")[rows])


@dataclass(frozen=True)
class Check:
    """A named check.

    Parameters
    ----------
    field : str
        The column that is at fault; ``{}`` stands for the check's argument.
    rule : str
        What would be right; ``{}`` as in `field`, or the roles of the step.
    holds : callable
        (turn, argument) → for each act whether the check is met.
    """

    field: str
    rule: str
    holds: Callable[[Turn, str], Flags]


def _in_role(turn: Turn, _: str) -> Flags:
    """Few different pairs of step and role, many acts."""
    role = turn.codes("role")
    kinds, first, place = np.unique(
        turn.step * (role.max(initial=0) + 1) + role, return_index=True, return_inverse=True
    )
    may = np.zeros(len(kinds), dtype=np.bool_)
    for k, at in enumerate(first):
        wanted = turn.roles[turn.step[at]].split()
        may[k] = not wanted or str(turn.acts.texts("role")[turn.row[at]]) in wanted
    return may[place]


def _counted(turn: Turn, _: str) -> Flags:
    done, affected, removed = (turn.numbers(name) for name in ("n_completed", "n_affected", "n_removed"))
    is_whole = (done >= 0) & (done == np.floor(done)) & (affected == np.floor(affected))
    return np.asarray(is_whole & (done + np.nan_to_num(removed) <= affected), dtype=np.bool_)


def _after(turn: Turn, name: str) -> Flags:
    own = turn.moments(name)
    return np.asarray((own != NEVER) & (own > turn.moments("at")), dtype=np.bool_)


BUILT_IN: Mapping[str, Check] = {
    "somebody": Check("who", "given", lambda turn, _: turn.given("who")),
    "in_time": Check(
        "at",
        "not before the step before it",
        lambda turn, _: (
            (turn.moments("at") != NEVER)
            & ((turn.last < 0) | (turn.moments("at") >= turn.acts.at[turn.last]))
        ),
    ),
    "authority": Check("role", "one of the roles {}", _in_role),
}
"""Checks of every act; that it stands in order is the table of steps itself."""
CHECKS: Mapping[str, Check] = {
    "reason": Check("reason", "given", lambda turn, _: turn.given("reason")),
    "evidence": Check("evidence", "one reference at least", lambda turn, _: turn.given("evidence")),
    "given": Check("{}", "given", lambda turn, name: turn.given(name)),
    "second": Check(
        "second",
        "a second person, not the same",
        lambda turn, _: turn.given("second") & (turn.codes("second") != turn.codes("who")),
    ),
    "other_than": Check(
        "who",
        "another person than the one of the step {}",
        lambda turn, event: turn.codes("who") != turn.actor(event),
    ),
    "effect": Check(
        "effect_agrees",
        "an evaluation of effect that agrees",
        lambda turn, _: turn.numbers("effect_agrees") == 1,
    ),
    "no_effect": Check(
        "effect_agrees",
        "an evaluation of effect that does not agree",
        lambda turn, _: turn.numbers("effect_agrees") == 0,
    ),
    "consent": Check(
        "has_consent", "the consent of the committee", lambda turn, _: turn.numbers("has_consent") == 1
    ),
    "due": Check("due_at", "after the step itself", lambda turn, _: _after(turn, "due_at")),
    "longer": Check(
        "ends_at",
        "a later end than before",
        lambda turn, _: turn.given("ends_at") & (turn.moments("ends_at") > turn.held_moments("ends_at")),
    ),
    "past_end": Check(
        "at",
        "not before its end",
        lambda turn, _: (
            (turn.held_moments("ends_at") != NEVER) & (turn.moments("at") >= turn.held_moments("ends_at"))
        ),
    ),
    "counts": Check("n_completed", "whole units, with those removed at most the units affected", _counted),
}
