"""What a company puts stickers on.

A *record* is a vehicle, equipment, location or contact. Its *owner* is a contact, its supervisor the owner's own
supervisor. An *expiration* is a paper that lapses on a day; renewing one keeps the old row as history. Records are
archived and restored, or deleted after what hangs on them was named and counted.
"""
