from odoo import _, api, models
from odoo.fields import Command

from ..goods import read_distance, read_line
from ..identifiers import is_locode


class FreightShipment(models.Model):
    """Goods and measures as a message tells them. What cannot be read is left to a person."""

    _inherit = "freight.shipment"

    @api.model
    def _line_commands(self, document):
        """Return the commands that create the goods lines of a ``shipment`` document."""
        currencies = self._said_currencies(document)
        return [
            Command.create(self._line_values(line, currencies)) for line in document.data["lines"]
        ]

    @api.model
    def _said_currencies(self, document):
        """Return {code: currency} of those currencies of a document that are in use."""
        said = {line.get("currency") for line in document.data["lines"]} - {None}
        found = self.env["res.currency"].search([("name", "in", list(said))]) if said else []
        return {currency.name: currency for currency in found}

    @api.model
    def _line_values(self, line, currencies):
        hazmat = line.get("hazmat") or {}
        measures, _unread = read_line(line)
        values = {
            "name": line["description"],
            "quantity": float(line.get("quantity") or 1),
            "freight_class": line.get("freight_class"),
            "handling_units": int(line.get("handling_units") or 0),
            "hazmat": bool(hazmat),
            "un_number": hazmat.get("un_number"),
            **measures,
        }
        if line.get("value") and _currency_is_known(line, currencies):
            values["value"] = float(line["value"])
            if line.get("currency"):
                values["currency_id"] = currencies[line["currency"]].id
        return values

    def _report_unread(self, document):
        """Open one case for each sender and measure that cannot be read, naming its words."""
        self.ensure_one()
        for words in self._unread(document):
            self.env["freight.exception"]._raise_case(
                "unknown_code",
                f"{document.system.code}:measure:{words.split()[-1]}",
                _(
                    "%(system)s sends %(words)s for %(shipment)s, which cannot be read and was left"
                    " out. Enter it by hand, and teach the mapping what the sender means.",
                    system=document.system.name,
                    words=words,
                    shipment=self.name,
                ),
                shipment=self,
            )

    @api.model
    def _unread(self, document):
        """Return the words of a document that were left out, each once, in their order."""
        currencies = self._said_currencies(document)
        words = list(read_distance(document.data)[1])
        for line in document.data["lines"]:
            words += read_line(line)[1]
            if line.get("value") and not _currency_is_known(line, currencies):
                words.append(f"{line['value']} {line['currency']}")
        for stop in document.data["stops"]:
            locode = (stop.get("place") or {}).get("locode")
            if locode and not is_locode(locode):
                words.append(f"UN/LOCODE {locode}")
        return list(dict.fromkeys(words))


def _currency_is_known(line, currencies):
    return not line.get("currency") or line["currency"] in currencies
