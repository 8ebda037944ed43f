"""A later version of a shipment: who sent it changes what it owns, and nothing else.

What a document does not say is no change. What it says of another system's data is kept beside
the ledger, with the value that stands, and a person is told.
"""

from odoo import _, models
from odoo.fields import Command

from .. import ownership
from ..claims import Refusal, pair_lines, same_words
from ..documents import APPLIED, REFUSED, Outcome
from ..goods import read_distance
from ..time_zones import read_window
from .freight_shipment_intake import PARTY_FIELDS


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _take_in_version(self, document):
        """Bring this shipment up to ``document``, as far as its sender owns it."""
        self.ensure_one()
        dropped = self._dropped_stops(document)
        if self._sender_owns(document, "route") and self._was_reported_on(dropped):
            text = _("Stops that were reported on cannot be taken out of %s.", self.name)
            return Outcome(REFUSED, text, shipment_id=self.id)
        refusals = []
        self._claim(document, refusals, self, self._said_of_shipment(document))
        self._take_in_stops(document, refusals, dropped)
        self._take_in_lines(document, refusals)
        self._report_unread(document)
        detail = self._keep_refusals(document, refusals) if refusals else ""
        return Outcome(APPLIED, detail, shipment_id=self.id)

    def _take_in_cancellation(self, document):
        """Cancel on the word of who plans it, and tell everybody else."""
        self.ensure_one()
        if not self._sender_owns(document, "dispatch"):
            state = self._in_words("transport_state", self.transport_state)
            wanted = Refusal(self._name, "transport_state", "", state, "cancelled")
            detail = self._keep_refusals(document, [wanted])
            return Outcome(REFUSED, detail, shipment_id=self.id)
        self._record_own("cancelled")
        self.env["freight.emitter"]._emit("shipment.cancelled", self, type(self)._release_body)
        return Outcome(APPLIED, shipment_id=self.id)

    def _sender_owns(self, document, domain):
        return self.env["freight.ownership"]._owns(document.system, domain, self)

    def _claim(self, document, refusals, record, said, item=""):
        """Write on ``record`` what of ``said`` (values by field) is new and the sender's own."""
        domains = ownership.FIELDS[record._name]
        own = {}
        for name, value in said.items():
            if not record._differs(name, value):
                continue
            if self._sender_owns(document, domains[name]):
                own[name] = value
            elif value not in (None, False, ""):
                refusals.append(
                    Refusal(
                        record._name,
                        name,
                        item,
                        record._in_words(name, record[name]),
                        record._in_words(name, value),
                    )
                )
        if own:
            record.write(own)

    def _said_of_shipment(self, document):
        """Return what ``document`` says of the shipment as a whole, by field."""
        data, company = document.data, self.company_id
        said, _unread = read_distance(data)
        if data.get("terms"):
            said["freight_terms"] = data["terms"]
        if data.get("mode"):
            said["mode"] = data["mode"]
        if data.get("scac"):
            carriers = self.env["res.partner"]._freight_carriers_by_scac({data["scac"]}, company)
            said["carrier_id"] = carriers.get((data["scac"], company.id), self.carrier_id).id
        for party in data["parties"]:
            name = PARTY_FIELDS.get(party["role"])
            if name:
                said[name] = (self._party(party, company) or self[name]).id
        return said

    # Stops ----------------------------------------------------------------------------------------

    def _dropped_stops(self, document):
        """Return the stops that ``document``, which lists stops, does not list."""
        listed = {stop["sequence"] for stop in document.data["stops"]}
        return self.stop_ids.filtered(lambda stop: listed and stop.sequence not in listed)

    def _was_reported_on(self, stops):
        events = self.env["freight.event"]
        return bool(events.search_count([("stop_id", "in", stops.ids)], limit=1))

    def _take_in_stops(self, document, refusals, dropped):
        """Compare stop by stop. A stop keeps its identity by its sequence: events refer to it."""
        known = {stop.sequence: stop for stop in self.stop_ids}
        owned = self._sender_owns(document, "route")
        for said in document.data["stops"]:
            stop = known.get(said["sequence"])
            if not stop and owned:
                values = {**self._stop_values(said), "shipment_id": self.id}
                stop = self.env["freight.stop"].create(values)
            if stop:
                self._take_in_stop(document, refusals, stop, said)
            else:
                refusals.append(_whole("freight.stop", said["sequence"], refused=_place(said)))
        if owned:
            dropped.unlink()
            self._plan_by_windows()
        else:
            refusals += [
                _whole("freight.stop", stop.sequence, kept=stop.display_name) for stop in dropped
            ]

    def _take_in_stop(self, document, refusals, stop, said):
        values = self._stop_values(said)
        if not said.get("place"):
            values = {name: values[name] for name in ("sequence", "role")}
        item = str(stop.sequence)
        self._claim(document, refusals, stop, values, item)
        if said.get("planned"):
            self._claim(document, refusals, stop, self._said_window(stop, said), item)

    def _said_window(self, stop, said):
        """Return the appointment in naive UTC; a time without offset is local to its stop."""
        zone = stop.tz or self.company_id._freight_tz()
        start, end = read_window(said["planned"].get("from"), said["planned"].get("to"), zone)
        return {"window_start": start, "window_end": end}

    # Goods ----------------------------------------------------------------------------------------

    def _take_in_lines(self, document, refusals):
        """Compare line by line; lines are paired by their description, then by their order."""
        theirs, ours = document.data["lines"], self.line_ids
        if not theirs:
            return
        currencies = self._said_currencies(document)
        pairs, gone, new = pair_lines(ours.mapped("name"), [one["description"] for one in theirs])
        for mine, other in pairs:
            line = ours[mine]
            said = self._said_of_line(theirs[other], currencies)
            if same_words(line.name, said["name"]):
                del said["name"]
            self._claim(document, refusals, line, said, line.name)
        added, dropped = [theirs[place] for place in new], ours.browse([ours[i].id for i in gone])
        if self._sender_owns(document, ownership.ROWS["freight.shipment.line"]):
            dropped.unlink()
            self.write(
                {"line_ids": [Command.create(self._line_values(one, currencies)) for one in added]}
            )
            return
        model = "freight.shipment.line"
        refusals += [
            _whole(model, one["description"], refused=one["description"]) for one in added
        ] + [_whole(model, line.name, kept=line.name) for line in dropped]

    def _said_of_line(self, line, currencies):
        """Return the values of a line of a document, without those it says nothing of."""
        values = self._line_values(line, currencies)
        silent = {
            name
            for key, names in (
                ("quantity", ("quantity",)),
                ("freight_class", ("freight_class",)),
                ("handling_units", ("handling_units",)),
                ("hazmat", ("hazmat", "un_number")),
            )
            if not line.get(key)
            for name in names
        }
        return {name: value for name, value in values.items() if name not in silent}


def _whole(model, item, kept="", refused=""):
    """Return the refusal of a whole row: added (nothing is kept) or taken away."""
    return Refusal(model, "", str(item), kept, refused)


def _place(stop):
    place = stop.get("place") or {}
    return " ".join(filter(None, (stop["role"], place.get("city") or place.get("name"))))
