"""Companies see their own rows, people the dialogs of their own, and nobody sees a secret."""

from any_record import RowMaker
from odoo.exceptions import UserError
from odoo.osv import expression
from odoo.tests import TransactionCase, new_test_user, tagged
from role_matrix import ROLES, stored_models

#: Models that name a company and are not kept apart by it, and why.
UNBOUNDED = {
    "freight.message.payload": "nobody has any right on it; it is read through its message",
}
#: Everything that is secret or would open something, wherever it is kept.
SECRETS = {
    "freight.api.client": ("secret_digest", "previous_digest"),
    "freight.api.token": ("digest",),
    "freight.credential": ("sealed",),
    "freight.message.fix": ("sealed",),
    "freight.message.payload": ("sealed",),
}
#: Words in a field's name that make it look like one, and the fields that are none.
SECRETIVE = ("seal", "secret", "digest", "hash", "password", "token", "private", "bearer")
HARMLESS = {
    "freight.api.client": {"secret_since", "has_secret", "token_ids", "token_count"},
    "freight.api.document": {"digest"},  # SHA-256 of a file, to compare it
    "freight.api.shown": {"secret"},  # not stored: shown once to who issued it, then gone
    "freight.audit.chain": {"digest", "sealed"},  # "sealed": when it was put into the chain
    "freight.audit.entry": {"digest", "sealed"},
    "freight.audit.link": {"digest", "sealed"},
    "freight.auth.profile": {"secret_encoding"},
    "freight.charge.code": {"freight_digest"},  # of what partners were told of it
    "freight.credential": {"secret"},  # written, and reads as nothing
    "freight.message.in": {"digest"},  # SHA-256 of a body, to compare it
    "freight.message.out": {"digest"},
    "freight.poll": {"token_url"},
    "freight.tender": {"told_digest"},  # of what the carrier was told
}
INTERNAL = {"claim_token"}  # which worker has a row; opens nothing


class BorderCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        export = "base.group_allow_export"
        cls.users = {
            role: new_test_user(
                cls.env, f"border_{role}", groups=f"base.group_user,{export},{group}"
            )
            for role, (_title, group) in ROLES.items()
            if role not in ("portal", "public")
        }
        cls.users["administrator"] = cls.env.ref("base.user_admin")

    def setUp(self):
        super().setUp()
        self.rows = RowMaker(self.env)

    def rules(self, name):
        """Return the rules that bind everybody on model ``name``."""
        rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
        return rules.filtered(lambda rule: not rule.groups)


@tagged("post_install", "-at_install")
class TestBorders(BorderCase):
    def test_a_model_with_a_company_has_a_rule_for_everybody(self):
        for name in stored_models(self.env):
            model = self.env[name]
            field = model._fields.get("company_id")
            if model._transient or not field or name in UNBOUNDED:
                continue
            with self.subTest(name):
                rules = self.rules(name).filtered(lambda rule: rule.perm_read and rule.perm_write)
                self.assertIn("company_ids", " ".join(rules.mapped("domain_force")))

    def test_rows_of_another_company_are_not_found(self):
        other = self.env["res.company"].create({"name": "Another company"})
        for name in stored_models(self.env):
            model = self.env[name]
            field = model._fields.get("company_id")
            if model._transient or not model._auto or name in UNBOUNDED:
                continue
            if field and field.store and field.base_field is field:
                record = self.rows.record(name)
                self.rows.move(record, other)
                for role, user in self.users.items():
                    mine = model.with_user(user).with_context(
                        allowed_company_ids=self.env.company.ids
                    )
                    if mine.check_access_rights("read", raise_exception=False):
                        with self.subTest(f"{name} as {role}"):
                            self.assertNotIn(record.id, mine.search([("id", "=", record.id)]).ids)

    def test_a_dialog_belongs_to_who_opened_it(self):
        seen = []
        for name in stored_models(self.env):
            if self.env[name]._transient:
                record = self.rows.record(name)
                self.rows.give_dialogs_to(self.env.ref("base.user_root"))
                seen += [
                    f"{name} by {role}"
                    for role, user in self.users.items()
                    if self.sees(record.with_user(user))
                ]
        self.assertFalse(seen, "\n".join(seen))

    def sees(self, record):
        return (
            record.check_access_rights("read", raise_exception=False)
            and record._filter_access_rules("read") == record
        )

    def test_exceptions_are_still_needed(self):
        for name in UNBOUNDED:
            self.assertFalse(self.rules(name), name)


@tagged("post_install", "-at_install")
class TestSecrets(BorderCase):
    def test_every_field_that_looks_secret_was_looked_at(self):
        for name in stored_models(self.env):
            found = {
                field
                for field in self.env[name]._fields
                if any(word in field for word in SECRETIVE) and field not in INTERNAL
            }
            known = set(SECRETS.get(name, ())) | HARMLESS.get(name, set())
            self.assertEqual(found, known, name)

    def test_no_way_of_reading_tells_a_secret(self):
        for name, secrets in SECRETS.items():
            record = self.rows.record(name)
            for role, user in self.users.items():
                self.rows.give_dialogs_to(user)
                for secret in secrets:
                    for way, read in WAYS.items():
                        with self.subTest(f"{name}.{secret} as {role} by {way}"):
                            self.assertNothingIsTold(read, record.with_user(user), secret)

    def test_no_read_of_everything_brings_one(self):
        for name, secrets in SECRETS.items():
            record = self.rows.record(name)
            for user in self.users.values():
                self.rows.give_dialogs_to(user)
                try:
                    [row] = record.with_user(user).read()
                except UserError:
                    continue
                self.assertFalse(set(secrets) & set(row), name)

    def test_a_credential_reads_as_nothing(self):
        credential = self.rows.record("freight.credential")
        for user in self.users.values():
            try:
                [row] = credential.with_user(user).read(["secret"])
            except UserError:
                continue
            self.assertFalse(row["secret"])

    def assertNothingIsTold(self, read, record, secret):
        """Assert that Odoo refuses; a search that quietly finds nothing would tell as well."""
        try:
            told = read(record, secret)
        except (UserError, ValueError):  # refused, or there is no such field to people
            return
        self.fail(f"told {told!r}")


#: way of reading -> how it is tried
WAYS = {
    "read": lambda record, name: record.read([name]),
    "search_read": lambda record, name: record.search_read([], [name]),
    "export_data": lambda record, name: record.export_data([name]),
    "search": lambda record, name: record.search([(name, "=like", "x%")]),
    "name_search": lambda record, name: record.name_search("", [(name, "!=", False)]),
    "read_group": lambda record, name: record.read_group([], ["id"], [name]),
    "search_count": lambda record, name: record.search_count(
        expression.AND([[("id", "=", record.id)], [(name, ">", "a")]])
    ),
    "order": lambda record, name: record.search([], order=name),
    "filtered_domain": lambda record, name: record.filtered_domain([(name, "=like", "x%")]),
}
