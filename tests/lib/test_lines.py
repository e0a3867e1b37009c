"""Lines: what of a typed text is kept."""

import pytest

from portal.lib.lines import one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        (" \t\n", ""),
        ("  North \u00a0 gate ", "North gate"),
        ("two\r\nlines\u2028or\x85more", "two lines or more"),
        ("nul\0 bell\x07 c1\x9b", "nul bell c1"),
        ("lone \ud83d half", "lone half"),
        ("exe\u202egpj.", "exe gpj."),
        ("\u2067turned\u2069", "turned"),
        ("Cafe\u0301", "Caf\u00e9"),
        (" \u200b\u200d \u2060\ufeff\xad", ""),
        ("\u3164\u2800 \u200b", ""),
    ],
)
def test_what_nobody_sees_is_left_out(typed, kept):
    assert one_line(typed) == kept


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f527",
        "\u200fabc",
        "\u0915\u094d\u200d\u0937",
    ],
)
def test_what_belongs_to_a_word_stays(text):
    assert one_line(text) == text


def test_a_second_time_changes_nothing():
    once = one_line("a\u202e\u0301 b\0")
    assert one_line(once) == once
