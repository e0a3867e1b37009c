"""What the doors of programs and phones share: blueprints that describe themselves, the guard, problem documents.

Rooms keep their doors in ``<room>/api.py`` or ``<room>/api/<name>.py``, each an ``ApiBlueprint``; ``routes`` hangs
them in under /api/v1.
"""
