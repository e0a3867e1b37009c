"""Contact policies: whether visitors see a person's address and number, or reach the person by a message only. Pure."""

DIRECT = "direct"
RELAY = "relay"

# Of a contact; '' leaves it to the company.
POLICIES = {
    "": "As the company",
    DIRECT: "Direct: Email Me and Call Me",
    RELAY: "Relay only: visitors send a message",
}
