"""Devices, their sessions and tokens; grants and their redemption; sign-in names; SMS beside mail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table('enrollment_counter',
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=80), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('since_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrollment_counter')),
    sa.UniqueConstraint('scope', 'subject', name=op.f('uq_enrollment_counter_scope_subject'))
    )
    op.create_table('device',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('device_class', sa.String(length=10), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('platform', sa.String(length=40), nullable=False),
    sa.Column('model', sa.String(length=80), nullable=False),
    sa.Column('app_version', sa.String(length=40), nullable=False),
    sa.Column('installation_uid', sa.String(length=64), nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('defaults', sa.JSON(), nullable=False),
    sa.Column('grant_id', ID, nullable=True),
    sa.Column('pairing_generation', sa.Integer(), nullable=True),
    sa.Column('pairing_next', sa.Integer(), nullable=True),
    sa.Column('pairing_ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_active_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_ip', sa.String(length=45), nullable=False),
    sa.Column('last_ip_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('networks', sa.JSON(), nullable=False),
    sa.Column('new_network_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_device_account_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_device_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device')),
    sa.UniqueConstraint('public_id', name=op.f('uq_device_public_id'))
    )
    op.create_index(op.f('ix_device_account_id_grant_id'), 'device', ['account_id', 'grant_id'], unique=False)
    op.create_index(op.f('ix_device_account_id_installation_uid'), 'device', ['account_id', 'installation_uid'], unique=False)
    op.create_index(op.f('ix_device_account_id_status_id'), 'device', ['account_id', 'status', 'id'], unique=False)
    op.create_index(op.f('ix_device_account_id_user_id'), 'device', ['account_id', 'user_id'], unique=False)
    op.create_table('key_rotation',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('every_days', sa.Integer(), nullable=True),
    sa.Column('overlap_hours', sa.Integer(), nullable=False),
    sa.Column('planned_by_name', sa.String(length=200), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_key_rotation_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_key_rotation')),
    sa.UniqueConstraint('account_id', name=op.f('uq_key_rotation_account_id'))
    )
    op.create_table('device_session',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('device_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('client_id', sa.String(length=40), nullable=False),
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('auth_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('idle_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('absolute_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=20), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_device_session_account_id')),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_device_session_device_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_device_session_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_session')),
    sa.UniqueConstraint('public_id', name=op.f('uq_device_session_public_id'))
    )
    op.create_index(op.f('ix_device_session_account_id_id'), 'device_session', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_device_session_device_id_ended_at'), 'device_session', ['device_id', 'ended_at'], unique=False)
    op.create_index(op.f('ix_device_session_user_id'), 'device_session', ['user_id'], unique=False)
    op.create_table('enrollment_grant',
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('action', sa.String(length=30), nullable=False),
    sa.Column('description', sa.String(length=200), nullable=False),
    sa.Column('lookup_hash', sa.String(length=64), nullable=True),
    sa.Column('typed_hash', sa.String(length=64), nullable=True),
    sa.Column('sealed_secret', sa.String(length=400), nullable=False),
    sa.Column('hint', sa.String(length=16), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('max_uses', sa.Integer(), nullable=True),
    sa.Column('use_count', sa.Integer(), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_device_id', ID, nullable=True),
    sa.Column('requires_approval', sa.Boolean(), nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('device_id', ID, nullable=True),
    sa.Column('username_prefix', sa.String(length=20), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('defaults', sa.JSON(), nullable=False),
    sa.Column('allowed_networks', sa.JSON(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by_id', ID, nullable=True),
    sa.Column('created_by_name', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_enrollment_grant_account_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_enrollment_grant_created_by_id')),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_enrollment_grant_device_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_enrollment_grant_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrollment_grant')),
    sa.UniqueConstraint('lookup_hash', name=op.f('uq_enrollment_grant_lookup_hash')),
    sa.UniqueConstraint('public_id', name=op.f('uq_enrollment_grant_public_id')),
    sa.UniqueConstraint('typed_hash', name=op.f('uq_enrollment_grant_typed_hash'))
    )
    op.create_index(op.f('ix_enrollment_grant_account_id_kind_id'), 'enrollment_grant', ['account_id', 'kind', 'id'], unique=False)
    op.create_index(op.f('ix_enrollment_grant_kind_expires_at'), 'enrollment_grant', ['kind', 'expires_at'], unique=False)
    op.create_table('grant_redemption',
    sa.Column('account_id', ID, nullable=False),
    sa.Column('grant_id', ID, nullable=True),
    sa.Column('device_id', ID, nullable=True),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('ip', sa.String(length=45), nullable=False),
    sa.Column('browser', sa.String(length=60), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_grant_redemption_account_id')),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_grant_redemption_device_id')),
    sa.ForeignKeyConstraint(['grant_id'], ['enrollment_grant.id'], name=op.f('fk_grant_redemption_grant_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_grant_redemption_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grant_redemption'))
    )
    op.create_index(op.f('ix_grant_redemption_account_id_id'), 'grant_redemption', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_grant_redemption_at'), 'grant_redemption', ['at'], unique=False)
    op.create_index(op.f('ix_grant_redemption_grant_id_id'), 'grant_redemption', ['grant_id', 'id'], unique=False)
    op.create_table('phone_cookie',
    sa.Column('session_id', ID, nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['device_session.id'], name=op.f('fk_phone_cookie_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_cookie')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_phone_cookie_secret_hash'))
    )
    op.create_index(op.f('ix_phone_cookie_session_id'), 'phone_cookie', ['session_id'], unique=False)
    op.create_table('refresh_token',
    sa.Column('session_id', ID, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rotated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sealed_successor', sa.String(length=400), nullable=False),
    sa.Column('successor_first_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['device_session.id'], name=op.f('fk_refresh_token_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refresh_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_refresh_token_token_hash'))
    )
    op.create_index(op.f('ix_refresh_token_rotated_at'), 'refresh_token', ['rotated_at'], unique=False)
    op.create_index(op.f('ix_refresh_token_session_id'), 'refresh_token', ['session_id'], unique=False)
    op.add_column('account', sa.Column('device_address_days', sa.Integer(), nullable=False, server_default='30'))
    op.add_column('mail', sa.Column('channel', sa.String(length=10), nullable=False, server_default='mail'))
    op.add_column('mail', sa.Column('sealed_secret', sa.Text(), nullable=False, server_default=''))
    op.add_column('mail', sa.Column('symbol_name', sa.String(length=60), nullable=False, server_default=''))
    op.add_column('membership', sa.Column('sign_in_name', sa.String(length=40), nullable=True))
    op.create_index(op.f('ix_membership_account_id_sign_in_name'), 'membership', ['account_id', 'sign_in_name'], unique=True)


def downgrade():
    # An older portal would mail text messages to telephone numbers, and mails with a hole where their code belongs.
    op.execute("DELETE FROM mail WHERE channel <> 'mail' OR sealed_secret <> ''")
    op.drop_index(op.f('ix_membership_account_id_sign_in_name'), table_name='membership')
    op.drop_column('membership', 'sign_in_name')
    op.drop_column('mail', 'symbol_name')
    op.drop_column('mail', 'sealed_secret')
    op.drop_column('mail', 'channel')
    op.drop_column('account', 'device_address_days')
    op.drop_index(op.f('ix_refresh_token_session_id'), table_name='refresh_token')
    op.drop_index(op.f('ix_refresh_token_rotated_at'), table_name='refresh_token')
    op.drop_table('refresh_token')
    op.drop_index(op.f('ix_phone_cookie_session_id'), table_name='phone_cookie')
    op.drop_table('phone_cookie')
    op.drop_index(op.f('ix_grant_redemption_grant_id_id'), table_name='grant_redemption')
    op.drop_index(op.f('ix_grant_redemption_at'), table_name='grant_redemption')
    op.drop_index(op.f('ix_grant_redemption_account_id_id'), table_name='grant_redemption')
    op.drop_table('grant_redemption')
    op.drop_index(op.f('ix_enrollment_grant_kind_expires_at'), table_name='enrollment_grant')
    op.drop_index(op.f('ix_enrollment_grant_account_id_kind_id'), table_name='enrollment_grant')
    op.drop_table('enrollment_grant')
    op.drop_index(op.f('ix_device_session_user_id'), table_name='device_session')
    op.drop_index(op.f('ix_device_session_device_id_ended_at'), table_name='device_session')
    op.drop_index(op.f('ix_device_session_account_id_id'), table_name='device_session')
    op.drop_table('device_session')
    op.drop_table('key_rotation')
    op.drop_index(op.f('ix_device_account_id_user_id'), table_name='device')
    op.drop_index(op.f('ix_device_account_id_status_id'), table_name='device')
    op.drop_index(op.f('ix_device_account_id_installation_uid'), table_name='device')
    op.drop_index(op.f('ix_device_account_id_grant_id'), table_name='device')
    op.drop_table('device')
    op.drop_table('enrollment_counter')
