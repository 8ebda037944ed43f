"""References that may mean several shipments: reported once for each, closed when they do not."""

from collections import defaultdict

from odoo import _, api, models

from ..documents import APPLIED, DUPLICATE, Ambiguous
from ..references import Wanted, normalise


class FreightException(models.Model):
    _inherit = "freight.exception"

    @api.model
    def _judge_ambiguities(self, documents, outcomes):
        """Open a case for each ambiguous document, close those of what is found by now.

        :param documents: list of (:class:`~..documents.Document`, its references)
        :param outcomes: what became of each
        """
        clear = defaultdict(list)
        for (document, references), outcome in zip(documents, outcomes, strict=True):
            if isinstance(outcome, Ambiguous):
                key = self._ambiguity_key(document, self._most_shared(document, references))
                self._raise_case(
                    "ambiguous_reference", key, outcome.detail, company=document.company
                )
            elif outcome.status in (APPLIED, DUPLICATE):
                clear[document.company].append((document, references))
        for company, found in clear.items():
            if self._ambiguities(company, limit=1):
                keys = {}
                for one in found:
                    keys.update(self._ambiguities_over(*one))
                self._close_ambiguities(company, keys)

    @api.model
    def _ambiguities(self, company, domain=(), limit=None):
        """Return the open cases of ``company``."""
        cases = [
            ("code", "=", "ambiguous_reference"),
            ("company_id", "=", company.id),
            ("state", "=", "open"),
        ]
        return self.search([*cases, *domain], limit=limit)

    @api.model
    def _close_ambiguities(self, company, keys):
        """Close the open cases among ``keys`` that are over.

        :param dict keys: key -> the :class:`~..references.Wanted` that must mean one shipment by
            now, None where it is over anyhow
        """
        cases = self._ambiguities(company, [("dedup_key", "in", list(keys))])
        doubtful = {keys[case.dedup_key] for case in cases} - {None}
        found = self.env["freight.reference"]._candidates(doubtful)
        over = [case.dedup_key for case in cases if len(found.get(keys[case.dedup_key], ())) <= 1]
        if over:
            self._close_cases(
                "ambiguous_reference", over, _("They mean one shipment by now."), company
            )

    @api.model
    def _ambiguities_over(self, document, references):
        """Return the cases that a document which found its shipment may close, as keys."""
        company = document.company.id or None
        keys = {
            self._ambiguity_key(document, [one]): Wanted(one["type"], one["value"], company)
            for one in references
        }
        return {**keys, self._ambiguity_key(document, references): None}

    @api.model
    def _ambiguity_key(self, document, references):
        said = sorted(f"{one['type']} {normalise(one['value'])}" for one in references)
        return f"{document.system.code}: {', '.join(said)}"

    @api.model
    def _most_shared(self, document, references):
        """Return the reference that names most shipments; all of them where each names one."""
        company = document.company.id or None
        wanted = [Wanted(one["type"], one["value"], company) for one in references]
        found = self.env["freight.reference"]._candidates(wanted)
        counts = [len(found.get(key, ())) for key in wanted]
        most = max(counts)
        return [references[counts.index(most)]] if most > 1 else references
