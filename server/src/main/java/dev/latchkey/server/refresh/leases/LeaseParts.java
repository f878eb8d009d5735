package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.storage.Database;
import java.time.Duration;

/** Which node refreshes a connection, and what it has received but not stored. */
public final class LeaseParts {
    private static final int CONNECTIONS = 4;
    /** How long a statement of the refresh engine waits for a lock before others have their turn. */
    private static final Duration LOCK = Duration.ofSeconds(1);
    /** How long it waits for the database's response, which may never come over a connection whose other end is gone. */
    private static final Duration RESPONSE = Duration.ofSeconds(15);

    public final TokenJournal journal;
    /** Connections that no request can take and no lock holds up: leases end when nothing says that they last. */
    public final Database database;

    public final Holdings holdings;
    public final Leases leases;
    public final Presence presence;

    public LeaseParts(Ground ground, Timeline timeline) {
        journal = ground.shutdown.keep(TokenJournal.open(
                ground.configuration.storage().dataDirectory().resolve("refresh-journal"), ground.vault));
        database = ground.shutdown.keep(ground.database.beside("refresh", CONNECTIONS, LOCK, RESPONSE));
        ground.shutdown.drain(database::stopping);
        holdings = new Holdings(ground.clock);
        leases = new Leases(
                database,
                new ConnectionRows(ground.vault),
                new UnreadableRows(database, timeline),
                journal.node(),
                journal.predecessors(),
                holdings,
                ground.sharedClock,
                ground.clock);
        presence = ground.shutdown.keep(leases.presence());
    }
}
