from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..signing import SHIPPED, Profile
from ..signing_profiles import ALGORITHMS, ENCODINGS, SECRET_ENCODINGS, TIMESTAMP_UNITS

#: Fields of a record that are the fields of a :class:`~..signing.Profile` of the same name.
PROFILE_FIELDS = (
    "algorithm",
    "header",
    "prefix",
    "encoding",
    "template",
    "secret_encoding",
    "id_header",
    "timestamp_header",
    "timestamp_field",
    "timestamp_unit",
    "tolerance",
    "separator",
)
#: What people call the shipped profiles.
SHIPPED_NAMES = {
    "standard_webhooks": "Standard Webhooks",
    "stripe": "Stripe style",
    "github": "GitHub style",
    "easypost": "EasyPost",
    "aftership": "AfterShip",
    "issued_token": "Token that we issued",
    "dcsa": "DCSA",
    "shipengine": "ShipEngine",
    "ups_bearer": "UPS bearer token",
    "basic": "User name and password (HTTP Basic)",
    "api_key": "API key in a header",
    "generic_hmac": "Generic HMAC",
}
#: What a second person approves.
APPROVED_FIELDS = frozenset({*PROFILE_FIELDS, "variants", "code", "number"})


def _options(values):
    return [(value, value) for value in values]


class FreightAuthProfile(models.Model):
    """How a partner proves who it is: a record, not code.

    Each record is one version. What is approved does not change any more: a new version is drafted,
    a second person approves it, and it takes the place of the one before, which is kept.
    """

    _name = "freight.auth.profile"
    _description = "Authentication Profile"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "name, number desc"

    code = fields.Char(required=True, copy=False)
    number = fields.Integer(string="Version", required=True, default=1, readonly=True)
    name = fields.Char(required=True, translate=True)
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("retired", "Retired")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        help="Endpoints use approved profiles only.",
    )
    author_ids = fields.Many2many(
        "res.users", string="Written by", readonly=True, copy=False, context={"active_test": False}
    )
    approver_id = fields.Many2one("res.users", string="Approved by", readonly=True, copy=False)
    version_ids = fields.Many2many(
        "freight.auth.profile", string="All versions", compute="_compute_version_ids"
    )
    algorithm = fields.Selection(_options(ALGORITHMS), required=True, default="hmac-sha256")
    header = fields.Char(required=True, help="Header, or query parameter, that proves the sender.")
    prefix = fields.Char(help="What stands before the signature, such as sha256= or v1,")
    encoding = fields.Selection(_options(ENCODINGS), required=True, default="hex")
    template = fields.Char(
        required=True,
        default="{body}",
        help="The signed content, made of {id}, {timestamp} and {body}.",
    )
    secret_encoding = fields.Selection(_options(SECRET_ENCODINGS), required=True, default="raw")
    id_header = fields.Char(string="Message id header")
    timestamp_header = fields.Char()
    timestamp_field = fields.Char(help="Prefix of the timestamp inside the signature header.")
    timestamp_unit = fields.Selection(_options(TIMESTAMP_UNITS), required=True, default="s")
    tolerance = fields.Integer(default=300, help="Seconds that a timestamp may be off.")
    separator = fields.Selection(
        [(" ", "space"), (",", "comma")], help="Between several signatures in one header."
    )
    variants = fields.Json(help="Further [prefix, algorithm] pairs accepted in the same header.")
    weakness = fields.Char(compute="_compute_weakness")

    _sql_constraints = [
        ("code_unique", "unique(code, number)", "This version of the profile exists already."),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "author_ids", "approver_id", "number"}

    def _init_column(self, column_name):
        """Let profiles that were at work before there were versions go on working."""
        if column_name != "state":
            return super()._init_column(column_name)
        self.env.cr.execute("UPDATE freight_auth_profile SET state = 'approved'")
        return None

    @api.depends("name", "number")
    def _compute_display_name(self):
        for profile in self:
            newer = f" v{profile.number}" if profile.number > 1 else ""
            profile.display_name = f"{profile.name}{newer}"

    @api.depends("code")
    def _compute_version_ids(self):
        by_code = self._all_versions().grouped("code")
        for profile in self:
            profile.version_ids = by_code.get(profile.code, self.browse())

    def _all_versions(self):
        """Return the versions of these profiles, the newest first."""
        return self.search([("code", "in", self.mapped("code"))], order="number desc")

    @api.model_create_multi
    def create(self, vals_list):
        """Create drafts, written by the current user."""
        profiles = super().create(vals_list)
        profiles.sudo().author_ids = self.env.user
        return profiles

    def write(self, vals):
        """Write, if what was approved stays as it was approved.

        :raise UserError: for a change of what is not a draft
        """
        touched = APPROVED_FIELDS & set(vals)
        if touched and any(profile.state != "draft" for profile in self):
            raise UserError(
                _("What was approved is not changed. Make a new version and have it approved.")
            )
        if touched:
            super(FreightAuthProfile, self.sudo()).write({"author_ids": [(4, self.env.uid)]})
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        if any(profile.state != "draft" for profile in self):
            raise UserError(_("Only drafts are deleted. What was approved is kept as history."))

    def action_new_version(self):
        """Draft the next version of this profile, and open it.

        :raise UserError: when there is a draft already
        """
        self.ensure_one()
        self.check_access_rights("create")
        versions = self._all_versions()
        if any(version.state == "draft" for version in versions):
            raise UserError(_("There is a draft of %s already. Go on with that.", self.name))
        newest = versions[:1].number
        draft = self.sudo().copy({"code": self.code, "number": newest + 1, "name": self.name})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
        }

    def action_approve(self):
        """Approve drafts that others wrote; endpoints of the version before use them at once.

        :raise UserError: when the approver wrote one of them
        """
        self.check_access_rights("write")
        for draft in self.filtered(lambda profile: profile.state == "draft"):
            if self.env.user in draft.author_ids:
                raise UserError(
                    _("A second person approves an authentication profile, not who wrote it.")
                )
            draft.sudo()._approve(self.env.user)

    def _approve(self, approver):
        before = self._all_versions().filtered(lambda version: version.state == "approved")
        self.write({"state": "approved", "approver_id": approver.id})
        endpoints = self.env["freight.endpoint"].with_context(active_test=False)
        for name in ("auth_profile_id", "outbound_profile_id"):
            endpoints.search([(name, "in", before.ids)])[name] = self
        before.state = "retired"

    @api.depends(*PROFILE_FIELDS)
    def _compute_weakness(self):
        words = {
            "sha1": _("SHA-1"),
            "token": _("a bare token proves no content"),
            "query": _("the secret stands in the address"),
            "no_timestamp": _("no timestamp: a copy can be sent again"),
            "unsigned_timestamp": _("the timestamp is not signed"),
        }
        for profile in self:
            found = profile._profile().weaknesses() if profile.header else ()
            profile.weakness = ", ".join(words.get(code, code) for code in found)

    @api.constrains(*PROFILE_FIELDS, "variants")
    def _check_profile(self):
        for profile in self:
            try:
                profile._profile()
            except ValueError as error:
                raise ValidationError(_("This profile cannot work: %s", error)) from error

    def _profile(self):
        """Return the pure :class:`~..signing.Profile` of this record."""
        self.ensure_one()
        values = {name: self[name] or _empty(name) for name in PROFILE_FIELDS}
        variants = tuple(tuple(variant) for variant in self.variants or ())
        return Profile(name=self.code or "", variants=variants, **values)

    @api.model
    def _load_shipped(self):
        """Create the shipped profiles that are not there yet, approved; what is there stays."""
        known = set(self.search_fetch([], ["code"]).mapped("code"))
        self.sudo().create(
            [
                {
                    "code": code,
                    "name": SHIPPED_NAMES[code],
                    "state": "approved",
                    "variants": [list(variant) for variant in profile.variants] or False,
                    **{name: getattr(profile, name) for name in PROFILE_FIELDS},
                }
                for code, profile in SHIPPED.items()
                if code not in known
            ]
        )


def _empty(name):
    """Return what an unset field means to a Profile."""
    return {"prefix": "", "tolerance": 0}.get(name)
