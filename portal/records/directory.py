"""Finds the contact or location that a cell means: by e-mail, name, tag or id, exactly one of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.records.search import tag_key


@dataclass(frozen=True)
class Entry:
    """What a record can be called. ``key`` is its row id; records that the same file makes have negative ones."""

    key: int
    public_id: str
    name: str
    email: str
    tag: str
    is_archived: bool


class Directory:
    """The contacts or locations of an account. Words count without case and extra spaces."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = {entry.key: entry for entry in entries}
        self._ids = {entry.public_id: entry.key for entry in self.entries.values() if entry.public_id}
        self._words: dict[str, list[int]] = {}
        for entry in self.entries.values():
            for word in {tag_key(text) for text in (entry.name, entry.email, entry.tag)}:
                if word:
                    self._words.setdefault(word, []).append(entry.key)

    def resolve(self, text: str) -> list[int]:
        """The keys that a reference may mean: none, one, or several. An id means one; archived records come last."""
        found = self._ids.get(text.strip().lower())
        if found is not None:
            return [found]
        keys = self._words.get(tag_key(text) or "", [])
        active = [key for key in keys if not self.entries[key].is_archived]
        return active or keys

    def reference(self, key: int) -> str:
        """A sure way to name a record, which ``resolve`` understands: its e-mail, else its name, else its id."""
        entry = self.entries[key]
        sure = (text for text in (entry.email, entry.name) if text and self.resolve(text) == [key])
        return next(sure, entry.public_id)
