"""The words, scripts and templates of the served pages."""

from importlib import resources

from riskkit.words.catalogue import served_text


def served_texts(lang: str) -> dict[str, str]:
    """The words of the served pages, in one language."""
    return {key: words[lang] for key, words in served_text.items()}


def served_asset(name: str) -> str:
    """A script that is part of each served page."""
    return (resources.files(__name__) / name).read_text("utf-8")
