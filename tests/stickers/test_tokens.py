import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.lib import crockford
from portal.stickers import tokens

PASSPHRASE = "ABCDE-FGHJK-MNPQR-STVWX-YZ012-3"
codes = st.text(alphabet=crockford.ALPHABET, min_size=8, max_size=8)
passphrases = st.from_regex(tokens.PASSPHRASE_PATTERN, fullmatch=True)


def test_codes_are_eight_characters_and_new_each_time():
    made = {tokens.make_code() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", code) for code in made)


def test_the_seal_is_the_first_forty_bits_of_hmac_sha_256():
    digest = hmac.new(PASSPHRASE.encode(), b"K7Q2M4XJ", hashlib.sha256).digest()
    rfc_4648 = base64.b32encode(digest[:5]).decode()
    digits = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", crockford.ALPHABET)
    assert tokens.seal("K7Q2M4XJ", PASSPHRASE) == rfc_4648.translate(digits)


def test_printed_seals_never_change():
    """Stickers on the street bear this value: if this test fails, every one of them is dead."""
    assert tokens.make_token("K7Q2M4XJ", PASSPHRASE) == "K7Q2M4XJWQ3KNB82"


@settings(deadline=None)  # a busy machine is no failure
@given(codes, passphrases)
def test_a_token_is_read_back_and_matches_its_passphrase(code, passphrase):
    token = tokens.make_token(code, passphrase)
    parsed = tokens.parse_token(token)
    assert parsed == tokens.ScanToken(code, token[8:])
    assert tokens.matches(parsed, passphrase)


@settings(deadline=None)  # a busy machine is no failure
@given(codes, st.randoms(use_true_random=False))
def test_a_token_survives_being_typed_by_hand(code, random):
    token = tokens.make_token(code, PASSPHRASE)
    looks_like = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(random.choice(looks_like.get(c, c + c.lower())) for c in tokens.typed_form(token))
    typed = typed.replace("-", random.choice(["-", " ", "", " - ", "\u2013"]))
    assert tokens.parse_token(typed) == tokens.parse_token(token)


@settings(deadline=None)  # a busy machine is no failure
@given(codes, st.integers(0, 15), st.sampled_from(crockford.ALPHABET))
def test_a_change_of_any_one_character_breaks_the_seal(code, place, character):
    token = tokens.make_token(code, PASSPHRASE)
    changed = token[:place] + character + token[place + 1 :]
    parsed = tokens.parse_token(changed)
    assert parsed is not None
    # Two codes may share a seal once in 2**40 times.
    assert tokens.matches(parsed, PASSPHRASE) == (changed == token)


@pytest.mark.parametrize("other", [PASSPHRASE.lower(), PASSPHRASE + "0", PASSPHRASE[:-1], PASSPHRASE.replace("-", "")])
def test_a_passphrase_counts_exactly_as_spelled(other):
    token = tokens.parse_token(tokens.make_token("K7Q2M4XJ", PASSPHRASE))
    assert not tokens.matches(token, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K7Q2M4XJ",
        "K7Q2M4XJ9R3T5V8",
        "K7Q2M4XJ9R3T5V8WX",
        "K7Q2M4XJ9R3T5V8U",
        "K7Q2_M4XJ_9R3T_5V8",
        "é" * 16,
        "A" * 5000,
    ],
)
def test_what_is_not_sixteen_characters_is_no_token(text):
    assert tokens.parse_token(text) is None


def test_tokens_are_typed_in_groups_of_four():
    assert tokens.typed_form("K7Q2M4XJ9R3T5V8W") == "K7Q2-M4XJ-9R3T-5V8W"


@pytest.mark.parametrize(
    ("public_url", "url"),
    [
        ("https://qr.example.com", "HTTPS://QR.EXAMPLE.COM/Q/K7Q2M4XJ9R3T5V8W"),
        ("https://qr.example.com/", "HTTPS://QR.EXAMPLE.COM/Q/K7Q2M4XJ9R3T5V8W"),
        ("HTTPS://Qr.Example.com:8443", "HTTPS://QR.EXAMPLE.COM:8443/Q/K7Q2M4XJ9R3T5V8W"),
        ("http://192.168.0.7:5000", "HTTP://192.168.0.7:5000/Q/K7Q2M4XJ9R3T5V8W"),
        ("http://localhost", "HTTP://LOCALHOST/Q/K7Q2M4XJ9R3T5V8W"),
        ("https://xn--mnchen-3ya.example", "HTTPS://XN--MNCHEN-3YA.EXAMPLE/Q/K7Q2M4XJ9R3T5V8W"),
    ],
)
def test_scan_urls_are_upper_case(public_url, url):
    assert tokens.scan_url(public_url, "K7Q2M4XJ9R3T5V8W") == url


@pytest.mark.parametrize(
    ("public_url", "reason"),
    [
        ("qr.example.com", "begin with https"),
        ("ftp://qr.example.com", "begin with https"),
        ("", "begin with https"),
        ("https://", "host"),
        ("https://qr.example.com/portal", "end after"),
        ("https://qr.example.com?a=1", "end after"),
        ("https://qr.example.com#a", "end after"),
        ("https://qr_portal.example.com", "dots and hyphens"),
        ("https://münchen.example", "dots and hyphens"),
        ("https://straße.example", "dots and hyphens"),
        ("https://user@qr.example.com", "dots and hyphens"),
        ("https://[::1]:8443", "dots and hyphens"),
        ("https://qr.example.com:", "dots and hyphens"),
        ("https://qr.example.com:99999", "[Pp]ort"),
        ("https://qr.example.com:0", "port"),
    ],
)
def test_a_public_url_that_cannot_be_printed_is_refused(public_url, reason):
    with pytest.raises(ValueError, match=reason):
        tokens.scan_url(public_url, "K7Q2M4XJ9R3T5V8W")


def test_a_made_passphrase_has_130_bits_and_passes_its_own_check():
    made = {tokens.make_passphrase() for _ in range(50)}
    assert len(made) == 50
    for passphrase in made:
        assert re.fullmatch("([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]", passphrase)
        assert tokens.check_passphrase(passphrase) is None


@pytest.mark.parametrize("text", ["a" * 20, "Z9-" * 21 + "x", "0123456789-ABCDEFGHIJ"])
def test_chosen_passphrases(text):
    assert tokens.check_passphrase(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "20 to 64"),
        ("a" * 19, "20 to 64"),
        ("a" * 65, "20 to 64"),
        ("a" * 20 + " ", "letters A to Z"),
        ("a" * 20 + "\n", "letters A to Z"),
        ("a" * 20 + "é", "letters A to Z"),
        ("a" * 20 + "_", "letters A to Z"),
    ],
)
def test_a_refused_passphrase_says_why(text, sentence):
    assert sentence in tokens.check_passphrase(text)
