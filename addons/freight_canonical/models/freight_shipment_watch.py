"""The clock's part in controls: what nobody reports must be noticed too."""

import logging
from datetime import timedelta

from odoo import api, fields, models

from .. import db

_logger = logging.getLogger(__name__)

#: Shipments that one transaction looks at.
BATCH = 500

#: How long the clock leaves a shipment alone whose control failed.
PUT_OFF = timedelta(hours=1)


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _cron_watch(self):
        """Look at the shipments for which time alone may have changed something.

        Each batch is a transaction of its own; killed in between, the next run goes on. A batch
        that fails is taken apart until the shipment that fails stands alone.
        """
        tried = set()
        while ids := [key for key in self._due_for_control() if key not in tried]:
            tried.update(ids)
            self._watch(ids)

    @api.model
    def _due_for_control(self):
        with db.read_committed(self.pool) as cr:
            cr.execute(
                """
                SELECT id FROM freight_shipment WHERE control_due <= %s
                 ORDER BY control_due, id LIMIT %s
                """,
                [fields.Datetime.now(), BATCH],
            )
            return [row[0] for row in cr.fetchall()]

    @api.model
    def _watch(self, ids):
        try:
            with db.transaction(self.pool) as env:
                env[self._name].browse(ids)._look_again()
        except Exception as error:
            if db.is_conflict(error):
                _logger.info("Somebody else writes these shipments: the next run controls them.")
                return
            if len(ids) > 1:
                half = len(ids) // 2
                self._watch(ids[:half])
                self._watch(ids[half:])
                return
            _logger.exception("Shipment %s could not be controlled", ids[0])
            with db.transaction(self.pool) as env:
                later = fields.Datetime.now() + PUT_OFF
                env[self._name].browse(ids).write({"control_due": later})

    def _look_again(self):
        """Fold and control those of these shipments that still exist."""
        shipments = self.exists()
        if shipments:
            self.env["freight.event"]._lock(shipments)
            shipments._project(by_clock=True)

    def _control_soon(self):
        """Let the clock look at these shipments at its next run: a plan or a proof changed."""
        begun = self.sudo().filtered(lambda shipment: shipment.transport_state != "draft")
        begun.write({"control_due": fields.Datetime.now()})
