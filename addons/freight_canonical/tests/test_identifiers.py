from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import identifiers
from .properties import relaxed


class TestIdentifiers(BaseCase):
    def test_examples(self):
        for kind, good, bad in (
            ("container", ["CSQU3054383", "csqu 305438-3", "MSKU9070323"], ["CSQU3054384", "CSQ"]),
            ("gln", ["6291041500213"], ["6291041500214", "629104150021", "٦291041500213", ""]),
            ("sscc", ["106141412345678908", "(00)106141412345678908"], ["106141412345678907"]),
            ("scac", ["AB", "ABCD"], ["A", "ABCDE", "abcd", "AB1", None]),
            ("locode", ["USCHI", "DE2AB"], ["USCH", "US1HI", "uschi", "USCHIC", None]),
        ):
            for value in good:
                self.assertFalse(identifiers.is_doubtful(kind, value), (kind, value))
            for value in bad:
                self.assertTrue(identifiers.is_doubtful(kind, value), (kind, value))
        self.assertFalse(identifiers.is_doubtful("pro", "anything"))

    @relaxed
    @given(st.from_regex(r"\A[A-Z]{3}U[0-9]{6}\Z"), st.integers(1, 9))
    def test_one_wrong_digit_is_noticed(self, stem, wrong):
        right = identifiers.container_check_digit(stem)
        self.assertTrue(identifiers.is_container(f"{stem}{right}"))
        self.assertFalse(identifiers.is_container(f"{stem}{(right + wrong) % 10}"))

    @relaxed
    @given(st.from_regex(r"\A[0-9]{17}\Z"))
    def test_an_sscc_has_one_check_digit(self, stem):
        good = [digit for digit in range(10) if identifiers.is_sscc(f"{stem}{digit}")]
        self.assertEqual(good, [identifiers.gs1_check_digit(stem)])
