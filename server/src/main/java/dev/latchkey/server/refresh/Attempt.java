package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.refresh.hosts.VendorHost;
import dev.latchkey.server.refresh.leases.Claim;

/** One request to a vendor for one connection. @param begins called when it is sent @param second after a rejection */
record Attempt(
        Claim claim, Provider provider, Integration integration, VendorHost host, Runnable begins, boolean second) {
    Connection connection() {
        return claim.connection();
    }

    Attempt again(Claim longer) {
        return new Attempt(longer, provider, integration, host, begins, true);
    }
}
