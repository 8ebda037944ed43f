"""From 17.0.1.0.0: indexes that others took the place of, which the ORM would keep for ever."""

REPLACED = (
    "freight_message_in__company_id_index",
    "freight_message_in__endpoint_id_index",
    "freight_message_in__received_index",
    "freight_message_out__company_id_index",
    "freight_message_out__endpoint_id_index",
)


def migrate(cr, version):
    """Drop them: each costs every message that comes in."""
    for name in REPLACED:
        cr.execute(f'DROP INDEX IF EXISTS "{name}"')
