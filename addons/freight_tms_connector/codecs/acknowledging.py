"""Acknowledgements that we owe: from what was read to the 997s and CONTRLs that answer it.

    acknowledger = Acknowledger()
    for decoded in codec.iterate(body):
        acknowledger.note(decoded)                       # as the codec found it
        # or, when its content could not be used:
        #   acknowledger.note(decoded, error="...")              accepted, but with errors
        #   acknowledger.note(decoded, error="...", rejects=True)          not accepted
    for answer in acknowledger.answers(numbers, moment):
        send(answer.kind, answer.body)

`numbers(standard, sender, receiver, groups)` is asked once for each answer: for standard "x12" or
"edifact", our id and the partner's, it returns (interchange number, first of as many consecutive
group numbers), both int. `moment` is aware.

One interchange is answered by one interchange, the parties turned round and the test indicator
kept. A 997 set answers a functional group; a TA1 goes before it when the sender asked for one or
the envelope is damaged. Acknowledgements themselves, and CSV or JSON, are never answered. What is
kept between two notes is the text of the answers, which is shorter than what it answers.
"""

from . import acknowledging_edifact, acknowledging_x12
from .faults import ACCEPTED, REJECTED, WITH_ERRORS, Answer, Fault, Verdict


class Acknowledger:
    """Collects what became of the documents of one message."""

    def __init__(self):
        self._interchanges = {}

    def note(self, decoded, error=None, *, rejects=False, fault=None):
        """Take note of one item of a codec's `iterate`, in its order.

        :param error: why the content of a document that the codec found sound cannot be used.
            It tells only that there is one, for neither standard has room for words.
        :param rejects: the sender has to send it again; without it somebody here mends it.
        :param fault: a `Fault`, where the place of the error is known.
        """
        control = decoded.control
        place = control.get("place", (0, 0))[0]
        if not place:
            return
        if place not in self._interchanges:
            module = acknowledging_x12 if "functional" in control else acknowledging_edifact
            self._interchanges[place] = module.Interchange(control)
        interchange = self._interchanges[place]
        if "segments" not in control:
            interchange.damaged(control)
        elif decoded.error:
            syntax = control.get("syntax", "")
            interchange.document(control, REJECTED, syntax, fault or Fault.of(control))
        else:
            code = (REJECTED if rejects else WITH_ERRORS) if error else ACCEPTED
            interchange.document(control, code, "", fault)

    def verdicts(self):
        """Return {place of the interchange: `Verdict`} of those that are to be answered."""
        made = {place: one.verdict() for place, one in self._interchanges.items()}
        return {place: verdict for place, verdict in made.items() if verdict}

    def answers(self, numbers, moment):
        """Return the `Answer` to each interchange that is to be answered, in their order."""
        return list(self.answers_by_place(numbers, moment).values())

    def answers_by_place(self, numbers, moment):
        """Return {place of the interchange: `Answer`} of those that are to be answered."""
        made = {place: one.answer(numbers, moment) for place, one in self._interchanges.items()}
        return {place: answer for place, answer in made.items() if answer}


__all__ = ["Acknowledger", "Answer", "Fault", "Verdict"]
