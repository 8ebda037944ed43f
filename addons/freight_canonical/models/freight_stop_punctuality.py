from odoo import api, fields, models

from .. import punctuality

#: Columns that follow from the ledger and the appointment together.
JUDGED = ("on_time", "minutes_late", "appointment")


class FreightStop(models.Model):
    """Whether a stop was reached in time.

    The projection of the ledger writes the verdict when arrivals change; the ORM when the
    appointment does.
    """

    _inherit = "freight.stop"

    on_time = fields.Selection(
        [("on_time", "On time"), ("late", "Late"), ("open", "Open")],
        string="Punctuality",
        compute="_compute_on_time",
        store=True,
        precompute=True,
        index=True,
        help="The actual arrival against the appointment; without one, the end of the unloading.",
    )
    minutes_late = fields.Integer(
        compute="_compute_on_time", store=True, precompute=True, group_operator="avg"
    )
    appointment = fields.Datetime(
        compute="_compute_appointment",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="When the stop is due: the beginning of its window or, without one, the end.",
    )

    @api.depends("window_end")
    def _compute_on_time(self):
        for stop in self:
            said = verdict(stop, stop.window_start, stop.window_end)
            stop.on_time, stop.minutes_late, _when = said

    @api.depends("window_start", "window_end")
    def _compute_appointment(self):
        for stop in self:
            stop.appointment = verdict(stop, stop.window_start, stop.window_end)[-1]


def verdict(reached, window_start, window_end):
    """Return the values of :data:`JUDGED`.

    An appointment that was reported goes before the window that was agreed.

    :param reached: what has the times ``arrival``, ``unloaded``, ``appointment_start`` and
        ``appointment_end``
    """
    due = reached.appointment_end or window_end or None
    said = punctuality.verdict(reached.arrival or None, reached.unloaded or None, due)
    return (*said, reached.appointment_start or window_start or due)
