-- What a silent device or a stuck register leaves unknown, and why a rule cannot be watched, both as
-- `agent.alerts.stored` writes them; NULL where there is no such thing.

ALTER TABLE alert_event ADD COLUMN unmeasured TEXT;
ALTER TABLE alert_state ADD COLUMN unwatched TEXT;
