"""What a board tells the address of its page, what it takes from one, and when it looks again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from riskkit.workbench.boards import page_tools, panels
from riskkit.workbench.boards.overview.panel import _written
from riskkit.workbench.boards.page_tools import PageTools, in_address, is_busy, look_again, walk, written
from riskkit.workbench.boards.panel_widgets import InputList, SortedTable, box, in_either_language


def parts() -> tuple[ipywidgets.Dropdown, ipywidgets.Checkbox, InputList, SortedTable, ipywidgets.Text]:
    level = in_address("level", ipywidgets.Dropdown(options=[("any", ""), ("one", "1"), ("two", "2")]))
    fields = [{"name": "ports", "stops": ["1", "2", "3"]}]
    columns = [{"title": "a"}, {"title": "b"}]
    return (
        level,
        in_address("all", ipywidgets.Checkbox(value=False)),
        InputList(fields=fields, positions={}, words={}),
        SortedTable(columns=columns, rows=[], words={}),
        ipywidgets.Text(),
    )


def test_what_is_chosen_stands_in_the_address_and_comes_back_from_it() -> None:
    level, every, inputs, table, said = parts()
    tools = PageTools(box("rkp-col", level, box("rkp-row", every, inputs), table, said))
    assert tools.state == {}
    level.value, every.value, inputs.positions = "2", True, {"ports": 2}
    table.by, table.down, said.value = 1, True, "a private reason"
    assert tools.state == {"level": "2", "all": "True", "inputs": "ports:2", "sort": "1d"}
    fresh = parts()
    again = PageTools(box("rkp-col", *fresh))
    again.asked = dict(tools.state)
    assert again.state == tools.state and fresh[2].positions == {"ports": 2}
    level.value = ""
    assert "level" not in tools.state


@pytest.mark.parametrize(
    "asked",
    [
        {"level": "9", "sort": "7d", "inputs": "ports:3"},
        {"level": "<script>", "sort": "", "inputs": "x:1 ports:- y ports:9e9"},
        {"level": 3, "nothing": "1", "sort": "-1u", "inputs": "ports:²"},
    ],
)
def test_an_address_that_asks_for_what_is_not_there_changes_nothing(asked: dict[str, Any]) -> None:
    fresh = parts()
    tools = PageTools(box("rkp-col", *fresh))
    tools.apply(asked)
    assert tools.state == {} and fresh[2].positions == {}


def test_controls_that_come_later_are_followed_too() -> None:
    inside = box("rkp-col", ipywidgets.HTML())
    tools = PageTools(inside)
    level = parts()[0]
    inside.children = (level,)
    level.value = "1"
    assert tools.state == {"level": "1"}
    inside.children = ()
    assert tools.state == {}


def test_a_board_is_built_anew_when_others_have_written_unless_somebody_writes_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_tools, "REFRESH_SECONDS", 0.01)
    said, seen, built = ipywidgets.Text(), [1], list[int]()

    def build() -> list[ipywidgets.Widget]:
        built.append(seen[0])
        return [parts()[0], said]

    async def day() -> None:
        board = in_either_language(build, seen=lambda: seen[0])
        tools = next(one for one in walk(board) if isinstance(one, PageTools))
        assert built == [1] and tools.as_of
        next(one for one in walk(board) if hasattr(one, "address")).value = "2"
        said.value, seen[0] = "half a reason", 2
        await asyncio.sleep(0.1)
        assert built == [1] and is_busy(tools)
        said.value = ""
        for _ in range(500):
            await asyncio.sleep(0.01)
            if built == [1, 2]:
                break
        assert built == [1, 2]
        assert next(one for one in walk(board) if hasattr(one, "address")).value == "2"

    asyncio.run(day())


def test_overview_register_and_signals_say_as_of_when_and_notice_what_is_written(tmp_path: Path) -> None:
    boards = [
        panels.board("overview", ["note7-battery-2016"], draws=50, reports=str(tmp_path)),
        panels.board("register_board"),
        panels.board("signal_board", folder=str(tmp_path)),
    ]
    for board in boards:
        assert next(one for one in walk(board) if isinstance(one, PageTools)).as_of
    steps, register = tmp_path / "steps.csv", tmp_path / "register"
    assert written(str(steps)) is None is written(str(register))
    steps.write_text("a", encoding="utf-8")
    before = written(str(steps))
    steps.write_text("ab", encoding="utf-8")
    assert before is not None and written(str(steps)) != before
    register.mkdir()
    assert written(str(register)) is None
    (register / "manifest.json").write_text("{}", encoding="utf-8")
    assert written(str(register)) is not None
    unread = _written(tmp_path, "")
    (tmp_path / "result.json").write_text("{}", encoding="utf-8")
    assert _written(tmp_path, "") != unread


def test_without_a_page_nothing_looks_again() -> None:
    asked = list[int]()
    look_again(PageTools(box("rkp-col")), lambda: asked.append(1), lambda: None)
    assert asked == []
