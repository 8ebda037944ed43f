"""Make way for kinds of exception as records, and for code lists that people keep as theirs."""

#: Codes that are shipped from now on. Who had made one of them has it from the suite now.
SHIPPED = {
    "closed": "control",
    "change_refused": "control",
    "not_before": "appointment",
    "not_after": "appointment",
}

CODE_LISTS = (
    "freight.charge.code",
    "freight.equipment.type",
    "freight.event.type",
    "freight.exception.reason",
)


def migrate(cr, version):
    """Prepare the tables of 17.0.1.0.0 for the models of 17.0.1.1.0."""
    if not version:
        return
    forget_selection(cr)
    adopt_own_types(cr)
    for model in CODE_LISTS:
        keep_edited(cr, model)
        drop_unique_code(cr, model)


def forget_selection(cr):
    """Remove the values of freight.exception.code, which is no selection any more.

    Odoo would ask the field what to do with the cases of each; their codes stay as they are.
    """
    cr.execute(
        """
        WITH gone AS (
            DELETE FROM ir_model_fields_selection s USING ir_model_fields f
             WHERE f.id = s.field_id AND f.model = 'freight.exception' AND f.name = 'code'
            RETURNING s.id)
        DELETE FROM ir_model_data d USING gone
         WHERE d.model = 'ir.model.fields.selection' AND d.res_id = gone.id
        """
    )


def adopt_own_types(cr):
    """Let people's own event types be the shipped ones where the codes are the same."""
    cr.execute(
        """
        WITH own AS (
            UPDATE freight_event_type t SET kind = shipped.kind
              FROM unnest(%s, %s) AS shipped(code, kind)
             WHERE t.code = shipped.code
            RETURNING t.id, t.code)
        INSERT INTO ir_model_data (module, name, model, res_id, noupdate)
        SELECT 'freight_canonical', 'event_type_' || code, 'freight.event.type', id, true FROM own
        ON CONFLICT (module, name) DO NOTHING
        """,
        [list(SHIPPED), list(SHIPPED.values())],
    )


def keep_edited(cr, model):
    """Keep shipped rows from this update that a person wrote last; the others are renewed."""
    cr.execute(
        f"""
        UPDATE ir_model_data d SET noupdate = true FROM {model.replace(".", "_")} t
         WHERE d.model = %s AND d.res_id = t.id AND t.write_uid <> 1
        """,
        [model],
    )


def drop_unique_code(cr, model):
    """A code is unique for each company from now on."""
    table = model.replace(".", "_")
    cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_code_unique")
