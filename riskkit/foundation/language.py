"""The language of what people read: chosen once, where a command, a notebook or a page begins.

Nothing in between passes it on. Texts, numbers and tables look it up when they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, ParamSpec, TypeVar, cast

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

P = ParamSpec("P")
R = TypeVar("R")

# Two places, because the callbacks of a notebook's widgets run in a context of their own: they see what the
# process was set to, while a server that answers two people at once must not mix their languages.
_chosen: list[Lang] = ["en"]
_spoken: ContextVar[Lang | None] = ContextVar("riskkit_language", default=None)


def language() -> Lang:
    """The language in which texts are written now: ``zh`` or ``en``.

    Examples
    --------
    >>> in_language("zh", language)
    'zh'
    """
    return _spoken.get() or _chosen[0]


def set_language(lang: str) -> None:
    """Choose the language of this process, as a notebook does in its first cell.

    Parameters
    ----------
    lang : str
        ``zh`` or ``en``.

    Raises
    ------
    InputFaults
        If it is another one.

    Examples
    --------
    >>> set_language("zh"); language()
    'zh'
    >>> set_language("en"); language()
    'en'
    """
    _chosen[0] = _checked(lang)


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Texts in one language within a ``with`` block, whatever the process was set to.

    Examples
    --------
    >>> with speaking("zh"):
    ...     language()
    'zh'
    """
    token = _spoken.set(_checked(lang))
    try:
        yield
    finally:
        _spoken.reset(token)


def in_language(lang: str, call: Callable[P, R], /, *args: P.args, **given: P.kwargs) -> R:
    """What a call gives when texts are written in one language.

    Examples
    --------
    >>> in_language("zh", language), in_language("en", language)
    ('zh', 'en')
    """
    with speaking(lang):
        return call(*args, **given)


def in_each_language(call: Callable[P, R], /, *args: P.args, **given: P.kwargs) -> dict[str, R]:
    """What a call gives in each language.

    Examples
    --------
    >>> in_each_language(language)
    {'zh': 'zh', 'en': 'en'}
    """
    return {lang: in_language(lang, call, *args, **given) for lang in LANGS}


def _checked(lang: str) -> Lang:
    if lang not in LANGS:
        refuse("this language", [Fault("lang", shown(lang), one_of(str(lang), LANGS))])
    return cast(Lang, lang)
