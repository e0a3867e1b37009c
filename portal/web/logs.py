"""How the log is written: one line per event, tracebacks without the values of variables.

A path may hold a scan token or an invitation, and a variable a password: neither belongs in a log. The library's own
default prints variables wherever a certain package happens to be installed, so the format is chosen here.
"""

import sys

import structlog
from flask import has_request_context, request


def bind() -> None:
    """Chooses the format, once per process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )


def door() -> str:
    """Where the running request came in, without what its address holds: '/q/<token>'."""
    return str(request.url_rule or "no door") if has_request_context() else "no request"
