"""Stickers: the physical codes on vehicles, equipment, locations and contacts.

Words: a **sticker** has a random **code**, unique over all accounts. The **seal** is a keyed digest of the code under
the account's **passphrase**. Code and seal together are the **scan token**, and the scan token behind the public URL is
what the **symbol** (the QR picture) says. Every record has exactly one current sticker.

Rules: the passphrase is thus part of every symbol, yet printed nowhere, and rotating it changes one row: old seals no
longer open anything. A printed URL depends on the configured public URL alone. Reading never writes a sticker.

`tokens`, `symbols` and `drawing` take and give plain values: no database, no web.
"""
