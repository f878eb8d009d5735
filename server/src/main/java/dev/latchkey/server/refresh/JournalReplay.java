package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.providers.Providers;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** On start, before anything is refreshed: what the journal still has is stored, where the connection is still of that version. */
public final class JournalReplay {
    private static final Logger LOG = LoggerFactory.getLogger(JournalReplay.class);

    private final TokenJournal journal;
    private final Connections connections;
    private final Providers providers;
    private final Timetable timetable;
    private final RefreshStore store;

    public JournalReplay(
            TokenJournal journal,
            Connections connections,
            Providers providers,
            Timetable timetable,
            RefreshStore store) {
        this.journal = journal;
        this.connections = connections;
        this.providers = providers;
        this.timetable = timetable;
        this.store = store;
    }

    public void run() {
        int stored = 0;
        for (TokenJournal.Entry entry : journal.leftOver()) {
            Optional<Finished.Renewed> renewed = connections
                    .byId(entry.environment(), entry.connection())
                    .filter(connection -> connection.version() == entry.version())
                    .flatMap(connection -> renewed(connection, entry));
            if (renewed.isPresent()
                    && store.write(java.util.List.of(renewed.get())).getFirst()) {
                stored++;
            }
        }
        if (!journal.leftOver().isEmpty()) {
            LOG.info(
                    "The journal had {} token answers; {} were not in the database yet and are now.",
                    journal.leftOver().size(),
                    stored);
        }
        journal.settled();
    }

    private Optional<Finished.Renewed> renewed(Connection connection, TokenJournal.Entry entry) {
        return providers
                .of(connection)
                .map(Provider::auth)
                .map(auth -> new Finished.Renewed(
                        Optional.empty(),
                        connection,
                        Renewals.after(
                                auth, timetable, connection, entry.credentials(), entry.learned(), entry.askedAt()),
                        entry.learned(),
                        Optional.empty()));
    }
}
