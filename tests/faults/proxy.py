"""The documented nginx in front of a portal: docs/deploy/nginx.conf itself, moved to loopback and its own folder."""

import re
import shutil
import ssl
import subprocess
from functools import cache
from pathlib import Path

from tests.servers import ROOT, free_port

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
DOCUMENT = ROOT / "docs" / "deploy" / "nginx.conf"
HOST = "qr.example.com"


class Proxy:
    """nginx on a free port of loopback, with TLS; takes connections when the constructor returns."""

    def __init__(self, folder: Path, backend: int) -> None:
        self.port = free_port()
        text = DOCUMENT.read_text()
        (folder / "logs").mkdir()
        certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
        _make_certificate(certificate, key)
        (folder / "portal-proxy.conf").write_text(_proxy_lines(text))
        moved = text
        for pattern, own in (
            (r"listen \[::\][^;]*;", ""),
            (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
            (r"listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            (r"/etc/letsencrypt/live/[^;]*/fullchain.pem", str(certificate)),
            (r"/etc/letsencrypt/live/[^;]*/privkey.pem", str(key)),
            (r"http://127\.0\.0\.1:8000", f"http://127.0.0.1:{backend}"),
            (r"/etc/nginx/portal-proxy\.conf", str(folder / "portal-proxy.conf")),
        ):
            moved, count = re.subn(pattern, own, moved)
            assert count, f"{DOCUMENT.name} has no {pattern}"
        (folder / "portal.conf").write_text(moved)
        (folder / "nginx.conf").write_text(_main_lines(text, folder))
        self.process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"], stderr=subprocess.PIPE
        )
        self._await(folder / "nginx.pid")

    def _await(self, pid_file: Path) -> None:
        while not pid_file.exists():  # written when the sockets listen
            if self.process.poll() is not None:
                raise AssertionError(self.process.communicate()[1].decode())

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@cache  # a thousand clients share it
def trusting() -> ssl.SSLContext:
    """A client that takes the certificate made here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _proxy_lines(text: str) -> str:
    """The second file, which stands as a comment at the end of the document."""
    lines = text.partition("portal-proxy.conf holds these lines:")[2]
    return re.sub(r"^# *", "", lines, flags=re.MULTILINE)


def _main_lines(text: str, folder: Path) -> str:
    """The main file: what the document asks for there, and the places of files."""
    asked = re.findall(r"^#   (worker_rlimit_nofile .*|events .*)$", text, re.MULTILINE)
    assert len(asked) == 2
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; {' '.join(asked)}\n"
        f"http {{ access_log off; {temporary} include {folder}/portal.conf; }}\n"
    )


def _make_certificate(certificate: Path, key: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
