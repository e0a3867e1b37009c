"""E-mail addresses, and the links that open a mail to one."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.emails import EmailRefused, email_key, parse_email
from portal.lib.links import mailto


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" anna@example.com ", "anna@example.com"),
        ("Anna.Nowak@EXAMPLE.com", "Anna.Nowak@example.com"),
        ("żaneta@żółw.pl", "żaneta@żółw.pl"),
        ("z@xn--w-uga1v8h.pl", "z@żółw.pl"),
        ("crew+truck@example.co.uk", "crew+truck@example.co.uk"),
        ("office@yard.local", "office@yard.local"),
        ("admin@portal.test", "admin@portal.test"),
    ],
)
def test_addresses_are_normalised(text: str, kept: str) -> None:
    assert parse_email(text) == kept
    assert parse_email(kept) == kept


@pytest.mark.parametrize(
    "text",
    ["", "anna", "anna@", "@example.com", "a@b", "a@example..com", "Anna <a@example.com>", '"a b"@example.com',
     "a@[127.0.0.1]", "a@10.0.0.1", "a\nBcc: b@example.com", "a@example.com\nb", "a\u202eb@example.com",
     "a b@example.com",
     "x" * 65 + "@example.com", "a@localhost"],
)  # fmt: skip
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(EmailRefused) as refused:
        parse_email(text)
    assert refused.value.sentence == "Type the e-mail address in full, for example name@example.com."


def test_two_addresses_are_told_apart_from_none() -> None:
    with pytest.raises(EmailRefused, match="one e-mail address only"):
        parse_email("a@example.com, b@example.com")


def test_spellings_of_one_address_share_a_key() -> None:
    assert email_key(" Anna@Example.COM") == email_key("anna@example.com")
    assert email_key("anna@example.com") != email_key("anne@example.com")


def test_a_link_names_the_thing() -> None:
    link = mailto("anna@example.com", "Truck 7 & trailer?")
    assert link == "mailto:anna@example.com?subject=Truck%207%20%26%20trailer%3F"


def read_link(link: str) -> tuple[list[str], dict[str, list[str]]]:
    """Recipients and headers as RFC 6068 reads them: split first, decode afterwards."""
    assert link.isascii()
    assert link.startswith("mailto:")
    recipients, _, query = link.removeprefix("mailto:").partition("?")
    headers: dict[str, list[str]] = {}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        headers.setdefault(unquote(name).lower(), []).append(unquote(value, errors="strict"))
    return [unquote(recipient, errors="strict") for recipient in recipients.split(",")], headers


@given(st.emails(), st.text())
def test_one_recipient_and_one_header_whatever_the_subject(address: str, subject: str) -> None:
    recipients, headers = read_link(mailto(address, subject))
    assert recipients == [address]
    assert list(headers) == ["subject"]
    [line] = headers["subject"]
    assert not set(line) & set("\r\n\t\0\u2028\u202e")


@given(st.text(alphabet=st.characters(exclude_categories=())), st.text(alphabet="ab@,;?&=%\r\n <>:/#", max_size=20))
def test_even_a_hostile_address_stays_one(address: str, subject: str) -> None:
    recipients, headers = read_link(mailto(address, subject))
    assert len(recipients) == 1
    assert not set(recipients[0]) & set("\r\n")
    assert headers["subject"] == [" ".join(subject.split())]
