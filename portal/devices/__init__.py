"""What is enrolled: devices, their sessions and tokens, and how they are revoked.

Words: a *device* is a phone (later a screen) that belongs to the company; a *device session* is one pairing of it, with
a person signed in or not, and at the same time one family of refresh tokens; the *phone cookie* lets a paired browser
read stickers without the passcode. Rules: only ``enrollment.redemption`` makes devices and sessions; a JWT is a carrier
and never the authority, so every request reads the device's row and revocation is immediate.
"""
