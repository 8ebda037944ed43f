"""What segments and elements are called, for people.

The X12 names are words of our own; those of EDIFACT are the directories' of the UN. Elements have
a name where people look for them. All are plain English: whoever shows them translates them.
"""

from .outline_names_edifact import EDIFACT_ELEMENTS, EDIFACT_SEGMENTS
from .outline_names_x12 import X12_ELEMENTS, X12_SEGMENTS

__all__ = ["EDIFACT_ELEMENTS", "EDIFACT_SEGMENTS", "X12_ELEMENTS", "X12_SEGMENTS"]
