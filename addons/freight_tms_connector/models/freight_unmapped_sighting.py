from odoo import api, fields, models
from odoo.addons.freight_canonical import db

#: What tells one unmapped code from another.
KEY = ("mapping_id", "system_id", "map_name", "source_code")

#: Rows that are counted in one transaction.
COUNTED_AT_ONCE = 10000


class FreightUnmappedSighting(models.Model):
    """A message in which a code stood that nothing mapped, or that a person mapped.

    ``meant`` is what the code stood for when the message was last translated; where that is no
    longer so, the message is run again.

    Rows are only inserted by the transaction that translates the message, which nobody else
    translates at the same time: lanes never wait for each other here. They are counted afterwards,
    by whoever comes by.
    """

    _name = "freight.unmapped.sighting"
    _description = "Message with an Unmapped Code"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "message_id"
    _log_access = False

    mapping_id = fields.Many2one("freight.mapping", required=True, readonly=True)
    system_id = fields.Many2one("freight.system", required=True, readonly=True)
    map_name = fields.Char(required=True, readonly=True)
    source_code = fields.Char(required=True, readonly=True)
    message_id = fields.Many2one(
        "freight.message.in", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Char(readonly=True)
    target = fields.Char(readonly=True)
    meant = fields.Char(readonly=True)
    seen = fields.Datetime(required=True, readonly=True)
    counted = fields.Boolean(readonly=True, default=False)

    _sql_constraints = [
        (
            "once",
            "unique(mapping_id, system_id, map_name, source_code, message_id)",
            "A message meets a code once.",
        ),
    ]

    def init(self):
        """Make the index of what is not counted yet: it is empty nearly always."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_unmapped_sighting_uncounted
                ON freight_unmapped_sighting (id) WHERE counted IS NOT TRUE
            """
        )

    @api.model
    def _guarded(self):
        return {*self._fields}

    @api.model
    def _insert(self, rows):
        """Keep what messages met.

        :param rows: {(mapping, system, map, code, message): (kind, target, what it stands for)}
        """
        if not rows:
            return
        now = fields.Datetime.now()
        db.insert_rows(
            self.env.cr,
            self._table,
            (*KEY, "message_id", "kind", "target", "meant", "seen", "counted"),
            [(*key, *rows[key], now, False) for key in sorted(rows)],
            conflict="(mapping_id, system_id, map_name, source_code, message_id) DO UPDATE"
            " SET meant = excluded.meant"
            " WHERE freight_unmapped_sighting.meant IS DISTINCT FROM excluded.meant",
        )
        self.invalidate_model()

    @api.model
    def _count(self):
        """Add what was not counted yet to the queue, each row once, on a cursor of its own.

        Codes are added in the order of their keys, so that two that count do not wait for each
        other in a ring. A code that was mapped while its message was being translated is found
        here: what was read without it is run again.
        """
        with db.read_committed(self.pool) as cr:
            cr.execute(
                """
                WITH fresh AS MATERIALIZED (
                    SELECT id FROM freight_unmapped_sighting WHERE counted IS NOT TRUE
                     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED),
                counted AS (
                    UPDATE freight_unmapped_sighting s SET counted = true
                      FROM fresh WHERE s.id = fresh.id
                 RETURNING s.*)
                INSERT INTO freight_unmapped_code
                       (mapping_id, system_id, map_name, source_code, kind, target, state,
                        message_count, first_seen, last_seen, message_id)
                SELECT mapping_id, system_id, map_name, source_code, min(kind), min(target),
                       'open', count(*), min(seen), max(seen), max(message_id)
                  FROM counted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                ON CONFLICT (mapping_id, system_id, map_name, source_code) DO UPDATE
                   SET message_count = freight_unmapped_code.message_count + excluded.message_count,
                       last_seen = greatest(freight_unmapped_code.last_seen, excluded.last_seen),
                       message_id = excluded.message_id
                RETURNING id
                """,
                [COUNTED_AT_ONCE],
            )
            met = [row[0] for row in cr.fetchall()]
            if met:
                codes = self.env(cr=cr, su=True)["freight.unmapped.code"].browse(met)
                codes.invalidate_model()
                codes._rejudge()
                codes.env.flush_all()
