"""Known devices, crew links, second factor, mail, schedule, reminders, messages, record states and visibility."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Audit events are only ever added: the database itself refuses to change or delete one.
KEEP = {
    "postgresql": (
        """CREATE FUNCTION audit_event_kept() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'audit events are never changed or deleted'; END$$""",
        """CREATE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_kept()""",
    ),
    "sqlite": tuple(
        f"""CREATE TRIGGER audit_event_no_{act.lower()} BEFORE {act} ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit events are never changed or deleted'); END"""
        for act in ("UPDATE", "DELETE")
    ),
}
RELEASE = {
    "postgresql": ("DROP TRIGGER audit_event_kept ON audit_event", "DROP FUNCTION audit_event_kept()"),
    "sqlite": ("DROP TRIGGER audit_event_no_update", "DROP TRIGGER audit_event_no_delete"),
}


def keep_audit_events():
    for statement in KEEP[op.get_bind().dialect.name]:
        op.execute(statement)


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table('schedule',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_schedule')),
    sa.UniqueConstraint('name', name=op.f('uq_schedule_name'))
    )
    op.create_table('sign_in_counter',
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=80), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('since_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_counter')),
    sa.UniqueConstraint('scope', 'subject', name=op.f('uq_sign_in_counter_scope_subject'))
    )
    op.create_table('calendar_feed',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_calendar_feed_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_calendar_feed_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('public_id', name=op.f('uq_calendar_feed_public_id')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_calendar_feed_secret_hash'))
    )
    op.create_index(op.f('ix_calendar_feed_account_id'), 'calendar_feed', ['account_id'], unique=False)
    op.create_table('crew_link',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('most_uses', sa.Integer(), nullable=False),
    sa.Column('use_count', sa.Integer(), nullable=False),
    sa.Column('created_by_name', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_crew_link_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crew_link')),
    sa.UniqueConstraint('public_id', name=op.f('uq_crew_link_public_id')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_crew_link_secret_hash'))
    )
    op.create_index(op.f('ix_crew_link_account_id'), 'crew_link', ['account_id'], unique=False)
    op.create_table('mail',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=True),
    sa.Column('key', sa.String(length=120), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('sender_name', sa.String(length=200), nullable=False),
    sa.Column('reply_to', sa.String(length=320), nullable=False),
    sa.Column('subject', sa.String(length=250), nullable=False),
    sa.Column('text_body', sa.Text(), nullable=False),
    sa.Column('html_body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('try_count', sa.Integer(), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_mail_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('key', name=op.f('uq_mail_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_mail_public_id'))
    )
    op.create_index(op.f('ix_mail_account_id_id'), 'mail', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_mail_state_run_at'), 'mail', ['state', 'run_at'], unique=False)
    op.create_table('recovery_code',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_recovery_code_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    op.create_index(op.f('ix_recovery_code_user_id'), 'recovery_code', ['user_id'], unique=False)
    op.create_table('known_device',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('browser', sa.String(length=60), nullable=False),
    sa.Column('crew_link_id', ID, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_known_device_account_id')),
    sa.ForeignKeyConstraint(['crew_link_id'], ['crew_link.id'], name=op.f('fk_known_device_crew_link_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_device')),
    sa.UniqueConstraint('public_id', name=op.f('uq_known_device_public_id')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_known_device_secret_hash'))
    )
    op.create_index(op.f('ix_known_device_account_id_last_seen_at'), 'known_device', ['account_id', 'last_seen_at'], unique=False)
    op.create_table('message',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('record_id', ID, nullable=True),
    sa.Column('record_name', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sender_name', sa.String(length=100), nullable=False),
    sa.Column('sender_contact', sa.String(length=320), nullable=False),
    sa.Column('photo_key', sa.String(length=64), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('assigned_to_id', ID, nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_by_name', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_message_account_id')),
    sa.ForeignKeyConstraint(['assigned_to_id'], ['user_account.id'], name=op.f('fk_message_assigned_to_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_message_record_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('public_id', name=op.f('uq_message_public_id'))
    )
    op.create_index(op.f('ix_message_account_id_state_id'), 'message', ['account_id', 'state', 'id'], unique=False)
    op.create_index(op.f('ix_message_record_id'), 'message', ['record_id'], unique=False)
    op.create_table('reminder',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('expiration_id', ID, nullable=False),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_reminder_account_id')),
    sa.ForeignKeyConstraint(['expiration_id'], ['expiration.id'], name=op.f('fk_reminder_expiration_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder')),
    sa.UniqueConstraint('expiration_id', 'stage', name=op.f('uq_reminder_expiration_id_stage'))
    )
    op.create_index(op.f('ix_reminder_account_id_sent_on'), 'reminder', ['account_id', 'sent_on'], unique=False)
    op.add_column('account', sa.Column('requires_totp', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('account', sa.Column('duty_contact_id', ID, nullable=True))
    op.add_column('account', sa.Column('contact_policy', sa.String(length=10), nullable=False, server_default='direct'))
    op.add_column('account', sa.Column('scan_kept_days', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('account', sa.Column('scan_anonymised_days', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('account', sa.Column('scan_anonymised_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('account', sa.Column('unseen_months', sa.Integer(), nullable=False, server_default='12'))
    op.add_column('account', sa.Column('visible_fields', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('attempt', sa.Column('known_device_id', ID, nullable=True))
    op.add_column('auth_session', sa.Column('fresh_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('expiration', sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('expiration', sa.Column('snoozed_until_on', sa.Date(), nullable=True))
    op.add_column('passcode', sa.Column('granted_count', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('passcode', sa.Column('told_percent', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('passcode', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('passcode', sa.Column('alerted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('record', sa.Column('state', sa.String(length=12), nullable=False, server_default='in use'))
    op.add_column('record', sa.Column('state_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f('ix_record_account_id_archived_at_state'), 'record', ['account_id', 'archived_at', 'state'], unique=False)
    op.drop_index(op.f('ix_scan_account_id_at'), table_name='scan')
    op.create_index('ix_scan_account_id_at', 'scan', ['account_id', 'at', 'outcome', 'is_admitted', 'is_repeat', 'record_id'], unique=False)
    op.add_column('record', sa.Column('contact_policy', sa.String(length=10), nullable=False, server_default=''))
    op.add_column('user_account', sa.Column('sealed_totp', sa.String(length=400), nullable=False, server_default=''))
    op.add_column('user_account', sa.Column('totp_step', sa.BigInteger(), nullable=False, server_default='0'))
    keep_audit_events()
    


def downgrade():
    for statement in RELEASE[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_column('user_account', 'totp_step')
    op.drop_column('user_account', 'sealed_totp')
    op.drop_column('record', 'contact_policy')
    op.drop_index('ix_scan_account_id_at', table_name='scan')
    op.create_index(op.f('ix_scan_account_id_at'), 'scan', ['account_id', 'at'], unique=False)
    op.drop_index(op.f('ix_record_account_id_archived_at_state'), table_name='record')
    op.drop_column('record', 'state_at')
    op.drop_column('record', 'state')
    op.drop_column('passcode', 'alerted_at')
    op.drop_column('passcode', 'closed_at')
    op.drop_column('passcode', 'told_percent')
    op.drop_column('passcode', 'granted_count')
    op.drop_column('expiration', 'snoozed_until_on')
    op.drop_column('expiration', 'acknowledged_at')
    op.drop_column('auth_session', 'fresh_at')
    op.drop_column('attempt', 'known_device_id')
    op.drop_column('account', 'visible_fields')
    op.drop_column('account', 'unseen_months')
    op.drop_column('account', 'scan_anonymised_at')
    op.drop_column('account', 'scan_anonymised_days')
    op.drop_column('account', 'scan_kept_days')
    op.drop_column('account', 'contact_policy')
    op.drop_column('account', 'duty_contact_id')
    op.drop_column('account', 'requires_totp')
    op.drop_index(op.f('ix_reminder_account_id_sent_on'), table_name='reminder')
    op.drop_table('reminder')
    op.drop_index(op.f('ix_message_record_id'), table_name='message')
    op.drop_index(op.f('ix_message_account_id_state_id'), table_name='message')
    op.drop_table('message')
    op.drop_index(op.f('ix_known_device_account_id_last_seen_at'), table_name='known_device')
    op.drop_table('known_device')
    op.drop_index(op.f('ix_recovery_code_user_id'), table_name='recovery_code')
    op.drop_table('recovery_code')
    op.drop_index(op.f('ix_mail_state_run_at'), table_name='mail')
    op.drop_index(op.f('ix_mail_account_id_id'), table_name='mail')
    op.drop_table('mail')
    op.drop_index(op.f('ix_crew_link_account_id'), table_name='crew_link')
    op.drop_table('crew_link')
    op.drop_index(op.f('ix_calendar_feed_account_id'), table_name='calendar_feed')
    op.drop_table('calendar_feed')
    op.drop_table('sign_in_counter')
    op.drop_table('schedule')
    
