"""Settings, People: delegation, escalation, invitations, removal, switching, two companies apart."""

import re
import threading

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.accounts import staffing
from portal.accounts.models import ADMIN, MEMBER, AuthSession, Invitation, Membership, User
from portal.accounts.permissions import DELEGABLE, DOORS, PERMISSIONS
from portal.audit.models import AuditEvent
from portal.audit.operations import Actor
from portal.extensions import db
from portal.lib.clock import utc_now
from portal.lib.secrets import digest
from tests.client import PASSWORD, PortalClient
from tests.factories.people import make_account, make_member

PEOPLE = "/admin/settings/people"
NEW = "brown kettle seven hats"
SETTINGS = {"/admin/settings/people": "settings.people", "/admin/settings/company": "settings.company"}


@pytest.fixture
def yard(app):
    """One company: Ada (admin), Bob (member who may manage people and edit records), Cyd (member). Their public ids."""
    with app.app_context():
        account = make_account()
        ids = {"ada": make_member(account).public_id}
        bob = make_member(
            account, "bob@example.com", name="Bob", role=MEMBER, permissions=["records.edit", "settings.people"]
        )
        cyd = make_member(account, "cyd@example.com", name="Cyd", role=MEMBER, permissions=["records.delete"])
        return ids | {"bob": bob.public_id, "cyd": cyd.public_id}


@pytest.fixture
def ada(app, yard):
    return signed_in(app, "ada@example.com")


@pytest.fixture
def bob(app, yard):
    return signed_in(app, "bob@example.com")


def signed_in(app, email, password=PASSWORD):
    client = PortalClient(app)
    client.sign_in(email, password)
    return client


def rights(app, public_id):
    with app.app_context():
        row = db.session.scalar(sa.select(Membership).where(Membership.public_id == public_id))
        return (row.role, row.permissions) if row else None


def link_of(client, email="new@example.com", role=MEMBER, permissions=()):
    """Invites by the form and takes the link off the page that shows it."""
    pairs = [("email", email), ("role", role), *(("permissions", name) for name in permissions)]
    answer = client.submit(f"{PEOPLE}/invite", pairs)
    assert answer.status_code == 303, answer.text
    shown = re.search(r"https://qr\.example\.com(/invitations/[\w-]+)", client.get(PEOPLE).text)
    return shown[1]


def join(app, link, **fields):
    client = PortalClient(app)
    return client, client.submit(link, {"name": "Newman", "password": NEW} | fields)


class TestPermissions:
    @pytest.mark.parametrize(("path", "name"), SETTINGS.items())
    def test_settings_page_opens_only_with_its_permission(self, app, path, name):
        with app.app_context():
            account = make_account("North Yard")
            others = [p.name for p in DELEGABLE if p.name != name]
            make_member(account, "without@example.com", role=MEMBER, permissions=others)
            make_member(account, "with@example.com", role=MEMBER, permissions=[name])
        without = signed_in(app, "without@example.com")
        refused = without.get(path)
        assert refused.status_code == 403
        assert "Ask an admin of North Yard to grant it to you" in refused.text
        assert without.submit(path, {"name": "Stolen"}).status_code in (403, 405)
        allowed = signed_in(app, "with@example.com")
        assert allowed.get(path).status_code == 200
        assert f'href="{path}"' in allowed.get("/admin/profile").text
        assert f'href="{path}"' not in without.get("/admin/profile").text

    def test_plain_member_sees_no_settings(self, app):
        with app.app_context():
            make_member(make_account(), role=MEMBER)
        page = signed_in(app, "ada@example.com").get("/admin/profile").text
        assert "/admin/settings/" not in page

    def test_member_with_setting_view_opens_qr_code_portal(self, app):
        with app.app_context():
            account = make_account()
            make_member(account, "with@example.com", role=MEMBER, permissions=["settings.view"])
            make_member(account, "without@example.com", role=MEMBER)
        assert signed_in(app, "with@example.com").get("/admin/settings/qr-portal").status_code == 200
        refused = signed_in(app, "without@example.com").get("/admin/settings/qr-portal")
        assert refused.status_code == 403
        assert "Setting View" in refused.text

    def test_every_door_of_the_room_is_in_the_table(self, app):
        rooms = ("admin.people.", "admin.company.", "admin.profile.", "sign_in.")
        built = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith(rooms)}
        assert built == {endpoint for endpoint in DOORS if endpoint.startswith(rooms)}

    def test_change_counts_at_the_next_click(self, app, ada, yard):
        cyd = signed_in(app, "cyd@example.com")
        assert cyd.get(PEOPLE).status_code == 403
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": "settings.people"})
        assert cyd.get(PEOPLE).status_code == 200
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER})
        assert cyd.get(PEOPLE).status_code == 403


class TestEditing:
    @pytest.mark.parametrize("permission", [p.name for p in DELEGABLE])
    def test_admin_grants_each_permission_alone(self, app, ada, yard, permission):
        assert ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": permission}).status_code == 303
        assert rights(app, yard["cyd"]) == (MEMBER, [permission])

    @pytest.mark.parametrize("permission", [p.name for p in PERMISSIONS if not p.delegable])
    def test_no_admin_grants_what_only_admins_have(self, app, ada, yard, permission):
        assert permission not in ada.get(PEOPLE).text
        refused = ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": permission})
        assert refused.status_code == 403 and "Only admins have this" in refused.text
        assert rights(app, yard["cyd"]) == (MEMBER, ["records.delete"])
        fields = {"email": "new@example.com", "role": MEMBER, "permissions": permission}
        assert ada.submit(f"{PEOPLE}/invite", fields).status_code == 403

    def test_admin_makes_an_admin_and_a_member_again(self, app, ada, yard):
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": ADMIN, "permissions": "records.edit"})
        assert rights(app, yard["cyd"]) == (ADMIN, [])
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER})
        assert rights(app, yard["cyd"]) == (MEMBER, [])

    def test_change_is_an_event(self, app, ada, yard):
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": "records.edit"})
        ada.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": "records.edit"})
        with app.app_context():
            event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "member.edit")).one()
            assert event.before == {"role": MEMBER, "permissions": ["records.delete"]}
            assert event.after == {"role": MEMBER, "permissions": ["records.edit"]}
            assert (event.actor_name, event.target_name) == ("Ada Admin", "Cyd")

    @pytest.mark.parametrize(
        "fields",
        [
            {"role": ADMIN},
            {"role": MEMBER, "permissions": "settings.view"},
            {"role": MEMBER, "permissions": ["records.edit", "stickers.manage"]},
            {"role": MEMBER, "permissions": "no.such"},
            {"role": "owner"},
            {},
        ],
    )
    def test_delegate_cannot_grant_what_they_do_not_have(self, app, bob, yard, fields):
        pairs = [(key, one) for key, value in fields.items() for one in (value if isinstance(value, list) else [value])]
        assert bob.submit(f"{PEOPLE}/{yard['cyd']}", pairs).status_code in (403, 422)
        assert rights(app, yard["cyd"]) == (MEMBER, ["records.delete"])

    def test_delegate_grants_own_rights_and_leaves_the_others_standing(self, app, bob, yard):
        page = bob.get(f"{PEOPLE}/{yard['cyd']}").text
        assert "cannot grant or take away: Delete records" in page
        assert 'value="stickers.manage"' not in page and 'value="admin"' not in page
        bob.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER, "permissions": "records.edit"})
        assert rights(app, yard["cyd"]) == (MEMBER, ["records.edit", "records.delete"])
        bob.submit(f"{PEOPLE}/{yard['cyd']}", {"role": MEMBER})
        assert rights(app, yard["cyd"]) == (MEMBER, ["records.delete"])

    @pytest.mark.parametrize("act", ["", "/remove"])
    def test_delegate_cannot_touch_an_admin(self, app, bob, yard, act):
        assert bob.get(f"{PEOPLE}/{yard['ada']}{act}").status_code == 403
        assert bob.submit(f"{PEOPLE}/{yard['ada']}{act}", {"role": MEMBER}).status_code == 403
        assert rights(app, yard["ada"]) == (ADMIN, [])

    @pytest.mark.parametrize(("who", "role"), [("ada", ADMIN), ("bob", MEMBER)])
    @pytest.mark.parametrize("act", ["", "/remove"])
    def test_nobody_changes_themselves_so_the_last_admin_stays(self, app, yard, who, role, act):
        client = signed_in(app, f"{who}@example.com")
        before = rights(app, yard[who])
        refused = client.submit(f"{PEOPLE}/{yard[who]}{act}", {"role": MEMBER, "permissions": "records.edit"})
        assert refused.status_code == 403
        assert "Ask another admin" in refused.text
        assert client.get(f"{PEOPLE}/{yard[who]}{act}").status_code == 403
        assert rights(app, yard[who]) == before

    def test_two_admins_who_remove_each_other_leave_one(self, app, yard):
        with app.app_context():
            ids = dict(db.session.execute(sa.select(Membership.public_id, Membership.user_id)).all())
            account_id = db.session.scalar(sa.select(Membership.account_id).limit(1))
            db.session.execute(sa.update(Membership).where(Membership.public_id == yard["bob"]).values(role=ADMIN))
            db.session.commit()
        start, faults = threading.Barrier(2), []

        def remove(actor, target):
            with app.app_context(), Session(db.engine) as session:
                start.wait()
                try:
                    staffing.remove_member(
                        session,
                        account_id=account_id,
                        actor=Actor(ids[yard[actor]], actor),
                        public_id=yard[target],
                        now=utc_now(),
                    )
                    session.commit()
                except Exception as fault:
                    faults.append(type(fault).__name__)

        threads = [threading.Thread(target=remove, args=pair) for pair in (("ada", "bob"), ("bob", "ada"))]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert faults == ["NotFound"]
        assert [rights(app, yard[who]) is None for who in ("ada", "bob")].count(True) == 1

    def test_hostile_and_right_to_left_names_stay_text(self, app, ada):
        with app.app_context():
            name = '<b>"שלום&' + "x" * 150
            db.session.execute(sa.update(User).where(User.email == "cyd@example.com").values(name=name))
            db.session.commit()
        page = ada.get(PEOPLE).text
        assert "<b>" not in page
        assert "<bdi>&lt;b&gt;&#34;שלום&amp;x" in page


class TestRemoval:
    def test_asks_then_removes_at_once(self, app, ada, yard):
        cyd = signed_in(app, "cyd@example.com")
        page = ada.get(f"{PEOPLE}/{yard['cyd']}/remove").text
        assert "Remove Cyd?" in page and "can no longer see" in page
        assert rights(app, yard["cyd"]) is not None
        assert ada.submit(f"{PEOPLE}/{yard['cyd']}/remove").status_code == 303
        assert rights(app, yard["cyd"]) is None
        assert cyd.get("/admin/profile").status_code == 403
        assert ada.submit(f"{PEOPLE}/{yard['cyd']}/remove").status_code == 404

    def test_takes_their_invitations_along(self, app, ada, bob, yard):
        link = link_of(bob)
        assert "1 open invitation that they made" in ada.get(f"{PEOPLE}/{yard['bob']}/remove").text
        ada.submit(f"{PEOPLE}/{yard['bob']}/remove")
        assert PortalClient(app).get(link).status_code == 404

    def test_lost_rights_end_the_invitations_that_carry_them(self, app, ada, bob, yard):
        strong = link_of(bob, "one@example.com", permissions=["records.edit"])
        weak = link_of(bob, "two@example.com")
        ada.submit(f"{PEOPLE}/{yard['bob']}", {"role": MEMBER, "permissions": "settings.people"})
        assert PortalClient(app).get(strong).status_code == 404
        assert PortalClient(app).get(weak).status_code == 200


class TestInvitations:
    def test_new_person_joins_once(self, app, ada):
        link = link_of(ada, permissions=["records.edit"])
        visitor = PortalClient(app)
        assert visitor.get(link).status_code == visitor.get(link).status_code == 200
        client, answer = join(app, link)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
        assert "<bdi>Newman</bdi>" in client.get("/admin/profile").text
        assert join(app, link)[1].status_code == 410
        assert "has been used" in PortalClient(app).get(link).text
        with app.app_context():
            row = db.session.scalars(
                sa.select(Membership).join(Membership.user).where(User.email == "new@example.com")
            ).one()
            assert (row.role, row.permissions) == (MEMBER, ["records.edit"])
            actions = db.session.scalars(sa.select(AuditEvent.action)).all()
            assert {"invitation.create", "invitation.accept"} <= set(actions)
            secret = link.rpartition("/")[2]
            assert secret not in str([(e.before, e.after) for e in db.session.scalars(sa.select(AuditEvent))])
            assert db.session.scalar(sa.select(Invitation.id).where(Invitation.secret_hash == secret)) is None

    def test_link_is_shown_once(self, ada):
        link = link_of(ada)
        assert link not in ada.get(PEOPLE).text
        assert "new@example.com" in ada.get(PEOPLE).text

    def test_link_is_built_from_the_public_url_whatever_the_host(self, ada):
        ada.submit(
            f"{PEOPLE}/invite",
            {"email": "new@example.com", "role": MEMBER},
            headers={"X-Forwarded-Host": "evil.example"},
        )
        page = ada.get(PEOPLE, headers={"X-Forwarded-Host": "evil.example"}).text
        assert "https://qr.example.com/invitations/" in page and "evil.example" not in page

    def test_known_person_proves_the_password(self, app):
        with app.app_context():
            make_member(make_account("Alpha"))
            make_member(make_account("Beta"), "zoe@example.com")
        link = link_of(signed_in(app, "ada@example.com"), "Zoe@Example.com")
        assert 'name="name"' not in PortalClient(app).get(link).text
        assert join(app, link, password=NEW)[1].status_code == 401
        client, answer = join(app, link, password=PASSWORD)
        assert answer.status_code == 303
        page = client.get("/admin/profile").text
        assert "<bdi>Alpha</bdi>" in page and "Beta</option>" in page
        with app.app_context():
            assert db.session.scalars(sa.select(User.name).where(User.email == "zoe@example.com")).one() == "Ada Admin"

    @pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 410), (3600, 410)])
    def test_expires_after_seven_days(self, app, yard, seconds, status):
        with time_machine.travel("2030-03-01T08:00:00Z", tick=False) as traveller:
            link = link_of(signed_in(app, "ada@example.com"))
            traveller.shift(7 * 86400 + seconds)
            page = PortalClient(app).get(link)
            assert page.status_code == status
            assert join(app, link)[1].status_code == (303 if status == 200 else 410)
            if status == 410:
                assert "It expired on 8 Mar 2030, 08:00. Ask North Yard Haulage for a new link." in page.text
                assert "new@example.com" not in signed_in(app, "ada@example.com").get(PEOPLE).text

    def test_taken_back_link_is_unknown(self, app, ada):
        link = link_of(ada)
        with app.app_context():
            public_id = db.session.scalars(sa.select(Invitation.public_id)).one()
        assert ada.submit(f"{PEOPLE}/invitations/{public_id}/revoke").status_code == 303
        assert PortalClient(app).get(link).status_code == join(app, link)[1].status_code == 404
        assert ada.submit(f"{PEOPLE}/invitations/{public_id}/revoke").status_code == 404

    def test_new_link_for_the_same_email_ends_the_old_one(self, app, ada):
        old, new = link_of(ada), link_of(ada)
        assert PortalClient(app).get(old).status_code == 404
        assert PortalClient(app).get(new).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "status", "sentence"),
        [
            ({"email": "cyd@example.com", "role": MEMBER}, 422, "in this company already"),
            ({"email": "nobody", "role": MEMBER}, 422, "Type the e-mail address in full"),
            ({"email": "new@example.com", "role": "king"}, 422, "Choose a role."),
        ],
    )
    def test_mistakes_are_named(self, app, ada, fields, status, sentence):
        answer = ada.submit(f"{PEOPLE}/invite", fields)
        assert answer.status_code == status and sentence in answer.text
        with app.app_context():
            assert db.session.scalar(sa.select(Invitation.id)) is None

    @pytest.mark.parametrize("fields", [{"role": ADMIN}, {"role": MEMBER, "permissions": "settings.view"}])
    def test_delegate_cannot_invite_beyond_own_rights(self, app, bob, fields):
        assert bob.submit(f"{PEOPLE}/invite", {"email": "new@example.com"} | fields).status_code == 403
        with app.app_context():
            assert db.session.scalar(sa.select(Invitation.id)) is None

    def test_delegate_cannot_replace_or_take_back_the_invitation_of_an_admin(self, app, ada, bob):
        link = link_of(ada, role=ADMIN)
        with app.app_context():
            public_id = db.session.scalars(sa.select(Invitation.public_id)).one()
        assert bob.submit(f"{PEOPLE}/invite", {"email": "new@example.com", "role": MEMBER}).status_code == 403
        assert bob.submit(f"{PEOPLE}/invitations/{public_id}/revoke").status_code == 403
        assert PortalClient(app).get(link).status_code == 200

    @pytest.mark.parametrize(("name", "password"), [("", NEW), ("New", "short"), ("New", "new@example.com")])
    def test_new_person_needs_name_and_good_password(self, app, ada, name, password):
        link = link_of(ada)
        assert join(app, link, name=name, password=password)[1].status_code == 422
        assert join(app, link)[1].status_code == 303

    def test_of_two_who_accept_at_once_one_wins(self, app, ada):
        links = [link_of(ada)] * 2
        start, answers = threading.Barrier(2), []

        def accept(link):
            client = PortalClient(app)
            token = client.token()
            start.wait()
            answer = client.post(link, data={"csrf_token": token, "name": "New", "password": NEW})
            answers.append((answer.status_code, answer.text))

        threads = [threading.Thread(target=accept, args=(link,)) for link in links]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        statuses = sorted(status for status, _ in answers)
        assert statuses[0] == 303 and statuses[1] in (409, 410)
        assert any("been used" in text for _, text in answers)
        with app.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).where(User.email == "new@example.com")) == 1

    @pytest.mark.parametrize("path", ["/invitations/x", "/invitations/%00", "/invitations/" + "a" * 3000])
    def test_unknown_link(self, client, path):
        assert client.get(path).status_code == client.submit(path, {"name": "x"}).status_code == 404


class TestApart:
    def test_other_companies_people_and_invitations_do_not_exist(self, app, ada):
        with app.app_context():
            beta = make_account("Beta")
            zoe = make_member(beta, "zoe@example.com", name="Zoe").public_id
        link_of(signed_in(app, "zoe@example.com"), "secret@example.com")
        with app.app_context():
            invitation = db.session.scalars(sa.select(Invitation.public_id)).one()
        page = ada.get(PEOPLE).text
        assert "Zoe" not in page and "secret@example.com" not in page
        for path in (f"{PEOPLE}/{zoe}", f"{PEOPLE}/{zoe}/remove"):
            assert ada.get(path).status_code == ada.submit(path, {"role": MEMBER}).status_code == 404
        assert ada.submit(f"{PEOPLE}/invitations/{invitation}/revoke").status_code == 404
        assert rights(app, zoe) == (ADMIN, [])

    def test_switches_only_between_own_companies(self, app, ada):
        with app.app_context():
            beta, gamma = make_account("Beta"), make_account("Gamma")
            make_member(gamma, "zoe@example.com")
            user_id = db.session.scalar(sa.select(User.id).where(User.email == "ada@example.com"))
            db.session.add(Membership(account_id=beta.id, user_id=user_id, role=MEMBER, created_at=utc_now()))
            db.session.commit()
            beta_id, gamma_id = beta.public_id, gamma.public_id
        assert ada.submit("/admin/switch-account", {"account": gamma_id}).status_code == 404
        assert ada.submit("/admin/switch-account", {}).status_code == 404
        assert ada.submit("/admin/switch-account", {"account": f"{beta_id}\0"}).status_code == 404
        open_tab = {"csrf_token": ada.token(), "kind": "contact", "name": "Olga"}
        answer = ada.submit("/admin/switch-account", {"account": beta_id})
        stale = ada.post("/admin/records/new", data=open_tab)
        assert stale.status_code == 400 and "changed the company" in stale.text
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
        assert "<bdi>Beta</bdi>" in ada.get("/admin/profile").text
        assert ada.get(PEOPLE).status_code == 403
        with app.app_context():
            db.session.execute(sa.delete(Membership).where(Membership.account_id != 1))
            db.session.commit()
        assert "<bdi>North Yard Haulage</bdi>" in ada.get("/admin/profile").text


def test_member_permissions_are_those_of_the_table():
    assert {p.name for p in PERMISSIONS if p.for_members} == {
        "records.view",
        "labels.print",
        "profile.own",
        "scans.view",
    }


def test_session_rows_hold_no_secret(app, ada):
    with app.app_context():
        row = db.session.scalars(sa.select(AuthSession)).one()
    with ada.session_transaction(base_url="https://qr.example.com") as cookie:
        secret = cookie["_user_id"]
    assert row.secret_hash == digest(secret)
    assert secret not in (row.secret_hash, row.public_id)
