"""The story of a whole response: in one language, from what the ledger holds, and the same each time."""

from __future__ import annotations

import re

import pytest

from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.flows.response import story as stories
from riskkit.workbench.flows.response.story import ResponseStory

HAN = re.compile(r"[㐀-鿿]")


@pytest.fixture(scope="module")
def story() -> ResponseStory:
    return stories.study_story("desk-lamps-cbec-2019", begun="2026-01-05")


def parts(story: ResponseStory, lang: str) -> list[Section | Picture]:
    makers = (stories.story_summary, stories.story_orders, stories.story_recall, stories.story_effect,
              stories.story_levels, stories.story_limits)  # fmt: skip
    return [in_language(lang, make, story) for make in makers]


def test_the_english_page_holds_no_chinese_and_the_chinese_one_says_it_is_a_rehearsal(
    story: ResponseStory,
) -> None:
    assert not HAN.search(str(parts(story, "en")))
    said = str(parts(story, "zh"))
    assert "演练" in said and "本项目设定" in said and "EF-11" in said


def test_the_page_says_what_the_ledger_holds(story: ResponseStory) -> None:
    orders, effect = (str(part) for part in parts(story, "en")[1:4:2])
    assert all(str(measure) in orders for measure in story.chain.sheet["en"])
    assert effect.count("EF-12") == 1 and effect.count("EF-11") == 1
    record = stories.publish_story(story).record
    assert [one["phase"] for one in record["levels"]][-1] == "lifted"
    assert record["recall"]["grade"] == "good"


def test_the_curve_ends_with_the_last_report(story: ResponseStory) -> None:
    picture = stories.story_recall(story)
    assert isinstance(picture, Picture)
    line = picture.figure["data"][-1]
    assert line["y"] == pytest.approx([0.48, 0.83, 0.935, 0.935])
    assert all(trace["x"][-1] <= line["x"][-1] for trace in picture.figure["data"])
