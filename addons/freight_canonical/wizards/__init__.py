from . import freight_consumer_replay, freight_event_work_skip
