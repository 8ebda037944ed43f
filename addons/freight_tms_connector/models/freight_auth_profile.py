from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

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


def _options(values):
    return [(value, value) for value in values]


class FreightAuthProfile(models.Model):
    """How a partner proves who it is: a record, not code."""

    _name = "freight.auth.profile"
    _description = "Authentication Profile"
    _inherit = "freight.cached"
    _order = "name"

    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True, translate=True)
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

    _sql_constraints = [("code_unique", "unique(code)", "This profile exists already.")]

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
        """Create the shipped profiles that are not there yet; what users changed stays."""
        known = set(self.search_fetch([], ["code"]).mapped("code"))
        self.create(
            [
                {
                    "code": code,
                    "name": code.replace("_", " ").capitalize(),
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
