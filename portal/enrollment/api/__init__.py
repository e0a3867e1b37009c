"""Doors for programs and phones (edges)."""
