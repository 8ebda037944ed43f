"""Transfers become shipments: alone, or those that travel together as one."""

from odoo import _, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError
from odoo.fields import Command

from .stock_picking import OPEN


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _freight_release_now(self):
        """Release these transfers by a person's wish, whatever policies say.

        :return: their shipments that were released now
        :raise UserError: naming what keeps a transfer from being released
        """
        open_ones = self.filtered(lambda picking: picking._freight_is_releasable())
        waiting = open_ones.freight_shipment_id.filtered(
            lambda shipment: shipment.transport_state == "draft"
        )
        rest = open_ones - waiting.picking_ids
        plans = rest._freight_plans()
        problems = list(filter(None, (plan.problem for plan in plans.values())))
        if problems:
            raise UserError("\n".join(problems))
        rest.filtered("freight_hold").freight_hold = False
        shipments = waiting | rest._freight_ship(plans)
        shipments.action_release()
        return shipments

    def _freight_release_due(self):
        """Release those of these transfers whose policy says that it is time.

        What cannot be released is a case for a person: the stock operation goes on.
        """
        wanted = self._freight_wanted()
        plans = wanted._freight_plans()
        ripe = wanted.filtered(lambda picking: _is_ripe(picking, plans[picking]))
        poor = ripe.filtered(lambda picking: plans[picking].problem)
        self._freight_report_problems({picking: plans[picking].problem for picking in poor})
        shipments = (ripe - poor)._freight_ship(plans)
        shipments._release_what_is_due()

    def _freight_wanted(self):
        """Return those of these transfers that go by the TMS and have no shipment yet."""
        candidates = self.filtered(
            lambda picking: (
                picking.state in OPEN
                and not picking.freight_shipment_id
                and not picking.freight_hold
                and not picking.return_id
            )
        )
        if not candidates:
            return candidates
        return candidates.search([("id", "in", candidates.ids), ("freight_to_release", "=", True)])

    def _freight_report_problems(self, problems):
        """Open a case for each of ``problems``, by transfer: each names what to do."""
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "not_released",
                    "key": f"transfer:{picking.id}",
                    "description": problem,
                    "company": picking.company_id,
                }
                for picking, problem in problems.items()
            ]
        )

    def _freight_ship(self, plans):
        """Let these transfers join the shipments that wait for them, or have new ones.

        :return: their shipments, all of them drafts
        """
        if not self:
            return self.env["freight.shipment"]
        joining = self._freight_join(plans)
        groups = (self - joining)._freight_groups(plans)
        shipments = self.env["freight.shipment"].create(
            [pickings._freight_shipment_values(plans) for pickings in groups]
        )
        pairs = zip(groups, shipments, strict=True)
        self._freight_link({one.id: (ship.id,) for group, ship in pairs for one in group})
        keys = [f"transfer:{picking.id}" for picking in self]
        self.env["freight.exception"]._close_cases("not_released", keys, _("It has a shipment."))
        return shipments | joining.freight_shipment_id

    def _freight_link(self, shipments):
        """Write {transfer id: (shipment id,)}; by one statement."""
        db.update_rows(self, ["freight_shipment_id"], shipments)
        self.env["freight.shipment"].invalidate_model(["picking_ids"])

    def _freight_groups(self, plans):
        """Return these transfers in groups that travel as one shipment each."""
        groups = {}
        for picking in self:
            plan = plans[picking]
            together = plan.key if plan.policy.consolidate else picking.id
            groups.setdefault((picking.company_id.id, together), []).append(picking.id)
        return [self.browse(sorted(ids)) for ids in groups.values()]

    def _freight_join(self, plans):
        """Add those of these transfers to draft shipments that travel the same way. Return them."""
        keys = {plan.key for plan in plans.values() if plan.policy.consolidate}
        if not keys:
            return self.browse()
        domain = [("consolidation_key", "in", list(keys)), ("transport_state", "=", "draft")]
        waiting = self.env["freight.shipment"].search(domain)
        if not waiting:
            return self.browse()
        # Who releases one meanwhile makes this transaction wait, and then run again.
        self.env["freight.event"]._lock(waiting)
        by_key = {(one.company_id.id, one.consolidation_key): one for one in waiting}
        links = {
            picking.id: (by_key[picking.company_id.id, plans[picking].key].id,)
            for picking in self
            if plans[picking].policy.consolidate
            and (picking.company_id.id, plans[picking].key) in by_key
        }
        joined = self.browse(links)
        self._freight_link(links)
        joined.freight_shipment_id._keep_in_step()
        return joined

    def _freight_shipment_values(self, plans):
        """Return the values of one shipment of these transfers."""
        first = plans[self[0]]
        company, rule, policy = self[0].company_id, first.rule, first.policy
        header = self._freight_header(plans)
        stops, lines = self._freight_stops(header), self._freight_line_values()
        references = self._freight_references()
        return {
            **header,
            **self._freight_order_commands(),
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "tms_id": company.freight_tms_id.id,
            "bill_to_id": first.payer.id or company.partner_id.id,
            "mode": first.mode,
            "service": rule.service,
            "carrier_id": rule.carrier_id.id,
            "equipment_type_id": rule.equipment_type_id.id,
            "consolidation_key": first.key if policy.consolidate else False,
            "release_due": self._freight_due(plans),
            "order_basis": _basis(header, stops, lines, references),
            "stop_ids": [
                Command.create({"sequence": sequence, "role": role, **stops[role]})
                for sequence, role in enumerate(("pickup", "delivery"), 1)
            ],
            "line_ids": [Command.create(line) for line in lines],
            "reference_ids": [
                Command.create({"type": kind, "value": value}) for kind, value in references
            ],
        }

    def _freight_due(self, plans):
        """Return when the first of these transfers has to be released (naive UTC)."""
        return min(
            plans[picking].policy._release_moment(plans[picking].pickup, plans[picking].zone)
            for picking in self
        )

    def _freight_case_of_failure(self, shipment, error):
        """Open the case of a shipment that could not be released by itself."""
        self.env["freight.exception"]._raise_case(
            "not_released",
            f"shipment:{shipment.id}",
            _(
                "%(shipment)s could not be released: %(error)s Mend it, then release it by hand.",
                shipment=shipment.name,
                error=error,
            ),
            shipment=shipment,
        )


def _is_ripe(picking, plan):
    """Return whether the policy releases ``picking`` in the state that it is in."""
    if plan.rule and not plan.rule.by_tms:
        return False
    when = plan.policy.release_when
    return when == "confirm" or (when == "reserve" and picking.state == "assigned")


def _basis(header, stops, lines, references):
    """Return what the orders say, as the shipment remembers it."""
    return {
        "header": header,
        "stops": stops,
        "lines": {str(line["stock_move_id"]): measure(line) for line in lines},
        "references": references,
    }


def measure(line):
    """Return what makes goods others: the product, how many and how heavy, rounded."""
    return [line["product_id"], line["uom_id"], *(round(line[name], 3) for name in MEASURES)]


MEASURES = ("quantity", "weight", "volume")
