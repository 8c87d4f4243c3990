"""What a notebook shows of a case, an assessment, a badge and a profile."""

from __future__ import annotations

import html.parser
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskkit
from riskkit.assessment.facts.case_file import Text

CASE = riskkit.load_case("desk-lamps-cbec-2019")
FOUND = riskkit.assess(CASE, rng=np.random.default_rng(1), draws=200)
VALUES = {"Case": CASE, "Assessment": FOUND, "LevelBadge": FOUND.badge, "Profile": FOUND.profile}


RESULTS = {
    "BackCheck": FOUND.experience,
    "Comparison": riskkit.compare_methods(FOUND),
    "Interval": riskkit.wilson(3, 50),
    "Topsis": riskkit.topsis(
        pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 1.0]}, index=["<i>x", "y"]), [0.5, 0.5]
    ),
    "Agreement": riskkit.krippendorff_alpha(np.array([[1, 2, 3, 3], [1, 2, 3, 4]])),
}


@pytest.mark.parametrize(("name", "value"), RESULTS.items())
def test_a_result_shows_its_numbers_and_its_tables(name: str, value: object) -> None:
    assert repr(value).startswith(f"{name}(") and "\n" not in repr(value) and len(repr(value)) <= 400
    shown = value._repr_html_()
    assert shown.startswith(f"<table><caption>{name}</caption>")
    assert "<i>" not in shown
    names = [one for one, inner in vars(value).items() if isinstance(inner, pd.DataFrame | pd.Series)]
    assert all(f"<p>{one}</p><table" in shown for one in names)


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_a_value_shows_itself_in_one_short_line(name: str, value: object) -> None:
    assert repr(value).startswith(f"{name}(")
    assert len(repr(value)) <= 130
    assert "\n" not in repr(value)
    shown = value._repr_html_()
    assert shown.startswith(f"<table><caption>{name} ")
    html.parser.HTMLParser().feed(shown)


def test_the_line_says_what_was_found() -> None:
    assert "lo='Ⅲ', hi='Ⅲ', risk='medium'" in repr(FOUND)
    assert "desk-lamps-cbec-2019" in repr(CASE)
    assert "warning Ⅲ" in repr(FOUND.badge)
    assert "house_graded_exposure" in repr(FOUND.profile)


def test_words_of_others_are_escaped() -> None:
    hostile = replace(CASE, title=Text(zh="<script>x</script>", en="<img src=x onerror=y> & more"))
    shown = hostile._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;img src=x onerror=y&gt; &amp; more" in shown


def test_food_that_is_not_graded_shows_no_level() -> None:
    food = riskkit.assess(riskkit.load_case("melamine-milk-2008"), rng=np.random.default_rng(1), draws=10)
    assert "lo=None" in repr(food)
    assert '<th scope="row">level</th><td>–</td>' in food._repr_html_()
