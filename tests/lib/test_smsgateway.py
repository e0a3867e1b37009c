"""The address of an SMS gateway: what it may be, and that its secrets stay out of sentences and pictures of objects."""

import pytest

from portal.config import read_settings
from portal.errors import SettingError
from portal.lib.smsgateway import read_sms_gateway

URL = "https://ada:s3cret@sms.example.com:8443/v1/messages?token=t0ken"


def test_the_parts_of_an_address():
    gateway = read_sms_gateway(URL)
    assert (gateway.host, gateway.port, gateway.is_https) == ("sms.example.com", 8443, True)
    assert gateway.target == "/v1/messages?token=t0ken"
    assert gateway.authorization == "Basic YWRhOnMzY3JldA=="
    plain = read_sms_gateway("http://10.0.0.5")
    assert (plain.port, plain.is_https, plain.target, plain.authorization) == (None, False, "/", "")


def test_a_picture_of_it_holds_no_secret():
    words = repr(read_sms_gateway(URL)) + repr(read_sms_gateway("https://sms.example.com", "Bearer s3cret"))
    assert "s3cret" not in words and "t0ken" not in words and "YWRh" not in words


@pytest.mark.parametrize(
    "url",
    [
        "sms.example.com", "ftp://sms.example.com", "https://", "https://sms.example.com:0", "https://sms.example.com:x",
        "https://sms.example.com/#s3cret", "https://sms.example.com/a b", "https://sms.example.com/\u00e9",
        "https://ada@sms.example.com", "https://:s3cret@sms.example.com", "https://[::1/", "https://sms.example.com/\x7f",
    ],
)  # fmt: skip
def test_a_wrong_address_is_one_sentence_without_it(url):
    with pytest.raises(SettingError) as caught:
        read_settings({"PORTAL_SMS_URL": url})
    assert "PORTAL_SMS_URL" in str(caught.value) and "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"PORTAL_SMS_AUTHORIZATION": "Bearer s3cret"},
        {"PORTAL_SMS_URL": URL, "PORTAL_SMS_AUTHORIZATION": "Bearer s3cret"},
        {"PORTAL_SMS_URL": "https://sms.example.com", "PORTAL_SMS_AUTHORIZATION": "Bearer s3cret\r\nX: y"},
    ],
)
def test_a_header_that_cannot_be_is_refused(environ):
    with pytest.raises(SettingError) as caught:
        read_settings(environ)
    assert "PORTAL_SMS_AUTHORIZATION" in str(caught.value) and "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"PORTAL_SMS_URL": URL},
        {"PORTAL_SMS_URL": "https://sms.example.com", "PORTAL_SMS_AUTHORIZATION": "Bearer a"},
        {},
    ],
)
def test_settings_travel_to_another_process(environ):
    settings = read_settings(environ)
    assert read_settings(settings.as_environ()).sms_gateway == settings.sms_gateway
