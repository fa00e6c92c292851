"""A sheet breaks and styles its lines as the terminal library would, which is slower to start."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from bonemets.renderers.sheet import Sheet, wrapped
from bonemets.renderers.words import clean

WORDS = st.one_of(
    st.sampled_from(
        (
            "a",
            "3",
            "mg",
            "bone",
            "metastasis",
            "x" * 70,
            "「日本」" * 15,
            "e\u0301",
            "👩‍👩‍👧",
            "\u200b",
        )
    ),
    st.text(max_size=12),
)


@given(st.lists(WORDS, max_size=40), st.integers(2, 110))
def test_lines_break_where_the_terminal_library_breaks_them(words: list[str], room: int) -> None:
    said = clean(" ".join(words))
    expected = [line.plain.rstrip() for line in Text(said).wrap(Console(width=room), room)]
    assert expected == [said[first:last].rstrip() for first, last in wrapped(said, room)]


def test_a_style_follows_its_words_over_the_lines() -> None:
    sheet = Sheet(30, colour=True)
    sheet.put("one two three four five", label="A label:", bullet="- ", style="red")
    bold, red, end = "\x1b[1m", "\x1b[31m", "\x1b[0m"
    assert sheet.text() == (
        f"  - {bold}A label:{end} {red}one two three{end}\n    {red}four five{end}\n"
    )


def test_a_number_stays_on_the_line_of_its_unit() -> None:
    sheet = Sheet(24, colour=False)
    sheet.put("the calcium was at 3.12 mmol/L today")
    assert sheet.text() == "  the calcium was at\n  3.12 mmol/L today\n"
