"""Tables that grow with every message and say little after a while are cleared of old rows.

Events, messages, documents of messages, interchanges and erasures are never touched here.
"""

import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.freight_canonical import db

from .freight_retention import _patience

#: System parameter: days that rows are kept; and what is kept where it says nothing.
DAYS, DEFAULT_DAYS = "freight.log_days", 90

#: System parameter: what came before that day is cleared already.
CLEARED = "freight.log_cleared"

#: (table, moment, condition): rows ``t`` that go once they are old. The newest of a message stays,
#: so that it still says how it was delivered and that it came again.
CLEARED_TABLES = (
    (
        "freight_message_attempt",
        "started",
        """EXISTS (SELECT FROM freight_message_attempt later
                    WHERE later.message_id = t.message_id AND later.id > t.id)
           AND EXISTS (SELECT FROM freight_message_out m
                        WHERE m.id = t.message_id AND m.state IN ('delivered', 'cancelled'))""",
    ),
    (
        "freight_message_duplicate",
        "received",
        """EXISTS (SELECT FROM freight_message_duplicate later
                    WHERE later.message_id = t.message_id AND later.id > t.id)""",
    ),
)

_INDEXES = ";".join(
    f"CREATE INDEX IF NOT EXISTS {table}_{moment}_brin ON {table} USING brin ({moment})"
    for table, moment, _condition in CLEARED_TABLES
)


class FreightClearing(models.AbstractModel):
    """Clears old rows day by day; each day is a transaction, and is looked at once."""

    _name = "freight.clearing"
    _description = "Clearing of Old Rows"

    def init(self):
        """Make the indexes that find a day: small, since rows lie in the order they came."""
        self.env.cr.execute(_INDEXES)

    @api.model
    def _days(self):
        """Return for how many days rows are kept; a parameter that is no number is none."""
        days = self.env["ir.config_parameter"].sudo().get_param(DAYS, "")
        return int(days) if days.isdecimal() and int(days) else DEFAULT_DAYS

    @api.model
    def _cron(self):
        """Clear what became old since last time; come again where time was short."""
        if not self._clear(time.monotonic() + _patience()):
            self.env.ref("freight_tms_connector.cron_clearing")._trigger()

    @api.model
    def _clear(self, deadline=None):
        """Clear day by day.

        :param deadline: as ``time.monotonic()`` counts; None: until the end
        :return: whether it came to the end
        """
        last = fields.Date.today() - timedelta(days=self._days())
        day = self._first_day()
        while day and day < last:
            if deadline and time.monotonic() > deadline:
                return False
            with db.transaction(self.pool) as env:
                env[self._name]._clear_day(day)
            day += timedelta(days=1)
        return True

    @api.model
    def _first_day(self):
        """Return the day to begin with: behind the last one that is cleared, else the oldest."""
        with db.transaction(self.pool) as env:
            cleared = env["ir.config_parameter"].get_param(CLEARED)
            if cleared:
                return fields.Date.to_date(cleared)
            oldest = []
            for table, moment, _condition in CLEARED_TABLES:
                env.cr.execute(f"SELECT min({moment})::date FROM {table}")
                oldest += env.cr.fetchone()
            return min(filter(None, oldest), default=None)

    @api.model
    def _clear_day(self, day):
        after = day + timedelta(days=1)
        for table, moment, condition in CLEARED_TABLES:
            self.env.cr.execute(
                f"DELETE FROM {table} t WHERE {moment} >= %s AND {moment} < %s AND {condition}",
                [day, after],
            )
        self.env["ir.config_parameter"].set_param(CLEARED, fields.Date.to_string(after))
