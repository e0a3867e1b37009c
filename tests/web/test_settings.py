"""Settings: each variable, right and wrong. A wrong one is one sentence that names it."""

from pathlib import Path

import pytest

from portal.config import ROOT, read_settings
from portal.errors import SettingError


def test_without_variables_the_portal_lives_beside_its_code_and_on_loopback():
    settings = read_settings({})
    assert settings.data_dir == ROOT / "instance"
    assert settings.bind == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sqlite_file == ROOT / "instance" / "portal.db"
    assert (settings.demo, settings.trusted_proxies, settings.is_https) == (False, (), False)


def test_empty_variables_count_as_absent():
    names = ("DATA_DIR", "BIND", "PUBLIC_URL", "TRUSTED_PROXIES", "DATABASE_URL", "DEMO")
    assert read_settings({f"PORTAL_{name}": " " for name in names}) == read_settings({})


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://qr.example.com", "https://qr.example.com"),
        ("HTTPS://QR.Example.COM/", "https://qr.example.com"),
        ("https://qr.example.com:443", "https://qr.example.com"),
        ("http://qr.example.com:80", "http://qr.example.com"),
        ("http://qr.example.com:443", "http://qr.example.com:443"),
        ("http://192.168.1.20:8000", "http://192.168.1.20:8000"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
    ],
)
def test_the_public_url_has_one_form(given, shown):
    assert read_settings({"PORTAL_PUBLIC_URL": given}).public_url == shown


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORTAL_PUBLIC_URL", "qr.example.com"),
        ("PORTAL_PUBLIC_URL", "//qr.example.com"),
        ("PORTAL_PUBLIC_URL", "ftp://qr.example.com"),
        ("PORTAL_PUBLIC_URL", "https://"),
        ("PORTAL_PUBLIC_URL", "https://qr.example.com/portal"),
        ("PORTAL_PUBLIC_URL", "https://qr.example.com?x"),
        ("PORTAL_PUBLIC_URL", "https://qr.example.com:0"),
        ("PORTAL_PUBLIC_URL", "https://qr.example.com:65536"),
        ("PORTAL_PUBLIC_URL", "https://ada@qr.example.com"),
        ("PORTAL_PUBLIC_URL", "https://m\u00fcller.example"),
        ("PORTAL_PUBLIC_URL", "https://qr_portal.example.com"),
        ("PORTAL_PUBLIC_URL", "https://-qr.example.com"),
        ("PORTAL_PUBLIC_URL", "https://qr..example.com"),
        ("PORTAL_PUBLIC_URL", "https://[fd00::zz]"),
        ("PORTAL_PUBLIC_URL", "http://[fd00::20]:8000"),
        ("PORTAL_PUBLIC_URL", "https://" + "a." * 127 + "example"),
        ("PORTAL_BIND", "8000"),
        ("PORTAL_BIND", ":8000"),
        ("PORTAL_BIND", "127.0.0.1"),
        ("PORTAL_BIND", "127.0.0.1:http"),
        ("PORTAL_BIND", "127.0.0.1:0"),
        ("PORTAL_BIND", "127.0.0.1:65536"),
        ("PORTAL_BIND", "127.0.0.1:\u0661\u0662"),
        ("PORTAL_BIND", "::1:8000"),
        ("PORTAL_BIND", "two words:8000"),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("PORTAL_DATABASE_URL", "mysql://portal@localhost/portal"),
        ("PORTAL_DATABASE_URL", "sqlite://"),
        ("PORTAL_DATABASE_URL", "sqlite:///"),
        ("PORTAL_DATABASE_URL", "sqlite:///:memory:"),
        ("PORTAL_DATABASE_URL", "postgresql"),
        ("PORTAL_DEMO", "yes"),
        ("PORTAL_DATA_DIR", "/srv/what?"),
        ("PORTAL_DATA_DIR", "~nobody-of-this-name/portal"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(variable, text):
    with pytest.raises(SettingError) as caught:
        read_settings({variable: text})
    sentence = str(caught.value)
    assert sentence.startswith(variable)
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_refused_database_address_does_not_repeat_its_password():
    with pytest.raises(SettingError) as caught:
        read_settings({"PORTAL_DATABASE_URL": "mysql://portal:hunter2@localhost/portal"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_its_one_driver(scheme):
    settings = read_settings({"PORTAL_DATABASE_URL": f"{scheme}://portal:pw@db:5433/portal?sslmode=require"})
    assert settings.database_url == "postgresql+psycopg://portal:pw@db:5433/portal?sslmode=require"
    assert settings.sqlite_file is None


def test_an_ipv6_address_is_listened_on_but_never_printed():
    settings = read_settings({"PORTAL_BIND": "[::1]:8080"})
    assert settings.bind == ("::1", 8080)
    assert settings.public_url == "http://localhost:8080"


def test_relative_paths_are_read_in_the_working_folder_once(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"PORTAL_DATA_DIR": "data", "PORTAL_DATABASE_URL": "sqlite:///elsewhere.db"})
    monkeypatch.chdir("/")
    assert settings.data_dir == tmp_path / "data"
    assert settings.sqlite_file == tmp_path / "elsewhere.db"


def test_another_process_reads_the_same_settings(tmp_path):
    settings = read_settings(
        {
            "PORTAL_DATA_DIR": str(tmp_path),
            "PORTAL_BIND": "[::1]:8080",
            "PORTAL_PUBLIC_URL": "https://qr.example.com",
            "PORTAL_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8",
            "PORTAL_DEMO": "1",
        }
    )
    assert read_settings(settings.as_environ()) == settings


def test_the_readme_explains_every_variable():
    readme = (ROOT / "README.md").read_text()
    for name in read_settings({}).as_environ():
        assert f"| `{name}` |" in readme, f"{name} is missing from the table of settings"


def test_sqlite_files_may_lie_in_folders_with_spaces():
    assert read_settings({"PORTAL_DATA_DIR": "/srv/a b"}).sqlite_file == Path("/srv/a b/portal.db")
