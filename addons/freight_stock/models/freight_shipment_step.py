"""A shipment and its transfers stay in step: what orders change, the shipment changes."""

from collections import Counter

from odoo import _, models
from odoo.addons.freight_canonical import ownership
from odoo.fields import Command

from ..releasing import merge, plain
from .stock_picking_release import _basis, measure


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def _keep_in_step(self):
        """Bring these shipments up to what their transfers say now, and tell who knows them.

        :return: transfers that left a shipment with which they travel no more
        """
        shipments = self.filtered(lambda one: one.picking_ids and not one._is_cancelled())
        leaving = self.env["stock.picking"]
        if not shipments:
            return leaving
        self.env["freight.event"]._lock(shipments)
        shipments.invalidate_recordset()
        plans = shipments.picking_ids._freight_plans()
        for shipment in shipments:
            leaving |= shipment._follow_transfers(plans)
        return leaving

    def _follow_transfers(self, plans):
        """Follow the transfers of one shipment. Return those that left it."""
        gone = self.picking_ids.filtered(lambda one: one.state == "cancel" or one.freight_hold)
        staying = (self.picking_ids - gone).sorted("id")
        moved = self._travelling_otherwise(staying, plans) if self._is_changeable() else gone[:0]
        if not staying - moved:
            self._lose_all_transfers(gone)
            return gone[:0]
        if not self._is_changeable():
            self._report_late_change(staying, plans)
            return moved
        self._take_off(gone | moved, plans)
        return moved

    def _take_off(self, leaving, plans=None):
        """Let ``leaving`` off these shipments, which go on with what they have left."""
        for shipment in self:
            staying = (shipment.picking_ids - leaving).sorted("id")
            if not staying:
                shipment._lose_all_transfers(leaving & shipment.picking_ids)
                continue
            before = shipment._release_material()
            off = leaving & shipment.picking_ids
            if off:
                shipment._note_off(off)
                off.freight_shipment_id = False
            shipment._take_orders(staying, plans or staying._freight_plans())
            if shipment._release_material() != before:
                shipment._announce_changed()

    def _travelling_otherwise(self, pickings, plans):
        """Return those of consolidated ``pickings`` that go elsewhere now, or on another day.

        If all go there, it is the shipment that goes there.
        """
        nobody = pickings.browse()
        if not self.consolidation_key:
            return nobody
        keys = Counter(plans[picking].key for picking in pickings if picking.state != "done")
        if not keys:
            return nobody
        if self.consolidation_key not in keys:
            self.consolidation_key = keys.most_common(1)[0][0]
        return pickings.filtered(
            lambda one: one.state != "done" and plans[one].key != self.consolidation_key
        )

    def _lose_all_transfers(self, gone):
        """Cancel this shipment, nothing of which is to be moved.

        Once a vehicle is ordered that is for a person, who is told once.
        """
        held = gone.filtered("freight_hold")
        if self.transport_state in ("draft", "released", "tendered", "declined", "accepted"):
            self.action_cancel()
            held.freight_shipment_id = False
            return
        if (self.order_basis or {}).get("lost"):
            return
        self.order_basis = {**(self.order_basis or self._nothing_said()), "lost": True}
        self._raise_order_changed(
            _(
                "%(transfers)s was cancelled, but %(shipment)s is under way: agree with the carrier"
                " what becomes of the goods.",
                transfers=", ".join(gone.mapped("name")),
                shipment=self.name,
            )
        )

    def _note_off(self, pickings):
        self.message_post(
            body=_("%s travels otherwise and was taken off.", ", ".join(pickings.mapped("name")))
        )

    # What the orders say ------------------------------------------------------------------------

    def _take_orders(self, pickings, plans):
        """Write what the orders of ``pickings`` changed, but not what another system made of it."""
        header = pickings._freight_header(plans)
        stops, lines = pickings._freight_stops(header), pickings._freight_line_values()
        references = pickings._freight_references()
        # A shipment that was not made of its transfers agrees with them so far.
        basis = self.order_basis or {**self._nothing_said(), "header": header, "stops": stops}
        kept = self._merge(self, basis["header"], header)
        ends = {"pickup": self._stops_in_order()[:1], "delivery": self._stops_in_order()[-1:]}
        for role, stop in ends.items():
            if stop.role == role:
                kept += self._merge(stop, basis["stops"].get(role, {}), stops[role])
        if kept:
            self._report_kept(kept)
        self._take_lines(basis["lines"], lines)
        self._take_references(basis["references"], references)
        now = _basis(
            {**basis["header"], **header},
            {role: {**basis["stops"].get(role, {}), **stops[role]} for role in stops},
            lines,
            references,
        )
        if now != self.order_basis:
            self.write({"order_basis": now, **pickings._freight_order_commands()})
            self._move_cut_off(pickings, plans)

    def _nothing_said(self):
        return {"header": {}, "stops": {}, "lines": {}, "references": []}

    def _remember_orders(self):
        """Let these shipments know what their transfers say now, and change nothing."""
        plans = self.picking_ids._freight_plans()
        for shipment in self:
            pickings = shipment.picking_ids.filtered(lambda one: one.state != "cancel").sorted("id")
            if pickings:
                header = pickings._freight_header(plans)
                shipment.order_basis = _basis(
                    header,
                    pickings._freight_stops(header),
                    pickings._freight_line_values(),
                    pickings._freight_references(),
                )

    def _move_cut_off(self, pickings, plans):
        """Release a draft in time for all of its orders; a time of day that passed stays."""
        if self.transport_state != "draft" or not self.release_due:
            return
        due = pickings._freight_due(plans)
        if any(plans[picking].policy.cutoff != "before" for picking in pickings):
            due = min(due, self.release_due)
        self.release_due = due

    def _merge(self, record, basis, wanted):
        """Write what changed on ``record``. Return the labels of what stays as others made it."""
        domains = ownership.FIELDS[record._name]
        current = {name: plain(record[name]) for name in wanted}
        values, kept = merge(
            basis, wanted, current, lambda name: self._is_held(domains.get(name, "orders"))
        )
        if values:
            record.write(values)
        return [record._field_label(name) for name in kept]

    def _take_lines(self, basis, wanted):
        """Bring the goods up to ``wanted``; goods that came otherwise stay."""
        if self._is_held(ownership.ROWS["freight.shipment.line"]):
            return
        known = {line.stock_move_id.id: line for line in self.line_ids if line.stock_move_id}
        commands = [
            Command.delete(known[move].id)
            for move in known.keys() - {line["stock_move_id"] for line in wanted}
        ]
        for line in wanted:
            mine = known.get(line["stock_move_id"])
            if not mine:
                commands.append(Command.create(line))
            elif basis.get(str(line["stock_move_id"])) != measure(line):
                commands.append(Command.update(mine.id, line))
        if commands:
            self.write({"line_ids": commands})

    def _take_references(self, basis, wanted):
        """Bring the orders' numbers up to ``wanted``; what others told us stays."""
        had, have = {tuple(one) for one in basis}, {tuple(one) for one in wanted}
        dropped = self.reference_ids.filtered(lambda one: (one.type, one.value) in had - have)
        dropped.unlink()
        known = {(one.type, one.value) for one in self.reference_ids}
        self.env["freight.reference"].create(
            [
                {"shipment_id": self.id, "type": kind, "value": value}
                for kind, value in sorted(have - known)
            ]
        )

    # What a person must look at -------------------------------------------------------------------

    def _report_kept(self, labels):
        self._raise_order_changed(
            _(
                "The orders of %(shipment)s changed, but %(tms)s planned otherwise, so it stays: "
                "%(fields)s. Agree with them on a new plan.",
                shipment=self.name,
                tms=self.tms_id.name or _("somebody else"),
                fields=", ".join(dict.fromkeys(labels)),
            )
        )

    def _report_late_change(self, pickings, plans):
        """Tell a person, once, of what orders changed after the goods left."""
        basis = self.order_basis or {}
        header = pickings._freight_header(plans)
        now = _basis(
            {**basis.get("header", {}), **header},
            basis.get("stops", {}),
            pickings._freight_line_values(),
            basis.get("references", []),
        )
        if not basis or now == basis:
            return
        self.order_basis = now
        self._raise_order_changed(
            _(
                "%(orders)s changed after %(shipment)s had left its pickup: %(changes)s. Agree "
                "with the carrier what becomes of it.",
                orders=", ".join(pickings.mapped("name")),
                shipment=self.name,
                changes="; ".join(self._changes_in_words(basis, now)),
            )
        )

    def _changes_in_words(self, before, now):
        words = [
            f"{self._field_label(name)}: {self._in_words(name, before['header'].get(name))} → "
            f"{self._in_words(name, value)}"
            for name, value in now["header"].items()
            if value != before["header"].get(name)
        ]
        products = self.env["product.product"]
        for move in sorted(before["lines"].keys() | now["lines"].keys()):
            old, new = before["lines"].get(move), now["lines"].get(move)
            if old != new:
                name = products.browse((new or old)[0]).display_name
                words.append(f"{name}: {old[2] if old else 0:g} → {new[2] if new else 0:g}")
        return words

    def _raise_order_changed(self, sentence):
        self.message_post(body=sentence)
        self.env["freight.exception"]._raise_case(
            "order_changed", f"shipment:{self.id}", sentence, shipment=self
        )
