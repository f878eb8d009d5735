package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.refresh.Timetable;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** The last step of every flow: what the provider granted becomes a connection, new or authorized again. Thread-safe. */
public final class NewConnections {
    /** The error for a session that has reached its limit of connections. */
    public static final String SPENT =
            "This session has reached its limit of connections for this integration; create a new session, or one with max_connections.";

    private final Connections connections;
    private final AfterConnectSteps afterConnect;
    private final Timetable timetable;
    private final ConnectSessions sessions;
    private final PendingConnections pending;

    public NewConnections(
            Connections connections,
            AfterConnectSteps afterConnect,
            Timetable timetable,
            ConnectSessions sessions,
            PendingConnections pending) {
        this.sessions = sessions;
        this.pending = pending;
        this.connections = connections;
        this.afterConnect = afterConnect;
        this.timetable = timetable;
    }

    /** What a completed flow has. */
    public record Granted(
            Provider provider,
            Integration integration,
            Credentials credentials,
            ObjectNode config,
            Map<String, Secret> secrets,
            GrantedScopes scopes) {}

    /**
     * A connection that is authorized again keeps its id, its metadata and what the session does not name of its user and tags.
     *
     * @param wantedName taken for a new connection when it is free
     * @return where the session has a code challenge, one that cannot be read yet, named by its handle
     * @throws FlowRefusedException {@code resource_capped} where the session has reached its limit, {@code missing_scopes} where
     *     less was granted than the integration requires, {@code account_changed} and {@code account_unconfirmed} where the session
     *     wants the former account
     */
    public Connection save(Granted granted, Requester requester, Optional<String> wantedName) {
        refuseMissing(granted);
        Optional<Connection> before = requester
                .reconnect()
                .flatMap(id -> connections.remains(granted.integration().environment(), id));
        ObjectNode config = granted.config().deepCopy();
        // Values from an earlier authorization are kept unless this one has new ones.
        Set<String> inherited = new HashSet<>();
        before.ifPresent(old -> old.config().properties().forEach(entry -> {
            if (!config.has(entry.getKey()) && !entry.getKey().equals(InstallationFlow.PENDING)) {
                config.set(entry.getKey(), entry.getValue());
                inherited.add(entry.getKey());
            }
        }));
        // No failure from here on may lose the credential: it is stored whatever the steps find.
        AfterConnectSteps.Learned learned = afterConnect.run(
                granted.provider(), granted.integration(), granted.credentials(), config, granted.secrets(), inherited);
        Map<String, String> details = new HashMap<>(Map.of("by", "user"));
        before.ifPresent(old -> details.putAll(accountOf(granted.provider(), old, learned, inherited, requester)));
        // An account's name comes from the vendor: an unconfirmed choice is omitted.
        learned.unconfirmed().forEach(name -> {
            learned.config().remove(name);
            before.map(old -> old.config().get(name))
                    .ifPresent(known -> learned.config().set(name, known));
        });
        Map<String, Secret> secrets = new HashMap<>(granted.secrets());
        learned.forget().forEach(secrets::remove);
        granted.provider().fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.ONCE)
                .forEach(field -> secrets.remove(field.id()));
        Draft draft = new Draft(
                granted.integration(),
                before.map(Connection::name)
                        .or(() -> wantedName)
                        .orElseGet(() -> UUID.randomUUID().toString()),
                new Connection.Grant(granted.credentials(), Map.copyOf(secrets), learned.config(), granted.scopes()),
                new Draft.Description(
                        Optional.empty(), requester.tags(), requester.endUser(), requester.webhookUrlOverride()),
                timetable.issued(granted.provider().auth(), granted.credentials()),
                Map.copyOf(details));
        if (before.isEmpty()) {
            requester.session().ifPresent(session -> mustMakeOneMore(granted.integration(), session));
        }
        if (requester.challenge().isPresent()) {
            return Database.outlastingLocks(() -> pending.hold(
                    draft, before.map(Connection::id), requester.challenge().get(), learned.problems()));
        }
        Connection saved = Database.outlastingLocks(() -> connections.save(draft));
        learned.problems()
                .forEach(problem -> connections.note(new ConnectionEvent(
                        ConnectionEvent.Kind.AFTER_CONNECT_FAILED, saved, Map.of("reason", problem))));
        return saved;
    }

    /** @return the timeline's details about a changed account */
    private static Map<String, String> accountOf(
            Provider provider,
            Connection before,
            AfterConnectSteps.Learned learned,
            Set<String> inherited,
            Requester requester) {
        SameAccount same = SameAccount.of(
                provider,
                before,
                learned.config(),
                name -> learned.picked().contains(name)
                        || !inherited.contains(name) && !learned.unconfirmed().contains(name));
        return switch (same) {
            case SameAccount.Yes yes -> Map.of();
            case SameAccount.Unknown unknown
            when requester.sameAccount() ->
                throw new FlowRefusedException(
                        "account_unconfirmed",
                        provider.name()
                                + " did not say whose account this is, so it cannot be distinguished from another account."
                                + " Try again in a moment.");
            case SameAccount.Unknown unknown -> Map.of();
            // The former account's id must not be shown to every holder of the link.
            case SameAccount.No no
            when requester.sameAccount() ->
                throw new FlowRefusedException(
                        "account_changed",
                        "This is another account at " + provider.name() + " than the one that was connected before."
                                + " Sign in there with the former account, and connect again.");
            case SameAccount.No no -> no.details();
        };
    }

    /** A user who declined scopes that the integration requires is prompted again at once. */
    private static void refuseMissing(Granted granted) {
        List<String> missing = granted.scopes().missing();
        if (!missing.isEmpty() && granted.integration().refusesMissingScopes()) {
            throw new FlowRefusedException(
                    "missing_scopes",
                    granted.provider().name() + " did not grant everything that this connection needs: "
                            + String.join(", ", missing) + (missing.size() == 1 ? " is" : " are")
                            + " missing. Connect again and allow everything that is asked for.");
        }
    }

    private void mustMakeOneMore(Integration integration, UUID session) {
        if (!sessions.mayMake(integration.environment(), session, integration.uniqueKey())) {
            throw new FlowRefusedException("resource_capped", SPENT);
        }
    }

    /** @throws FlowRefusedException when the name belongs to a connection already: a user may not take another's */
    void mustBeFree(Integration integration, String name) {
        if (connections
                .remains(integration.environment(), integration.uniqueKey(), name)
                .isPresent()) {
            throw new FlowRefusedException(
                    "invalid_query_params",
                    "A connection with this connection_id exists already; create a reconnect session to authorize it again.");
        }
    }
}
