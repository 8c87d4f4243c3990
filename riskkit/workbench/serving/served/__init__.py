"""The words and templates of the served pages."""

from riskkit.words.catalogue import served_text


def served_texts(lang: str) -> dict[str, str]:
    """The words of the served pages, in one language."""
    return {key: words[lang] for key, words in served_text.items()}
