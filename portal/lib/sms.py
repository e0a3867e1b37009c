"""One text message to one SMS gateway: a POST of JSON, and what the answer means for the next try."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from portal.lib.smsgateway import SmsGateway
from portal.lib.smtp import Undelivered

ANSWER_SECONDS = 20  # for each sign of life of the gateway
TALK_SECONDS = 60  # for the whole talk: a gateway that drips must not keep the next message waiting
TEMPORARY = (408, 425, 429)  # RFC 9110, section 15.5.9; RFC 8470, section 5.2; RFC 6585, section 4
SETTING_IS_WRONG = (401, 403, 404, 405)  # it is the gateway's address or key, not the message


def deliver(gateway: SmsGateway, *, number: str, text: str, name: str, before_text: Callable[[], None]) -> None:
    """Hands one message over. ``number`` is E.164. ``name`` is the same at every try (header Idempotency-Key).

    ``before_text`` is called when the connection stands: what it raises ends the talk, and nothing was sent. Only a 2xx
    answer counts. No redirect is followed, since it would carry text and key to a host that nobody chose, and no word
    of the gateway is repeated, since it may hold either. Raises Undelivered.
    """
    talk = _connection(gateway)
    try:
        talk.connect()
        before_text()
        status = _post(talk, gateway, json.dumps({"to": number, "text": text}).encode(), name)
    except (HTTPException, OSError) as fault:
        raise Undelivered(f"The SMS gateway did not answer ({_reason(fault)}).", is_server=True) from fault
    finally:
        talk.close()
    _judge(status)


def _connection(gateway: SmsGateway) -> HTTPConnection:
    if gateway.is_https:
        context = ssl.create_default_context()
        return HTTPSConnection(gateway.host, gateway.port, timeout=ANSWER_SECONDS, context=context)
    return HTTPConnection(gateway.host, gateway.port, timeout=ANSWER_SECONDS)


def _post(talk: HTTPConnection, gateway: SmsGateway, body: bytes, name: str) -> int:
    """The status of the answer."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": name,
        "Connection": "close",
    }
    if gateway.authorization:
        headers["Authorization"] = gateway.authorization
    hang_up = threading.Timer(TALK_SECONDS, _hang_up, (talk.sock,))
    hang_up.start()
    try:
        talk.request("POST", gateway.target, body, headers)
        return talk.getresponse().status
    finally:
        hang_up.cancel()


def _hang_up(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over already


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    said = f"The SMS gateway answered {_phrase(status)}"
    if status in TEMPORARY or status >= 500:
        raise Undelivered(f"{said}.", is_server=True)
    if 300 <= status < 400:
        raise Undelivered(f"{said}: a redirect, which is not followed. {_ASK}", is_final=True)
    if status in SETTING_IS_WRONG:
        raise Undelivered(f"{said}. {_ASK}", is_final=True)
    raise Undelivered(f"{said}: it does not take this message. Check the number.", is_final=True)


_ASK = "Ask whoever runs this portal to correct PORTAL_SMS_URL or PORTAL_SMS_AUTHORIZATION."


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _reason(fault: Exception) -> str:
    """Why, without a word that the gateway could have chosen."""
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, ssl.SSLError):
        return "its certificate or encryption is not accepted"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return "it hung up, or its answer is no HTTP"
