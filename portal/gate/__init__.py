"""Who may look.

Anybody who scans meets the *gate* and types the account's *passcode*. Every *attempt* is reserved in its counters
(client, sticker, account) before the code is looked at. A right code *admits*: the browser gets a *gate pass*, one
cookie per account. Everything else is *refused* in words that say what to do.
"""
