"""Trees as the EDI codecs give them, for property tests."""

from hypothesis import strategies as st

_KINDS_OF_CHARACTERS = ("Lu", "Ll", "Nd", "Zs", "Po", "Sm")


def text(forbidden):
    """Return a strategy of values without the `forbidden` characters."""
    alphabet = st.characters(
        min_codepoint=32, whitelist_categories=_KINDS_OF_CHARACTERS, blacklist_characters=forbidden
    )
    return st.text(alphabet, min_size=1, max_size=8)


def x12_elements(tag, composites, forbidden="~*>^"):
    """Return a strategy of the elements of one X12 segment."""
    value = text(forbidden)
    if tag in composites:
        value = value | st.lists(value | st.just(""), min_size=2, max_size=3)
    keys = st.sampled_from([f"{tag}{place:02d}" for place in (1, 2, 3, 7, 12)])
    return st.dictionaries(keys, value, max_size=3)


def edifact_elements(tag):
    """Return a strategy of the components of one EDIFACT segment."""
    places = [f"{tag}{place:02d}{part:02d}" for place in (1, 2, 5) for part in (1, 2, 4)]
    return st.dictionaries(st.sampled_from(places), text(""), max_size=4)


@st.composite
def bodies(draw, structure, elements, required, depth=0):
    """Draw the segments of a set: {tag: [elements with inner loops]}.

    :param elements: function: tag -> strategy.
    :param required: tag of a segment that is always there.
    """
    tags = draw(st.lists(st.sampled_from(sorted(structure)), max_size=4 - depth, unique=True))
    node = {}
    for tag in dict.fromkeys([*required, *tags]):
        node[tag] = []
        for _item in range(draw(st.integers(1, 2))):
            item = draw(elements(tag))
            if structure[tag] and depth < 3:
                item.update(draw(bodies(structure[tag], elements, (), depth + 1)))
            node[tag].append(item)
    if draw(st.integers(0, 9)) == 0:
        node["ZZ9"] = [draw(elements("ZZ9"))]
    return node
