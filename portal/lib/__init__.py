"""Pure tools without product words: no Flask, no SQLAlchemy, no room is imported here."""
