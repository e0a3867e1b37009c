"""One mail to one mail server (RFC 5321), and what its answer means for the next try."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.generator import BytesGenerator
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO

from portal.lib.emails import mailbox
from portal.lib.lines import one_line
from portal.lib.mailserver import IMPLICIT, STARTTLS, MailServer

ANSWER_SECONDS = 20  # for each answer of the server before the text
# RFC 5321, section 4.5.3.2.6: a server may take so long after the text; who hangs up earlier sends it twice.
END_SECONDS = 600


class Undelivered(Exception):
    """The mail was not taken. ``is_final``: trying again would not help; ``is_server``: other mails would fail too."""

    def __init__(self, sentence: str, *, is_final: bool = False, is_server: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_final = is_final
        self.is_server = is_server


@dataclass(frozen=True)
class Letter:
    """What one mail says, as plain values. ``message_id`` without brackets: the same at every try."""

    recipient: str
    subject: str
    text: str
    html: str
    sender_name: str
    reply_to: str
    message_id: str
    written_at: datetime
    picture: bytes = b""  # a PNG that goes along, named picture_name
    picture_name: str = ""


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The message as it travels: 7-bit, text and HTML, no header but ours whatever the values hold.

    Raises EmailRefused when an address is none.
    """
    message = EmailMessage(policy=SMTP)
    _name_sender(message, one_line(letter.sender_name), mailbox(sender))
    message["To"] = Address(addr_spec=mailbox(letter.recipient))
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=mailbox(letter.reply_to))
    message.set_raw("Subject", _encoded(one_line(letter.subject), "Subject"))
    message["Date"] = letter.written_at
    message["Message-ID"] = f"<{letter.message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.picture:
        message.add_attachment(letter.picture, maintype="image", subtype="png", filename=letter.picture_name)
    return message


def _name_sender(message: EmailMessage, name: str, address: str) -> None:
    if name.isascii() or not address.isascii():
        message["From"] = Address(name, addr_spec=address)
    else:
        message.set_raw("From", f"{_encoded(name, 'From')}\r\n <{address}>")


def _encoded(text: str, header: str) -> str:
    """A header's text in the encoded words of RFC 2047, folded. The library's own way, by assignment, drops blanks at
    which two of them part (python/cpython#92081)."""
    return Header(text, header_name=header).encode(linesep="\r\n")


def deliver(server: MailServer, message: EmailMessage, *, hello: str, before_text: Callable[[], None]) -> None:
    """Hands one message over. ``before_text`` is called when the server has accepted sender and recipient and waits for
    the text: what it raises ends the talk, and nothing was sent. ``hello`` is our own host name. Raises Undelivered.
    """
    try:
        talk = _connect(server, hello)
        try:
            _talk(talk, message, before_text)
            talk.putcmd("QUIT")  # its answer is not awaited: once the mail is taken, nothing may call it undelivered
        finally:
            talk.close()
    except smtplib.SMTPAuthenticationError as fault:
        raise Undelivered(f"The mail server refused the sign-in ({fault.smtp_code}).", is_server=True) from fault
    except smtplib.SMTPResponseException as fault:
        raise Undelivered(_said(fault.smtp_code, fault.smtp_error), is_server=True) from fault
    except (smtplib.SMTPException, OSError) as fault:
        raise Undelivered(f"The mail server did not answer ({_reason(fault)}).", is_server=True) from fault


def _connect(server: MailServer, hello: str) -> smtplib.SMTP:
    talk = (
        smtplib.SMTP_SSL(server.host, server.port, hello, timeout=ANSWER_SECONDS, context=ssl.create_default_context())
        if server.tls == IMPLICIT
        else smtplib.SMTP(server.host, server.port, hello, timeout=ANSWER_SECONDS)
    )
    try:
        if server.tls == STARTTLS:
            talk.starttls(context=ssl.create_default_context())
        talk.ehlo_or_helo_if_needed()
        if server.user:
            talk.login(server.user, server.password)
    except BaseException:
        talk.close()
        raise
    return talk


def _talk(talk: smtplib.SMTP, message: EmailMessage, before_text: Callable[[], None]) -> None:
    sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    wide = not all(address.isascii() for address in (sender, recipient, message.get("Reply-To", "")))
    if wide and not talk.has_extn("smtputf8"):
        raise Undelivered("The mail server takes only addresses of ASCII letters.", is_final=True)
    code, words = talk.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if wide else [])
    if code != 250:
        raise Undelivered(_said(code, words), is_server=True)  # our own address: the setting is wrong, not the mail
    _expect(talk.rcpt(recipient), 250, 251)
    before_text()
    _expect(talk.docmd("DATA"), 354)
    if talk.sock is not None:
        talk.sock.settimeout(END_SECONDS)
    talk.send(_wire(message, wide))
    _expect(talk.getreply(), 250)


def _wire(message: EmailMessage, wide: bool) -> bytes:
    """The text with CRLF, its leading dots doubled and the final dot (RFC 5321, section 4.5.2)."""
    out = BytesIO()
    BytesGenerator(out, policy=SMTP.clone(utf8=wide)).flatten(message)
    text = out.getvalue()
    lines = text.removesuffix(b"\r\n").split(b"\r\n")
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    code, text = answer
    if code not in codes:
        raise Undelivered(_said(code, text), is_final=500 <= code < 600, is_server=code == 421)


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"The mail server said: {code} {one_line(words)[:200]}".rstrip()


def _reason(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return one_line(str(fault))[:120] or type(fault).__name__
