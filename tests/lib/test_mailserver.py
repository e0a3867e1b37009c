"""The setting PORTAL_SMTP_URL: every form that works, and one sentence without the password for those that do not."""

import pytest

from portal.config import read_settings
from portal.errors import SettingError


def read(url: str):
    return read_settings({"PORTAL_SMTP_URL": url}).mail_server


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com?from=p@example.com", ("mail.example.com", 587, "starttls", "", "")),
        ("smtp://mail.example.com?from=p@example.com&tls=none", ("mail.example.com", 25, "none", "", "")),
        ("smtps://mail.example.com?from=p@example.com", ("mail.example.com", 465, "implicit", "", "")),
        ("smtp://u%40x:p%3A%2F@mail:2525/?from=p@example.com", ("mail", 2525, "starttls", "u@x", "p:/")),
        ("smtp://[::1]:25?from=p@example.com&tls=none", ("::1", 25, "none", "", "")),
    ],
)
def test_what_works(url, expected):
    server = read(url)
    assert (server.host, server.port, server.tls, server.user, server.password) == expected
    assert server.sender == "p@example.com"


def test_without_it_there_is_no_server():
    assert read("") is None


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com", "http://mail.example.com?from=p@example.com", "smtp://?from=p@example.com",
        "smtp://u:s3cret@mail.example.com", "smtp://u:s3cret@mail.example.com?from=nobody",
        "smtp://u:s3cret@mail.example.com?from=p@example.com%0d%0aBcc:x@example.com",
        "smtp://u:s3cret@mail.example.com:0?from=p@example.com", "smtp://u:s3cret@mail.example.com:99999?from=p@example.com",
        "smtp://u@mail.example.com?from=p@example.com", "smtp://u:s3cret@mail.example.com?from=p@example.com&tls=yes",
        "smtps://u:s3cret@mail.example.com?from=p@example.com&tls=none",
        "smtp://u:s3cret@mail.example.com/inbox?from=p@example.com", "smtp://u:s3cret@mail.example.com?from=p@example.com&x=1",
        "smtp://u:s3cret@mail.example.com?from=p@example.com#x", "smtp://u:s3cret@mail.example.com?from", "smtp://[::1?from=p@example.com",
    ],
)  # fmt: skip
def test_what_does_not_is_one_sentence_without_the_password(url):
    with pytest.raises(SettingError) as fault:
        read(url)
    sentence = str(fault.value)
    assert sentence.startswith("PORTAL_SMTP_URL ") and sentence.endswith(".") and "\n" not in sentence
    assert "s3cret" not in sentence


def test_children_read_the_same_server():
    settings = read_settings({"PORTAL_SMTP_URL": "smtp://u:s3cret@mail.example.com?from=p@example.com"})
    assert read_settings(settings.as_environ()) == settings
    assert "s3cret" not in repr(settings)
