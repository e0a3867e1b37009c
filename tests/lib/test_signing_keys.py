"""Signing keys that are derived from the ring: the same on every node, in range, and none of the ring's own keys."""

import pytest

from portal.lib.sealing import P256_ORDER, P256_SEED_BYTES, KeyRing, make_key_ring, p256_scalar


def scalar(key) -> int:
    return key.private_numbers().private_value


def test_every_node_derives_the_same_keys_newest_first():
    ring = KeyRing((("b", b"\2" * 32), ("a", b"\1" * 32)))
    again = KeyRing((("b", b"\2" * 32), ("a", b"\1" * 32)))
    assert [scalar(key) for key in ring.signing_keys()] == [scalar(key) for key in again.signing_keys()]
    assert len({scalar(key) for key in ring.signing_keys()}) == 2
    assert scalar(KeyRing((("x", b"\1" * 32),)).signing_keys()[0]) == scalar(ring.signing_keys()[1])


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, 1),
        (P256_ORDER - 2, P256_ORDER - 1),
        (P256_ORDER - 1, 1),
        (2**320 - 1, (2**320 - 1) % (P256_ORDER - 1) + 1),
    ],
)
def test_a_scalar_is_never_zero_and_never_the_order(seed, expected):
    assert p256_scalar(seed.to_bytes(P256_SEED_BYTES)) == expected


def test_signatures_are_those_of_each_key_newest_first():
    one, other = make_key_ring(), make_key_ring()
    both = KeyRing(one.keys + other.keys)
    assert both.signatures("typed-code", "BCDF") == (one.sign("typed-code", "BCDF"), other.sign("typed-code", "BCDF"))
    assert both.sign("typed-code", "BCDF") == both.signatures("typed-code", "BCDF")[0]
