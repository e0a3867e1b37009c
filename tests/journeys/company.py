"""A company that has something on every page, with the addresses of all of them."""

import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from flask import Flask, current_app
from PIL import Image

from portal.accounts import staffing
from portal.accounts.models import MEMBER, Account, Membership
from portal.audit.operations import Actor
from portal.devices.models import DeviceSession
from portal.enrollment import grants, installation_keys
from portal.enrollment.models import Redemption
from portal.extensions import db
from portal.jobs.models import DEAD, DONE, Job
from portal.jobs.operations import enqueue
from portal.labels.jobs import PRINT_JOB
from portal.lib.images import reencode, reencode_logo
from portal.records.jobs import CHECK, IMPORT
from portal.records.models import Record
from portal.stickers import operations as stickers
from portal.stickers.queries import get_current_sticker
from portal.visits.models import Message
from tests.factories.codes import make_code, make_token
from tests.factories.devices import make_device
from tests.factories.people import make_account, make_member
from tests.factories.phones import make_phone
from tests.factories.things import make_expiration, make_record, scan_path


@dataclass(frozen=True)
class Words:
    """The texts that the company is made of."""

    company: str
    vehicle: str
    owner: str
    boss: str
    place: str
    tag: str
    notes: str
    email: str


ORDINARY = Words(
    "North Yard Haulage",
    "Flatbed 12",
    "Olga Ostrowska",
    "Priya Raman",
    "Main yard",
    "NY-12",
    "Call before you lift.",
    "olga@example.com",
)
LONG = Words(
    "W" * 200,
    "W" * 200,
    "محمد عبد الرحمن بن عبد العزيز آل سعود المسؤول عن المعدات الثقيلة " * 2,
    "東京都千代田区丸の内一丁目建設機械管理部第三課長佐藤健太郎" * 4,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    "T" * 40,
    "N" * 400 + "\n" + "https://example.com/" + "a" * 200,
    "a" * 60 + "@" + "b" * 60 + ".example.com",
)


@dataclass
class Company:
    """Paths by name. ``admin`` are signed-in pages, ``public`` those of an admitted visitor, ``closed`` of anybody."""

    email: str = "ada@example.com"
    admin: dict[str, str] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)


def furnish(app: Flask, words: Words = ORDINARY) -> Company:
    """Arranges the rows, committed."""
    with app.app_context():
        photos = app.extensions["portal"].photos
        picture = photos.save(reencode(_picture("JPEG")))
        logo = photos.save_logo(reencode_logo(_picture("PNG")))
        account = make_account(words.company, logo_key=logo, accent="#c2410c", contact_email="office@example.com")
        admin = make_member(account, name=words.owner)
        make_member(account, "mia@example.com", role=MEMBER, permissions=["records.edit"], name=words.boss)
        other = make_account(f"Z {words.company}"[:200], passcode="")
        db.session.add(
            Membership(account_id=other.id, user_id=admin.user_id, role=MEMBER, permissions=[], created_at=_now())
        )
        company = Company()
        _furnish_records(company, account, words, picture)
        _furnish_closed(company, account, other)
        _furnish_people(company, account, admin, words)
        _furnish_jobs(company, account, admin, words)
        _furnish_devices(company, account, admin, words)
        _furnish_codes(company, account, admin, words)
        db.session.commit()
    return company


def _now() -> datetime:
    return datetime.now(UTC)


def _picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (640, 480), "darkorange").save(data, kind)
    return data.getvalue()


def _furnish_records(company: Company, account: Account, words: Words, picture: str) -> None:
    today = _now().date()
    boss = make_record(account, "contact", words.boss, email="boss@example.com", phone="+12025550188")
    owner = make_record(
        account,
        "contact",
        words.owner,
        email=words.email,
        mobile="+12025550112",
        job_title=words.boss[:100],
        company=words.company,
        supervisor_id=boss.id,
        photo_key=picture,
    )
    place = make_record(account, "location", words.place, address=words.notes[:300], owner_id=owner.id)
    full = make_record(
        account,
        name=words.vehicle,
        tag=words.tag,
        description=words.notes,
        plate="NY 4711",
        make=words.company[:60],
        owner_id=owner.id,
        location_id=place.id,
        visitor_notes=words.notes,
        photo_key=picture,
    )
    paper = make_expiration(full, words.company[:60], today + timedelta(days=400))
    make_expiration(full, "insurance", today + timedelta(days=3))
    make_expiration(full, "inspection", date(2020, 1, 1))
    bare = make_record(account, "equipment", "Generator 3")
    gone = make_record(account, name="Old van", archived_at=_now())
    at = f"/admin/records/{full.public_id}"
    company.admin |= {
        "overview": "/admin/",
        "all records": "/admin/records",
        **{
            f"list of {kind}": f"/admin/records?kind={kind}" for kind in ("vehicle", "equipment", "location", "contact")
        },
        "list with filters": f"/admin/records?expiry=expired&owner={owner.public_id}",
        "list without matches": "/admin/records?kind=vehicle&q=zzz",
        "archived": "/admin/records?archived=1",
        "list by state": "/admin/records?state=stolen",
        "scans": "/admin/scans",
        "scans of nothing": "/admin/scans?outcome=no-passcode",
        "visitors": "/admin/settings/visitors",
        "gate settings": "/admin/settings/gate",
        "audit": "/admin/settings/audit",
        "second step": "/admin/profile/second-step",
        "confirm": "/admin/confirm-sign-in",
        **{
            f"new {kind}": f"/admin/records/new?kind={kind}" for kind in ("vehicle", "equipment", "location", "contact")
        },
        "vehicle": at,
        "equipment": f"/admin/records/{bare.public_id}",
        "location": f"/admin/records/{place.public_id}",
        "contact": f"/admin/records/{owner.public_id}",
        "archived record": f"/admin/records/{gone.public_id}",
        "edit": f"{at}/edit",
        "delete": f"{at}/delete",
        "delete contact": f"/admin/records/{owner.public_id}/delete",
        "new expiration": f"{at}/expirations/new",
        "renew expiration": f"{at}/expirations/{paper.public_id}/renew",
        "correct expiration": f"{at}/expirations/{paper.public_id}/edit",
        "QR code": f"{at}/qr",
        "QR code of an archived record": f"/admin/records/{gone.public_id}/qr",
        "label": f"{at}/qr/label",
        "revoke": f"{at}/qr/revoke",
        "replace": f"{at}/qr/replace",
        "labels without records": "/admin/labels",
        "labels": f"/admin/labels?record={full.public_id}&record={gone.public_id}",
        "labels on the finest paper": "/admin/labels?filter=&stock=L4731",
        "QR portal": "/admin/settings/qr-portal",
        "QR portal with passcode": "/admin/settings/qr-portal?show=1",
        "company": "/admin/settings/company",
        "people": "/admin/settings/people",
        "outgoing mail": "/admin/settings/outgoing-mail",
        "jobs": "/admin/settings/jobs",
        "calendars": "/admin/calendars",
        "profile": "/admin/profile",
        "import": "/admin/import",
    }
    company.admin |= _furnish_messages(full, words, picture)
    company.public |= {
        "message to the owner": f"{scan_path(full)}/message",
        "thanks for a message": f"{scan_path(full)}/message?sent=1",
        "record with everything": scan_path(full),
        "record with nothing": scan_path(bare),
        "stolen record": scan_path(make_record(account, name="Stolen van", state="stolen", owner_id=owner.id)),
        "contact's sticker": scan_path(owner),
        "location's sticker": scan_path(place),
    }


def _furnish_messages(record: Record, words: Words, picture: str) -> dict[str, str]:
    """A message with everything, answered, and one with nothing but its reason."""
    shared = {"account_id": record.account_id, "record_id": record.id, "record_name": record.name}
    moments = {"created_at": _now(), "changed_at": _now()}
    told = Message(
        **shared,
        **moments,
        reason="damaged",
        text=words.notes,
        sender_name=words.boss[:100],
        sender_contact=words.email,
        photo_key=picture,
        latitude=52.23,
        longitude=21.01,
        recipient=words.email,
        state="answered",
        answer=words.notes,
        answered_by_name=words.owner[:200],
    )
    bare = Message(**shared, **moments, reason="blocking")
    db.session.add_all((told, bare))
    db.session.commit()
    return {
        "messages": "/admin/messages?state=all",
        "no messages of mine": "/admin/messages?assigned=me",
        "message": f"/admin/messages/{told.public_id}",
        "message without text": f"/admin/messages/{bare.public_id}",
    }


def _furnish_closed(company: Company, account: Account, without_passcode: Account) -> None:
    rotated = make_account("Harbour Cranes")
    retired = scan_path(make_record(rotated))
    key_ring = current_app.extensions["portal"].key_ring
    stickers.set_passphrase(db.session(), key_ring, account_id=rotated.id, text="another one", now=_now())
    gone = make_record(account, name="Sold van", archived_at=_now())
    lost = make_record(account, name="Lost van")
    revoked = scan_path(lost)
    stickers.revoke(db.session(), get_current_sticker(db.session(), account.id, lost.id), now=_now())
    db.session.commit()
    company.closed |= {
        "home": "/",
        "home with half a code": "/?code=K7Q2",
        "unknown": "/q/0000000000000000",
        "archived sticker": scan_path(gone),
        "revoked sticker": revoked,
        "retired sticker": retired,
        "no passcode": scan_path(make_record(without_passcode)),
        "sign in": "/sign-in",
        "unknown invitation": "/invitations/nonsense",
        "nothing here": "/nowhere",
    }


def _furnish_people(company: Company, account: Account, admin: Membership, words: Words) -> None:
    member = db.session.query(Membership).filter_by(account_id=account.id, role=MEMBER).one()
    actor = Actor(admin.user_id, admin.user.name)
    for email in ("new@example.com", words.email):
        invitation = staffing.invite(
            db.session(), account_id=account.id, actor=actor, email=email, role=MEMBER, permissions=[], now=_now()
        )
        company.closed |= {f"invitation of {email}": f"/invitations/{invitation[1]}"}
    company.admin |= {
        "member": f"/admin/settings/people/{member.public_id}",
        "remove member": f"/admin/settings/people/{member.public_id}/remove",
    }


def _furnish_devices(company: Company, account: Account, admin: Membership, words: Words) -> None:
    """Phones in every state that lists show, all flags on one of them."""
    long_ago = _now() - timedelta(days=80)
    facts = {"model": words.vehicle[:80], "app_version": "1.0", "platform": "Android"}
    flagged = make_device(
        account, admin, words.vehicle[:80], facts=facts, last_active_at=long_ago, new_network_at=_now()
    )
    running = db.session.query(DeviceSession).filter_by(device_id=flagged.id).one()
    running.idle_expires_at = _now() + timedelta(days=3)
    for status in ("suspended", "pending_approval", "revoked"):
        make_device(account, admin, f"{words.owner[:60]} {status}", status=status)
    at = f"/admin/devices/{flagged.public_id}"
    _furnish_key(account)
    company.admin |= {
        "mobile setup": "/admin/mobile-setup",
        "mobile setup with a username": f"/admin/mobile-setup?username={admin.user.email}",
        "pairing sheet": f"/admin/mobile-setup/print?username={admin.user.email}",
        "rotate the key": "/admin/mobile-setup/rotate",
        "plan rotations": "/admin/mobile-setup/rotate/plan",
        "mobile app": "/admin/mobile-app",
        "mobile app, revoke": f"/admin/mobile-app/devices/{flagged.public_id}/revoke",
        "devices": "/admin/devices",
        "devices, none found": "/admin/devices?q=nothing+like+it",
        "device": at,
        "suspend device": f"{at}/suspend",
        "revoke device": f"{at}/revoke",
    }


def _furnish_codes(company: Company, account: Account, admin: Membership, words: Words) -> None:
    """A code with devices and tries, one that is used up, and a token; a device that waits for its own."""
    code = make_code(account, admin, words.vehicle, username_prefix="crew-", tags=[words.tag]).grant
    spent = make_code(account, admin, words.owner[:200], action="create_device", user_id=admin.user_id).grant
    spent.use_count = spent.max_uses or 0
    token = make_token(account, admin, words.place[:200], defaults={"name": "Tablet {n}"}, tags=[words.tag]).grant
    device = make_device(account, admin, words.vehicle[:80])
    device.grant_id = code.id
    moment = _now()
    for outcome, reason in (("redeemed", ""), ("refused", "wrong_network")):
        db.session.add(
            Redemption(
                account_id=account.id, grant_id=code.id, device_id=None if reason else device.id, outcome=outcome,
                reason=reason, browser="Android, Chrome", ip="203.0.113.7", at=moment,
            )
        )  # fmt: skip
    codes, tokens = "/admin/installation-codes", "/admin/provisioning-tokens"
    company.admin |= {
        "codes": codes,
        "codes, none found": f"{codes}?q=nothing+like+it",
        "new code": f"{codes}/new",
        "code": f"{codes}/{code.public_id}",
        "code, large": f"{codes}/{code.public_id}/qr",
        "code, used up": f"{codes}/{spent.public_id}/qr",
        "edit code": f"{codes}/{code.public_id}/edit",
        "remove code": f"{codes}/{code.public_id}/delete",
        "revoke a code's devices": f"{codes}/{code.public_id}/revoke-devices",
        "tokens": tokens,
        "new token": f"{tokens}/new",
        "token": f"{tokens}/{token.public_id}",
        "edit token": f"{tokens}/{token.public_id}/edit",
        "remove token": f"{tokens}/{token.public_id}/delete",
        "suspend a token's devices": f"{tokens}/{token.public_id}/suspend-devices",
        "add device": "/admin/devices/add",
        "device's code": f"/admin/devices/{device.public_id}/code",
    }


def _furnish_key(account: Account) -> None:
    """A key in the middle of an overlap, with a plan for the next."""
    key_ring, actor = current_app.extensions["portal"].key_ring, Actor(None, "Ada")
    grants.ensure_installation_key(db.session(), key_ring, account.id, _now())
    for name, generation in (("Pixel 9", 1), ("Pixel 9 of the yard", 1), ("iPhone", 2)):
        make_phone(account, name=name, pairing_generation=generation)
    installation_keys.rotate(db.session(), key_ring, account_id=account.id, overlap_hours=48, actor=actor, now=_now())
    installation_keys.plan(
        db.session(), account_id=account.id, next_at=_now() + timedelta(days=9), every_days=90, overlap_hours=336,
        actor=actor, now=_now(),
    )  # fmt: skip


def _furnish_jobs(company: Company, account: Account, admin: Membership, words: Words) -> None:
    """Jobs as the worker leaves them: waiting, done, given up."""

    def job(kind: str, payload: dict, **columns: object) -> str:
        made: Job = enqueue(
            db.session(), kind=kind, account_id=account.id, user_id=admin.user_id, payload=payload, now=_now()
        )
        for column, value in columns.items():
            setattr(made, column, value)
        db.session.flush()
        return made.public_id

    file = {"kind": "vehicle", "mode": CHECK, "file_name": f"{words.tag}.csv", "actor": words.owner}
    dead = {"state": DEAD, "fault": "The file is no longer here. Choose it again."}
    refused = _report(words) | {"refused": [[2, words.tag, words.notes], [3, "", "Two rows have this tag."]]}
    refused["counts"] = _report(words)["counts"] | {"refused": 2}
    states: dict[str, dict] = {
        "running": {"percent": 40},
        "failed": dead,
        "report": {"state": DONE, "result": _report(words)},
        "refusals": {"state": DONE, "result": refused},
        "applied": {"state": DONE, "result": _report(words) | {"applied": True}},
    }
    for name, columns in states.items():
        company.admin[f"import {name}"] = f"/admin/import/{job(IMPORT, file, **columns)}"
    prints: dict[str, dict] = {
        "running": {},
        "failed": dead,
        "ready": {"state": DONE, "result": {"labels": 6000, "sheets": 200}},
    }
    for name, columns in prints.items():
        company.admin[f"labels {name}"] = f"/admin/labels/runs/{job(PRINT_JOB, {}, **columns)}"


def _report(words: Words) -> dict:
    """A dry run's result in the shape of records.reports."""
    change = {
        "line": 2,
        "act": "create",
        "id": "",
        "name": words.vehicle,
        "tag": words.tag,
        "fields": [["Owner", "", words.owner], ["Notes", words.notes, ""]],
    }
    return {
        "applied": False,
        "encoding": "utf-8",
        "delimiter": ";",
        "unknown": [words.tag],
        "counts": {"rows": 2, "created": 1, "updated": 1, "unchanged": 0, "cleared": 1, "refused": 0},
        "refused": [],
        "changes": [change, change | {"line": 3, "act": "create"}],
    }
