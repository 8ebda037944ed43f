from collections import Counter

from odoo import api, fields, models


class FreightPingTally(models.Model):
    """How many pings of a source about a shipment its filter kept out of the ledger."""

    _name = "freight.ping.tally"
    _description = "Filtered Pings"
    _order = "last_filtered desc, id desc"
    _rec_name = "shipment_id"
    _log_access = False

    system_id = fields.Many2one("freight.system", required=True, ondelete="cascade", index=True)
    shipment_id = fields.Many2one("freight.shipment", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    filtered = fields.Integer(readonly=True)
    last_filtered = fields.Datetime(readonly=True)

    _sql_constraints = [
        ("pair_unique", "unique(system_id, shipment_id)", "One tally for source and shipment."),
    ]

    @api.model
    def _count_filtered(self, rows):
        """Count ledger ``rows`` that were dropped. Their shipments are locked for it."""
        counts = Counter((row["source_id"], row["shipment_id"], row["company_id"]) for row in rows)
        if not counts:
            return
        self.env["freight.event"]._lock(
            self.env["freight.shipment"].browse(sorted({key[1] for key in counts}))
        )
        now = fields.Datetime.now()
        values = [(*key, count, now) for key, count in sorted(counts.items())]
        self.env.cr.execute(
            """
            INSERT INTO freight_ping_tally (system_id, shipment_id, company_id, filtered,
                                            last_filtered)
            SELECT * FROM unnest(%s, %s, %s, %s, %s)
            ON CONFLICT (system_id, shipment_id) DO UPDATE
               SET filtered = freight_ping_tally.filtered + excluded.filtered,
                   last_filtered = excluded.last_filtered
            """,
            [list(column) for column in zip(*values, strict=True)],
        )
        self.invalidate_model()
