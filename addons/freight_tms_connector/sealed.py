"""Which columns hold sealed values, and how their keys are found in the database.

A sealed value begins with: version (1 byte) | length of the key id (1) | key id | check value of
the key (4) | nonce (12); see `vault.py`.
"""

from dataclasses import dataclass

#: SQL of the id of the key that sealed ``{column}``. Slices, so that a large value is not read.
KEY = (
    "encode(substring({column} from 3 for get_byte(substring({column} from 2 for 1), 0)), 'escape')"
)

#: Bytes behind the key id that make a sealed value unlike any other: check value and nonce.
_UNIQUE = 4 + 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values.

    :ivar model: the name of its model, whose table has an ``id``
    :ivar column: the name of the column
    :ivar context: SQL over the row ``t`` of what its values were sealed for, a ``text[]``
    """

    model: str
    column: str
    context: str

    @property
    def table(self):
        """The table of the model."""
        return self.model.replace(".", "_")

    @property
    def key(self):
        """SQL over the row ``t`` of the id of the key that sealed it."""
        return KEY.format(column=f"t.{self.column}")

    @property
    def newest_key(self):
        """SQL of the key of the newest row."""
        return (
            f"SELECT {self.key} FROM {self.table} t WHERE t.{self.column} IS NOT NULL"
            " ORDER BY t.id DESC LIMIT 1"
        )

    @property
    def distinct_keys(self):
        """SQL of all keys in the column, hopping through its index from one to the next."""
        present = f"FROM {self.table} t WHERE t.{self.column} IS NOT NULL"
        return f"""
            WITH RECURSIVE hop (key) AS (
                (SELECT {self.key} {present} ORDER BY 1 LIMIT 1)
                UNION ALL
                SELECT (SELECT {self.key} {present} AND {self.key} > hop.key ORDER BY 1 LIMIT 1)
                  FROM hop WHERE hop.key IS NOT NULL)
            SELECT key FROM hop WHERE key IS NOT NULL
        """


def head(sealed: bytes) -> bytes:
    """Return the beginning of a sealed value that no other one has."""
    return bytes(sealed[: 2 + sealed[1] + _UNIQUE])
