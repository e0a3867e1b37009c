"""Passwords: hashes, equal time for the unknown, and what is refused."""

import statistics
import time

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.lib import passwords
from portal.lib.passwords import check_password, hash_password, needs_rehash, verify_password

GOOD = "copper lantern walks uphill"


def test_a_hash_fits_its_password_only_and_carries_the_figures() -> None:
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hash_password(GOOD)
    assert verify_password(kept, GOOD)
    assert not verify_password(kept, GOOD + " ")
    assert not needs_rehash(kept)
    assert needs_rehash(PasswordHasher.from_parameters(CHEAPEST).hash(GOOD))


def test_a_composed_and_a_decomposed_spelling_are_one_password() -> None:
    assert verify_password(
        hash_password("z\u0307o\u0301\u0142w kroczy w\u00f3z"), "\u017c\u00f3\u0142w kroczy wo\u0301z"
    )


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$v=19$m=19456"])
def test_no_hash_and_broken_hashes_are_never_right(kept: str | None) -> None:
    assert not verify_password(kept, GOOD)
    assert not verify_password(kept, "")


def test_an_unknown_person_costs_the_same_work() -> None:
    assert not needs_rehash(passwords._DUMMY)
    kept = hash_password(GOOD)
    known, unknown = [], []
    for _ in range(7):
        for times, held in ((known, kept), (unknown, None)):
            start = time.thread_time()
            assert not verify_password(held, "not the right one")
            times.append(time.thread_time() - start)
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


@pytest.mark.parametrize(
    "password",
    [GOOD, "Tr4m-przystanek-9", "vK8#pQ2!mZ4w", "żaba śpi pod mostem", "x9" + "jc4m" * 4 + "long sentence " * 12],
)
def test_good_ones_pass(password: str) -> None:
    assert check_password(password, email="anna@example.com", words=["Acme Cranes Ltd.", ""]) is None


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", "Password1234!", "P@ssw0rd2024!!", "qwertyuiop123456", "aaaaaaaaaaaa", "123456789012",
     "abcdefghijkl", "letmein12345", "!!!!!!1qaz2wsx"],
)  # fmt: skip
def test_guessable_ones_are_refused(password: str) -> None:
    sentence = check_password(password, email="anna.nowak@example.com", words=["acme", "cranes"])
    assert sentence == "That password is among the first to be guessed. Choose three or four unrelated words instead."


@pytest.mark.parametrize(
    "password",
    [
        "anna.nowak.k@example.com",
        "Anna-Nowak-K.",
        "Nowak.anna.12",
        "Acme Cranes Limited",
        "acmecraneslimited!",
        "cranes-acme-2026",
    ],
)
def test_the_address_and_the_company_are_refused(password: str) -> None:
    sentence = check_password(password, email="anna.nowak.k@example.com", words=["Acme Cranes Limited"])
    assert sentence is not None
    assert "e-mail address or a name" in sentence


def test_length_is_counted_in_characters() -> None:
    assert "12 characters" in (check_password("vK8#pQ2!mZ4") or "")
    assert "at most 200" in (check_password("copper lantern " * 14) or "")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=210))
def test_any_text_is_judged(password: str) -> None:
    sentence = check_password(password, email="a@example.com", words=[password[:3]])
    assert sentence is None or sentence.endswith(".")
