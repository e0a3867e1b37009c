"""What an admitted visitor sees of a record: plain values out of a look. No database, no web."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.gate.queries import Company, Look, Person, ShownExpiration, Thing
from portal.lib.links import mailto
from portal.lib.phones import show_phone, tel_link
from portal.lib.words import ENGLISH, Words, marked
from portal.records import expirations
from portal.records.expirations import DUE, EXPIRED, VALID
from portal.records.policies import RELAY
from portal.records.states import LOST, OUT_OF_ORDER, RETIRED, STOLEN

OWNER = "owner"
SUPERVISOR = "supervisor"
TONES = {VALID: "good", DUE: "soon", EXPIRED: "bad"}
STATES = {VALID: marked("Valid"), DUE: marked("Due soon"), EXPIRED: marked("Expired")}
KINDS = {
    "vehicle": marked("Vehicle"),
    "equipment": marked("Equipment"),
    "location": marked("Location"),
    "contact": marked("Contact"),
}


@dataclass(frozen=True)
class PersonCard:
    """Somebody to reach. Links are '' when nothing is on file; ``slot`` is what photo and card addresses end in.

    ``is_relayed``: visitors reach the person by a message only, so nothing here tells an address or a number.
    """

    slot: str
    heading: str
    name: str
    lines: tuple[str, ...]
    photo_key: str
    email: str
    email_href: str
    dial: str
    tel_href: str
    phones: tuple[tuple[str, str], ...]  # (type, E.164), for the contact card
    organisation: str
    title: str
    is_relayed: bool

    @property
    def is_reachable(self) -> bool:
        return bool(self.email_href or self.tel_href)


@dataclass(frozen=True)
class ExpirationLine:
    """One paper in words; ``tone`` is its colour: good, soon or bad."""

    what: str
    state: str
    shown_state: str
    tone: str
    day: str
    distance: str


@dataclass(frozen=True)
class Notice:
    """What a state says to whoever stands before the thing, above all else; ``tone`` is its colour."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True)
class RecordPage:
    """The page. ``person`` is whom the two big buttons reach; ``hints`` are for those who may edit the record."""

    name: str
    tag: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    is_contact: bool
    photo_key: str
    notice: Notice | None
    status: str
    status_tone: str
    person: PersonCard
    supervisor: PersonCard | None
    expirations: tuple[ExpirationLine, ...]
    visitor_notes: str
    private_notes: str
    hints: tuple[str, ...]


def record_page(
    look: Look,
    thing: Thing,
    current: Sequence[ShownExpiration],
    today: date,
    *,
    is_member: bool,
    words: Words = ENGLISH,
) -> RecordPage:
    """Everything on the page, by the account's today. ``is_member``: for somebody of the company, who sees it all."""
    lines = tuple(_line(expiration, today, words) for expiration in current)
    status, tone = _status(lines, words)
    subject, boss = f"{thing.name} ({thing.tag})" if thing.tag else thing.name, look.supervisor
    return RecordPage(
        name=thing.name,
        tag=thing.tag,
        kind=words.say(KINDS[thing.kind]),
        facts=_facts(thing, words),
        is_contact=thing.kind == "contact",
        photo_key=thing.photo_key,
        notice=_notice(thing, look.company, words),
        status=status,
        status_tone=tone,
        person=main_person(look, thing, subject, is_member=is_member, words=words),
        supervisor=_card(SUPERVISOR, words.say("Supervisor"), boss, look.company, subject, is_member=is_member)
        if boss
        else None,
        expirations=lines,
        visitor_notes=thing.visitor_notes.strip(),
        private_notes=thing.private_notes.strip(),
        hints=_hints(look, thing, words),
    )


def main_person(look: Look, thing: Thing, subject: str, *, is_member: bool, words: Words = ENGLISH) -> PersonCard:
    """Whom to reach: the contact itself on its own sticker, else the owner, else the company's published contact."""
    if thing.kind == "contact":
        itself = Person(
            thing.name,
            thing.job_title,
            thing.company,
            thing.email,
            thing.phone,
            thing.mobile,
            thing.photo_key,
            thing.contact_policy,
            None,
        )
        return _card("", words.say("Contact"), itself, look.company, subject, is_member=is_member)
    if look.owner:
        return _card(OWNER, words.say("Owner"), look.owner, look.company, subject, is_member=is_member)
    company = look.company
    office = Person(
        company.contact_name or company.name, "", "", company.contact_email, company.contact_phone, "", "", "", None
    )
    return _card("", words.say("Whom to ask"), office, company, subject, is_member=is_member)


def card_of(page: RecordPage, slot: str) -> PersonCard | None:
    """The person that ``?of=`` names: '' or 'owner' is whom the page leads to."""
    return page.supervisor if slot == SUPERVISOR else page.person if slot in ("", OWNER) else None


def is_relayed(person: Person, company: Company) -> bool:
    """Whether visitors reach the person by a message only: the person's own word counts, else the company's."""
    return (person.contact_policy or company.contact_policy) == RELAY


def _card(slot: str, heading: str, person: Person, company: Company, subject: str, *, is_member: bool) -> PersonCard:
    is_hidden = not is_member and is_relayed(person, company)
    if is_hidden:
        person = replace(person, email="", phone="", mobile="")
    dial = person.mobile or person.phone
    return PersonCard(
        slot=slot,
        heading=heading,
        name=person.name,
        lines=tuple(filter(None, (person.job_title, person.company))),
        photo_key=person.photo_key,
        email=person.email,
        email_href=mailto(person.email, subject) if person.email else "",
        dial=show_phone(dial, company.country) if dial else "",
        tel_href=tel_link(dial) if dial else "",
        phones=tuple((kind, number) for kind, number in (("CELL", person.mobile), ("WORK", person.phone)) if number),
        organisation=person.company or company.name,
        title=person.job_title,
        is_relayed=is_hidden,
    )


def _line(expiration: ShownExpiration, today: date, words: Words) -> ExpirationLine:
    state = expirations.state(expiration.expires_on, expiration.warn_days, today)
    what = words.say(expiration.what) if expiration.what in expirations.WORDS else expiration.what
    return ExpirationLine(
        what=what[:1].upper() + what[1:],
        state=state,
        shown_state=words.say(STATES[state]),
        tone=TONES[state],
        day=words.day(expiration.expires_on),
        distance=expirations.when(expiration.expires_on, today, words),
    )


def _status(lines: Sequence[ExpirationLine], words: Words) -> tuple[str, str]:
    """The record's state in a few words, the worst first; nothing when no paper is kept."""
    for state in (EXPIRED, DUE):
        affected = [line.what for line in lines if line.state == state]
        if affected:
            return _affected(state, affected[0], len(affected) - 1, words), TONES[state]
    return (words.say("All papers valid"), TONES[VALID]) if lines else ("", "")


def _affected(state: str, paper: str, more: int, words: Words) -> str:
    """Whole sentences for each case: languages put their words in different places."""
    if state == EXPIRED:
        return (
            words.count("%(paper)s and %(num)s more expired", "%(paper)s and %(num)s more expired", more, paper=paper)
            if more
            else words.say("%(paper)s expired", paper=paper)
        )
    return (
        words.count("%(paper)s and %(num)s more due soon", "%(paper)s and %(num)s more due soon", more, paper=paper)
        if more
        else words.say("%(paper)s due soon", paper=paper)
    )


def _facts(thing: Thing, words: Words) -> tuple[tuple[str, str], ...]:
    """What tells one thing from its neighbours; by default only what can be seen on it anyway."""
    build = " ".join(filter(None, (str(thing.year or ""), thing.make or thing.manufacturer, thing.model)))
    odometer = "" if thing.odometer is None else words.number(thing.odometer)
    facts: dict[str, tuple[tuple[str, str], ...]] = {
        "vehicle": (
            (marked("Vehicle"), build),
            (marked("Plate"), thing.plate),
            (marked("VIN"), thing.vin),
            (marked("Odometer"), odometer),
        ),
        "equipment": ((marked("Model"), build), (marked("Serial number"), thing.serial_number)),
        "location": ((marked("Address"), thing.address), (marked("Opening hours"), thing.opening_hours)),
        "contact": (),
    }
    shown = (*facts[thing.kind], (marked("Description"), thing.description))
    return tuple((words.say(label), value) for label, value in shown if value)


def _notice(thing: Thing, company: Company, words: Words) -> Notice | None:
    """What the record's state asks of people; nothing while it is in use."""
    if thing.state == OUT_OF_ORDER:
        text = words.say("Do not use it. If it stands in your way, tell the people below.")
        return Notice("bad", words.say("Out of order"), text)
    if thing.state == LOST:
        text = words.say(
            "%(company)s has been looking for it. Please tell the people below where it is.", company=company.name
        )
        return Notice("soon", words.say("Thank you for finding this"), text)
    if thing.state == STOLEN:
        text = words.say(
            "It was reported stolen from %(company)s. Please tell the people below where you see it. "
            "Do not put yourself in danger: leave it where it is.",
            company=company.name,
        )
        return Notice("bad", words.say("Thank you for scanning this"), text)
    if thing.state == RETIRED:
        text = words.say("%(company)s has retired this. You can still reach the people below.", company=company.name)
        return Notice("soon", words.say("No longer in use"), text)
    return None


def _hints(look: Look, thing: Thing, words: Words) -> tuple[str, ...]:
    """What somebody who may edit should add, each a sentence."""
    person = main_person(look, thing, "", is_member=True)
    hints = []
    if thing.kind != "contact" and look.owner is None:
        hints.append(
            words.say("The owner is archived: visitors see the company's contact instead. Choose another owner.")
            if thing.owner_id
            else words.say("Nobody is noted as owner: visitors see the company's contact instead. Choose an owner.")
        )
    is_named = bool(person.slot) or thing.kind == "contact"
    whose = person.name if is_named else words.say("The company's contact (Settings, Company)")
    if not person.email:
        hints.append(
            words.say("%(whose)s has no e-mail address on file, so there is no Email Me button. Add one.", whose=whose)
        )
    if not person.phones:
        hints.append(
            words.say("%(whose)s has no phone number on file, so there is no Call Me button. Add one.", whose=whose)
        )
    if not thing.photo_key:
        hints.append(
            words.say("There is no photo. Add one, so that visitors can see that they stand before the right thing.")
        )
    return tuple(hints)
