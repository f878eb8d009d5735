-- An event is sent later, and maybe by another node, as a part of the trace that caused it.
ALTER TABLE webhook_events ADD COLUMN trace text; -- traceparent (W3C Trace Context); absent where nothing is traced
