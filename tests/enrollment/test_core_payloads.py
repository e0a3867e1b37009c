"""The scanned link: everything in the fragment, nothing from a request, small enough for 4 cm."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal.enrollment import payloads
from portal.enrollment.models import INSTALLATION_CODE, INSTALLATION_KEY, ONBOARDING, PROVISIONING
from portal.stickers.symbols import variable_symbol

URL = "https://qr.example.com"
SECRET = "A-b_" * 10 + "xyz"
PRINTED_MM = 40
QUIET_ZONES = 8


def made(**fields):
    usual = {"kind": "pair", "secret": SECRET, "account_name": "North Yard", "account_public_id": "abc123def456"}
    return payloads.link(URL, **(usual | fields))


def read(link):
    return {name: values[0] for name, values in parse_qs(urlsplit(link).fragment, strict_parsing=True).items()}


def test_all_fields_are_in_the_fragment_and_none_elsewhere():
    link = made(username="ada@example.com")
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.query) == ("https", "qr.example.com", "/app", "")
    assert read(link) == {
        "v": "1",
        "k": "pair",
        "t": SECRET,
        "a": "https://qr.example.com/api/v1",
        "n": "North Yard",
        "l": "https://qr.example.com/app/logo/abc123def456",
        "c": "abc123def456",
        "u": "ada@example.com",
    }
    assert "u" not in read(made())


def test_each_kind_of_grant_has_its_word():
    assert payloads.KINDS == {
        INSTALLATION_KEY: "pair",
        ONBOARDING: "join",
        INSTALLATION_CODE: "code",
        PROVISIONING: "fleet",
    }


@pytest.mark.parametrize("name", ["A&B=C #1 100% +x", "Żółta Łódź", "ورشة", "Müller & Söhne \U0001f69a", "a/b?c:d"])
def test_names_of_every_writing_come_back(name):
    link = made(account_name=name, username=name)
    assert (read(link)["n"], read(link)["u"]) == (name, name)
    assert link.isascii() and " " not in link and "+" not in link


def test_a_long_name_is_cut_and_the_symbol_fits_four_centimetres():
    link = made(account_name="N" * 39 + " yard and more", username="somebody@example.com")
    assert read(link)["n"] == "N" * 39
    # Phones read modules of 0.4 mm at arm's length (facts: devices, section 4.3 prints them at 0.6).
    assert PRINTED_MM / (variable_symbol(link, "M").size + QUIET_ZONES) > 0.4


@pytest.mark.parametrize(
    "name", ["&#% " * 30, "\U0001f69a" * 40, "\u5317\u5ead\u904b\u8f38" * 10, "\u0648\u0631\u0634\u0629 " * 10]
)
def test_a_long_name_of_any_writing_leaves_the_symbol_readable_on_a_narrow_screen(name):
    link = made(account_name=name, kind="join")
    shown = read(link)["n"]
    assert len(shown) >= 10 and name.startswith(shown)
    assert variable_symbol(link, "M").version <= 15


def test_an_emoji_of_several_is_not_cut_at_its_joiner():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for length in range(1, 12):
        shown = read(made(account_name="a" * length + family * 9))["n"]
        assert not shown.endswith("\u200d")
