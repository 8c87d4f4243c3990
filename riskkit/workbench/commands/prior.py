"""The command that suggests a prior for a step of a scenario from the records of a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from riskkit.foundation.standards.glossary import label
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.messages import answer


def suggest_prior(words: Sequence[str], **given: Any) -> int:
    """Show what records of a product suggest for the probability of a step, and the rows behind it."""
    from riskkit.foundation.inputs.plain_data import plain
    from riskkit.foundation.standards.tables import records
    from riskkit.monitoring.step_priors import as_step, step_priors
    from riskkit.store.register.query import looking

    match = " and ".join([_HAS_WORD] * len(words))  # only the number of words, never a word of the asker
    with looking(given["register"]) as connection:
        found = connection.execute(_QUESTION.format(match=match), list(words)).df()
    table = step_priors(found, units=given["units"])
    priors = [row | {"p": as_step(row["events"], row["trials"])} for row in records(table)]
    if given["is_json"]:
        answer(
            {
                "command": "register prior",
                "ok": True,
                "exit_code": 0,
                "words": list(words),
                "priors": plain(priors),
            }
        )
    else:
        _say(priors, words=words)
    return 0


_QUESTION = """
select record_id, source, source_class, date, product, n_units, n_tested, n_nonconforming, n_injured, n_dead,
       weight
from records
where {match}
order by source, date, record_id
"""


_HAS_WORD = "contains(lower(concat_ws(' ', product, product_group, product_code, hs, brand)), lower(?))"


def _say(priors: Sequence[Mapping[str, Any]], *, words: Sequence[str]) -> None:
    if not priors:
        click.echo(say("prior_none", words=" ".join(words)))
        return
    for row in priors:
        days = "–".join(dict.fromkeys(day for day in (row["first"], row["last"]) if day)) or say("no_date")
        told = {"source": row["source"], "n": f"{row['n_records']:,}", "days": days}
        click.echo(say("prior_line", kind=label("step_prior", row["kind"]), **told))
        events = f"{row['events']:,.0f}"
        click.echo(f"  {row['p'] or say('prior_no_trials', events=events)}")
        click.echo(f"  {say('prior_rows', rows=', '.join(row['record_ids']))}")
    click.echo(say("prior_caution"))
