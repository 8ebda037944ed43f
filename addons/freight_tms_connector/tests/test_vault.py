import base64
import tracemalloc
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import vault
from ..vault import MissingKey, Tampered, TooLarge, Vault, VaultError, WrongKey, parse_keys
from .properties import relaxed

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}
CONTEXT = ("freight.payload", "5f3e", "body")


class TestVault(BaseCase):
    def setUp(self):
        super().setUp()
        self.vault = Vault(KEYS, "k1", "vault-1")

    @relaxed
    @given(st.binary(max_size=5000), st.lists(st.text("abc.é", max_size=20), max_size=4))
    def test_round_trip(self, plaintext, context):
        vault, place = Vault(KEYS, "k1", "vault-1"), tuple(context)
        self.assertEqual(vault.open(vault.seal(plaintext, place), place), plaintext)

    def test_a_sealed_value_hides_and_varies(self):
        plaintext = b"B3**INV-7*SHP/2023/00012*PP**20231114*12417" * 50
        first, second = (self.vault.seal(plaintext, CONTEXT) for _time in range(2))
        self.assertNotEqual(first, second)
        self.assertNotIn(b"INV-7", first)
        self.assertLess(len(first), len(plaintext) / 5)

    def test_a_swapped_value_does_not_open(self):
        sealed = self.vault.seal(b"secret", CONTEXT)
        for other in (
            ("freight.payload", "5f3e", "header"),
            ("freight.payload", "77aa", "body"),
            ("freight.credential", "5f3e", "body"),
            ("freight.payload", "5f3ebody"),
            ("freight.payload5f3e", "body"),
            (),
        ):
            with self.subTest(other), self.assertRaises(Tampered):
                self.vault.open(sealed, other)
        with self.assertRaises(Tampered):
            Vault(KEYS, "k1", "vault-2").open(sealed, CONTEXT)

    def test_every_changed_or_cut_byte_is_noticed(self):
        sealed = self.vault.seal(b"secret", CONTEXT)
        for index in range(len(sealed)):
            changed = bytearray(sealed)
            changed[index] ^= 1
            with self.subTest(index), self.assertRaises(VaultError):
                self.vault.open(bytes(changed), CONTEXT)
            with self.subTest(cut=index), self.assertRaises(Tampered if index < 4 else VaultError):
                self.vault.open(sealed[:index], CONTEXT)

    @relaxed
    @given(st.binary(max_size=80))
    def test_any_bytes_raise_only_vault_errors(self, sealed):
        with self.assertRaises(VaultError):
            Vault(KEYS, "k1", "vault-1").open(sealed, CONTEXT)

    def test_rotation_seals_with_the_current_key_and_opens_with_all(self):
        old = self.vault.seal(b"secret", CONTEXT)
        rotated = Vault(KEYS, "k2", "vault-1")
        new = rotated.seal(b"secret", CONTEXT)
        self.assertEqual((Vault.key_id(old), Vault.key_id(new)), ("k1", "k2"))
        self.assertEqual(rotated.open(old, CONTEXT), b"secret")

    def test_missing_and_wrong_keys_are_told_apart(self):
        sealed = self.vault.seal(b"secret", CONTEXT)
        with self.assertRaisesRegex(MissingKey, "'k1' is not configured"):
            Vault({"k2": b"2" * 32}, "k2", "vault-1").open(sealed, CONTEXT)
        with self.assertRaisesRegex(WrongKey, "'k1' is not the one"):
            Vault({"k1": b"2" * 32}, "k1", "vault-1").open(sealed, CONTEXT)

    def test_a_memoryview_opens(self):
        sealed = memoryview(self.vault.seal(b"secret", CONTEXT))
        self.assertEqual(self.vault.open(sealed, CONTEXT), b"secret")

    def test_inflation_is_bounded(self):
        small = Vault(KEYS, "k1", "vault-1", limit=1000)
        self.assertEqual(small.open(small.seal(b"x" * 1000, CONTEXT), CONTEXT), b"x" * 1000)
        with self.assertRaises(TooLarge):
            small.seal(b"x" * 1001, CONTEXT)
        bomb = self.vault.seal(b"x" * 30_000_000, CONTEXT)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        with self.assertRaises(TooLarge):
            small.open(bomb, CONTEXT)
        _size, peak = tracemalloc.get_traced_memory()
        self.assertLess(peak, 1_000_000)

    def test_authentic_bytes_that_are_not_compressed(self):
        with mock.patch.object(vault.zlib, "compress", bytes):
            sealed = self.vault.seal(b"not zlib", CONTEXT)
        with self.assertRaises(Tampered):
            self.vault.open(sealed, CONTEXT)

    def test_keys_are_parsed(self):
        first, second = (base64.b64encode(key).decode() for key in KEYS.values())
        keys, current = parse_keys(f" k1:{first}, k2:{second},")
        self.assertEqual((keys, current), (KEYS, "k1"))

    def test_bad_keys_are_refused_with_a_sentence(self):
        good = base64.b64encode(b"1" * 32).decode()
        for text, error in (
            ("", MissingKey),
            (None, MissingKey),
            (" , ", MissingKey),
            ("k1:%%%", WrongKey),
            ("k1:\u00e9", WrongKey),
            (f"k1:{good},k1:{good}", WrongKey),
        ):
            with self.subTest(text), self.assertRaisesRegex(error, r"\.$"):
                parse_keys(text)
        for keys, current, error in (
            ({}, "k1", MissingKey),
            (KEYS, "k3", MissingKey),
            ({"k1": b"short"}, "k1", WrongKey),
            ({"": b"1" * 32}, "", WrongKey),
            ({"é": b"1" * 32}, "é", WrongKey),
            ({"k" * 33: b"1" * 32}, "k" * 33, WrongKey),
        ):
            with self.subTest(keys=keys), self.assertRaises(error):
                Vault(keys, current, "vault-1")
