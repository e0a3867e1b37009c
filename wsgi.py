"""Builds the application for gunicorn; nothing else."""

from portal import create_app

app = create_app()
