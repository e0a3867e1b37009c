"""First tables: accounts, records, stickers, gate, visits, labels, jobs, audit, and the search index."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table('account',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('contact_name', sa.String(length=200), nullable=False),
    sa.Column('contact_email', sa.String(length=320), nullable=False),
    sa.Column('contact_phone', sa.String(length=20), nullable=False),
    sa.Column('accent', sa.String(length=7), nullable=False),
    sa.Column('logo_key', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('public_id', name=op.f('uq_account_public_id'))
    )
    op.create_table('attempt_counter',
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=80), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('since_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt_counter')),
    sa.UniqueConstraint('scope', 'subject', name=op.f('uq_attempt_counter_scope_subject'))
    )
    op.create_table('audit_event',
    sa.Column('account_id', ID, nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', ID, nullable=True),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('target_kind', sa.String(length=40), nullable=False),
    sa.Column('target_public_id', sa.String(length=16), nullable=False),
    sa.Column('target_name', sa.String(length=200), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event'))
    )
    op.create_index(op.f('ix_audit_event_account_id_id'), 'audit_event', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_audit_event_account_id_target_public_id'), 'audit_event', ['account_id', 'target_public_id'], unique=False)
    op.create_table('setup_token',
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setup_token'))
    )
    op.create_table('tick',
    sa.Column('highest_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tick'))
    )
    op.create_table('user_account',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('email', name=op.f('uq_user_account_email')),
    sa.UniqueConstraint('public_id', name=op.f('uq_user_account_public_id'))
    )
    op.create_table('auth_session',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('account_id', ID, nullable=True),
    sa.Column('browser', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_auth_session_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_auth_session_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_auth_session')),
    sa.UniqueConstraint('public_id', name=op.f('uq_auth_session_public_id')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_auth_session_secret_hash'))
    )
    op.create_index(op.f('ix_auth_session_user_id'), 'auth_session', ['user_id'], unique=False)
    op.create_table('invitation',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=False),
    sa.Column('invited_by_id', ID, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_invitation_account_id')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['user_account.id'], name=op.f('fk_invitation_invited_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('public_id', name=op.f('uq_invitation_public_id')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_invitation_secret_hash'))
    )
    op.create_index(op.f('ix_invitation_account_id'), 'invitation', ['account_id'], unique=False)
    op.create_table('job',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=True),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('try_count', sa.Integer(), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_job_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_job_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('public_id', name=op.f('uq_job_public_id'))
    )
    op.create_index(op.f('ix_job_account_id_kind_id'), 'job', ['account_id', 'kind', 'id'], unique=False)
    op.create_index(op.f('ix_job_state_run_at'), 'job', ['state', 'run_at'], unique=False)
    op.create_table('membership',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('role', sa.String(length=10), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_membership_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('account_id', 'user_id', name=op.f('uq_membership_account_id_user_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_membership_public_id'))
    )
    op.create_index(op.f('ix_membership_user_id'), 'membership', ['user_id'], unique=False)
    op.create_table('passcode',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('sealed_text', sa.String(length=400), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('pass_generation', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_passcode_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passcode')),
    sa.UniqueConstraint('account_id', name=op.f('uq_passcode_account_id'))
    )
    op.create_table('passphrase',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('sealed_text', sa.String(length=400), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('honoured_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_passphrase_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passphrase'))
    )
    op.create_index(op.f('ix_passphrase_account_id'), 'passphrase', ['account_id'], unique=False)
    op.create_index('uq_passphrase_current', 'passphrase', ['account_id'], unique=True, sqlite_where=sa.text('retired_at IS NULL'), postgresql_where=sa.text('retired_at IS NULL'))
    op.create_table('print_run',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('stock', sa.String(length=20), nullable=False),
    sa.Column('first_slot', sa.Integer(), nullable=False),
    sa.Column('copies', sa.Integer(), nullable=False),
    sa.Column('label_count', sa.Integer(), nullable=False),
    sa.Column('sheet_count', sa.Integer(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_print_run_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_print_run_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_print_run')),
    sa.UniqueConstraint('public_id', name=op.f('uq_print_run_public_id'))
    )
    op.create_index(op.f('ix_print_run_account_id_id'), 'print_run', ['account_id', 'id'], unique=False)
    op.create_table('record',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('tag', sa.String(length=60), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('photo_key', sa.String(length=64), nullable=False),
    sa.Column('owner_id', ID, nullable=True),
    sa.Column('location_id', ID, nullable=True),
    sa.Column('visitor_notes', sa.Text(), nullable=False),
    sa.Column('private_notes', sa.Text(), nullable=False),
    sa.Column('make', sa.String(length=100), nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('plate', sa.String(length=30), nullable=False),
    sa.Column('vin', sa.String(length=30), nullable=False),
    sa.Column('odometer', sa.Integer(), nullable=True),
    sa.Column('manufacturer', sa.String(length=100), nullable=False),
    sa.Column('serial_number', sa.String(length=100), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('opening_hours', sa.Text(), nullable=False),
    sa.Column('job_title', sa.String(length=100), nullable=False),
    sa.Column('company', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('mobile', sa.String(length=20), nullable=False),
    sa.Column('supervisor_id', ID, nullable=True),
    sa.Column('name_key', sa.String(length=400).with_variant(sa.String(length=400, collation='C'), 'postgresql'), nullable=False),
    sa.Column('tag_key', sa.String(length=400).with_variant(sa.String(length=400, collation='C'), 'postgresql'), nullable=True),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('next_expires_on', sa.Date(), nullable=True),
    sa.Column('next_warns_on', sa.Date(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_name', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint("kind IN ('vehicle', 'equipment', 'location', 'contact')", name=op.f('ck_record_kind')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_record_account_id')),
    sa.ForeignKeyConstraint(['location_id'], ['record.id'], name=op.f('fk_record_location_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['record.id'], name=op.f('fk_record_owner_id')),
    sa.ForeignKeyConstraint(['supervisor_id'], ['record.id'], name=op.f('fk_record_supervisor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record')),
    sa.UniqueConstraint('account_id', 'tag_key', name=op.f('uq_record_account_id_tag_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_record_public_id'))
    )
    op.create_index(op.f('ix_record_account_id_archived_at_kind_name_key_id'), 'record', ['account_id', 'archived_at', 'kind', 'name_key', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_kind_tag_key_id'), 'record', ['account_id', 'archived_at', 'kind', 'tag_key', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_kind_updated_at_id'), 'record', ['account_id', 'archived_at', 'kind', 'updated_at', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_name_key_id'), 'record', ['account_id', 'archived_at', 'name_key', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_next_expires_on_id'), 'record', ['account_id', 'archived_at', 'next_expires_on', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_kind_next_expires_on_id'), 'record', ['account_id', 'archived_at', 'kind', 'next_expires_on', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_next_warns_on_next_expires_on'), 'record', ['account_id', 'archived_at', 'next_warns_on', 'next_expires_on'], unique=False)
    op.create_index(op.f('ix_record_account_id_archived_at_updated_at_id'), 'record', ['account_id', 'archived_at', 'updated_at', 'id'], unique=False)
    op.create_index(op.f('ix_record_account_id_location_id'), 'record', ['account_id', 'location_id'], unique=False)
    op.create_index(op.f('ix_record_account_id_owner_id'), 'record', ['account_id', 'owner_id'], unique=False)
    op.create_index(op.f('ix_record_account_id_supervisor_id'), 'record', ['account_id', 'supervisor_id'], unique=False)
    op.create_index(op.f('ix_record_location_id'), 'record', ['location_id'], unique=False)
    op.create_index(op.f('ix_record_owner_id'), 'record', ['owner_id'], unique=False)
    op.create_index(op.f('ix_record_supervisor_id'), 'record', ['supervisor_id'], unique=False)
    op.create_table('expiration',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('record_id', ID, nullable=False),
    sa.Column('what', sa.String(length=100), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('warn_days', sa.Integer(), nullable=False),
    sa.Column('renewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_expiration_account_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_expiration_record_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_expiration')),
    sa.UniqueConstraint('public_id', name=op.f('uq_expiration_public_id'))
    )
    op.create_index(op.f('ix_expiration_account_id_expires_on'), 'expiration', ['account_id', 'expires_on'], unique=False)
    op.create_index(op.f('ix_expiration_record_id'), 'expiration', ['record_id'], unique=False)
    op.create_table('sticker',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('record_id', ID, nullable=True),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('printed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_scanned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_sticker_account_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_sticker_record_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sticker')),
    sa.UniqueConstraint('code', name=op.f('uq_sticker_code')),
    sa.UniqueConstraint('public_id', name=op.f('uq_sticker_public_id'))
    )
    op.create_index(op.f('ix_sticker_account_id_last_scanned_at'), 'sticker', ['account_id', 'last_scanned_at'], unique=False)
    op.create_index(op.f('ix_sticker_account_id_record_id'), 'sticker', ['account_id', 'record_id'], unique=False)
    op.create_index('uq_sticker_current', 'sticker', ['record_id'], unique=True, sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))
    op.create_table('attempt',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('sticker_id', ID, nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('client', sa.String(length=80), nullable=False),
    sa.Column('browser_hash', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('refunded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_attempt_account_id')),
    sa.ForeignKeyConstraint(['sticker_id'], ['sticker.id'], name=op.f('fk_attempt_sticker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt'))
    )
    op.create_index(op.f('ix_attempt_account_id_id'), 'attempt', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_attempt_browser_hash_at'), 'attempt', ['browser_hash', 'at'], unique=False)
    op.create_table('scan',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('sticker_id', ID, nullable=False),
    sa.Column('record_id', ID, nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('is_admitted', sa.Boolean(), nullable=False),
    sa.Column('is_repeat', sa.Boolean(), nullable=False),
    sa.Column('browser', sa.String(length=60), nullable=False),
    sa.Column('browser_hash', sa.String(length=64), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_scan_account_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_scan_record_id')),
    sa.ForeignKeyConstraint(['sticker_id'], ['sticker.id'], name=op.f('fk_scan_sticker_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scan'))
    )
    op.create_index(op.f('ix_scan_account_id_at'), 'scan', ['account_id', 'at'], unique=False)
    op.create_index(op.f('ix_scan_account_id_record_id_at'), 'scan', ['account_id', 'record_id', 'at'], unique=False)
    op.create_index(op.f('ix_scan_record_id'), 'scan', ['record_id'], unique=False)
    op.create_index(op.f('ix_scan_sticker_id_at'), 'scan', ['sticker_id', 'at'], unique=False)
    
    upgrade_search()


def upgrade_search():
    """Substring search over record.search_text: FTS5 with trigrams, kept by triggers, or pg_trgm."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute("CREATE INDEX ix_record_search_text_trgm ON record USING gin (search_text gin_trgm_ops)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE record_search USING fts5(search_text, content='record', content_rowid='id', tokenize='trigram')"
    )
    op.execute(
        "CREATE TRIGGER record_search_insert AFTER INSERT ON record BEGIN "
        "INSERT INTO record_search(rowid, search_text) VALUES (new.id, new.search_text); END"
    )
    op.execute(
        "CREATE TRIGGER record_search_delete AFTER DELETE ON record BEGIN "
        "INSERT INTO record_search(record_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); END"
    )
    op.execute(
        "CREATE TRIGGER record_search_update AFTER UPDATE OF search_text ON record WHEN old.search_text <> new.search_text BEGIN "
        "INSERT INTO record_search(record_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); "
        "INSERT INTO record_search(rowid, search_text) VALUES (new.id, new.search_text); END"
    )


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_record_search_text_trgm")
    else:
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER record_search_{name}")
        op.execute("DROP TABLE record_search")
    op.drop_index(op.f('ix_scan_sticker_id_at'), table_name='scan')
    op.drop_index(op.f('ix_scan_record_id'), table_name='scan')
    op.drop_index(op.f('ix_scan_account_id_record_id_at'), table_name='scan')
    op.drop_index(op.f('ix_scan_account_id_at'), table_name='scan')
    op.drop_table('scan')
    op.drop_index(op.f('ix_attempt_browser_hash_at'), table_name='attempt')
    op.drop_index(op.f('ix_attempt_account_id_id'), table_name='attempt')
    op.drop_table('attempt')
    op.drop_index('uq_sticker_current', table_name='sticker', sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))
    op.drop_index(op.f('ix_sticker_account_id_record_id'), table_name='sticker')
    op.drop_index(op.f('ix_sticker_account_id_last_scanned_at'), table_name='sticker')
    op.drop_table('sticker')
    op.drop_index(op.f('ix_expiration_record_id'), table_name='expiration')
    op.drop_index(op.f('ix_expiration_account_id_expires_on'), table_name='expiration')
    op.drop_table('expiration')
    op.drop_index(op.f('ix_record_supervisor_id'), table_name='record')
    op.drop_index(op.f('ix_record_owner_id'), table_name='record')
    op.drop_index(op.f('ix_record_location_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_supervisor_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_owner_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_location_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_updated_at_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_next_expires_on_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_kind_next_expires_on_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_next_warns_on_next_expires_on'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_name_key_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_kind_updated_at_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_kind_tag_key_id'), table_name='record')
    op.drop_index(op.f('ix_record_account_id_archived_at_kind_name_key_id'), table_name='record')
    op.drop_table('record')
    op.drop_index(op.f('ix_print_run_account_id_id'), table_name='print_run')
    op.drop_table('print_run')
    op.drop_index('uq_passphrase_current', table_name='passphrase', sqlite_where=sa.text('retired_at IS NULL'), postgresql_where=sa.text('retired_at IS NULL'))
    op.drop_index(op.f('ix_passphrase_account_id'), table_name='passphrase')
    op.drop_table('passphrase')
    op.drop_table('passcode')
    op.drop_index(op.f('ix_membership_user_id'), table_name='membership')
    op.drop_table('membership')
    op.drop_index(op.f('ix_job_state_run_at'), table_name='job')
    op.drop_index(op.f('ix_job_account_id_kind_id'), table_name='job')
    op.drop_table('job')
    op.drop_index(op.f('ix_invitation_account_id'), table_name='invitation')
    op.drop_table('invitation')
    op.drop_index(op.f('ix_auth_session_user_id'), table_name='auth_session')
    op.drop_table('auth_session')
    op.drop_table('user_account')
    op.drop_table('tick')
    op.drop_table('setup_token')
    op.drop_index(op.f('ix_audit_event_account_id_target_public_id'), table_name='audit_event')
    op.drop_index(op.f('ix_audit_event_account_id_id'), table_name='audit_event')
    op.drop_table('audit_event')
    op.drop_table('attempt_counter')
    op.drop_table('account')
    
