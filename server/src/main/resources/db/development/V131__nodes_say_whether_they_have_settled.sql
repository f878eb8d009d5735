-- A node that starts soon after a failover need not wait again, if another one has waited already.
ALTER TABLE refresh_nodes ADD COLUMN settled boolean NOT NULL DEFAULT true;
