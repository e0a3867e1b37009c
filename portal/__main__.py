"""``python -m portal`` is the ``portal`` command: how ``serve`` starts its worker with the same Python."""

from portal.cli import main

main(prog_name="portal")
