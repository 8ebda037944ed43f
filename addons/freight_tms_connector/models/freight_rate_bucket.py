from odoo import api, fields, models


class FreightRateBucket(models.Model):
    """Tokens that all workers share, one narrow row for each who pays.

    Not logged: after a crash of the database everybody begins with a full bucket.
    """

    _name = "freight.rate.bucket"
    _description = "Rate Limit Bucket"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    full_at = fields.Float(required=True, readonly=True, help="Seconds since 1970.")
    blocked_until = fields.Float(readonly=True, help="Seconds since 1970.")

    _sql_constraints = [("key_unique", "unique(key)", "This bucket exists already.")]

    def init(self):
        """Keep the table out of the log, and who is blocked at hand."""
        self.env.cr.execute(
            "SELECT relpersistence = 'u' FROM pg_class WHERE oid = 'freight_rate_bucket'::regclass"
        )
        if self.env.cr.fetchone() == (False,):
            self.env.cr.execute("ALTER TABLE freight_rate_bucket SET UNLOGGED")
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_rate_bucket_blocked
                ON freight_rate_bucket (blocked_until) WHERE blocked_until IS NOT NULL;
            """
        )

    @api.autovacuum
    def _gc_full_buckets(self):
        """Drop the buckets that are full: a bucket that is not there is full, too."""
        self.env.cr.execute(
            "DELETE FROM freight_rate_bucket WHERE full_at < extract(epoch FROM clock_timestamp())"
        )
