from collections import namedtuple

from odoo import _, api, fields, models, tools
from odoo.exceptions import ValidationError

from ..addresses import parse_networks
from ..limiting import Quota

#: What the reception needs of an endpoint, opened once and kept by each worker. ``secrets`` are
#: (expiry or False, secret, credential id); ``profile`` is None where none is approved.
Door = namedtuple(
    "Door",
    "id company_id system_id state profile secrets codec max_bytes options"
    " quota networks key_required inflates",
)


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    rate_per_minute = fields.Integer(
        string="Messages a minute",
        help="What they may send us in the long run, all our workers together. 0: no limit.",
    )
    rate_burst = fields.Integer(
        string="At once", help="How many may come in one go. 0: as many as in a minute."
    )
    allowed_networks = fields.Text(
        string="From these addresses only",
        help="IPv4 or IPv6 addresses or networks such as 203.0.113.0/24, one a line. Empty: from"
        " anywhere.",
    )
    key_required = fields.Boolean(
        string="An id is required",
        help="Refuse messages that carry no id: neither a signed one, nor an Idempotency-Key, nor"
        " the source and id of a CloudEvent. Without this the bytes are the identity.",
    )
    accepts_compressed = fields.Boolean(
        string="Compressed bodies",
        help="Take gzip and deflate. A signature covers the compressed bytes, as they were sent.",
    )

    auth_weakness = fields.Char(related="auth_profile_id.weakness", string="Weak")

    _sql_constraints = [
        (
            "rate_positive",
            "check(rate_per_minute >= 0 and rate_burst >= 0)",
            "A limit is a number of messages, or 0 for none.",
        ),
    ]

    @api.constrains("allowed_networks")
    def _check_allowed_networks(self):
        for endpoint in self:
            try:
                parse_networks(endpoint.allowed_networks)
            except ValueError as error:
                raise ValidationError(
                    _(
                        "%s is no IP address or network. Write one such as 203.0.113.0/24 or"
                        " 2001:db8::/32 a line.",
                        error,
                    )
                ) from error

    @api.constrains("auth_profile_id", "outbound_profile_id")
    def _check_profiles_approved(self):
        for endpoint in self:
            for profile in endpoint.auth_profile_id | endpoint.outbound_profile_id:
                if profile.state != "approved":
                    raise ValidationError(
                        _(
                            "%(endpoint)s cannot use the authentication profile %(profile)s: a"
                            " second person must approve it first.",
                            endpoint=endpoint.name,
                            profile=profile.display_name,
                        )
                    )

    @api.model
    @tools.ormcache("code")
    def _door(self, code):
        """Return the :class:`Door` of the source ``code``, or None.

        The secrets are opened here, once for each worker; whoever writes an endpoint, a profile or
        a credential clears this cache everywhere.
        """
        if not code.isprintable():  # NUL cannot even be looked up
            return None
        endpoint = self.sudo().search([("code", "=", code)], limit=1)
        if not endpoint:
            return None
        profile = endpoint.auth_profile_id
        return Door(
            endpoint.id,
            endpoint.company_id.id,
            endpoint.system_id.id,
            endpoint.state,
            profile._profile() if profile.state == "approved" else None,
            endpoint._door_secrets(),
            endpoint.codec,
            endpoint.max_bytes,
            endpoint._codec_options(),
            Quota(f"endpoint:{endpoint.id}", endpoint.rate_per_minute, endpoint.rate_burst),
            parse_networks(endpoint.allowed_networks),
            endpoint.key_required,
            endpoint.accepts_compressed,
        )

    def _door_secrets(self):
        credentials = self.sudo().credential_ids.filtered(
            lambda one: one.use == "inbound" and one.sealed
        )
        return tuple(
            (one.expires, one._open(), one.id) for one in credentials.sorted("id", reverse=True)
        )

    def action_rotate_secret(self):
        """Open the wizard that replaces a secret.

        :raise AccessError: for who may not make secrets
        """
        self.ensure_one()
        self.env["freight.credential"].check_access_rights("create")
        return {
            "type": "ir.actions.act_window",
            "name": _("Rotate the secret"),
            "res_model": "freight.credential.rotation",
            "view_mode": "form",
            "target": "new",
            "context": {"default_endpoint_id": self.id},
        }
