"""What acknowledgements say, whether we write or read them."""

from dataclasses import dataclass

ACCEPTED, WITH_ERRORS, PARTLY, REJECTED = "A", "E", "P", "R"


@dataclass(frozen=True, slots=True)
class Fault:
    """A place in a document, and what is wrong there in the codes of the standard.

    :ivar segment: number of the segment within its set; the header is 1.
    :ivar tag: of the segment.
    :ivar code: of the segment: X12 element 720, EDIFACT 0085; "" where only an element is wrong.
    :ivar element: number of the element within the segment, `component` within that.
    :ivar element_code: X12 element 723, EDIFACT 0085.
    """

    segment: int
    tag: str = ""
    code: str = ""
    element: int | None = None
    component: int | None = None
    element_code: str = ""

    @classmethod
    def of(cls, control):
        """Return what a codec says in the `control` of a rejected document; None: no one place."""
        if not control.get("segment_id"):
            return None
        return cls(
            segment=control["segment"],
            tag=control["segment_id"],
            code=control.get("segment_syntax", ""),
            element=control.get("element"),
            element_code=control.get("element_syntax", ""),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one interchange: what its :class:`Answer` will say.

    :ivar groups: how many group numbers the answer takes.
    """

    kind: str
    groups: int
    code: str
    accepted: int
    with_errors: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement that we owe for one interchange.

    :ivar kind: "997" or "CONTRL"; "TA1" where there is nothing to say but about the envelope.
    :ivar body: the interchange to send, as bytes.
    :ivar sender: of the interchange that it answers, so the one who gets the answer; `receiver`
        and `interchange` (its control number) likewise.
    :ivar control: interchange control number of the answer.
    :ivar code: for all of it: `ACCEPTED`, `WITH_ERRORS`, `PARTLY` or `REJECTED`.
    :ivar accepted: number of documents, those with errors among them.
    """

    kind: str
    body: bytes
    sender: str
    receiver: str
    interchange: str
    control: int
    code: str
    accepted: int
    with_errors: int
    rejected: int

    @classmethod
    def to(cls, control, verdict, body, number):
        """Return the answer to the interchange of which a codec says `control`.

        :param number: interchange control number of the answer.
        """
        return cls(
            verdict.kind,
            body,
            control["sender"],
            control["receiver"],
            control["interchange"],
            number,
            verdict.code,
            verdict.accepted,
            verdict.with_errors,
            verdict.rejected,
        )


def summary(accepted, with_errors, rejected, damaged):
    """Return the code that stands for all documents of an envelope.

    :param damaged: whether something is wrong with the envelope itself.
    """
    if rejected:
        return PARTLY if accepted else REJECTED
    return WITH_ERRORS if with_errors or damaged else ACCEPTED
