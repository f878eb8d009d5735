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

    /** What a flow has made. */
    public sealed interface Saved {
        record Made(Connection connection) implements Saved {}

        /** Nothing yet: the user has to say which account is meant, and {@link #chosen} continues. */
        record Asks(AccountChoice choice) implements Saved {}
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
     * Saves where no page can ask the user anything.
     *
     * @throws FlowRefusedException as {@link #saveOrAsk} does; {@code account_choice_needed} where the user would have to be asked
     */
    public Connection save(Granted granted, Requester requester, Optional<String> wantedName) {
        return switch (saveOrAsk(granted, requester, wantedName)) {
            case Saved.Made made -> made.connection();
            case Saved.Asks _ ->
                throw new FlowRefusedException(
                        "account_choice_needed",
                        granted.provider().name()
                                + " granted access to several accounts, and this way of connecting cannot ask which is meant."
                                + " Name it ("
                                + String.join(
                                        ", ",
                                        granted.provider().listed().stream()
                                                .sorted()
                                                .toList())
                                + "), and connect again.");
        };
    }

    /**
     * A connection that is authorized again keeps its id, its metadata and what the session does not name of its user and tags.
     *
     * @param wantedName taken for a new connection when it is free
     * @return where the session has a code challenge, one that cannot be read yet, named by its handle
     * @throws FlowRefusedException {@code resource_capped} where the session has reached its limit, {@code missing_scopes} where
     *     less was granted than the integration requires, {@code account_changed} and {@code account_unconfirmed} where the session
     *     wants the former account, {@code no_account_granted} and {@code account_not_granted} as {@link AfterConnectSteps#run}
     */
    public Saved saveOrAsk(Granted granted, Requester requester, Optional<String> wantedName) {
        refuseMissing(granted);
        Optional<Connection> before = before(granted.integration(), requester, wantedName);
        ObjectNode config = granted.config().deepCopy();
        // Values from an earlier authorization are kept unless this one has new ones.
        Set<String> inherited = new HashSet<>();
        before.ifPresent(old -> old.config().properties().forEach(entry -> {
            if (!config.has(entry.getKey()) && !entry.getKey().equals(InstallationFlow.PENDING)) {
                config.set(entry.getKey(), entry.getValue());
                inherited.add(entry.getKey());
            }
        }));
        // No failure from here on may lose the credential: it is stored whatever the steps find, unless it opens no
        // account.
        return after(
                afterConnect.run(granted, config, AfterConnectSteps.Progress.begun(inherited)),
                granted,
                requester,
                wantedName,
                before);
    }

    /**
     * Continues with the account that the user chose.
     *
     * @param granted without the config, which the choice has
     * @throws FlowRefusedException as {@link #saveOrAsk}
     */
    public Saved chosen(
            Granted granted,
            AccountChoice choice,
            AccountChoice.Option option,
            Requester requester,
            Optional<String> wantedName) {
        Optional<Connection> before = before(granted.integration(), requester, wantedName);
        return after(afterConnect.chosen(granted, choice, option), granted, requester, wantedName, before);
    }

    private Saved after(
            AfterConnectSteps.Outcome outcome,
            Granted granted,
            Requester requester,
            Optional<String> wantedName,
            Optional<Connection> before) {
        return switch (outcome) {
            case AfterConnectSteps.Outcome.Asks asks -> {
                if (asks.formerGone() && requester.sameAccount()) {
                    throw anotherAccount(granted.provider());
                }
                yield new Saved.Asks(new AccountChoice(
                        new Connection.Grant(granted.credentials(), granted.secrets(), asks.config(), granted.scopes()),
                        asks.progress(),
                        asks.options(),
                        asks.formerGone()));
            }
            case AfterConnectSteps.Outcome.Done done ->
                new Saved.Made(store(done, granted, requester, wantedName, before));
        };
    }

    private Connection store(
            AfterConnectSteps.Outcome.Done done,
            Granted granted,
            Requester requester,
            Optional<String> wantedName,
            Optional<Connection> before) {
        AfterConnectSteps.Progress learned = done.progress();
        ObjectNode config = done.config();
        Map<String, String> details = new HashMap<>(Map.of("by", "user"));
        before.ifPresent(old -> details.putAll(accountOf(granted.provider(), old, done, requester)));
        // An account's name comes from the vendor: an unconfirmed choice is omitted.
        learned.unconfirmed().forEach(name -> {
            config.remove(name);
            before.map(old -> old.config().get(name)).ifPresent(known -> config.set(name, known));
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
                new Connection.Grant(granted.credentials(), Map.copyOf(secrets), config, granted.scopes()),
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
            Provider provider, Connection before, AfterConnectSteps.Outcome.Done done, Requester requester) {
        AfterConnectSteps.Progress learned = done.progress();
        SameAccount same = SameAccount.of(
                provider,
                before,
                done.config(),
                name -> learned.picked().contains(name)
                        || !learned.inherited().contains(name)
                                && !learned.unconfirmed().contains(name));
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
            case SameAccount.No no when requester.sameAccount() -> throw anotherAccount(provider);
            case SameAccount.No no -> no.details();
        };
    }

    private static FlowRefusedException anotherAccount(Provider provider) {
        return new FlowRefusedException(
                "account_changed",
                "This is another account at " + provider.name() + " than the one that was connected before."
                        + " Sign in there with the former account, and connect again.");
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

    private Optional<Connection> before(Integration integration, Requester requester, Optional<String> wantedName) {
        return requester
                .reconnect()
                .flatMap(id -> connections.remains(integration.environment(), id))
                .or(() -> theirs(integration, requester, wantedName));
    }

    /**
     * The connection that the same user has made by another link in the meantime, such as after a double click: it is authorized again.
     * Name and user of a session are the backend's, so that no user can choose another's.
     */
    private Optional<Connection> theirs(Integration integration, Requester requester, Optional<String> wantedName) {
        return wantedName
                .filter(name -> requester.session().isPresent())
                .flatMap(name -> connections.remains(integration.environment(), integration.uniqueKey(), name))
                .filter(found -> isOfSameUser(found, requester));
    }

    private static boolean isOfSameUser(Connection found, Requester requester) {
        return requester.endUser().isPresent()
                && found.endUser()
                        .filter(user ->
                                user.id().equals(requester.endUser().get().id()))
                        .filter(user -> user.organization()
                                .map(Connection.Organization::id)
                                .equals(requester
                                        .endUser()
                                        .flatMap(Connection.EndUser::organization)
                                        .map(Connection.Organization::id)))
                        .isPresent();
    }

    /** @throws FlowRefusedException when the name belongs to another user's connection */
    void mustBeFreeOrTheirs(Integration integration, Requester requester, Optional<String> wantedName) {
        if (theirs(integration, requester, wantedName).isEmpty()) {
            wantedName.ifPresent(name -> mustBeFree(integration, name));
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
