"""Companies and the people in them.

An *account* is a company; accounts never see each other. A *user* is a person with one e-mail and one password; a
*membership* ties a user to an account with a *role* (admin or member) and delegated *permissions*. A sign-in is an
*auth session*, a row that can be listed and ended. An *invitation* is a link that makes a membership, once.
"""
