"""Work for later, written in the transaction of the data it follows.

A *job* is enqueued, run by a worker under a lease, retried when it fails, and dead after its last try. Handlers may run
twice (at least once), so they are written to be repeatable. Which handler runs which kind is said in the shell.
"""
