"""Master data that systems tell of: found, written by ownership, or put before a person."""

from collections import defaultdict
from dataclasses import dataclass, field

from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import db, masters
from ..documents import APPLIED, DUPLICATE, UNMATCHED, Outcome
from ..time_zones import read

#: Written by the suite on behalf of a system: the log of the record says what, once.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_vat_validation": True,
}


@dataclass
class Heard:
    """What documents of one batch say of one thing.

    :ivar said: all that its system said by now, see :mod:`..masters`
    :ivar record: the partner or charge code, once it is known
    :ivar place: indexes of its documents, with whether each counted
    """

    number: str
    before: dict
    said: dict = field(default_factory=dict)
    counted: dict = field(default_factory=dict)
    record: object = None
    identity: object = None
    candidates: object = None
    status: str = APPLIED
    detail: list = field(default_factory=list)

    @property
    def values(self):
        """What its system says by now, as {path: value}."""
        return masters.values_of(self.said)

    def news(self):
        """Return what this batch said otherwise than was said before, as {path: value}."""
        return {path: two[0] for path, two in self.said.items() if self.before.get(path) != two}


class FreightMasterIntake(models.AbstractModel):
    """Applies documents of master data. Its heirs say of what.

    A thing is known by the number that its system gave it, else by a number that means one thing
    in all the world; never by its name. What cannot be told for certain waits for a person.
    """

    _name = "freight.master.intake"
    _description = "Intake of Master Data"

    #: kind of document, model of the records, and the field of an identity that names them
    _kind = _target = _link = ""

    @api.model
    def _apply_freight_documents(self, documents):
        """Take master data in. See :mod:`..documents` for the protocol."""
        groups = defaultdict(list)
        for place, document in enumerate(documents):
            groups[document.system, document.company].append(place)
        outcomes = {}
        for (system, company), places in groups.items():
            intake = self.sudo().with_context(freight_origin_system_id=system.id, **QUIET)
            taken = intake._take_in(system, company, [documents[place] for place in places])
            outcomes.update(zip(places, taken, strict=True))
        return [outcomes[place] for place in range(len(documents))]

    @api.model
    def _take_in(self, system, company, documents):
        heard = self._listen(system, company, documents)
        self._recognise(system, company, heard)
        self._create_or_ask(system, company, [one for one in heard if not one.record])
        known = [one for one in heard if one.record]
        self._keep_said(system, known, max(document.received for document in documents))
        self._apply(system, company, known)
        self._take_further(system, company, documents, {one.number: one for one in heard})
        outcomes = {}
        for one in heard:
            detail = " ".join(one.detail)
            for place, counted in one.counted.items():
                outcomes[place] = (
                    Outcome(one.status, detail)
                    if counted or one.status == UNMATCHED
                    else Outcome(DUPLICATE, _("This, or something newer, was known already."))
                )
        return [outcomes[place] for place in range(len(documents))]

    @api.model
    def _listen(self, system, company, documents):
        """Return a :class:`Heard` for each number that ``documents`` name."""
        statements = [masters.statement(one.data, _moment(one)) for one in documents]
        numbers = {one.number for one in statements}
        known = self.env["freight.master.identity"]._known(system, company, self._link, numbers)
        waiting = self.env["freight.master.proposal"]._kept(self._kind, system, company, numbers)
        heard = {}
        for place, one in enumerate(statements):
            identity = known.get(one.number)
            kept = (identity or waiting.get(one.number) or self.env["freight.master.identity"]).said
            that = heard.setdefault(
                one.number, Heard(one.number, kept or {}, kept or {}, identity=identity)
            )
            that.said, [that.counted[place]] = masters.fold(that.said, [one])
            if identity:
                that.record = identity._thing().with_env(self.env)
        return list(heard.values())

    # Whose it is --------------------------------------------------------------------------------

    @api.model
    def _owned(self, system, company):
        """Return a function(paths, record, said roles) -> those of them that ``system`` owns."""
        matrix, verdicts = self.env["freight.ownership"], {}

        def owns(domain, company_id):
            key = (domain, company_id)
            if key not in verdicts:
                verdicts[key] = matrix._owns_master(system, domain, company_id)
            return verdicts[key]

        def owned(paths, record, said_roles):
            if record and not self._may_speak_of(system, record):
                return set()
            place = self._place_of(record, company)
            roles = record._master_values().get("roles") if record else ()
            wanted = {path: masters.domains(self._kind, path, roles, said_roles) for path in paths}
            return {
                path
                for path, domains in wanted.items()
                if domains and all(owns(domain, place) for domain in domains)
            }

        return owned

    @api.model
    def _place_of(self, record, company):
        """Return the id of the company whose ownership decides about ``record``."""
        return company.id

    @api.model
    def _may_speak_of(self, system, record):
        """Return whether ``record`` is any business of ``system``."""
        return True

    # What it is ---------------------------------------------------------------------------------

    @api.model
    def _candidates(self, heard, company):
        """Return {number: records} that things may be; see :meth:`_recognise`."""
        raise NotImplementedError

    @api.model
    def _recognise(self, system, company, heard):
        """Find the record of each that has none.

        That is one candidate alone, which the system may speak of and knows by no other number.
        """
        unknown = [one for one in heard if not one.record]
        if not unknown:
            return
        found = self._candidates(unknown, company)
        every = self.env[self._target].browse({key for ids in found.values() for key in ids})
        claimed = self.env["freight.master.identity"].search(
            [("system_id", "=", system.id), (self._link, "in", every.ids)]
        )
        taken = set(claimed.mapped(self._link).ids)
        doubtful = masters.shared(masters.Statement(one.number, one.values, []) for one in unknown)
        for one in unknown:
            ids = found.get(one.number, set())
            records = self.env[self._target].browse(sorted(ids))
            is_clear = not ids & taken and one.number not in doubtful
            if len(ids) == 1 and is_clear and self._may_speak_of(system, records):
                one.record = records
            elif ids or one.number in doubtful:
                one.candidates = records

    # What becomes of it -------------------------------------------------------------------------

    @api.model
    def _create_or_ask(self, system, company, unknown):
        """Create what its sender may create; the rest waits for a person."""
        owned, new, asked = self._owned(system, company), [], []
        nothing = self.env[self._target]
        for one in unknown:
            values = one.values
            if one.candidates is None and not self._is_complete(values):
                one.status = UNMATCHED
                one.detail = [_("%s is not known here, and too little is said of it.", one.number)]
            elif one.candidates is None and values.get("active") is False:
                one.detail = [_("%s is not known here, and no longer used there.", one.number)]
            elif one.candidates is None and owned(values, nothing, values.get("roles")) == set(
                values
            ):
                new.append(one)
            else:
                asked.append(one)
        self._create(system, company, new)
        asked += [one for one in new if not one.record]
        self.env["freight.master.proposal"]._ask(self._kind, system, company, asked)

    @api.model
    def _is_complete(self, values):
        """Return whether ``values`` say enough to make a record."""
        return bool(values.get("name"))

    @api.model
    def _create(self, system, company, new):
        """Create the records of ``new``: all at once, or one by one where Odoo refuses one."""
        values = [self._new_values(system, company, one) for one in new]
        try:
            with self.env.cr.savepoint():
                records = self.env[self._target].create(values)
        except UserError as error:
            if len(new) == 1:
                new[0].detail = [_("Odoo refused to create it: %s", error)]
                return
            for one in new:
                self._create(system, company, [one])
            return
        for one, record in zip(new, records, strict=True):
            one.record = record
        self._log({one.record: _("Created as %s told.", system.name) for one in new})
        self._note_changes({one.record: ({}, one.values) for one in new})

    @api.model
    def _new_values(self, system, company, heard):
        """Return what to create the record of ``heard`` with."""
        return self.env[self._target]._master_columns(heard.values)[0]

    @api.model
    def _keep_said(self, system, known, moment):
        """Write down what the system said, known by which number."""
        identities = self.env["freight.master.identity"]
        new = [one for one in known if not one.identity]
        made = identities.create(
            [
                {
                    "system_id": system.id,
                    "number": one.number,
                    self._link: one.record.id,
                    "said": one.said,
                    "received": moment,
                }
                for one in new
            ]
        )
        for one, identity in zip(new, made, strict=True):
            one.identity = identity
        db.update_rows(
            identities,
            ("said", "received"),
            {
                one.identity.id: (one.said, moment)
                for one in known
                if one.identity not in made and any(one.counted.values())
            },
        )

    @api.model
    def _apply(self, system, company, known):
        """Write what the system owns, report what it does not.

        A partner is written by itself: its addresses and its companies' fields follow from that.
        Low in number as they are, only those that change are.
        """
        owned, refusals, logs, changes = self._owned(system, company), [], {}, {}
        for one in known:
            ours = one.record._master_values()
            differing = masters.differences(one.news(), ours)
            accepted = owned(differing, one.record, one.values.get("roles"))
            refused = {path: two for path, two in differing.items() if path not in accepted}
            if accepted:
                wanted = {path: differing[path][1] for path in accepted}
                unwritten = self._write(one, wanted, ours, logs, system)
                refused.update(unwritten)
                written = wanted.keys() - unwritten.keys()
                changes[one.record] = tuple(
                    {path: values.get(path) for path in sorted(written)}
                    for values in (ours, wanted)
                )
            if refused:
                one.detail.append(self._answer(system, one, refused))
                refusals.append((one, self._sentence(system, one, refused)))
        self._log(logs)
        self._note_changes({record: two for record, two in changes.items() if two[1]})
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "ownership",
                    "key": f"{self._kind}:{system.code}:{one.number}",
                    "description": sentence,
                    "company": company,
                }
                for one, sentence in refusals
            ]
        )

    @api.model
    def _write(self, heard, wanted, ours, logs, system):
        """Write ``wanted``; return {path: (our value, theirs)} of what could not be written."""
        record = heard.record
        columns, unknown = record._master_columns(wanted)
        try:
            with self.env.cr.savepoint():
                record.write(columns)
        except UserError as error:
            heard.detail.append(_("Odoo refused to write it: %s", error))
            return {path: (ours.get(path), value) for path, value in wanted.items()}
        labels = record._master_labels()
        logs[record] = Markup("<p>%s</p><ul>%s</ul>") % (
            _("Changed as %s told:", system.name),
            Markup("").join(
                Markup("<li>%s: %s → %s</li>")
                % (labels[path], _shown(ours.get(path)), _shown(value))
                for path, value in wanted.items()
                if path not in unknown
            ),
        )
        return {path: (ours.get(path), wanted[path]) for path in unknown}

    @api.model
    def _answer(self, system, heard, refused):
        """Return what the sender may read: which fields stayed, not what stands in them."""
        labels = heard.record._master_labels()
        return _(
            "%(system)s is not the system of record of %(what)s of %(number)s: it stays as it is.",
            system=system.name,
            what=", ".join(labels[path] for path in refused),
            number=heard.number,
        )

    @api.model
    def _sentence(self, system, heard, refused):
        labels = heard.record._master_labels()
        return _(
            "%(system)s says otherwise of %(record)s, which stays as it is: %(what)s.",
            system=system.name,
            record=heard.record.display_name,
            what="; ".join(
                _(
                    "%(label)s (kept: %(kept)s, said: %(said)s)",
                    label=labels[path],
                    kept=_shown(kept),
                    said=_shown(said),
                )
                for path, (kept, said) in refused.items()
            ),
        )

    @api.model
    def _log(self, bodies):
        """Leave a note on each record, where its kind keeps notes.

        :param bodies: {record: text or markup}
        """

    @api.model
    def _note_changes(self, changes):
        """Let the audit log know what a system changed, where the model itself does not.

        :param changes: {record: (values before, values after), by path}
        """

    @api.model
    def _take_further(self, system, company, documents, heard):
        """Take in what documents say beside the fields of their thing. For heirs.

        :param heard: {number: :class:`Heard`}
        """

    # Adopting -----------------------------------------------------------------------------------

    @api.model
    def _adopt(self, system, company, number, said, record=None):
        """Let ``record`` be what ``system`` calls ``number``, or create it, as a person decided.

        :return: the record
        :raise UserError: where Odoo refuses to create it
        """
        intake = self.sudo().with_context(freight_origin_system_id=system.id, **QUIET)
        heard = Heard(number, {}, said, counted={0: True}, record=record)
        if not record:
            intake._create(system, company, [heard])
            if not heard.record:
                raise UserError(heard.detail[0])
        intake._keep_said(system, [heard], fields.Datetime.now())
        intake._apply(system, company, [heard])
        return heard.record


def _moment(document):
    """Return when the sender changed it, as naive UTC; when it came, where it does not say."""
    changed = document.data.get("changed")
    return read(changed, "UTC") if changed else document.received


def _shown(value):
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return str(value) if value not in (None, False, "") else "-"
