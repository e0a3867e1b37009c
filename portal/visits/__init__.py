"""The log of looking: a *scan* is one answered look at a sticker's page. No address is kept.

A *message* is what a visitor told the owner from the record's page: kept whether its mail arrives or not, and answered
from the inbox.
"""
