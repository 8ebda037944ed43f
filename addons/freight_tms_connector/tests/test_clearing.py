"""Old rows of attempts and repeats go; what a message needs of them stays."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.freight_clearing import CLEARED, DAYS
from .test_retention import RetentionCase


@tagged("post_install", "-at_install")
class TestClearing(RetentionCase):
    def attempts(self, message, *ages):
        now = fields.Datetime.now()
        return self.env["freight.message.attempt"].create(
            [{"message_id": message.id, "started": now - timedelta(days=age)} for age in ages]
        )

    def clear(self):
        self.env["freight.clearing"]._cron()
        self.env.invalidate_all()

    def test_old_attempts_go_but_the_last_of_each_message(self):
        sent, dead = self.sent(days=200), self.sent(days=200, state="dead")
        attempts = self.attempts(sent, 200, 120, 100)
        young = self.attempts(self.sent(), 100, 80)
        waiting = self.attempts(dead, 200, 199)
        self.clear()
        self.assertEqual(attempts.exists(), attempts[-1])
        self.assertEqual(young.exists(), young[-1])
        self.assertEqual(waiting.exists(), waiting)

    def test_the_last_repeat_stays(self):
        message, now = self.received(), fields.Datetime.now()
        repeats = self.env["freight.message.duplicate"].create(
            [
                {"message_id": message.id, "received": now - timedelta(days=age)}
                for age in (300, 200, 100)
            ]
        )
        self.clear()
        self.assertEqual(repeats.exists(), repeats[-1])

    def test_a_day_is_looked_at_once_and_the_days_are_told(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(DAYS, "30")
        attempts = self.attempts(self.sent(), 100, 50, 1)
        self.assertFalse(self.env["freight.clearing"]._clear(deadline=0.001))
        self.clear()
        self.assertEqual(len(attempts.exists()), 1)
        cleared = fields.Date.to_date(parameters.get_param(CLEARED))
        self.assertEqual(cleared, fields.Date.today() - timedelta(days=30))
        for nonsense in ("", "-3", "many", "0"):
            parameters.set_param(DAYS, nonsense)
            self.assertEqual(self.env["freight.clearing"]._days(), 90)
