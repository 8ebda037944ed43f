from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

_ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows Western (1252)"),
    ("latin-1", "Latin-1 (ISO 8859-1)"),
    ("iso8859-15", "Latin-9 (ISO 8859-15)"),
    ("cp1250", "Windows Central European (1250)"),
    ("utf-16", "UTF-16"),
]


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    encoding = fields.Selection(
        _ENCODINGS, help="Of EDI and CSV. Empty: UTF-8 where it reads as that, else Latin-1."
    )
    csv_delimiter = fields.Selection(
        [(",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")],
        string="Columns are separated by",
        help="Empty: told by the header row.",
    )
    csv_quote = fields.Selection(
        [('"', 'Double quotes "'), ("'", "Single quotes '")],
        string="Text stands in",
        default='"',
        required=True,
    )
    csv_decimal_comma = fields.Boolean(
        string="Decimal comma", help="1.234,50 is one thousand two hundred thirty-four and a half."
    )
    csv_columns = fields.Text(
        string="Columns",
        help="One a line: their column = our column, where the header says something else than the"
        " mapping reads. Theirs in lower case with underscores.",
    )
    implied_decimals = fields.Selection(
        [
            ("0", "Amounts have a decimal point"),
            ("2", "The last two digits are decimals"),
            ("3", "The last three digits are decimals"),
        ],
        string="Amounts",
        help="Empty: as the mapping says; X12 leaves two decimals unwritten.",
    )

    acknowledges = fields.Boolean(
        string="Answer EDI",
        default=True,
        help="Every X12 interchange is answered with a 997 and every EDIFACT one with a CONTRL, at"
        " the address, or into the folder, where we send to them. Without one nothing is sent.",
    )
    gap_minutes = fields.Integer(
        string="Missing numbers after (minutes)",
        default=60,
        help="A control number that is still missing then is reported. 0: not watched, for partners"
        " that count across all whom they write to.",
    )

    @api.constrains("csv_columns")
    def _check_csv_columns(self):
        for endpoint in self:
            endpoint._column_names()

    def _column_names(self):
        """Return {their column: ours}.

        :raise ValidationError: naming the line that is none
        """
        self.ensure_one()
        names = {}
        for line in filter(None, map(str.strip, (self.csv_columns or "").splitlines())):
            theirs, equals, ours = (part.strip() for part in line.partition("="))
            if not (theirs and equals and ours):
                raise ValidationError(
                    _("%s is no pair of columns: write their_column = our_column.", line)
                )
            names[theirs] = ours
        return names

    def _codec_options(self):
        """Return {codec: keyword arguments of its ``decode``, ``iterate`` and ``check``}."""
        self.ensure_one()
        encoding = {"encoding": self.encoding} if self.encoding else {}
        dialect = {
            "delimiter": self.csv_delimiter or None,
            "quote": self.csv_quote or '"',
            "decimal_comma": self.csv_decimal_comma,
            "columns": self._column_names(),
        }
        return {"x12": encoding, "edifact": encoding, "csv": {**encoding, **dialect}}
