package dev.latchkey.server.connect;

import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.logs.Redactor;
import dev.latchkey.server.storage.Database;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Where flows of every kind end: the session stores the result for its page, and the product is notified of a failure as it is of a
 * connection. Thread-safe.
 */
public final class FlowEnds {
    /** Per session: a user who enters a wrong key again and again must not flood the product. The log has them all. */
    static final int MOST_TOLD = 5;

    /** As for a user who refuses at the provider's page. */
    public static final String NOT_THE_USER = "access_denied";

    public static final String NOT_THE_USER_TEXT =
            "The person who opened the link said that they are not this user. The session was ended.";

    private final Database database;
    private final ConnectSessions sessions;
    private final Connections connections;
    private final Timeline timeline;
    private final Logs logs;

    public FlowEnds(
            Database database, ConnectSessions sessions, Connections connections, Timeline timeline, Logs logs) {
        this.database = database;
        this.sessions = sessions;
        this.connections = connections;
        this.timeline = timeline;
        this.logs = logs;
    }

    /** @param connection its name */
    public void connected(Integration integration, Requester requester, String connection) {
        FlowResult result = new FlowResult.Connected(
                integration.uniqueKey(),
                integration.displayName(),
                requester.challenge().isPresent() ? "" : connection,
                false,
                Optional.empty(),
                Optional.empty());
        requester.session().ifPresent(session -> sessions.ended(integration.environment(), session, result));
    }

    /**
     * The person to whom a session's link came says that they are not its user: the session is closed, and the product is notified.
     *
     * @param integration that was to be connected; empty if the person had not chosen yet
     */
    public void disowned(ConnectSession session, Optional<Integration> integration) {
        integration.ifPresent(it -> failed(
                Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, it),
                it,
                Requester.of(session),
                session.connectionName(),
                NOT_THE_USER,
                NOT_THE_USER_TEXT));
        sessions.delete(session);
    }

    /**
     * An authorization that was begun with a session.
     *
     * @param operation its secrets are redacted from what is reported
     * @param wantedName of the connection, if one was given
     * @param code for programs, as the API's errors have it
     * @param message for people
     */
    public void failed(
            Operation operation,
            Integration integration,
            Requester requester,
            Optional<String> wantedName,
            String code,
            String message) {
        logs.record(operation, LogEntry.State.FAILED, code + ": " + message);
        UUID environment = integration.environment();
        Optional<Connection> before = requester
                .reconnect()
                .flatMap(id -> connections.remains(environment, id))
                .filter(it -> it.integration().equals(integration.id()));
        // The present owner of a name had no part in this.
        String name = before.map(Connection::name)
                .or(() -> wantedName.filter(wanted -> connections
                        .find(environment, integration.uniqueKey(), wanted)
                        .isEmpty()))
                .orElseGet(() -> operation.id().toString());
        AuthorizationFailed event = new AuthorizationFailed(
                integration,
                before,
                name,
                requester.session().orElse(operation.id()),
                requester.endUser().or(() -> before.flatMap(Connection::endUser)),
                requester.tags().isEmpty() ? before.map(Connection::tags).orElse(Map.of()) : requester.tags(),
                requester
                        .webhookUrlOverride()
                        .or(() -> before.flatMap(old -> old.description().webhookUrlOverride())),
                ErrorTypes.of(code),
                Redactor.text(message, operation.secrets()));
        FlowResult.Refused kept = new FlowResult.Refused(
                integration.uniqueKey(),
                integration.displayName(),
                wantedName,
                Redactor.text(code, operation.secrets()),
                event.reason(),
                Optional.empty(),
                Optional.empty());
        database.inTransaction(handle -> {
            int failures = requester
                    .session()
                    .flatMap(session -> sessions.failed(handle, environment, session, kept))
                    .orElse(1);
            if (failures <= MOST_TOLD) {
                timeline.append(handle, event);
            }
            return true;
        });
    }
}
