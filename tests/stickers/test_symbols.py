import random

import numpy
import pytest
import zxingcpp
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData, lost_point

from portal.lib import crockford
from portal.stickers import symbols, tokens

LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}

# Public URL, and the version and level of its stickers. The prefixes are odd and even in length.
PUBLIC_URLS = [
    ("https://qr.io", 3, "H"),
    ("https://q.example", 3, "Q"),
    ("https://qr.example.com", 3, "Q"),
    ("http://127.0.0.1:5000", 3, "Q"),
    ("http://192.168.100.200:8080", 3, "Q"),
    ("https://portal.fleet-one.example.org:8443", 3, "M"),
    ("https://a-rather-long-name.of-a-branch.example.org:8443", 4, "M"),
    ("http://" + "long-label." * 7 + "example.org", 5, "M"),
    ("https://" + "label." * 20 + "example.org", 7, "M"),
]


def random_tokens(count, seed=1):
    generator = random.Random(seed)
    return ["".join(generator.choices(crockford.ALPHABET, k=16)) for _ in range(count)]


def reference(text, version, level, mask):
    """What the `qrcode` library draws, as rows of bools."""
    code = QRCode(version, LEVELS[level], mask_pattern=mask)
    code.add_data(QRData(text.encode(), MODE_ALPHA_NUM))
    code.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in code.modules)


def read(rows):
    """What zxing reads from the modules, drawn with a quiet zone at 4 pixels a module."""
    light = ~numpy.pad(numpy.array(rows, dtype=bool), symbols.QUIET_ZONE)
    (found,) = zxingcpp.read_barcodes(numpy.kron(light, numpy.ones((4, 4))).astype(numpy.uint8) * 255)
    return found.text


@pytest.mark.parametrize(("public_url", "version", "level"), PUBLIC_URLS)
def test_300_symbols_equal_the_reference_encoder_module_by_module(public_url, version, level):
    encoder = symbols.encoder_for(public_url)
    assert (encoder.version, encoder.level) == (version, level)
    for token in random_tokens(300):
        symbol = encoder.symbol(token)
        assert symbol.rows() == reference(encoder.prefix + token, version, level, symbol.mask)


@pytest.mark.parametrize(("public_url", "version", "level"), PUBLIC_URLS)
def test_the_mask_has_the_least_penalty_of_the_eight(public_url, version, level):
    seen = set()
    for token in random_tokens(30, seed=2):
        text = tokens.scan_url(public_url, token)
        points = [lost_point(reference(text, version, level, mask)) for mask in range(8)]
        mask = symbols.symbol_for(text).mask
        assert points[mask] == min(points)
        seen.add(mask)
    assert len(seen) > 1


@pytest.mark.parametrize("public_url", [public_url for public_url, _, _ in PUBLIC_URLS])
def test_symbols_are_read_by_a_scanner(public_url):
    for token in random_tokens(20, seed=3):
        url = tokens.scan_url(public_url, token)
        assert read(symbols.symbol_for(url).rows()) == url


@pytest.mark.parametrize(("prefix", "tail_length"), [("AB", 1), ("ABC", 1), ("", 5), ("A", 6), ("AB", 7), ("ABC", 3)])
def test_any_split_into_prefix_and_tail_gives_the_reference_symbol(prefix, tail_length):
    encoder = symbols.SymbolEncoder(prefix, tail_length)
    generator = random.Random(4)
    for _ in range(50):
        tail = "".join(generator.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", k=tail_length))
        symbol = encoder.symbol(tail)
        assert symbol.rows() == reference(prefix + tail, symbol.version, symbol.level, symbol.mask)
        assert encoder.encode(tail) == symbol.bits


@pytest.mark.parametrize("version", [1, 3, 4, 7])
def test_the_penalty_equals_that_of_the_reference_for_any_pattern(version):
    size = symbols.modules_per_side(version)
    penalty = symbols.Penalty(size)
    generator = random.Random(version)
    for dark_share in (0, 5, 20, 50, 80, 95, 100):
        for _ in range(20):
            rows = [[generator.randrange(100) < dark_share for _ in range(size)] for _ in range(size)]
            bits = int("".join("".join("01"[m] for m in row).ljust(penalty.stride, "0") for row in rows), 2)
            points = lost_point(rows)
            assert penalty.score(bits) == points
            assert penalty.score(bits, points + 1) == points
            assert penalty.score(bits, points) >= points


# Alphanumeric characters by version and level: ISO/IEC 18004, table 7.
CAPACITIES = {2: (47, 38, 29, 20), 3: (77, 61, 47, 35), 4: (114, 90, 67, 50), 5: (154, 122, 87, 64)}


@pytest.mark.parametrize("version", CAPACITIES)
def test_capacities_are_those_of_the_standard(version):
    assert tuple(symbols.alphanumeric_capacity(version, level) for level in "LMQH") == CAPACITIES[version]


@pytest.mark.parametrize(
    ("version", "level", "capacity"), [(9, "M", 262), (10, "M", 311), (27, "M", 1637), (40, "M", 3391), (40, "L", 4296)]
)
def test_large_capacities_count_the_wider_length_field(version, level, capacity):
    assert symbols.alphanumeric_capacity(version, level) == capacity


@pytest.mark.parametrize(
    ("length", "chosen"),
    [
        (1, (3, "H")),
        (35, (3, "H")),
        (36, (3, "Q")),
        (38, (3, "Q")),
        (47, (3, "Q")),
        (48, (3, "M")),
        (61, (3, "M")),
        (62, (4, "Q")),
        (67, (4, "Q")),
        (68, (4, "M")),
        (90, (4, "M")),
        (91, (5, "M")),
        (122, (5, "M")),
        (123, (6, "M")),
        (3391, (40, "M")),
    ],
)
def test_the_smallest_version_and_then_the_highest_level(length, chosen):
    assert symbols.choose_version(length) == chosen


def test_a_text_longer_than_any_symbol_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        symbols.choose_version(3392)


@pytest.mark.parametrize(("host_length", "chosen"), [(20, (3, "Q")), (21, (3, "M")), (34, (3, "M")), (35, (4, "Q"))])
def test_host_lengths_at_the_edges(host_length, chosen):
    token = random_tokens(1)[0]
    symbol = symbols.symbol_for(tokens.scan_url("https://" + "h" * host_length, token))
    assert (symbol.version, symbol.level) == chosen


def test_http_leaves_room_for_one_more_character():
    assert symbols.encoder_for("http://" + "h" * 21).level == "Q"


def test_an_encoder_is_made_once():
    assert symbols.encoder_for("https://qr.example.com") is symbols.encoder_for("https://QR.example.com/")


@pytest.mark.parametrize("tail", ["A" * 15, "A" * 17, "", "a" * 16, "A" * 15 + "_", "A" * 15 + "é"])
def test_a_tail_of_another_length_or_alphabet_is_refused(tail):
    with pytest.raises(ValueError, match=r"does not have 16|alphanumeric mode"):
        symbols.encoder_for("https://qr.example.com").symbol(tail)


def test_a_prefix_outside_alphanumeric_mode_is_refused():
    with pytest.raises(ValueError, match="because of '_'"):
        symbols.SymbolEncoder("HTTPS://QR_PORTAL/", 16)


def test_a_host_outside_alphanumeric_mode_is_refused():
    with pytest.raises(ValueError, match="dots and hyphens"):
        symbols.encoder_for("https://qr_portal.example.com")


def test_bytes_and_hex_are_rows_of_whole_bytes():
    symbol = symbols.symbol_for(tokens.scan_url("https://qr.example.com", random_tokens(1)[0]))
    assert (symbol.size, symbol.stride) == (29, 32)
    data = symbol.to_bytes()
    assert len(data) == 29 * 4
    assert symbol.hex() == data.hex()
    unpacked = numpy.unpackbits(numpy.frombuffer(data, numpy.uint8)).reshape(29, 32)
    assert not unpacked[:, 29:].any()
    assert (unpacked[:, :29] == numpy.array(symbol.rows())).all()


@pytest.mark.parametrize("level", "LMQH")
@pytest.mark.parametrize(
    "text", ["https://qr.example.com/pair#K7Q2-M4XJ", "12345678", "WORDS AND 0000000000000000000000", "x" * 700]
)
def test_variable_texts_take_the_smallest_symbol_and_are_read(text, level):
    symbol = symbols.variable_symbol(text, level)
    assert read(symbol.rows()) == text
    oracle = QRCode(error_correction=LEVELS[level])
    oracle.add_data(text)
    assert (symbol.version, symbol.level) == (oracle.best_fit(), level)
    points = []
    for mask in range(8):
        oracle.mask_pattern = mask
        oracle.make(fit=False)
        points.append(lost_point(oracle.modules))
        if mask == symbol.mask:
            assert symbol.rows() == tuple(tuple(map(bool, row)) for row in oracle.modules)
    assert points[symbol.mask] == min(points)


@pytest.mark.parametrize("text", ["0" * 250, "https://qr.example.com/app#u=" + "0" * 250, "0" * 60 + "1"])
def test_texts_of_nothing_but_zeros_are_read_too(text):
    assert read(symbols.variable_symbol(text, "M").rows()) == text


def test_a_variable_text_that_fits_no_symbol_is_refused():
    with pytest.raises(ValueError, match="version"):
        symbols.variable_symbol("x" * 3000, "L")
