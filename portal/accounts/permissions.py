"""Who may do what: every permission, what it means, who has it, and which door asks for it. The only such table.

``DOORS`` maps an endpoint to the permission its guard demands. An endpoint of the admin audience that is missing here
is a fault that a test finds. ``csrf=False`` marks the doors that carry no CSRF token; each says why.
"""

from dataclasses import dataclass

from portal.accounts.models import ADMIN


@dataclass(frozen=True)
class Permission:
    """A right by name. ``for_members``: every member has it; else an admin can delegate it, if ``delegable``.

    ``mints``: it makes or shows ways in, which no phone may do, whoever is signed in on it.
    """

    name: str
    label: str
    meaning: str
    for_members: bool = False
    delegable: bool = True
    mints: bool = False


RECORDS_VIEW = Permission("records.view", "See records", "See lists and records, and their QR codes.", for_members=True)
LABELS_PRINT = Permission("labels.print", "Print labels", "Download label sheets as PDF.", for_members=True)
SCANS_VIEW = Permission("scans.view", "See scans", "See who scanned what and when, and what is odd.", for_members=True)
OWN_PROFILE = Permission(
    "profile.own", "Own profile", "Change the own password and end own sessions.", for_members=True
)
RECORDS_EDIT = Permission(
    "records.edit", "Edit records", "Create, edit, archive and restore records and renew expirations."
)
RECORDS_DELETE = Permission("records.delete", "Delete records", "Delete records for good.")
RECORDS_IMPORT = Permission("records.import", "Import and export", "Import records from CSV and export them.")
STICKERS_MANAGE = Permission("stickers.manage", "Manage stickers", "Revoke a sticker or make a new one for a record.")
SETTINGS_VIEW = Permission(
    "settings.view", "Setting View", "Open and save Settings, QR Code Portal: passcode, passphrase, rotation."
)
SETTINGS_COMPANY = Permission(
    "settings.company", "Company settings", "Change the company's name, contact, logo, country and time zone."
)
SETTINGS_PEOPLE = Permission("settings.people", "People", "Invite people, change their permissions and remove them.")
MESSAGES_ANSWER = Permission(
    "messages.answer", "Answer messages", "Read what visitors tell the owners; answer, assign and close it."
)
MAIL_VIEW = Permission(
    "mail.view",
    "Outgoing mail and jobs",
    "Read every mail that the portal writes for the company, with the links in it; try dead mails and jobs again.",
)
SETTINGS_VISITORS = Permission(
    "settings.visitors", "Visitor settings", "Choose what visitors see, and how long scans are kept."
)
AUDIT_VIEW = Permission("audit.view", "Audit", "See and export who changed what, and when.")
GATE_MANAGE = Permission(
    "gate.manage",
    "Manage the gate",
    "See wrong passcodes, known devices and crew links; change the passcode to a new random one and see it.",
)
MOBILE_SETUP = Permission(
    "mobile.setup",
    "Mobile Setup",
    "Show, print and send the QR code that pairs phones with the company.",
    mints=True,
)
INSTALLATION_KEY_ROTATE = Permission(
    "installation_key.rotate",
    "Rotate the installation key",
    "Replace the key in the pairing QR code, at once or with an overlap. Only admins have it.",
    delegable=False,
    mints=True,
)
MOBILE_APP = Permission(
    "mobile.app", "Mobile App", "Connect own phones by a one-time QR code, signed in as oneself.", mints=True
)
DEVICES_MANAGE = Permission("devices.manage", "Devices", "See the company's phones; rename, suspend and revoke them.")
CODES_MANAGE = Permission(
    "codes.manage",
    "Installation codes",
    "Make, show and remove installation codes and provisioning tokens, and add devices.",
    mints=True,
)

PERMISSIONS = (
    RECORDS_VIEW,
    SCANS_VIEW,
    LABELS_PRINT,
    OWN_PROFILE,
    RECORDS_EDIT,
    RECORDS_DELETE,
    RECORDS_IMPORT,
    STICKERS_MANAGE,
    SETTINGS_VIEW,
    SETTINGS_COMPANY,
    SETTINGS_PEOPLE,
    GATE_MANAGE,
    MESSAGES_ANSWER,
    MAIL_VIEW,
    SETTINGS_VISITORS,
    AUDIT_VIEW,
    DEVICES_MANAGE,
    MOBILE_SETUP,
    INSTALLATION_KEY_ROTATE,
    MOBILE_APP,
    CODES_MANAGE,
)
DELEGABLE = tuple(p for p in PERMISSIONS if p.delegable and not p.for_members)
BY_NAME = {p.name: p for p in PERMISSIONS}


def granted(role: str, delegated: list[str]) -> frozenset[str]:
    """The names of all permissions that a role with these delegated ones has."""
    if role == ADMIN:
        return frozenset(BY_NAME)
    return frozenset(p.name for p in PERMISSIONS if p.for_members) | (
        frozenset(delegated) & frozenset(p.name for p in DELEGABLE)
    )


@dataclass(frozen=True)
class Door:
    """What one endpoint asks for. ``permission`` None: its audience's guard alone decides.

    ``files``: its form carries a file, and may weigh as much as one.
    ``fresh``: the password must have been typed within 15 minutes (``FRESH_FOR``), else the guard asks for it.

    The rest is for the doors of programs, whose guard takes a browser's session with its CSRF token, or a phone's
    bearer token. ``open``: anyone. ``paired``: any phone, also one without a person. ``phone``: a phone with a person
    who has the permission, besides browsers. ``own``: also who may connect own phones, to their own ones.
    """

    permission: Permission | None = None
    csrf: bool = True
    fresh: bool = False
    files: bool = False
    open: bool = False
    paired: bool = False
    phone: bool = False
    own: bool = False


# The gate's forms carry no token and set no session: they refuse a foreign Origin instead (design, Passcode).
NO_TOKEN = Door(csrf=False)

DOORS: dict[str, Door] = {
    # anyone
    "public.gate.home": Door(),
    "public.gate.scan": NO_TOKEN,
    "public.gate.lock": NO_TOKEN,
    "public.gate.photo": Door(),
    "public.gate.contact_card": Door(),
    "public.gate.logo": Door(),
    "public.gate.message": Door(),
    "public.gate.leave_message": Door(csrf=False, files=True),
    "public.crew.show": Door(),
    "public.crew.join": NO_TOKEN,
    "public.reminders.show": Door(),
    "public.reminders.answer": Door(),
    "public.calendar_feed.show": Door(),
    "app.app.show": Door(),
    "app.app.manifest": Door(),
    "app.app.worker": Door(),
    "app.app.file": Door(),
    "app.app.icon_file": Door(),
    "app.app.logo": Door(),
    # signed in
    "admin.home.index": Door(RECORDS_VIEW),
    "admin.profile.index": Door(OWN_PROFILE),
    "admin.profile.change_password": Door(OWN_PROFILE),
    "admin.profile.end_session": Door(OWN_PROFILE),
    "admin.profile.end_other_sessions": Door(OWN_PROFILE),
    "admin.profile.switch_account": Door(OWN_PROFILE),
    "admin.profile.confirm": Door(OWN_PROFILE),
    "admin.second_step.show": Door(OWN_PROFILE, fresh=True),
    "admin.second_step.turn_on": Door(OWN_PROFILE, fresh=True),
    "admin.second_step.turn_off": Door(OWN_PROFILE, fresh=True),
    "admin.second_step.renew_codes": Door(OWN_PROFILE, fresh=True),
    "admin.audit.index": Door(AUDIT_VIEW),
    "admin.audit.export": Door(AUDIT_VIEW),
    "admin.people.index": Door(SETTINGS_PEOPLE),
    "admin.people.invite": Door(SETTINGS_PEOPLE, fresh=True),
    "admin.people.revoke_invitation": Door(SETTINGS_PEOPLE),
    "admin.people.edit_member": Door(SETTINGS_PEOPLE, fresh=True),
    "admin.people.remove_member": Door(SETTINGS_PEOPLE, fresh=True),
    "admin.people.set_password": Door(SETTINGS_PEOPLE, fresh=True),
    "admin.company.edit": Door(SETTINGS_COMPANY, files=True),
    "admin.company.logo": Door(RECORDS_VIEW),
    "admin.records.index": Door(RECORDS_VIEW),
    "admin.records.show": Door(RECORDS_VIEW),
    "admin.records.photo": Door(RECORDS_VIEW),
    "admin.records.choices": Door(RECORDS_VIEW),
    "admin.records.new": Door(RECORDS_EDIT, files=True),
    "admin.records.edit": Door(RECORDS_EDIT, files=True),
    "admin.records.archive": Door(RECORDS_EDIT),
    "admin.records.restore": Door(RECORDS_EDIT),
    "admin.records.set_state": Door(RECORDS_EDIT),
    "admin.records.bulk": Door(RECORDS_EDIT),
    "admin.records.delete": Door(RECORDS_DELETE),
    "admin.records.add_expiration": Door(RECORDS_EDIT),
    "admin.records.renew_expiration": Door(RECORDS_EDIT),
    "admin.records.edit_expiration": Door(RECORDS_EDIT),
    "admin.records.delete_expiration": Door(RECORDS_EDIT),
    "admin.transfer.import_start": Door(RECORDS_IMPORT, files=True),
    "admin.transfer.import_show": Door(RECORDS_IMPORT),
    "admin.transfer.import_progress": Door(RECORDS_IMPORT),
    "admin.transfer.import_apply": Door(RECORDS_IMPORT),
    "admin.transfer.import_template": Door(RECORDS_IMPORT),
    "admin.transfer.export": Door(RECORDS_IMPORT),
    "admin.stickers.show": Door(RECORDS_VIEW),
    "admin.stickers.label": Door(RECORDS_VIEW),
    "admin.stickers.png": Door(RECORDS_VIEW),
    "admin.stickers.svg": Door(RECORDS_VIEW),
    "admin.stickers.pdf": Door(RECORDS_VIEW),
    "admin.stickers.ask": Door(STICKERS_MANAGE),
    "admin.stickers.revoke": Door(STICKERS_MANAGE),
    "admin.stickers.replace": Door(STICKERS_MANAGE),
    "admin.qr_portal.edit": Door(SETTINGS_VIEW, fresh=True),  # it shows the passcode
    "admin.qr_portal.update": Door(SETTINGS_VIEW, fresh=True),
    "admin.gate_settings.index": Door(GATE_MANAGE),
    "admin.gate_settings.make_link": Door(GATE_MANAGE, fresh=True),
    "admin.gate_settings.revoke_link": Door(GATE_MANAGE),
    "admin.gate_settings.rename_device": Door(GATE_MANAGE),
    "admin.gate_settings.revoke_device": Door(GATE_MANAGE),
    "admin.gate_settings.rotate": Door(GATE_MANAGE, fresh=True),
    "admin.gate_settings.grant": Door(GATE_MANAGE, fresh=True),
    "admin.gate_settings.reopen_sticker": Door(GATE_MANAGE),
    "admin.gate_settings.put_away": Door(GATE_MANAGE),
    "admin.messages.index": Door(MESSAGES_ANSWER),
    "admin.messages.show": Door(MESSAGES_ANSWER),
    "admin.messages.photo": Door(MESSAGES_ANSWER),
    "admin.messages.answer": Door(MESSAGES_ANSWER),
    "admin.messages.assign": Door(MESSAGES_ANSWER),
    "admin.messages.close": Door(MESSAGES_ANSWER),
    "admin.messages.reopen": Door(MESSAGES_ANSWER),
    "admin.calendars.index": Door(RECORDS_VIEW),
    "admin.calendars.make": Door(RECORDS_VIEW),  # the company's asks for settings.company itself
    "admin.calendars.revoke": Door(RECORDS_VIEW),
    "admin.outgoing.mails": Door(MAIL_VIEW),
    "admin.outgoing.mail": Door(MAIL_VIEW, fresh=True),  # ways in that wait for a server stand in it
    "admin.outgoing.send_again": Door(MAIL_VIEW),
    "admin.outgoing.jobs": Door(MAIL_VIEW),
    "admin.outgoing.run_again": Door(MAIL_VIEW),
    "admin.scans.index": Door(SCANS_VIEW),
    "admin.scans.export": Door(SCANS_VIEW),
    "admin.visitors.edit": Door(SETTINGS_VISITORS),
    "admin.mobile_setup.index": Door(MOBILE_SETUP),
    "admin.mobile_setup.make_key": Door(MOBILE_SETUP),
    "admin.mobile_setup.print_page": Door(MOBILE_SETUP),
    "admin.mobile_setup.send": Door(MOBILE_SETUP),
    "admin.key_rotation.ask": Door(INSTALLATION_KEY_ROTATE, fresh=True),
    "admin.key_rotation.rotate": Door(INSTALLATION_KEY_ROTATE, fresh=True),
    "admin.key_rotation.plan": Door(INSTALLATION_KEY_ROTATE, fresh=True),
    "admin.key_rotation.save_plan": Door(INSTALLATION_KEY_ROTATE, fresh=True),
    "admin.key_rotation.cancel_plan": Door(INSTALLATION_KEY_ROTATE, fresh=True),
    "admin.mobile_app.index": Door(MOBILE_APP),  # colleagues' devices ask for devices.manage
    "admin.mobile_app.generate": Door(MOBILE_APP, fresh=True),
    "admin.mobile_app.undo": Door(MOBILE_APP),
    "admin.mobile_app.rename": Door(MOBILE_APP),
    "admin.mobile_app.ask_revoke": Door(MOBILE_APP),
    "admin.mobile_app.revoke": Door(MOBILE_APP),
    "admin.devices.index": Door(DEVICES_MANAGE),
    "admin.devices.bulk": Door(DEVICES_MANAGE),
    "admin.devices.keep_addresses": Door(DEVICES_MANAGE),
    "admin.devices.show": Door(DEVICES_MANAGE),
    "admin.devices.ask": Door(DEVICES_MANAGE),
    "admin.devices.rename": Door(DEVICES_MANAGE),
    "admin.devices.suspend": Door(DEVICES_MANAGE),
    "admin.devices.resume": Door(DEVICES_MANAGE),
    "admin.devices.approve": Door(DEVICES_MANAGE),
    "admin.devices.revoke": Door(DEVICES_MANAGE),
    "admin.labels.choose": Door(LABELS_PRINT),
    "admin.labels.pdf": Door(LABELS_PRINT),
    "admin.labels.run": Door(LABELS_PRINT),
    "admin.labels.run_progress": Door(LABELS_PRINT),
    "admin.labels.run_pdf": Door(LABELS_PRINT),
    "admin.expected_devices.add": Door(CODES_MANAGE, fresh=True),  # these show codes, or make them
    "admin.expected_devices.show_code": Door(CODES_MANAGE, fresh=True),
    "admin.expected_devices.send_code": Door(CODES_MANAGE, fresh=True),
    "admin.expected_devices.renew_code": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.index": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.chosen": Door(CODES_MANAGE),
    "admin.installation_codes.new": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.show": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.qr": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.edit": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.delete": Door(CODES_MANAGE, fresh=True),
    "admin.installation_codes.act_on_devices": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.index": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.chosen": Door(CODES_MANAGE),
    "admin.provisioning.new": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.show": Door(CODES_MANAGE),
    "admin.provisioning.edit": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.delete": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.act_on_devices": Door(CODES_MANAGE, fresh=True),
    "admin.provisioning.config": Door(CODES_MANAGE),
    "api.installation_codes.index": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.make": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.show": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.edit": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.remove": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.qr": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.redemptions": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.suspend_devices": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.installation_codes.revoke_devices": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.index": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.make": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.show": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.edit": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.remove": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.config": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.redemptions": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.suspend_devices": Door(CODES_MANAGE, csrf=False, fresh=True),
    "api.provisioning.revoke_devices": Door(CODES_MANAGE, csrf=False, fresh=True),
    # sign-in: anyone, with a token
    "sign_in.sessions.sign_in": Door(),
    "sign_in.sessions.second_step": Door(),
    "sign_in.sessions.sign_out": Door(),
    "sign_in.sessions.setup": Door(),
    "sign_in.sessions.accept_invitation": Door(),
    # programs and phones
    # tokens of phones: each door looks at what it is shown itself; a refresh cookie counts from our own pages alone
    "oauth.oauth.token": Door(open=True, csrf=False),
    "oauth.oauth.revoke": Door(open=True, csrf=False),
    "oauth.oauth.introspect": Door(open=True, csrf=False),  # it changes nothing
    "oauth.oauth.jwks": Door(open=True, csrf=False),
    "oauth.oauth.metadata": Door(open=True, csrf=False),
    "api.description.show": Door(open=True, csrf=False),
    "api.session.sign_in": Door(open=True, csrf=False),
    "api.session.show": Door(OWN_PROFILE, csrf=False),
    "api.session.sign_out": Door(OWN_PROFILE, csrf=False),
    "api.records.index": Door(RECORDS_VIEW, phone=True, csrf=False),
    "api.records.show": Door(RECORDS_VIEW, phone=True, csrf=False),
    "api.records.photo": Door(RECORDS_VIEW, phone=True, csrf=False),
    "api.scanning.scan": Door(RECORDS_VIEW, phone=True, csrf=False),
    "api.mobile_setup.make_pairing_qr": Door(MOBILE_SETUP, csrf=False),
    "api.mobile_setup.rotate": Door(INSTALLATION_KEY_ROTATE, fresh=True, csrf=False),
    "api.mobile_setup.show_progress": Door(INSTALLATION_KEY_ROTATE, csrf=False),
    "api.mobile_app.generate_qr": Door(MOBILE_APP, fresh=True, csrf=False),
    "api.mobile_app.grant": Door(MOBILE_APP, csrf=False),
    "api.devices.index": Door(DEVICES_MANAGE, phone=True, own=True, csrf=False),
    "api.devices.show": Door(DEVICES_MANAGE, phone=True, own=True, csrf=False),
    "api.devices.rename": Door(DEVICES_MANAGE, phone=True, own=True, csrf=False),
    "api.devices.revoke": Door(DEVICES_MANAGE, phone=True, own=True, csrf=False),
    "api.mobile_app.undo": Door(MOBILE_APP, csrf=False),
    "api.key_plans.send": Door(MOBILE_SETUP, csrf=False),
    "api.key_plans.show": Door(INSTALLATION_KEY_ROTATE, csrf=False),
    "api.key_plans.save": Door(INSTALLATION_KEY_ROTATE, fresh=True, csrf=False),
    "api.key_plans.cancel": Door(INSTALLATION_KEY_ROTATE, fresh=True, csrf=False),
    "api.device_acts.suspend": Door(DEVICES_MANAGE, phone=True, csrf=False),
    "api.device_acts.resume": Door(DEVICES_MANAGE, csrf=False),  # these two let devices in: no phone may
    "api.device_acts.approve": Door(DEVICES_MANAGE, csrf=False),
    "api.device_acts.show_settings": Door(DEVICES_MANAGE, csrf=False),
    "api.device_acts.save_settings": Door(DEVICES_MANAGE, csrf=False),
    "api.expected_devices.add": Door(CODES_MANAGE, fresh=True, csrf=False),
    "api.expected_devices.show_code": Door(CODES_MANAGE, fresh=True, csrf=False),
    "api.expected_devices.renew_code": Door(CODES_MANAGE, fresh=True, csrf=False),
    "api.expected_devices.send_code": Door(CODES_MANAGE, fresh=True, csrf=False),
    # phones: the secret in the body lets in, or a paired phone's token
    "api.joining.pair": Door(csrf=False, open=True),
    "api.joining.exchange_token": Door(csrf=False, open=True),
    "api.joining.inspect": Door(csrf=False, open=True),
    "api.joining.redeem": Door(csrf=False, open=True),
    "api.decode.read": Door(csrf=False, open=True, files=True),
    "api.phone.me": Door(csrf=False, paired=True),
    "api.phone.sign_in": Door(csrf=False, paired=True),
    "api.phone.sign_out": Door(csrf=False, paired=True),
    # operator
    "ops.health.healthz": Door(),
    "ops.health.readyz": Door(),
}
