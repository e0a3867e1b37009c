"""Ways in: grants and their redemption.

Words: a *grant* lets a device in, once or N times (issue -> redeem -> consumed | revoked | expired); its *secret* is in
a QR or typed. Kinds: the *installation key* (Mobile Setup, one current per account, counted in generations), the
*onboarding* QR (Mobile App, 5 minutes, once), the *installation code* (typed or scanned), the *provisioning token*
(fleets). Rules: ``redemption.redeem`` is the only writer of devices and sessions, and every claim is one conditional
UPDATE; secrets travel in fragments and bodies, and GET consumes nothing.
"""
