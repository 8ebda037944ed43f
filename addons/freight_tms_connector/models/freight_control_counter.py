from functools import partial

from odoo import api, fields, models
from odoo.addons.freight_canonical import db

#: Control numbers have nine digits and begin anew after the last.
_HIGHEST = 999_999_999

_COUNT = """
    INSERT INTO freight_control_counter AS c (endpoint_id, standard, interchanges, groups)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (endpoint_id, standard) DO UPDATE
       SET interchanges = c.interchanges + excluded.interchanges,
           groups = c.groups + excluded.groups
    RETURNING interchanges, groups
"""


class FreightControlCounter(models.Model):
    """The control numbers of what we send, by endpoint and standard."""

    _name = "freight.control.counter"
    _description = "EDI Control Numbers"
    _log_access = False

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade")
    standard = fields.Selection([("x12", "X12"), ("edifact", "EDIFACT")], required=True)
    interchanges = fields.Integer(required=True, default=0, help="How many were numbered.")
    groups = fields.Integer(required=True, default=0)

    _sql_constraints = [("once", "unique(endpoint_id, standard)", "One counter for each.")]

    @api.model
    def _takers(self, readings):
        """Return {endpoint: function that gives numbers} of those whose interchanges we answer.

        How many are needed the verdicts tell, and so many are taken, for all of ``readings`` at
        once.
        """
        needed = {}
        for reading in readings:
            endpoint = reading.message.endpoint_id
            if not (endpoint.acknowledges and endpoint._takes_messages()):
                continue
            for verdict in reading.exchange.verdicts().values():
                count = needed.setdefault((endpoint, reading.message.codec), [0, 0])
                count[0] += 1
                count[1] += verdict.groups
        takers = {}
        for (endpoint, standard), (interchanges, groups) in needed.items():
            numbers = takers.setdefault(endpoint, {})
            numbers[standard] = self._take(endpoint, standard, interchanges, groups)
        return {endpoint: partial(_give, numbers) for endpoint, numbers in takers.items()}

    @api.model
    def _take(self, endpoint, standard, interchanges, groups):
        """Take numbers for good; return iterators of interchange and of group numbers.

        It is done on a cursor of its own, so that no lane waits for another. Only a transaction
        that fails leaves a gap.
        """
        with db.read_committed(self.pool) as cr:
            cr.execute(_COUNT, [endpoint.id, standard, interchanges, groups])
            last, last_group = cr.fetchone()
        return (
            iter(range(last - interchanges, last)),
            iter(range(last_group - groups, last_group)),
        )

    @api.model
    def _next(self, endpoint, standard, count):
        """Take ``count`` numbers in the current transaction, which holds the counter until its end.

        One that fails takes none: the numbers have no gap.

        :return: list of (interchange number, group number)
        """
        self.env.cr.execute(_COUNT, [endpoint.id, standard, count, count])
        last, last_group = self.env.cr.fetchone()
        return [
            ((last - left) % _HIGHEST + 1, (last_group - left) % _HIGHEST + 1)
            for left in range(count, 0, -1)
        ]


def _give(numbers, standard, _sender, _receiver, groups):
    """Return (interchange number, first group number): 1 to nine nines, and again from 1."""
    interchanges, group_numbers = numbers[standard]
    number = next(interchanges)
    first = [next(group_numbers) for _group in range(groups)][:1]
    return number % _HIGHEST + 1, (first[0] if first else 0) % _HIGHEST + 1
