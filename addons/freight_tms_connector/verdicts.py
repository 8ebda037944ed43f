"""What partners' acknowledgements say of single interchanges of ours. Pure."""

from .codecs.acknowledged import ACCEPTED, PARTLY, REJECTED, WITH_ERRORS

#: From the best to the worst.
RANKS = (ACCEPTED, WITH_ERRORS, PARTLY, REJECTED)


def key_of(verdict):
    """Return what tells the interchange of `verdict`: (standard, its number).

    A 997 names the number of our group, a CONTRL that of our interchange.
    """
    if verdict.interchange:
        return ("edifact", verdict.interchange)
    return ("x12", verdict.group)


def by_interchange(verdicts):
    """Return {key of an interchange: (status, what is said about it)}.

    The worst that is said of a part counts for all of it. What leaves it open is left out.
    """
    found = {}
    for verdict in verdicts:
        if verdict.status not in RANKS:
            continue
        status, said = found.get(key_of(verdict), (ACCEPTED, []))
        worst = max(status, verdict.status, key=RANKS.index)
        found[key_of(verdict)] = (worst, [*said, *_words(verdict)])
    return {key: (status, "\n".join(said)) for key, (status, said) in found.items()}


def _words(verdict):
    """Yield sentences about what was wrong."""
    what = " ".join(filter(None, (verdict.kind, verdict.control))) or verdict.level
    if verdict.codes:
        yield f"{what}: {', '.join(verdict.codes)}"
    for fault in verdict.faults:
        place = f"segment {fault.segment} {fault.tag}".strip()
        if fault.element:
            place += f", element {fault.element}"
        codes = ", ".join(filter(None, (fault.code, fault.element_code)))
        yield f"{what}: {place}: {codes or '-'}"
