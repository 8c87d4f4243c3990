"""Run uv in this environment with the package index that pip is set up to use.

uv does not read pip's configuration, so a mirror or a folder of wheels that pip knows is told to it
here, through the environment (an address may hold a password; a command line can be read by others).

    .venv/bin/python .ci/uv_as_pip.py pip install -r requirements.lock

A lock is worked out from the main index alone: an extra index or a folder of wheels often holds only
the files that fit one machine, and a lock made from them would install on machines of that kind only.
"""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# what pip calls it: what uv calls it, and what uv wants between several values
NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}
# what may hold only a part of the files of a release
PARTIAL = {"UV_INDEX", "UV_FIND_LINKS"}


def for_uv(said: str, *, is_lock: bool = False) -> dict[str, str]:
    """What `pip config list` says, as uv's variables; the environment outranks the files, as in pip."""
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in said.splitlines():
            key, is_setting, value = line.partition("=")
            name = key.removeprefix(section)
            if is_setting and key.startswith(section) and name in NAMES:
                variable, between = NAMES[name]
                found[variable] = between.join(str(ast.literal_eval(value)).split())
    found = {name: value for name, value in found.items() if not is_lock or name not in PARTIAL}
    if "UV_INDEX" in found:  # pip looks at all its indexes alike; the hashes of the lock keep that safe
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {variable: value for variable, value in found.items() if value}


def listing() -> str:
    """What pip is set up to use."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cache_for_uv(account: Path, own: Path) -> dict[str, str]:
    """A cache in the environment itself where that of the account cannot be written to."""
    try:
        account.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=account):
            return {}
    except OSError:
        return {"UV_CACHE_DIR": str(own)}


def main() -> None:
    """Replace this process by uv; a setting already given to uv by its own name stays."""
    known = for_uv(listing(), is_lock=sys.argv[1:3] == ["pip", "compile"])
    scripts = Path(sys.executable).parent
    if os.name == "posix":  # elsewhere uv keeps its cache in another place
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        known |= cache_for_uv(caches / "uv", scripts.parent / ".uv-cache")
    environment = {**known, **os.environ, "VIRTUAL_ENV": str(scripts.parent)}
    uv = str(scripts / "uv")
    os.execve(uv, [uv, *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
