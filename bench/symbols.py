"""Time per QR symbol: `qrcode` with its automatic mask against our encoder with the best of eight masks.

Run: .venv/bin/python bench/symbols.py. Both take the same URLs in turns, since a busy machine slows both: the ratio is
what counts.
"""

import statistics
import time
from collections.abc import Callable, Iterable

from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode

from portal.stickers import symbols, tokens

PUBLIC_URLS = ("https://qr.example.com", "https://portal.fleet.example.org:8443")
LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
ROUNDS = 7
REFERENCE_CODES = 40
OUR_CODES = 4_000
TARGET_RATIO = 60


def microseconds(make: Callable[[str], object], texts: Iterable[str], count: int) -> float:
    start = time.perf_counter()
    for text in texts:
        make(text)
    return (time.perf_counter() - start) / count * 1e6


def compare(public_url: str) -> None:
    start = time.perf_counter()
    encoder = symbols.encoder_for(public_url)
    table = (time.perf_counter() - start) * 1e3

    def reference(tail: str) -> None:
        code = QRCode(error_correction=LEVELS[encoder.level])
        code.add_data(encoder.prefix + tail)
        code.make()

    passphrase = tokens.make_passphrase()
    tails = [tokens.make_token(tokens.make_code(), passphrase) for _ in range(OUR_CODES)]
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(microseconds(reference, tails[:REFERENCE_CODES], REFERENCE_CODES))
        ours.append(microseconds(encoder.encode, tails, OUR_CODES))
    ratio = statistics.median(a / b for a, b in zip(theirs, ours, strict=True))
    print(
        f"{encoder.prefix} version {encoder.version}-{encoder.level}, table made in {table:.0f} ms: "
        f"qrcode {statistics.median(theirs):.0f} us, ours {statistics.median(ours):.1f} us, "
        f"ratio {ratio:.0f} (target {TARGET_RATIO})"
    )


if __name__ == "__main__":
    for url in PUBLIC_URLS:
        compare(url)
