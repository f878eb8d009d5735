-- The provider has granted access to several accounts, and the user has to say which is connected. Such a flow holds a grant, encrypted
-- in its details: it is not taken by another callback, and the grant is revoked when its time is over.
ALTER TABLE authorization_flows ADD COLUMN choosing boolean NOT NULL DEFAULT false;
