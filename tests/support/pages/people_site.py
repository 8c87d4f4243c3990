"""A served folder of small pages with people of their own, for tests that talk to it as those people."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from patience import HANGS
from serving import LIGHT, ROOT, kernels_of
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from riskkit.workbench.serving.people import People, write_people

SHOW = (
    "import os\nfrom IPython.display import HTML, display\n"
    "display(HTML(f\"<p>seen [{os.environ.get('HTTP_X_RISKKIT_WHO')}] [{os.environ.get('HTTP_X_RISKKIT_ROLE')}]</p>\"))"
)
PROGRAM = LIGHT + (
    "import json, sys; from pathlib import Path; from riskkit.workbench.serving.serve import serve_dashboard; "
    "from riskkit.workbench.serving.limits import serving_limits; more = json.loads(sys.argv[1]); "
    "more |= {'intake': Path(more['intake'])} if 'intake' in more else {}; "
    "from riskkit.workbench.serving import gate; limit = gate.limit; "
    "own = {'first_wait_seconds': more.pop('first_wait', limit('first_wait_seconds'))}; "
    "gate.limit = lambda key: own.get(key) or limit(key); "
    "serve_dashboard(port=0, lang='en', open_browser=False, as_json=True, notebooks=Path('pages'), "
    "people=Path('access.toml') if Path('access.toml').exists() else None, limits=serving_limits(**more))"
)

ALL, SLOW = "for_all", "slow"


def write_page(path: Path, roles: list[str], *, code: str = SHOW) -> None:
    """A dashboard of one cell."""
    cells = [
        new_code_cell('lang: str = "zh"  # language', metadata={"tags": ["parameters"]}),
        new_code_cell(code),
    ]
    said = {"title": {"zh": path.stem, "en": path.stem}, "question": {}, "roles": roles}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"riskkit": said}), path)


def page(name: str, lang: str = "en") -> str:
    """The address of a page."""
    return f"/voila/render/{name}.ipynb?lang={lang}"


def comes_to(look: Callable[[], Any], wanted: Any) -> bool:
    """Whether something becomes what is wanted before one would say that it hangs."""
    deadline = time.monotonic() + HANGS
    while look() != wanted:  # looked at once a round: a look may itself take a place (a page that is opened)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def as_cookie(cookies: dict[str, str]) -> str:
    """Cookies as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@asynccontextmanager
async def websocket(address: str, **headers: str) -> AsyncIterator[WebSocketClientConnection]:
    """A connection that has ended, its socket included, when the block does."""
    line = await websocket_connect(HTTPRequest(address, headers=headers))
    stream = line.protocol.stream
    try:
        yield line
    finally:
        line.close()
        stream.close()  # unread messages would hold the reply to the line above back for 5 s


@dataclass(frozen=True)
class Site:
    """A running server, and the folder of its pages, its file of people and its log."""

    host: str
    port: int
    folder: Path
    process: subprocess.Popen[str]
    said: dict[str, Any]

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    @property
    def origin(self) -> str:
        """Where its own pages are."""
        return f"http://{self.host}:{self.port}"

    def ask(
        self, path: str, method: str = "GET", body: str = "", *, via: str = "127.0.0.1", **headers: str
    ) -> tuple[int, dict[str, Any], str]:
        """Status, cookies with other facts, and text of one answer; `via` is the address asked from."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=HANGS, source_address=(via, 0))
        try:
            line.request(
                method, path, body=body or None, headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
            cookies = {
                n: v
                for n, _, v in (
                    c.split(";")[0].partition("=") for c in answer.headers.get_all("Set-Cookie", [])
                )
            }
            facts = {"cookies": cookies, "to": answer.getheader("Location", "")}
            return answer.status, facts | {"wait": answer.getheader("Retry-After", "")}, text
        finally:
            line.close()

    def cookie(self, token: str) -> str:
        """The cookie of somebody who opens the address with their token."""
        status, more, _ = self.ask(f"/?token={token}")
        assert status == 302, status
        return as_cookie(more["cookies"])

    def sign_in(self, path: str, *, via: str = "127.0.0.1", **form: str) -> tuple[int, dict[str, Any], str]:
        """What the form of the sign-in page answers."""
        _, more, text = self.ask(path, via=via)
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', text)
        assert xsrf is not None, text
        sent = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": as_cookie(more["cookies"])}
        return self.ask(path, "POST", urlencode({"_xsrf": xsrf[1], **form}), via=via, **sent)

    def sign_out(self, cookie: str) -> tuple[int, dict[str, Any], str]:
        """What the button answers."""
        return self.ask("/sign-out?lang=en", "POST", "", Cookie=cookie, Origin=self.origin)

    def kernel(self, cookie: str, name: str = ALL) -> str:
        """The kernel of a page that is opened now."""
        status, _, text = self.ask(page(name), Cookie=cookie)
        found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', text)
        assert status == 200 and found is not None, (status, text[:500])
        return found[1]

    def kernels(self) -> int:
        """How many kernels run."""
        return len(kernels_of(self.process.pid))

    def connect(self, kernel: str, cookie: str) -> AbstractAsyncContextManager[WebSocketClientConnection]:
        """The connection of a page to its kernel."""
        address = (
            f"ws://{self.host}:{self.port}/api/kernels/{kernel}/channels?session_id={os.urandom(4).hex()}"
        )
        return websocket(address, Cookie=cookie, Origin=self.origin)


@contextmanager
def site(folder: Path, people: People | None, *, token: str = "", **limits: Any) -> Iterator[Site]:
    """`serve_dashboard` over small pages, until the block ends; without people, with one token."""
    write_page(folder / "pages" / "dashboards" / "for_experts.ipynb", ["expert"])
    write_page(folder / "pages" / "dashboards" / "for_chairs.ipynb", ["chair"])
    write_page(folder / "pages" / f"{ALL}.ipynb", [])
    write_page(folder / "pages" / f"{SLOW}.ipynb", [], code="import time\nwhile True: time.sleep(0.1)")
    if people is not None:
        write_people(folder / "access.toml", people)
    known = {**os.environ, **({"RISKKIT_TOKEN": token} if token else {})}
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", PROGRAM, json.dumps(limits)]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=known, cwd=folder
        )
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            place = urlsplit(said["url"])
            yield Site(str(place.hostname), int(place.port or 0), folder, process, said)
        finally:
            process.terminate()
            process.communicate(timeout=HANGS)
