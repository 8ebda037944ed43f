"""Cases that controls open and close, and the sentences they use."""

from collections import defaultdict

from odoo import api, models
from odoo.tools import format_datetime
from odoo.tools.translate import _lt

from .. import controls, db
from .freight_exception import QUIET

#: Rule of :mod:`..controls` -> what a case of it says.
SENTENCES = {
    "delayed": _lt("A delay at %(place)s was reported for %(time)s."),
    "expected_late": _lt("Expected at %(place)s on %(time)s, due until %(due)s."),
    "window_missed": _lt("Nobody came to %(place)s until %(due)s."),
    "damaged": _lt("Damage at %(place)s was reported for %(time)s."),
    "short": _lt("A shortage at %(place)s was reported for %(time)s."),
    "refused": _lt("The goods were refused at %(place)s on %(time)s."),
    "returned": _lt("The goods of %(place)s were sent back on %(time)s."),
    "delivery_attempted": _lt("Delivery at %(place)s was attempted on %(time)s."),
    "customs_held": _lt("Customs hold the goods since %(time)s."),
    "pieces_missing": _lt("%(place)s: %(loaded)s pieces were to come, %(came)s are accounted for."),
    "pieces_over": _lt("%(place)s: %(planned)s pieces were planned, %(came)s came."),
    "vehicle_not_used": _lt("Cancelled on %(time)s, when the vehicle was on its way."),
    "cancelled_under_way": _lt("Cancelled on %(time)s, when the goods were under way."),
    "no_proof": _lt("Delivered at %(place)s on %(time)s, and no proof of it came since."),
    "no_number": _lt("Under way since %(time)s, and the carrier named no number of its own."),
}
#: Why a cause is gone -> the resolution that the case is closed with.
ENDINGS = {
    "reached": _lt("The stop was reached."),
    "ended": _lt("Nothing is awaited any more."),
    "in_time": _lt("No longer late: the report was taken back, or the times fit again."),
    "delivered": _lt("Delivered."),
    "cleared": _lt("Cleared by customs."),
    "signed": _lt("The proof of delivery came."),
    "numbered": _lt("The carrier's number came."),
    "counted": _lt("The pieces add up."),
    "taken_back": _lt("The report was taken back."),
}
#: What a control may change about a case that is open.
REVISED = ("cause", "severity", "description", "reason_id")


class FreightException(models.Model):
    _inherit = "freight.exception"

    @api.model
    def _settle(self, shipments, findings, movements, by_clock):
        """Open what is found and not open, close what is open by control and no longer found.

        What a person resolved stays resolved as long as no cause joins those it was about.

        :param findings: {shipment id: list of :class:`~..controls.Finding`}
        :param movements: {shipment id: :class:`~..controls.Movement`}
        :param by_clock: whether to open what time alone gives cause for
        :return: the ids of shipments of which something is left to the clock
        """
        opened, settled = self._controlled(shipments)
        missing, changed, left = [], {}, set()
        for shipment in shipments:
            for finding in findings[shipment.id]:
                place = (finding.code, self._place_key(shipment.id, finding.stop))
                case = opened.pop(place, None)
                if case is None and not settled[place].issuperset(finding.tokens):
                    if by_clock or finding.was_reported:
                        missing.append((shipment, place, finding))
                    else:
                        left.add(shipment.id)
                elif case and case._differs(finding):
                    changed[case] = finding
        self._open_found(missing)
        self._revise(changed)
        self._close_gone([case for case in opened.values() if case.by_control], movements)
        return left

    @api.model
    def _place_key(self, shipment_id, stop_id):
        return f"stop:{stop_id}" if stop_id else f"shipment:{shipment_id}"

    @api.model
    def _controlled(self, shipments):
        """Return ({place: open case}, {place: causes that persons settled}); by one query."""
        cases = self.search(
            [
                ("shipment_id", "in", shipments.ids),
                ("code", "in", list(controls.CODES)),
                "|",
                ("state", "=", "open"),
                ("closed_by", "=", "person"),
            ]
        )
        opened, settled = {}, defaultdict(set)
        for case in cases:
            place = (case.code, case.dedup_key)
            if case.state == "open":
                opened[place] = case
            else:
                settled[place].update((case.cause or "").splitlines())
        return opened, settled

    def _differs(self, finding):
        """Return whether this open case says something else than ``finding``."""
        said = (self.cause or "", self.by_control and self.severity)
        found = ("\n".join(finding.tokens), self.by_control and finding.severity)
        return said != found or bool(finding.reason and not self.reason_id)

    @api.model
    def _open_found(self, missing):
        """Open a case for each (shipment, place, finding)."""
        self._raise_cases(
            [
                {
                    "code": code,
                    "key": key,
                    "description": self._tell(shipment, finding),
                    "shipment": shipment,
                    "severity": finding.severity,
                    "values": {
                        "stop_id": finding.stop,
                        "reason_id": self._reason_id(shipment, finding),
                        "cause": "\n".join(finding.tokens),
                        "by_control": True,
                    },
                }
                for shipment, (code, key), finding in missing
            ]
        )

    @api.model
    def _revise(self, changed):
        """Bring open cases (with their findings) up to date; a person's words stay."""
        graver = self.browse()
        values = {}
        for case, finding in changed.items():
            own = case.by_control
            if own and finding.severity == "critical" != case.severity:
                graver |= case
            values[case.id] = (
                "\n".join(finding.tokens),
                finding.severity if own else case.severity,
                self._tell(case.shipment_id, finding) if own else case.description,
                case.reason_id.id or self._reason_id(case.shipment_id, finding),
            )
        db.update_rows(self, REVISED, values)
        graver._call_for_a_person()

    @api.model
    def _reason_id(self, shipment, finding):
        """Return the id of the reason that ``finding`` names in the words of its company."""
        reasons = self.env["freight.exception.reason"]._by_code(shipment.company_id.id)
        return reasons.get(finding.reason)

    @api.model
    def _close_gone(self, cases, movements):
        """Close cases whose cause went, saying why; one write for each such reason."""
        by_reason = defaultdict(self.browse)
        for case in cases:
            movement = movements[case.shipment_id.id]
            by_reason[controls.gone(case.code, case.stop_id.id or None, movement)] |= case
        for reason, same in by_reason.items():
            same.with_context(**QUIET)._close("cause", resolution=str(ENDINGS[reason]))

    # Sentences ----------------------------------------------------------------------------------

    @api.model
    def _tell(self, shipment, finding):
        """Return what ``finding`` is about, a sentence for each of its causes."""
        stop = self.env["freight.stop"].browse(finding.stop or [])
        sentences = [self._sentence(cause, shipment, stop) for cause in finding.causes]
        return " ".join(dict.fromkeys(filter(None, sentences)))

    @api.model
    def _sentence(self, cause, shipment, stop):
        if cause.rule not in SENTENCES:
            return None
        zone = stop.tz or shipment.company_id._freight_tz()
        facts = {
            name: f"{fact:g}"
            if isinstance(fact, int | float)
            else format_datetime(self.env, fact, tz=zone, dt_format="short")
            for name, fact in cause.facts.items()
        }
        return str(SENTENCES[cause.rule]) % {"place": stop.display_name or shipment.name, **facts}
