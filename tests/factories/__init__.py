"""``make_<thing>()``: the smallest valid thing, overrides by keyword, committed. Call them with ``given``."""
