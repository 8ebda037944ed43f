from . import (
    freight_charge_withdraw,
    freight_consumer_replay,
    freight_event_report,
    freight_event_work_skip,
    freight_tender_reply,
    freight_tender_start,
    freight_zone_finder,
    freight_exception_reopen,
    freight_exception_resolve,
)
