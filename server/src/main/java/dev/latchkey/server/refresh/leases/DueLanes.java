package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.DueIntegrations;
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.storage.Database;
import java.time.Instant;
import java.util.List;

/** Finds the integrations with due connections. Thread-safe. */
public final class DueLanes {
    private final Database database;
    private final VendorHosts hosts;

    public DueLanes(Database database, VendorHosts hosts) {
        this.database = database;
        this.hosts = hosts;
    }

    public List<Lane> find(Instant now) {
        List<DueIntegrations.Due> due = database.withHandle(handle -> DueIntegrations.find(handle, now));
        // Not while a database connection is held: an environment's definitions may have to be read.
        return due.stream()
                .map(one -> new Lane(
                        one.environment(),
                        one.integration(),
                        hosts.name(one.environment(), one.provider(), one.lab()),
                        one.broken()))
                .toList();
    }
}
