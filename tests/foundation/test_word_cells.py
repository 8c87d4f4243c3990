"""Words of a column: those that stand for nothing, looked up together, are those that each is by itself."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.records.cells import text_cells, word_cells
from riskkit.foundation.records.evidence import record_columns
from riskkit.foundation.records.written_numbers import empty_words, word_key

PRODUCT = next(column for column in record_columns() if column.name == "product")
EMPTY = sorted(empty_words("text"))


def written(word: str, *, blank: str, is_upper: bool, is_wide: bool) -> str:
    word = word.upper() if is_upper else word
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in word) if is_wide else word
    return f"{blank}{wide.replace(' ', blank or ' ')}{blank}"


WAYS = st.builds(
    written,
    st.sampled_from(EMPTY),
    blank=st.sampled_from(["", " ", "  ", "\t", "\u3000"]),
    is_upper=st.booleans(),
    is_wide=st.booleans(),
)


@given(st.lists(st.one_of(WAYS, st.text(max_size=24), st.sampled_from(["lot 7", "N/A 3", "none  at all"]))))
def test_a_word_for_nothing_is_missing_in_every_writing_and_no_other_word(texts: list[str]) -> None:
    cells = pa.array(texts, pa.string())
    kept, read = text_cells(cells).values.to_pylist(), word_cells(cells, PRODUCT).values.to_pylist()
    for text, found in zip(kept, read, strict=True):
        is_empty = text is None or (len(text) <= 20 and word_key(text) in empty_words("text"))
        if is_empty:
            assert found is None
        elif not (text.lstrip().startswith('="') or word_key(text) in empty_words("text")):
            assert found == text
