-- A new connection, and each refresh, writes every index of this table. Ids are in order of creation: what is listed newest first
-- is found by the primary key and by connections_in_order.
DROP INDEX connections_newest;
DROP INDEX connections_of_integration;
DROP INDEX connections_failing;
CREATE INDEX connections_failing ON connections (environment_id, failure_kind, id) WHERE failure_kind IS NOT NULL;
