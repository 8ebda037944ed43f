"""Content that goes before its time, because a person asks for it (GDPR, article 17)."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

from .freight_retention import BESIDE, LOCK, SOURCES, class_of

#: The one class that goes on request: for the others the law or nobody knows better.
OPERATIONAL = "operational"


class FreightErasureRequest(models.Model):
    """Whose data goes, and why: written by one person, carried out by a second one.

    It erases the payloads of operational messages about the shipments named, and who signed for
    them. Bills and payments stay as long as the law says (GDPR, article 17(3)b), and so does what a
    hold covers.
    """

    _name = "freight.erasure.request"
    _description = "Request for Erasure"
    _inherit = "freight.guarded"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Reference", required=True, help="Never the person's name.")
    reason = fields.Text(string="Why", required=True, help="It stays on record, at each message.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    shipment_ids = fields.Many2many(
        "freight.shipment", string="Shipments", required=True, check_company=True
    )
    erases_signers = fields.Boolean(
        string="Who signed, too", default=True, help="Empties the names in proofs of delivery."
    )
    state = fields.Selection(
        [("draft", "Asked"), ("done", "Erased")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
        copy=False,
    )
    approver_id = fields.Many2one(
        "res.users", string="Erased by", readonly=True, ondelete="restrict", copy=False
    )
    run_id = fields.Many2one(
        "freight.retention.run", string="Erasure", readonly=True, ondelete="restrict", copy=False
    )
    outcome = fields.Text(string="What came of it", readonly=True, copy=False)

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "user_id", "approver_id", "run_id", "outcome"}

    def write(self, vals):
        """Write what nobody carried out.

        :raise UserError: for what is done
        """
        if not self.env.su and any(request.state == "done" for request in self):
            raise UserError(_("This was carried out and stays on record: ask anew."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_undone(self):
        if any(request.state == "done" for request in self):
            raise UserError(_("This was carried out and stays on record."))

    def action_erase(self):
        """Erase what may go of the shipments named, and say what stays and why.

        :raise AccessError: for who may not write requests
        :raise UserError: for who asked for it
        """
        self.ensure_one()
        self.check_access_rights("write")
        self.check_access_rule("write")
        if self.state == "done":
            raise UserError(_("This was carried out already."))
        if self.env.user in self.user_id | self.create_uid:
            raise UserError(
                _("A second person erases, not who asked: what is erased does not come back.")
            )
        self.sudo()._erase(self.env.user)

    def _erase(self, user):
        self.env.flush_all()
        run = {
            "class_id": self._operational().id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "approver_id": user.id,
            "reason": f"{self.name}: {self.reason}",
        }
        staying, run_id = [], None
        with db.transaction(self.pool) as env:
            env.cr.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [LOCK])
            mine = env[self._name]
            for direction in SOURCES:
                going, others = mine._sorted_out(env.cr, direction, self.shipment_ids.ids)
                staying += others
                if going:
                    run_id = env["freight.retention"]._erase_messages(direction, going, run, run_id)
                    staying += mine._left(env.cr, direction, going)
            signers = mine._erase_signers(env.cr, self) if self.erases_signers else 0
        self.env.invalidate_all()
        self.write(
            {
                "state": "done",
                "approver_id": user.id,
                "run_id": run_id,
                "outcome": self._told(run_id, signers, staying),
            }
        )

    @api.model
    def _operational(self):
        return self.env["freight.retention.class"].search([("code", "=", OPERATIONAL)])

    @api.model
    def _sorted_out(self, cr, direction, shipment_ids):
        """Return (ids of messages that may go, [the name of the class of each that may not])."""
        source = SOURCES[direction]
        cr.execute(
            f"""
            SELECT m.id, class.code, class.id
              FROM {source.table} m {BESIDE}
              JOIN freight_retention_class class ON class.id = {class_of(direction)}
             WHERE m.id IN ({source.of_shipments}) AND m.erasure_id IS NULL
            """,
            {"shipments": shipment_ids},
        )
        rows = cr.fetchall()
        names = {
            one.id: one.name
            for one in self.env["freight.retention.class"].search([("code", "!=", False)])
        }
        going = [row[0] for row in rows if row[1] == OPERATIONAL]
        return going, [names[row[2]] for row in rows if row[1] != OPERATIONAL]

    @api.model
    def _left(self, cr, direction, ids):
        """Return why those of ``ids`` stayed that are not erased, one reason each."""
        source = SOURCES[direction]
        cr.execute(
            f"SELECT state = ANY(%s) FROM {source.table} WHERE id = ANY(%s) AND erasure_id IS NULL",
            [list(source.settled), ids],
        )
        return [_("a legal hold") if row[0] else _("not settled yet") for row in cr.fetchall()]

    @api.model
    def _erase_signers(self, cr, request):
        """Empty who signed for the shipments, unless a hold covers them; return how many."""
        covers = self.env["freight.legal.hold"]._covers(
            "held", "p.signed", "SELECT held.shipment_id"
        )
        cr.execute(
            f"""
            UPDATE freight_proof p SET signer = NULL
             WHERE p.shipment_id = ANY(%s) AND p.company_id = %s AND p.signer IS NOT NULL
               AND NOT EXISTS (
                   SELECT FROM freight_legal_hold h
                    CROSS JOIN LATERAL (SELECT p.company_id, p.shipment_id,
                                               NULL::int AS endpoint_id) held
                    WHERE {covers})
            """,
            [request.shipment_ids.ids, request.company_id.id],
        )
        return cr.rowcount

    def _told(self, run_id, signers, staying):
        """Return in words what was erased and what stays."""
        run = self.env["freight.retention.run"].browse(run_id or [])
        lines = [
            _(
                "Erased: %(messages)s messages, %(signers)s names of who signed.",
                messages=run.message_count or 0,
                signers=signers,
            )
        ]
        lines += [
            _("Stays: %(count)s messages, because of: %(why)s.", count=staying.count(why), why=why)
            for why in sorted(set(staying))
        ]
        return "\n".join(lines)
