"""Relay only: neither address nor number of the person is in anything that a visitor gets."""

import io
import re

import pytest
from PIL import Image

from portal.lib.images import reencode
from tests.factories.people import PASSCODE, make_account, make_member
from tests.factories.things import make_record, scan_path

SECRETS = ("olga", "12025550112", "2025550112", "555-0112", "555-0111", "12025550111")
BOSS_SECRETS = ("priya", "12025550188", "555-0188")
OFFICE_SECRETS = ("office", "12025550100", "555-0100")


@pytest.fixture
def make_truck(app):
    """A truck's path; policies of account, owner and supervisor as given."""

    def make(account="direct", owner="", supervisor="", has_owner=True):
        with app.app_context():
            picture = io.BytesIO()
            Image.new("RGB", (64, 64), "red").save(picture, "JPEG")
            company = make_account(
                contact_policy=account, contact_email="office@example.com", contact_phone="+12025550100"
            )
            make_member(company)
            boss = make_record(
                company,
                "contact",
                "Boss Person",
                email="priya@example.com",
                phone="+12025550188",
                contact_policy=supervisor,
            )
            who = make_record(
                company,
                "contact",
                "Owner Person",
                email="olga@example.com",
                phone="+12025550111",
                mobile="+12025550112",
                job_title="Driver",
                company="Yard; Ltd",
                supervisor_id=boss.id,
                contact_policy=owner,
                photo_key=app.extensions["portal"].photos.save(reencode(picture.getvalue())),
            )
            return {
                "truck": scan_path(make_record(company, owner_id=who.id if has_owner else None)),
                "owner": scan_path(who),
            }

    return make


def everything(client, path):
    """All that an admitted visitor can get at a sticker, headers included."""
    client.post(path, data={"passcode": PASSCODE})
    paths = ("", "/contact.vcf", "/contact.vcf?of=supervisor", "/message", "/message?to=supervisor", "/message?sent=1")
    got, pictures = "", ("/photo", "/photo/owner", "/photo/supervisor")
    for end in (*paths, *pictures):
        answer = client.get(path + end)
        got += str(answer.headers) + answer.data.decode(errors="replace")
    return got.replace("\r\n ", "").lower()  # a contact card folds its lines


def leaks(text, secrets):
    digits = re.sub(r"[^0-9]", "", text)
    return [one for one in secrets if one in text or (one.isdigit() and one in digits)]


def test_direct_is_the_default_and_shows_both(client, make_truck):
    got = everything(client, make_truck()["truck"])
    assert leaks(got, SECRETS) and leaks(got, BOSS_SECRETS) and "email me" in got and "call me" in got


@pytest.mark.parametrize("sticker", ["truck", "owner"])
def test_under_a_relaying_company_nobody_is_given_out(client, make_truck, sticker):
    got = everything(client, make_truck(account="relay")[sticker])
    assert leaks(got, SECRETS + BOSS_SECRETS + OFFICE_SECRETS) == []
    assert "email me" not in got and "call me" not in got and "mailto:" not in got and "tel:" not in got
    assert got.count("send a message</a>") == 2


def test_under_a_relaying_company_the_published_contact_is_reached_by_message_too(client, make_truck):
    got = everything(client, make_truck(account="relay", has_owner=False)["truck"])
    assert leaks(got, OFFICE_SECRETS) == [] and "send a message</a>" in got


def test_a_persons_own_policy_counts_before_the_companys(client, make_truck):
    got = everything(client, make_truck(owner="relay")["truck"])
    assert leaks(got, SECRETS) == [] and leaks(got, BOSS_SECRETS)


def test_a_supervisor_alone_can_relay(client, make_truck):
    got = everything(client, make_truck(supervisor="relay")["truck"])
    assert leaks(got, BOSS_SECRETS) == [] and leaks(got, SECRETS)


def test_a_direct_person_of_a_relaying_company_is_shown(client, make_truck):
    got = everything(client, make_truck(account="relay", owner="direct")["truck"])
    assert leaks(got, SECRETS) and leaks(got, BOSS_SECRETS) == []


def test_the_card_of_a_relayed_person_is_name_title_and_organisation(client, make_truck):
    path = make_truck(owner="relay")["truck"]
    client.post(path, data={"passcode": PASSCODE})
    card = client.get(f"{path}/contact.vcf").text
    assert [line.partition(":")[0] for line in card.split("\r\n") if line] == [
        "BEGIN",
        "VERSION",
        "N",
        "FN",
        "ORG",
        "TITLE",
        "END",
    ]


def test_members_who_are_signed_in_see_everything(client, make_truck):
    path = make_truck(account="relay", owner="relay")["truck"]
    client.sign_in("ada@example.com")
    page = client.get(path).text
    assert "mailto:olga@example.com" in page and "tel:+12025550112" in page and "mailto:priya@example.com" in page
    assert "EMAIL" in client.get(f"{path}/contact.vcf").text


def test_the_policies_are_chosen_on_the_companys_page_and_the_contacts(app, client, make_truck):
    from portal.accounts.models import Account
    from portal.extensions import db
    from portal.records.models import Record

    make_truck()
    client.sign_in("ada@example.com")
    with app.app_context():
        owner = db.session.query(Record).filter_by(name="Owner Person").one().public_id
        account = db.session.query(Account).one()
        form = {"version": str(account.version), "name": account.name, "country": "US", "timezone": "UTC"}
        version = str(db.session.query(Record).filter_by(name="Owner Person").one().version)
    shown = re.findall(r'<input[^>]*name="contact_policy"[^>]*>', client.get("/admin/settings/company").text)
    assert [("checked" in one, 'value="direct"' in one) for one in shown] == [(True, True), (False, False)]
    saved = client.submit("/admin/settings/company", form | {"contact_policy": "relay", "duty_contact": owner})
    assert saved.status_code == 303, saved.text
    assert (
        client.submit(
            f"/admin/records/{owner}/edit", {"name": "Owner Person", "contact_policy": "direct", "version": version}
        ).status_code
        == 303
    )
    with app.app_context():
        account, contact = db.session.query(Account).one(), db.session.query(Record).filter_by(public_id=owner).one()
        assert (account.contact_policy, account.duty_contact_id) == ("relay", contact.id)
        assert contact.contact_policy == "direct"
    assert "Direct: Email Me and Call Me" in client.get(f"/admin/records/{owner}").text
    # A deleted duty contact is nobody's duty contact: its row id may come again.
    assert client.submit(f"/admin/records/{owner}/delete", {}).status_code == 303
    with app.app_context():
        assert db.session.query(Account).one().duty_contact_id is None


def test_a_duty_contact_needs_an_address_and_to_be_ours(app, client, make_truck):
    from portal.accounts.models import Account
    from portal.extensions import db

    make_truck()
    with app.app_context():
        account = db.session.query(Account).one()
        form = {"version": str(account.version), "name": account.name, "country": "US", "timezone": "UTC"}
        mute = make_record(account, "contact", "Mute").public_id
        foreign = make_record(make_account("Theirs"), "contact", "Foreign", email="f@example.com").public_id
    client.sign_in("ada@example.com")
    for chosen, sentence in ((mute, "Mute has no e-mail address"), (foreign, "Choose one of your contacts")):
        refused = client.submit("/admin/settings/company", form | {"contact_policy": "direct", "duty_contact": chosen})
        assert refused.status_code == 422 and sentence in refused.text and "Foreign" not in refused.text
    bad = client.submit("/admin/settings/company", form | {"contact_policy": "shout"})
    assert bad.status_code == 422
