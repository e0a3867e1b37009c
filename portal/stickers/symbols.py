"""QR symbols (ISO/IEC 18004) as integers: one bit per module, 1 is dark, each row padded with 0 to whole bytes.

A sticker's URL has a fixed prefix and a fixed length, so every bit of its symbol is an affine function of the data bits
over GF(2): padding, Reed-Solomon codewords, placement and masks all are. `SymbolEncoder` asks the `qrcode` library
once what each data bit flips and then makes a symbol with one XOR per pair of characters. `variable_symbol` is for
other texts and uses `qrcode` directly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import ALPHA_NUM, QRData, length_in_bits

from portal.stickers.tokens import TOKEN_LENGTH, scan_prefix

Level = Literal["L", "M", "Q", "H"]
Mask = Literal[0, 1, 2, 3, 4, 5, 6, 7]

MASKS: tuple[Mask, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
QUIET_ZONE = 4  # light modules on every side (ISO/IEC 18004, 5.3.8)
SMALLEST_VERSION = 3
LARGEST_VERSION = 40

_ERROR_CORRECTION = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
_CHARACTERS = ALPHA_NUM.decode("ascii")
_ALPHANUMERIC: Literal[2] = 2  # the mode indicator (ISO/IEC 18004, table 2)
_BYTES: Literal[4] = 4
# In this mode a pair of characters is one number, 45 * first + second, in 11 bits; a last single one has 6 bits.
_PAIRS = tuple(first + second for first in _CHARACTERS for second in _CHARACTERS)
_PAIR_BITS = 11
_SINGLE_BITS = 6


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone: `size` rows of `size` modules, each row `stride` bits long in `bits`."""

    size: int
    stride: int
    bits: int
    version: int
    level: Level
    mask: int

    def to_bytes(self) -> bytes:
        """Return the rows from top to bottom, stride / 8 bytes each, leftmost module in the highest bit, 1 is dark."""
        return self.bits.to_bytes(self.size * self.stride // 8, "big")

    def hex(self) -> str:
        """Return `to_bytes` in hexadecimal digits, as an inline 1-bit image of a PDF takes it."""
        return self.to_bytes().hex()

    def rows(self) -> tuple[tuple[bool, ...], ...]:
        """Return the modules from the top left, True is dark."""
        text = f"{self.bits:0{self.size * self.stride}b}"
        return tuple(
            tuple(module == "1" for module in text[start : start + self.size])
            for start in range(0, len(text), self.stride)
        )


def modules_per_side(version: int) -> int:
    """Return the side of a symbol in modules, quiet zone not counted."""
    return 17 + 4 * version


def alphanumeric_capacity(version: int, level: Level) -> int:
    """Return how many alphanumeric characters a symbol holds (ISO/IEC 18004, table 7)."""
    codewords = sum(block.data_count for block in rs_blocks(version, _ERROR_CORRECTION[level]))
    bits = codewords * 8 - 4 - length_in_bits(_ALPHANUMERIC, version)
    return bits // _PAIR_BITS * 2 + (bits % _PAIR_BITS >= _SINGLE_BITS)


def choose_version(length: int) -> tuple[int, Level]:
    """Return the version and level for a sticker whose URL has `length` alphanumeric characters.

    The version is the smallest that holds the text at level M, but never below 3: version 2 saves four modules a side
    and gives up level Q for it. The level is then the highest that this version still holds. Up to 35 characters that
    is 3-H, up to 47 3-Q (an https host of 20 characters), up to 61 3-M (34), up to 67 4-Q (40), up to 90 4-M (63).
    ValueError when no version holds the text.
    """
    for version in range(SMALLEST_VERSION, LARGEST_VERSION + 1):
        levels: tuple[Level, ...] = ("H", "Q", "M")
        for level in levels:
            if length <= alphanumeric_capacity(version, level):
                return version, level
    raise ValueError(f"{length} characters do not fit a QR symbol")


class SymbolEncoder:
    """Makes the symbols of all texts that are `prefix` and then exactly `tail_length` alphanumeric characters.

    Making one takes tens of milliseconds and about 3 MB; each symbol then takes tens of microseconds. Never changes
    after it was made, so threads may share it.
    """

    def __init__(self, prefix: str, tail_length: int) -> None:
        foreign = set(prefix).difference(_CHARACTERS)
        if foreign:
            raise ValueError(f"{prefix!r} cannot be said in alphanumeric mode because of {''.join(sorted(foreign))!r}")
        self.prefix = prefix
        self.tail_length = tail_length
        self.version, self.level = choose_version(len(prefix) + tail_length)
        self.size = modules_per_side(self.version)
        self.stride = _stride(self.size)
        # Pairs are counted from the first character, so an odd prefix lends its last one to the first pair.
        even = len(prefix) - len(prefix) % 2
        self._whole_pairs, self._lent = prefix[:even], prefix[even:]
        zeros = "0" * (len(self._lent) + tail_length)
        self._base = self._reference(zeros, 0)
        self._masks = tuple((mask, self._reference(zeros, mask) ^ self._base) for mask in MASKS)
        self._tables = tuple(self._table(start, len(zeros)) for start in range(0, len(zeros), 2))
        self._penalty = Penalty(self.size)

    def symbol(self, tail: str) -> Symbol:
        """Return the symbol of `prefix + tail` under the best of the eight masks."""
        mask, bits = self._best(tail)
        return Symbol(self.size, self.stride, bits, self.version, self.level, mask)

    def encode(self, tail: str) -> int:
        """Return the bits of `symbol(tail)` alone, for bulk work."""
        return self._best(tail)[1]

    def _best(self, tail: str) -> tuple[int, int]:
        """Return mask and bits. Masks differ in a fixed set of modules, so the sum under mask 0 serves all eight."""
        first = self._sum(tail)
        best_mask, best_bits, lowest = 0, first, self._penalty.score(first)
        for mask, flips in self._masks[1:]:
            bits = first ^ flips
            score = self._penalty.score(bits, lowest)
            if score < lowest:
                best_mask, best_bits, lowest = mask, bits, score
        return best_mask, best_bits

    def _sum(self, tail: str) -> int:
        if len(tail) != self.tail_length:
            raise ValueError(f"{tail!r} does not have {self.tail_length} characters")
        text = self._lent + tail
        bits = self._base
        try:
            for index, table in enumerate(self._tables):
                bits ^= table[text[2 * index : 2 * index + 2]]
        except KeyError:
            raise ValueError(f"{tail!r} cannot be said in alphanumeric mode") from None
        return bits

    def _table(self, start: int, length: int) -> dict[str, int]:
        """Return what every pair (or last single character) at `start` of the variable part flips against zeros.

        `qrcode` is asked only for the numbers with a single bit set; all others are sums of those.
        """
        width = min(2, length - start)
        texts, bit_count = (_PAIRS, _PAIR_BITS) if width == 2 else (tuple(_CHARACTERS), _SINGLE_BITS)
        flips = [0] * len(texts)
        for bit in range(bit_count):
            probe = "0" * start + texts[1 << bit] + "0" * (length - start - width)
            flips[1 << bit] = self._reference(probe, 0) ^ self._base
        for value in range(1, len(texts)):
            rest = value & value - 1
            flips[value] = flips[rest] ^ flips[value ^ rest]
        return dict(zip(texts, flips, strict=True))

    def _reference(self, variable: str, mask: Mask) -> int:
        text = (self._whole_pairs + variable).encode("ascii")
        code = QRCode(self.version, _ERROR_CORRECTION[self.level], mask_pattern=mask)
        code.add_data(QRData(text, _ALPHANUMERIC))
        return _drawn_bits(code)


class Penalty:
    """The score by which masks are compared, lower is better (ISO/IEC 18004, 7.8.3.1), for symbols of one size.

    Works on all modules at once: shifting a symbol by 1 moves it by a column, by the stride by a row, so that a bit of
    `bits & bits << 1` looks at a module and its right neighbour. Windows keep the places where a whole pattern fits.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.stride = _stride(size)
        self._block = self._window(2, 2)
        self._runs = ((1, self._window(5, 1)), (self.stride, self._window(1, 5)))
        self._finders = ((1, self._window(11, 1)), (self.stride, self._window(1, 11)))

    def score(self, bits: int, limit: int | None = None) -> int:
        """Return the score, or any number from `limit` on as soon as the score cannot stay below it."""
        total = 0
        for points in self._parts(bits):
            total += points
            if limit is not None and total >= limit:
                break
        return total

    def _parts(self, bits: int) -> Iterator[int]:
        """Yield the points rule by rule: what tells most in the least time comes first."""
        across = bits ^ bits << 1
        down = bits ^ bits << self.stride
        area = self.size * self.size
        # N4: 10 points for every whole 5 % by which the dark share is away from one half.
        dark = abs(20 * bits.bit_count() - 10 * area) // area * 10
        # N2: 3 points for every block of 2 by 2 in one colour.
        yield dark + 3 * (~(across | across << self.stride | down) & self._block).bit_count()
        for changes, (step, window) in zip((across, down), self._runs, strict=True):
            yield _run_points(~changes, step, window)
        for step, window in self._finders:
            yield _finder_points(bits, step, window)

    def _window(self, width: int, height: int) -> int:
        """Return a 1 for every module at which an area of width by height modules can begin."""
        row = (1 << self.size - width + 1) - 1 << self.stride - self.size + width - 1
        window = 0
        for index in range(self.size):
            window = window << self.stride | (row if index <= self.size - height else 0)
        return window


def _run_points(same: int, step: int, window: int) -> int:
    """N1: a run of n >= 5 modules in one colour costs n - 2 points. `same` has a 1 where the next module is alike."""
    same &= same << step
    same &= same << 2 * step
    same &= window
    # A run of n has n - 4 places where five begin, and one of these is its first.
    return same.bit_count() + 2 * (same & ~(same >> step)).bit_count()


def _finder_points(bits: int, step: int, window: int) -> int:
    """N3: 40 points for each dark-light-dark-dark-dark-light-dark with four light modules before or after it."""
    light = ~bits
    core = bits & bits << 2 * step & bits << 3 * step & bits << 4 * step & bits << 6 * step
    core &= light << step & light << 5 * step
    margin = light & light << step
    margin &= margin << 2 * step
    after = core & margin << 7 * step & window
    before = margin & core << 4 * step & window
    return 40 * (after.bit_count() + before.bit_count())


def encoder_for(public_url: str) -> SymbolEncoder:
    """Return the encoder of scan tokens behind this public URL, made once per process; ValueError as `scan_prefix`."""
    return _token_encoder(scan_prefix(public_url))


def symbol_for(url: str) -> Symbol:
    """Return the symbol of a scan URL as `tokens.scan_url` makes it."""
    return _token_encoder(url[:-TOKEN_LENGTH]).symbol(url[-TOKEN_LENGTH:])


# A process prints for one public URL; a few more serve previews of another host and the tests.
@lru_cache(maxsize=4)
def _token_encoder(prefix: str) -> SymbolEncoder:
    return SymbolEncoder(prefix, TOKEN_LENGTH)


def variable_symbol(text: str, level: Level) -> Symbol:
    """Return the smallest symbol of any text (UTF-8) at this level under the best mask; takes milliseconds.

    ValueError when the text is too long for a QR symbol.
    """
    code = _filled(text, level)
    version = code.best_fit()
    size = modules_per_side(version)
    penalty = Penalty(size)
    drawn: dict[Mask, int] = {}
    for mask in MASKS:
        code.mask_pattern = mask
        drawn[mask] = _drawn_bits(code)
    best = min(MASKS, key=lambda mask: penalty.score(drawn[mask]))
    return Symbol(size, _stride(size), drawn[best], version, level, best)


def _filled(text: str, level: Level) -> QRCode[Any]:
    """Return a symbol that holds the text, in the shortest mode that the library can compute."""
    code = QRCode(error_correction=_ERROR_CORRECTION[level])
    code.add_data(text)
    code.best_fit()
    try:
        code.make(fit=False)
    except ValueError:
        # It cannot check a block of nothing but zero bits: twenty zeros in digit mode fill one, in bytes none do.
        code = QRCode(error_correction=_ERROR_CORRECTION[level])
        code.add_data(QRData(text, _BYTES))
    return code


def _drawn_bits(code: QRCode[Any]) -> int:
    """Return the modules of a `qrcode` symbol of set version and mask as the bits of a `Symbol`."""
    code.make(fit=False)
    padding = "0" * (_stride(code.modules_count) - code.modules_count)
    return int("".join("".join("1" if module else "0" for module in row) + padding for row in code.modules), 2)


def _stride(size: int) -> int:
    """Return the bits of a row in whole bytes. A side is odd, so at least three bits are padding: rows never touch."""
    return (size + 7) // 8 * 8
