"""Who ordered an accessorial, when, and what shows it."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError

#: What an authorisation is given for: it does not change under it.
TERMS = frozenset(
    {"shipment_id", "code_id", "quantity", "rate", "amount", "currency_id", "stop_id"}
)


class FreightCharge(models.Model):
    _inherit = "freight.charge"

    authorised = fields.Boolean(
        compute="_compute_authorised",
        inverse="_inverse_authorised",
        store=True,
        copy=False,
        help="An accessorial that we ordered.",
    )
    authorised_at = fields.Datetime(readonly=True, copy=False)
    authorised_by_id = fields.Many2one(
        "res.users", string="Authorised by", readonly=True, copy=False, ondelete="restrict"
    )
    evidence = fields.Text(copy=False, help="What shows that we ordered it: a mail, a call, a log.")
    evidence_attachment_ids = fields.Many2many("ir.attachment", string="Evidence files", copy=False)

    @api.model
    def _guarded(self):
        return super()._guarded() | {"authorised_at", "authorised_by_id", "vehicle_not_used"}

    @api.depends("authorised_at")
    def _compute_authorised(self):
        for charge in self:
            charge.authorised = bool(charge.authorised_at)

    def _inverse_authorised(self):
        """Stamp who authorises; taking it back needs a reason."""
        granted = self.filtered("authorised")
        if (self - granted).sudo().filtered("authorised_at"):
            raise UserError(_("Withdraw the authorisation and say why."))
        granted._authorise()

    def _authorise(self):
        new = self.sudo().filtered(lambda charge: not charge.authorised_at)
        new.write({"authorised_at": fields.Datetime.now(), "authorised_by_id": self.env.uid})
        if not self.env.su:
            self.browse(new.ids)._tell(_("Authorised: %s"))

    @api.model_create_multi
    def create(self, vals_list):
        """Create charges, with the files that show who ordered them."""
        charges = super().create(vals_list)
        charges._keep_evidence_files()
        return charges

    def write(self, vals):
        """Change charges; what was authorised stays as it was authorised.

        :raise UserError: for people who change the terms of an authorised charge
        """
        if not self.env.su and TERMS & set(vals):
            self._check_not_authorised()
        result = super().write(vals)
        if "evidence_attachment_ids" in vals:
            self._keep_evidence_files()
        return result

    def _keep_evidence_files(self):
        """Let those who see a charge see its files: a form uploads them for nobody else."""
        for charge in self:
            loose = charge.sudo().evidence_attachment_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            loose.write({"res_model": charge._name, "res_id": charge.id})

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unauthorised(self):
        if not self.env.su:
            self._check_not_authorised()

    def _check_not_authorised(self):
        for charge in self.filtered(lambda one: one.authorised and not one.vehicle_not_used):
            raise UserError(
                _("%s is authorised: withdraw the authorisation first.", charge.display_name)
            )

    def action_authorise(self):
        """Say that we ordered these charges; stamps who and when.

        :raise AccessError: for who may not change charges, and for what is no estimate
        """
        self.write({"authorised": True})

    def action_withdraw(self):
        """Ask why the authorisation is taken back."""
        self._check_may_withdraw()
        return {
            "type": "ir.actions.act_window",
            "name": _("Withdraw the authorisation"),
            "res_model": "freight.charge.withdraw",
            "view_mode": "form",
            "target": "new",
            "context": {"default_charge_ids": self.ids},
        }

    def _withdraw(self, reason):
        """Take the authorisation back; the shipment's log keeps who, when and why.

        :raise UserError: for what is billed already
        """
        self._check_may_withdraw()
        taken_back = self.filtered("authorised")
        taken_back.sudo().write({"authorised_at": False, "authorised_by_id": False})
        taken_back._tell(_("Authorisation withdrawn: %s"), reason)

    def _check_may_withdraw(self):
        self.check_access_rights("write")
        self.check_access_rule("write")
        self._check_people_estimate()
        for charge in self._billed():
            raise UserError(
                _(
                    "%s is billed already: dispute the bill instead of withdrawing the "
                    "authorisation.",
                    charge.display_name,
                )
            )

    def _billed(self):
        """Return those of these charges that a bill relies on. The addon that audits bills says."""
        return self.browse()

    def _tell(self, sentence, reason=""):
        """Write ``sentence`` about these charges into the log of their shipments."""
        for shipment, charges in self.grouped("shipment_id").items():
            said = sentence % ", ".join(charges.mapped("display_name"))
            evidence = [text for text in charges.mapped("evidence") if text]
            shipment.message_post(body=" - ".join([said, *filter(None, [reason]), *evidence]))
