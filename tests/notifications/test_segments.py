"""How many parts a text message is sent in, as the network counts them."""

import pytest

from services.notifications.domain.segments import Segments, foreign, segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("£è@" * 10, Segments("GSM-7", 30, 1)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 81, Segments("GSM-7", 162, 2)),
        ("ł" * 70, Segments("UCS-2", 70, 1)),
        ("ł" + "a" * 70, Segments("UCS-2", 71, 2)),
        ("ł" * 134, Segments("UCS-2", 134, 2)),
        ("ł" * 135, Segments("UCS-2", 135, 3)),
        ("🙂" * 35, Segments("UCS-2", 70, 1)),
    ],
)
def test_a_text_is_counted_as_the_network_counts_it(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_a_letter_that_counts_twice_is_not_torn_between_two_parts() -> None:
    # 152 + 2 do not fit into the 153 of the first part, so the euro begins the second.
    assert segments("a" * 152 + "€" + "a" * 151).number == 2
    assert segments("a" * 152 + "€" + "a" * 152).number == 3
    assert segments("ł" * 66 + "🙂" + "ł" * 66).number == 3


def test_the_letters_that_make_a_text_expensive_are_named() -> None:
    assert foreign("Zażółć gęślą, żółw") == "żółćęśą"
    assert foreign("£5 at 9 [sharp]") == ""
