"""The demo company: what an empty portal is filled with, so that every page has something to show.

Halvorsen Road & Bridge builds and mends roads around Detroit, and keeps a small sister company across the border. All
of it is invented: names, addresses, telephone numbers of the 555-01xx range (kept for fiction by the North American
plan), e-mail addresses under the reserved .example (RFC 2606). The same random seed makes it the same company every
time; days count from the day it is filled, so that papers are always valid, due soon and expired; only what must be
secret or unique (passcodes, passwords, codes of stickers, public ids) differs.

``staff``, ``places``, ``fleet``, ``machines``, ``papers`` and ``sister`` say what there is; ``portraits`` and
``drawn_*`` draw it on a ``canvas``; ``looking`` invents 90 days of scans; ``recording`` and ``filling`` write it all.
"""
