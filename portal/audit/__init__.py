"""Append-only events: who changed what, in the transaction of the change itself. One verb: ``record()``."""
