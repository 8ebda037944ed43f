"""The 997 and the TA1 that answer one X12 interchange."""

import io

from .faults import ACCEPTED, REJECTED, WITH_ERRORS, Answer, Verdict, summary
from .x12_sets import FUNCTIONAL_GROUPS
from .x12_writer import Envelope, Group, interchange, segment_writer, set_text

_ACKNOWLEDGEMENTS = ("997", "999")
_FUNCTIONAL = "FA"
_SEGMENT_ERROR = "5"  # element 718: one or more segments are in error
_HAS_ELEMENT_ERRORS = "8"  # element 720
_BAD_CONTENT = "024"  # element I18
_NO_NOTE = "000"
_WIDTH_OF_NOTE = 3  # codes of element I18; those of 716 have one digit
_MOST_CODES = 5  # that AK5 and AK9 have room for


class Interchange:
    """What became of the documents of one interchange."""

    def __init__(self, control):
        self._control = control
        self._groups = {}
        self._notes = []
        self._acknowledges = False  # whether it holds acknowledgements, which nobody answers
        self._line = segment_writer(_envelope(control, 0, 1, None))

    def document(self, control, code, syntax, fault):
        """Note a set.

        :param code: one of `faults`.
        :param syntax: element 718, why it is not simply accepted.
        """
        if control["functional"] == _FUNCTIONAL or control["id"] in _ACKNOWLEDGEMENTS:
            self._acknowledges = True
            return
        group = self._group(control)
        group.add(code)
        group.write(self._line(["AK2", control["id"], control["set"]]))
        if fault:
            for segment in _places(fault):
                group.write(self._line(segment))
        reason = syntax or (_SEGMENT_ERROR if code != ACCEPTED else "")
        group.write(self._line(["AK5", code, reason]))

    def damaged(self, control):
        """Note what is wrong with an envelope."""
        syntax = control.get("syntax", "")
        if control["functional"] == _FUNCTIONAL:
            self._acknowledges = True
        elif len(syntax) == _WIDTH_OF_NOTE:
            self._notes.append(syntax)
        elif control["place"][1]:
            group = self._group(control)
            group.damaged = True
            group.codes += [syntax] if syntax else []
            if control.get("included", "").isdecimal():
                group.included = control["included"]
        else:
            self._notes.append(_BAD_CONTENT)

    def verdict(self):
        """Return the `Verdict`, None where no answer is due."""
        if not self._groups and (self._acknowledges or not self._notes):
            return None
        groups = self._groups.values()
        counts = [
            sum(getattr(group, name) for group in groups)
            for name in ("accepted", "with_errors", "rejected")
        ]
        damaged = bool(self._notes) or any(group.damaged for group in groups)
        kind = "997" if groups else "TA1"
        return Verdict(kind, len(groups) or 1, summary(*counts, damaged), *counts)

    def answer(self, numbers, moment):
        """Return the `Answer`, None where none is due."""
        verdict = self.verdict()
        if verdict is None:
            return None
        control, groups = self._control, list(self._groups.values())
        number, first = numbers("x12", control["receiver"], control["sender"], verdict.groups)
        envelope = _envelope(control, number, first, moment)
        body = interchange(_by_parties(groups, self._line, envelope), envelope, self._ta1())
        return Answer.to(control, verdict, body, number)

    def _group(self, control):
        return self._groups.setdefault(control["place"][1], _Group(control))

    def _ta1(self):
        """Return the TA1 as a list of one segment, empty where none is due."""
        if not (self._notes or self._control["asks"]):
            return []
        control = self._control
        code, note = (WITH_ERRORS, self._notes[0]) if self._notes else (ACCEPTED, _NO_NOTE)
        return [["TA1", control["interchange"], control["date"], control["time"], code, note]]


class _Group:
    """The 997 of one functional group, of which the middle is written as it comes."""

    def __init__(self, control):
        self.control = control
        self.accepted = self.with_errors = self.rejected = self.segments = 0
        self.damaged = False
        self.codes = []  # element 716
        self.included = ""
        self._text = io.StringIO()

    def add(self, code):
        self.rejected += code == REJECTED
        self.with_errors += code == WITH_ERRORS
        self.accepted += code != REJECTED

    def write(self, line):
        self._text.write(line)
        self.segments += 1

    def text(self, number, line, envelope):
        """Return the 997 as the set of this `number`."""
        control, received = self.control, self.accepted + self.rejected
        functional = control["functional"] or FUNCTIONAL_GROUPS.get(control.get("id"), "ZZ")
        code = summary(self.accepted, self.with_errors, self.rejected, self.damaged)
        counts = [self.included or str(received), str(received), str(self.accepted)]
        codes = list(dict.fromkeys(self.codes))[:_MOST_CODES]
        first = line(["AK1", functional, control["group"] or "0"])
        last = line(["AK9", code, *counts, *codes])
        body = f"{first}{self._text.getvalue()}{last}"
        return set_text("997", f"{number:04d}", body, self.segments + 2, envelope)


def _by_parties(groups, line, envelope):
    """Return a `Group` of 997s for each pair of applications."""
    found = {}
    for group in groups:
        control = group.control
        names = ("application_receiver", "application_sender", "version")
        found.setdefault(tuple(control[name] for name in names), []).append(group)
    return [
        Group(
            _FUNCTIONAL,
            [one.text(number, line, envelope) for number, one in enumerate(members, start=1)],
            *parties,
        )
        for parties, members in found.items()
    ]


def _places(fault):
    """Return AK3, and AK4 where an element is named."""
    code = fault.code or (_HAS_ELEMENT_ERRORS if fault.element else "")
    segments = [["AK3", fault.tag, str(fault.segment), "", code]]
    if fault.element:
        component = [str(fault.component)] if fault.component else []
        segments.append(["AK4", [str(fault.element), *component], "", fault.element_code])
    return segments


def _envelope(control, number, group, moment):
    """Return the envelope of the answer: the other way round, and what does not fit is cut."""
    return Envelope(
        sender=control["receiver"][:15] or "?",
        receiver=control["sender"][:15] or "?",
        sender_qualifier=control["receiver_qualifier"][:2] or "ZZ",
        receiver_qualifier=control["sender_qualifier"][:2] or "ZZ",
        control=number,
        group_control=group,
        moment=moment,
        version=control["version"] or "004010",
        interchange_version=_version(control["standard"]),
        test=control["usage"] == "T",
        replacement=" ",
    )


def _version(standard):
    return standard if len(standard) == 5 and standard.isdigit() else "00401"
