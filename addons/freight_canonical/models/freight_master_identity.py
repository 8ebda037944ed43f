from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import masters


class FreightMasterIdentity(models.Model):
    """What a system calls a partner or a charge code, and what it last said of it.

    What it says and what stands here may differ: it is not the system of record, or nobody took it
    over yet. The difference is shown, never guessed away.
    """

    _name = "freight.master.identity"
    _description = "Identity of Master Data"
    _inherit = ["freight.guarded", "freight.audited"]
    _order = "system_id, number"
    _rec_name = "number"

    system_id = fields.Many2one("freight.system", required=True, ondelete="restrict", index=True)
    number = fields.Char(string="Their number", required=True)
    partner_id = fields.Many2one("res.partner", ondelete="cascade", index="btree_not_null")
    charge_code_id = fields.Many2one(
        "freight.charge.code", ondelete="cascade", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", compute="_compute_company", store=True)
    said = fields.Json(readonly=True, help="Each field with its value and what it counts by.")
    received = fields.Datetime(string="Last heard", readonly=True)
    difference_count = fields.Integer(compute="_compute_differences")
    differences = fields.Text(compute="_compute_differences")

    _sql_constraints = [
        (
            "number_once",
            "EXCLUDE USING btree (system_id WITH =, number WITH =,"
            " (CASE WHEN partner_id IS NULL THEN 1 ELSE 0 END) WITH =,"
            " coalesce(company_id, 0) WITH =)",
            "This system calls another one by that number already.",
        ),
        (
            "one_thing",
            "CHECK((partner_id IS NULL) <> (charge_code_id IS NULL))",
            "A number is that of one partner or of one charge code.",
        ),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"said", "received"}

    @api.model
    def _unaudited(self):
        return super()._unaudited() | {"said", "received"}

    @api.depends("partner_id.company_id", "charge_code_id.company_id")
    def _compute_company(self):
        for identity in self:
            identity.company_id = identity._thing().company_id

    def _thing(self):
        """Return the partner or the charge code."""
        return self.partner_id or self.charge_code_id

    @api.depends("said", "partner_id", "charge_code_id")
    @api.depends_context("lang")
    def _compute_differences(self):
        for identity in self:
            found = identity._differing()
            labels = identity._thing()._master_labels()
            identity.difference_count = len(found)
            identity.differences = "\n".join(
                _(
                    "%(field)s: here %(ours)s, there %(theirs)s",
                    field=labels[path],
                    ours=_word(ours),
                    theirs=_word(theirs),
                )
                for path, (ours, theirs) in found.items()
            )

    def _differing(self):
        """Return {path: (our value, theirs)}."""
        self.ensure_one()
        thing = self.sudo()._thing()
        if not thing or not self.said:
            return {}
        return masters.differences(masters.values_of(self.said), thing._master_values())

    def action_take_over(self):
        """Let what the system says stand here.

        :raise UserError: when nothing differs
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for identity in self:
            found = identity._differing()
            if not found:
                raise UserError(_("Nothing differs: there is nothing to take over."))
            thing = identity._thing()
            thing.check_access_rights("write")
            thing.check_access_rule("write")
            theirs = {path: value for path, (_ours, value) in found.items()}
            columns, _unknown = thing._master_columns(theirs)
            if not columns:
                raise UserError(_("This database does not know these values: enter them by hand."))
            origin = {"freight_origin_system_id": identity.system_id.id}
            thing.sudo().with_context(**origin).write(columns)
        self.invalidate_recordset(["differences", "difference_count"])
        return True

    @api.model
    def _known(self, system, company, field, numbers):
        """Return {number: identity} of what ``system`` calls things of ``company``, or shared."""
        rows = self.search(
            [
                ("system_id", "=", system.id),
                ("number", "in", list(numbers)),
                (field, "!=", False),
                ("company_id", "in", (False, company.id)),
            ]
        )
        return {row.number: row for row in rows.sorted(lambda row: row.company_id.id or 0)}

    @api.model
    def _numbers(self, model, ids):
        """Return {(model, id, system id): number} by which systems told us of things."""
        field = "partner_id" if model == "res.partner" else "charge_code_id"
        rows = self.sudo().search([(field, "in", list(ids))], order="id desc")
        return {(model, row[field].id, row.system_id.id): row.number for row in rows}


def _word(value):
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value not in (None, False, "") else "-"
