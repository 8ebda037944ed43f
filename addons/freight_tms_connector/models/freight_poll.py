from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import outgoing, polling
from ..expressions import ExpressionError

#: Headers that are ours to set.
RESERVED = {
    "authorization", "host", "content-length", "transfer-encoding", "connection", "accept-encoding",
}  # fmt: skip
PATHS = ("items_path", "next_path", "id_path")


class FreightPoll(models.Model):
    """A partner's API that we ask for news."""

    _name = "freight.poll"
    _description = "Polled API"
    _inherit = "freight.way"
    _queue_lane = "polls"

    url = fields.Char(string="Address", required=True)
    parameters = fields.Text(
        string="Query parameters", help="One a line: name = value. Not for secrets."
    )
    headers = fields.Text(string="Request headers", help="One a line: Name = value.")
    auth = fields.Selection(
        [
            ("none", "Nothing"),
            ("bearer", "Bearer token"),
            ("basic", "User and password"),
            ("header", "Key in a header"),
            ("oauth", "OAuth client credentials"),
        ],
        string="We prove ourselves by",
        required=True,
        default="bearer",
        help="The secret is the endpoint's newest one for fetching.",
    )
    auth_name = fields.Char(
        string="User, header or client", help="The user, the header's name, or the client id."
    )
    token_url = fields.Char(string="Token address")
    scope = fields.Char()
    items_path = fields.Char(
        string="Items", help="JMESPath of the list of messages. Empty: the answer is one message."
    )
    id_path = fields.Char(
        string="Id of an item",
        help="JMESPath within an item. Empty: its content is its identity, as it must be where an"
        " item changes in the course of time.",
    )
    kind = fields.Selection(
        [
            ("none", "One page"),
            ("cursor", "A cursor"),
            ("link", "A link to the next page"),
            ("page", "A page number"),
            ("since", "A time"),
        ],
        string="Pages hang together by",
        required=True,
        default="none",
    )
    next_path = fields.Char(
        string="Next cursor",
        help="JMESPath of the next cursor or link, or of the newest time, such as"
        " max(items[].updated). Empty with a link: the Link header.",
    )
    parameter = fields.Char(string="Goes into the parameter")
    first_page = fields.Integer(default=1)
    restart = fields.Boolean(
        string="At the end begin anew",
        help="Else the last page is asked for again, until more is on it.",
    )
    max_pages = fields.Integer(string="Pages in one run", default=20, required=True)
    cursor = fields.Char(
        copy=False, help="Where the next run goes on. Empty it to begin anew: nothing counts twice."
    )

    _sql_constraints = [
        ("pages_positive", "CHECK(max_pages > 0)", "Pages in one run: at least one."),
    ]

    @api.constrains("url", "token_url", "auth", "auth_name")
    def _check_addresses(self):
        for poll in self:
            policy = poll.endpoint_id._outgoing_policy()
            try:
                outgoing.split_url(poll.url, policy)
                if poll.auth == "oauth":
                    outgoing.split_url(poll.token_url or "", policy)
            except outgoing.AddressRefused as error:
                raise ValidationError(str(error)) from error
            if poll.auth in ("basic", "header", "oauth") and not poll.auth_name:
                raise ValidationError(_("%s: name the user, the header or the client.", poll.name))

    @api.constrains(*PATHS, "kind", "parameter")
    def _check_paths(self):
        for poll in self:
            for name in PATHS:
                try:
                    polling.expression(poll[name])
                except ExpressionError as error:
                    label = poll.fields_get([name], ["string"])[name]["string"]
                    raise ValidationError(
                        _("%(field)s: %(error)s", field=label, error=error)
                    ) from error
            poll._check_kind()

    def _check_kind(self):
        needs = {
            "cursor": ("items_path", "next_path", "parameter"),
            "since": ("items_path", "next_path", "parameter"),
            "page": ("items_path", "parameter"),
            "link": ("items_path",),
        }
        missing = [name for name in needs.get(self.kind, ()) if not self[name]]
        if missing:
            labels = self.fields_get(missing, ["string"])
            raise ValidationError(
                _(
                    "%(poll)s: to walk from page to page, fill in %(fields)s.",
                    poll=self.name,
                    fields=", ".join(labels[name]["string"] for name in missing),
                )
            )

    @api.constrains("parameters", "headers")
    def _check_pairs(self):
        for poll in self:
            poll._pairs("parameters")
            for name, value in poll._pairs("headers").items():
                if name.lower() in RESERVED or not f"{name}{value}".isascii():
                    raise ValidationError(_("The header %s is not for you to set.", name))

    def _pairs(self, field):
        """Return {name: value} of a field with one pair a line.

        :raise ValidationError: naming the line that is none
        """
        self.ensure_one()
        pairs = {}
        for line in filter(None, map(str.strip, (self[field] or "").splitlines())):
            name, equals, value = (part.strip() for part in line.partition("="))
            if not (name and equals):
                raise ValidationError(_("%s is no pair: write name = value.", line))
            pairs[name] = value
        return pairs

    def _source(self):
        """Return the pure :class:`~..polling.Source` of this record."""
        self.ensure_one()
        return polling.Source(
            url=self.url,
            parameters=self._pairs("parameters"),
            kind=self.kind,
            items=polling.expression(self.items_path),
            next=polling.expression(self.next_path),
            item_id=polling.expression(self.id_path),
            parameter=self.parameter or "",
            first_page=self.first_page,
            restart=self.restart,
        )
