from datetime import timedelta

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..signing_secrets import TheirKey, generate


class FreightCredentialRotation(models.TransientModel):
    """Replaces a secret: the new one is shown once, the old one holds for a while yet."""

    _name = "freight.credential.rotation"
    _description = "Rotate a Secret"

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade")
    use = fields.Selection(
        [("inbound", "They prove themselves to us"), ("outbound", "We prove ourselves to them")],
        required=True,
        default="inbound",
    )
    overlap = fields.Selection(
        [
            ("0", "ends now: it is known to others"),
            ("1", "holds an hour more"),
            ("24", "holds a day more"),
            ("168", "holds a week more"),
            ("720", "holds 30 days more"),
        ],
        string="The old secret",
        required=True,
        default="168",
    )
    # Never stored: it travels in the answer of action_rotate to the dialog that shows it.
    shown = fields.Char(string="New secret", store=False, readonly=True)

    def action_rotate(self):
        """Make a new secret, let the old ones expire, and show the new one this once.

        :raise UserError: where the partner must make the key
        """
        self.ensure_one()
        credentials = self.env["freight.credential"]
        credentials.check_access_rights("create")
        endpoint = self.endpoint_id
        endpoint.check_access_rule("write")
        kept, told = self._generate(endpoint)
        self._expire_older(endpoint)
        credentials.create(
            {
                "endpoint_id": endpoint.id,
                "use": self.use,
                "label": _("Secret of %s", fields.Date.context_today(self)),
                "secret": kept,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": _("The new secret, shown this once"),
            "res_model": self._name,
            "view_mode": "form",
            "view_id": self.env.ref(
                "freight_tms_connector.freight_credential_rotation_view_shown"
            ).id,
            "target": "new",
            "context": {"default_endpoint_id": endpoint.id, "default_shown": told},
        }

    def _generate(self, endpoint):
        inbound = self.use == "inbound"
        profile = endpoint.auth_profile_id if inbound else endpoint.outbound_profile_id
        if not profile:
            raise UserError(
                _("Choose first how %s proves itself: a secret has its form.", endpoint.name)
                if inbound
                else _("Choose first how we prove ourselves to %s.", endpoint.name)
            )
        previous = next((secret for _end, secret in endpoint._live_secrets(self.use)), "")
        try:
            return generate(profile._profile(), inbound, previous, endpoint.code)
        except TheirKey as error:
            raise UserError(
                _(
                    "A key for %s cannot be made here. Have it made where the private key belongs,"
                    " paste the key into the list of secrets, and let the old one expire there.",
                    error,
                )
            ) from error

    def _expire_older(self, endpoint):
        """Let what holds longer than the overlap, or for ever, end with it."""
        end = fields.Datetime.now() + timedelta(hours=int(self.overlap))
        endpoint.credential_ids.filtered(
            lambda one: one.use == self.use and (not one.expires or one.expires > end)
        ).expires = end
