package dev.latchkey.server.refresh;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;

/** A refresh of one connection that a member or an API key asks for, whatever its schedule says. Thread-safe. */
public final class ForcedRefresh {
    private final Connections connections;
    private final FreshCredentials fresh;

    ForcedRefresh(Connections connections, FreshCredentials fresh) {
        this.connections = connections;
        this.fresh = fresh;
    }

    /**
     * Waits for the vendor. It is in the audit log before it consumes a refresh token. Its right is the caller's: that of the
     * route for keys, the permission to help users for members, who need not have the right to change connections.
     *
     * @param seen as it was read; if it is no longer the newest, the newest is returned without a call
     */
    public Outcome of(Actor actor, Connection seen) {
        connections.noteRefresh(actor, seen);
        return fresh.get(seen, true);
    }
}
