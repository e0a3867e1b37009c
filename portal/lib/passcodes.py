"""Short numeric codes: made at random, and refused when they follow a pattern that people guess first.

A blocklist of about a tenth of the four-digit space is the best balance between memorable and guessable (Markert et
al., "This PIN Can Be Easily Guessed", 2020: n = 1,220); small lists of favourites change nothing against 100 guesses.
So about 1,000 of the 10,000 codes are refused by rule, and the rules can be named to the person who typed one.
"""

import calendar
import secrets
from collections.abc import Callable
from functools import cache
from itertools import pairwise

SHORTEST = 4
LONGEST = 8

# The telephone keypad (ITU-T E.161): row and column of each key.
_KEY = {key: (row, column) for row, keys in enumerate(("123", "456", "789", " 0 ")) for column, key in enumerate(keys)}


def make_passcode(length: int = SHORTEST, randbelow: Callable[[int], int] = secrets.randbelow) -> str:
    """A random code of `length` digits (4 to 8) that follows no pattern, every other code being equally likely."""
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"A passcode has {SHORTEST} to {LONGEST} digits, not {length}.")
    while True:
        code = f"{randbelow(10**length):0{length}d}"
        if pattern_of(code) is None:
            return code


@cache
def count_codes(length: int) -> int:
    """How many codes of `length` digits follow no pattern. Exact for four; for more, a floor less than 1 % below."""
    if length == SHORTEST:
        return sum(pattern_of(f"{number:0{length}d}") is None for number in range(10**length))
    # Repeats of up to half the length, pairs and sequences are far fewer than one code in a hundred.
    return int(10**length) * 99 // 100


def check_passcode(text: str, lengths: tuple[int, int] = (SHORTEST, SHORTEST)) -> str | None:
    """What is wrong with a typed code, as a sentence, or None. `lengths` is the shortest and longest allowed.

    Leading zeros count. Only the ten ASCII digits do: a code must be the same keys on every phone.
    """
    shortest, longest = lengths
    if not (text.isascii() and text.isdigit() and shortest <= len(text) <= longest):
        if shortest == longest:
            return f"Type a {shortest}-digit number."
        return f"Type a number of {shortest} to {longest} digits."
    pattern = pattern_of(text)
    if pattern is None:
        return None
    return f"That code is {pattern}, and such codes are guessed first. Choose one without a pattern, or generate one."


def pattern_of(code: str) -> str | None:
    """The name of the pattern that a code of ASCII digits follows ("a date", "a mirror"), or None.

    Four digits: every rule. Longer codes: repeats and sequences only, since the rest of that space is large enough.
    """
    rules = _RULES if len(code) == SHORTEST else _RULES[:2]
    return next((name for name, follows in rules if follows(code)), None)


def _is_repeat(code: str) -> bool:
    """7777, 1212, 123123, 12121; and digits in pairs: 1122, 334455."""
    size = len(code)
    for period in range(1, size // 2 + 1):
        if code == (code[:period] * size)[:size]:
            return True
    return size % 2 == 0 and code[::2] == code[1::2]


def _is_sequence(code: str) -> bool:
    """Even steps of one to three, up or down, over the 9 and the 0 too: 1234, 9012, 2468, 9630."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(code)}
    return len(steps) == 1 and steps <= {1, 2, 3, 7, 8, 9}


def _is_mirror(code: str) -> bool:
    return code == code[::-1]


def _is_year(code: str) -> bool:
    return 1930 <= int(code) <= 2030


def _is_date(code: str) -> bool:
    """A day and a month in either order, 29 February included: 2412, 1224."""
    first, second = int(code[:2]), int(code[2:])
    return _is_day_of_month(first, second) or _is_day_of_month(second, first)


def _is_day_of_month(day: int, month: int) -> bool:
    # 2000 was a leap year: any leap year serves.
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000, month)[1]


def _is_keypad_line(code: str) -> bool:
    """Neighbouring keys, straight on or round one corner (2580, 1478), or the four corners in turn (1397)."""
    keys = [_KEY[digit] for digit in code]
    moves = [(to[0] - at[0], to[1] - at[1]) for at, to in pairwise(keys)]
    if len(set(code)) < len(code):
        return False
    if all(abs(down) + abs(across) == 1 for down, across in moves):
        turns = sum(one != other for one, other in pairwise(moves))
        return turns <= 1
    return set(code) == set("1379") and all(0 in move for move in moves)


_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("a repeat", _is_repeat),
    ("a sequence", _is_sequence),
    ("a mirror", _is_mirror),
    ("a year", _is_year),
    ("a date", _is_date),
    ("a line on the keypad", _is_keypad_line),
)
