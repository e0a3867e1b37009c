"""The states that a record can be in, and what each tells people. Pure."""

from portal.lib.words import marked

IN_USE = "in use"
OUT_OF_ORDER = "out of order"
LOST = marked("lost")
STOLEN = marked("stolen")
RETIRED = "retired"

STATES = (IN_USE, OUT_OF_ORDER, LOST, STOLEN, RETIRED)
MISSING = (LOST, STOLEN)  # whoever looks after it is told of every scan

MEANINGS = {
    IN_USE: "Nothing special: visitors see the record as it is.",
    OUT_OF_ORDER: "Visitors see a big warning not to use it.",
    LOST: "Visitors are thanked for finding it and asked to tell its owner, who gets a mail at each scan.",
    STOLEN: "Visitors are thanked and asked to say where it is, and its owner gets a mail at each scan.",
    RETIRED: "Visitors are told that it is no longer used; they can still reach its owner.",
}
