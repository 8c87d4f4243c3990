"""What is served, to whom, and what a served page may ask for."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from patience import comes_true
from serving import LIGHT, TOKEN, WIDGETS, Served, kernels_of, served, write_folder

from riskkit.workbench.serving import access, serve
from riskkit.workbench.serving.dashboards import dashboard_config, pages_in
from riskkit.workbench.serving.served import served_texts

PAGE = "/voila/render/one_case.ipynb"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("notebooks")
    write_folder(folder)
    with served(folder, before=LIGHT) as running:
        yield running


@pytest.fixture(scope="module")
def page(server: Served) -> str:
    status, _, text = server.get(f"{PAGE}?lang=en&start=7")
    assert status == 200
    return text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        PAGE,
        "/voila/static/voila.js",
        "/voila/static/plotly.min.js",
        "/voila/templates/lab/static/index.css",
        "/voila/files/picture.png",
        "/voila/labextensions/anywidget/package.json",
        "/api/kernels/01234567-0123-0123-0123-0123456789ab",
        "/api/kernels/01234567-0123-0123-0123-0123456789ab/channels",
        "/login",
        "/nowhere",
    ],
)
@pytest.mark.parametrize("token", [None, "wrong-token-of-some-length"])
def test_nothing_is_shown_without_the_token(server: Served, path: str, token: str | None) -> None:
    status, headers, text = server.get(path, token=token)
    assert status == 403
    assert headers["content-type"].split(";")[0] in {"text/plain", "application/json"}
    assert "picture" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/picture.png",
        "/voila/files/one_case.ipynb",
        "/voila/files/notes.py",
        "/files/picture.png",
        "/voila/tree",
        "/voila/api/contents",
        "/api/contents/one_case.ipynb",
        "/voila/render/picture.png",
        "/voila/render/notes.py",
        "/voila/render/.secret.ipynb",
        "/voila/render/deeper/still/hidden.ipynb",
        "/voila/render/../one_case.ipynb",
        "/voila/render/dashboards/../one_case.ipynb",
        "/voila/render/",
        "/voila/static/../../../app.py",
        "/voila/static/%2e%2e/%2e%2e/app.py",
        "/login",
    ],
)
def test_no_file_and_no_other_notebook_is_served_even_with_the_token(server: Served, path: str) -> None:
    status, _, text = server.get(path)
    assert status in {403, 404}
    assert "password" not in text
    assert "PNG" not in text


def test_the_token_is_swapped_for_a_cookie_and_leaves_the_address(server: Served) -> None:
    status, headers, _ = server.get(f"/?token={TOKEN}&lang=zh", token=None)
    assert (status, headers["location"]) == (302, "/?lang=zh")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Lax" in headers["set-cookie"]
    assert TOKEN not in headers["set-cookie"]
    cookie = headers["set-cookie"].split(";")[0]
    status, _, text = server.get("/?lang=zh", token=None, headers={"Cookie": cookie})
    assert (status, "仪表板" in text) == (200, True)


def test_a_page_reached_under_a_strange_host_name_is_refused(server: Served) -> None:
    assert server.get("/", headers={"Host": "evil.example"})[0] == 403
    assert server.get("/", headers={"Host": f"localhost:{server.port}"})[0] == 200


def test_a_page_of_another_origin_gets_no_socket_and_may_read_nothing(server: Served) -> None:
    upgrade = {
        "Origin": "http://evil.example",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
    }
    cookie = server.get(f"/?token={TOKEN}", token=None)[1]["set-cookie"].split(";")[0]
    channel = "/api/kernels/01234567-0123-0123-0123-0123456789ab/channels"
    assert server.get(channel, token=None, headers={**upgrade, "Cookie": cookie})[0] in {403, 404}
    assert "access-control-allow-origin" not in server.get("/", headers={"Origin": "http://evil.example"})[1]


@pytest.mark.parametrize("origin", [{}, {"Origin": "null"}, {"Origin": "http://evil.example"}])
def test_only_our_own_pages_may_end_a_kernel(server: Served, origin: dict[str, str]) -> None:
    cookie = server.get(f"/?token={TOKEN}", token=None)[1]["set-cookie"].split(";")[0]
    path = "/voila/api/shutdown/01234567-0123-0123-0123-0123456789ab"
    sent = {**origin, "Cookie": cookie}
    assert server.get(path, token=None, headers=sent, method="POST")[0] in {403, 404}
    here = {"Origin": f"http://127.0.0.1:{server.port}"}
    assert server.get(path, token=None, headers=here, method="POST")[0] == 403


@pytest.mark.parametrize("path", ["/", "/nowhere", "/voila/static/voila.js", "/voila/files/picture.png"])
def test_every_answer_carries_the_headers(server: Served, path: str) -> None:
    for token in (TOKEN, None):
        headers = server.get(path, token=token)[1]
        for name, value in access.headers().items():
            assert headers[name.lower()] == value


def test_a_dashboard_loads_plotly_js_on_its_own_and_a_notebook_what_draws_its_figures(
    server: Served, page: str
) -> None:
    status, headers, text = server.get("/voila/static/plotly.min.js?v=1")
    assert (status, "window.Plotly" in text) == (200, True)
    assert int(headers["cache-control"].partition("max-age=")[2]) > 86_400
    assert server.get("/voila/static/widgetbundle.js")[0] in {403, 404}
    board = server.get("/voila/render/dashboards/overview.ipynb")[2]
    assert "jupyterlab-plotly" in page and "jupyterlab-plotly" not in board
    assert board.count("voila/static/voila.js") == 1


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ["总览", "单例", "什么？"]), ("en", ["Overview", "One case"])]
)
def test_the_landing_page_lists_the_dashboards_in_both_languages(
    server: Served, lang: str, words: list[str]
) -> None:
    _, _, text = server.get(f"/?lang={lang}")
    assert all(word in text for word in words)
    assert re.findall(r'href="(/voila/[^"]+)"', text) == [
        f"/voila/render/dashboards/overview.ipynb?lang={lang}",
        f"/voila/render/one_case.ipynb?lang={lang}",
    ]
    assert "&lt;i&gt;" in text
    assert "<i>" not in text


def test_an_unknown_language_falls_back_on_the_landing_page(server: Served) -> None:
    assert 'lang="en"' in server.get("/?lang=%3Cscript%3E")[2]


def test_the_address_sets_the_parameters_of_the_notebook(page: str) -> None:
    assert "said en True 7 none" in page


def test_a_page_names_no_other_host(page: str) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", page, re.IGNORECASE))
    spinner = {"http://www.w3.org", "http://purl.org", "http://creativecommons.org"}  # namespaces of its SVG
    assert addresses <= spinner | {"http://127.0.0.1"}


def test_a_page_does_not_show_the_source(page: str) -> None:
    assert not [line for line in WIDGETS.splitlines()[1:] if line in page]


def test_a_kernel_knows_neither_the_token_nor_the_slow_import(page: str) -> None:
    assert "PATH=" in page
    assert TOKEN not in page
    assert "RISKKIT_TOKEN" not in page
    assert "slow import None" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nope=1", "nope"),
        ("start=7.5", "start"),
        ("start=1&start=__import__('os')", "start"),
        ("case=../../etc/passwd", "case"),
        ("case=/etc/passwd", "case"),
        ("case=%3Cscript%3E", "case"),
        ("lang=fr", "lang"),
        ("template=classic", "template"),
    ],
)
def test_an_address_with_anything_else_starts_no_kernel(server: Served, query: str, said: str) -> None:
    before = len(kernels_of(server.process.pid))
    status, headers, text = server.get(f"{PAGE}?{query}")
    assert (status, headers["content-type"]) == (400, "text/plain; charset=UTF-8")
    assert said in text
    assert len(kernels_of(server.process.pid)) <= before


def test_when_the_server_stops_no_kernel_is_left(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with served(tmp_path, before=LIGHT) as running:
        assert running.get(PAGE)[0] == 200
        kernels = psutil.Process(running.process.pid).children(recursive=True)
        assert kernels
    assert comes_true(lambda: not any(kernel.is_running() for kernel in kernels))


def test_the_lab_serves_no_picture_without_the_token_either(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with served(tmp_path, what="lab", lang="zh") as running:
        assert running.get("/voila/files/picture.png", token=None)[0] == 404
        assert running.get("/files/picture.png", token=None)[0] in {302, 403}
        assert running.get("/api/contents", token=None)[0] == 403
        status, headers, text = running.get("/lab")
        assert status == 200
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["referrer-policy"] == "same-origin"
        config = text[text.index('id="jupyter-config-data"') :].split("</script>")[0]
        assert '"news": {"disabled": true}' in config
        settings = running.get("/lab/api/settings/@jupyterlab/translation-extension:plugin")[2]
        assert "zh_CN" in settings


@pytest.mark.parametrize(("what", "path"), [("dashboard", PAGE), ("lab", "/lab")])
def test_a_home_that_cannot_be_written_to_serves_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, path: str
) -> None:
    write_folder(tmp_path)
    monkeypatch.setenv("HOME", "/dev/null")  # root may write to any folder, but not below a file
    with served(tmp_path, what=what, before=LIGHT) as running:
        assert running.get(path)[0] == 200


def test_a_notebook_linked_from_elsewhere_is_not_listed(tmp_path: Path) -> None:
    write_folder(tmp_path / "elsewhere")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "linked.ipynb").symlink_to(tmp_path / "elsewhere" / "one_case.ipynb")
    assert pages_in(tmp_path / "here") == ()


def test_a_notebook_without_a_title_is_listed_by_its_heading(tmp_path: Path) -> None:
    write_folder(tmp_path)
    text = (tmp_path / "one_case.ipynb").read_text(encoding="utf-8").replace('"riskkit"', '"other"')
    (tmp_path / "one_case.ipynb").write_text(text, encoding="utf-8")
    assert pages_in(tmp_path)[-1].title == {"zh": "单例 / One case", "en": "单例 / One case"}


def test_a_wider_address_gives_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(access.TOKEN_VARIABLE, raising=False)
    serve._ready("127.0.0.1", 0, "en")
    assert capsys.readouterr().err == ""
    serve._ready("0.0.0.0", 0, "en")
    assert "WARNING" in capsys.readouterr().err


def test_every_serving_has_a_token_of_its_own_and_a_short_one_is_refused() -> None:
    assert access.take_token({}) != access.take_token({})
    for weak in ("short", "with spaces in it, and long", "长长长长长长长长长长长长长长长长长长"):
        with pytest.raises(ValueError, match="RISKKIT_TOKEN"):
            access.take_token({"RISKKIT_TOKEN": weak})


def test_a_taken_port_gives_the_next_one() -> None:
    first = serve.free_port("127.0.0.1", 0)
    with serve.socket.socket() as holder:
        holder.bind(("127.0.0.1", first))
        holder.listen()
        assert serve.free_port("127.0.0.1", first) in range(first + 1, first + 20)


def test_idle_kernels_of_closed_pages_are_culled(tmp_path: Path) -> None:
    config = dashboard_config(host="127.0.0.1", port=1, lang="zh", notebooks=tmp_path, token="t")
    assert 0 < config.MappingKernelManager.cull_idle_timeout <= 900
    assert config.MappingKernelManager.cull_interval <= 60
    assert config.VoilaConfiguration.file_allowlist == []


def test_every_text_is_there_in_both_languages() -> None:
    for lang in ("zh", "en"):
        assert all(served_texts(lang).values())
    assert served_texts("zh").keys() == served_texts("en").keys()
