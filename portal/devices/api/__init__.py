"""Doors of the room for programs: tokens of phones, and the company's devices."""
