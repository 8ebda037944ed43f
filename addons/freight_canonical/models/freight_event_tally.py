from odoo import fields, models


class FreightEventTally(models.Model):
    """What is counted about an event: it lies beside the event, which never changes."""

    _name = "freight.event.tally"
    _description = "Freight Event Tally"
    _rec_name = "event_id"

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict")
    duplicates = fields.Integer(readonly=True)
    last_duplicate = fields.Datetime(readonly=True)

    _sql_constraints = [("event_unique", "unique(event_id)", "One tally for each event.")]

    def _count_duplicates(self, event_ids):
        """Count one more duplicate for each of ``event_ids`` (repeats allowed)."""
        self.env.cr.execute(
            """
            INSERT INTO freight_event_tally (event_id, duplicates, last_duplicate)
            SELECT id, count(*), %s FROM unnest(%s) AS id GROUP BY id
            ON CONFLICT (event_id) DO UPDATE
               SET duplicates = freight_event_tally.duplicates + excluded.duplicates,
                   last_duplicate = excluded.last_duplicate
            """,
            [fields.Datetime.now(), list(event_ids)],
        )
        self.invalidate_model()
