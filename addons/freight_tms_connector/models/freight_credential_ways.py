from odoo import fields, models


class FreightCredential(models.Model):
    _inherit = "freight.credential"

    # Of their own, so that a secret that signs messages is never sent to anybody as a password.
    use = fields.Selection(
        selection_add=[
            ("poll", "We fetch from their API"),
            ("sftp_password", "Password of their SFTP server"),
            ("sftp_key", "Private key for their SFTP server"),
        ],
        ondelete={
            "poll": "cascade",
            "sftp_password": "cascade",
            "sftp_key": "cascade",
        },
    )
