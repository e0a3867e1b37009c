"""Faults of the domain: exceptions that mean nothing happened.

Expected refusals (wrong passcode, tag in use) are returned values, never exceptions.

    DomainError
    ├── NotFound        no such row for this account; edges answer 404
    ├── Refused         a rule forbids it; carries a sentence for the person
    └── SettingError    a setting of the environment is wrong; carries its name
"""


class DomainError(Exception):
    """Root of all faults that this product raises itself."""


class NotFound(DomainError):
    """The row does not exist, or belongs to another account: the two look alike on purpose."""


class Refused(DomainError):
    """A rule forbids what was asked; ``sentence`` says what to do instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SettingError(DomainError):
    """A setting is missing or wrong; ``str()`` is one sentence that names it."""
