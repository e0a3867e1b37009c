"""Work that outlives a request: a transactional outbox with leases.

A *job* is a row written with the data it follows, so it exists exactly when they do. A worker takes one at a time under
a *lease*; every step renews it. A job whose worker died is taken again when the lease is over: it runs at least once,
and what it writes commits together with its end, so it is applied once. A fault is tried again with growing pauses;
after five tries the job is *dead* and says why. Which handler runs which kind is said in the shell.
"""
