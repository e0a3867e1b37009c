"""Shared HTTP glue: who is signed in, guards, headers, error pages, cookies, the running portal's parts."""
