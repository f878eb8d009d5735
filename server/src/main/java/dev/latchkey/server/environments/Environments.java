package dev.latchkey.server.environments;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.Pause;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Rehearsal;
import dev.latchkey.server.storage.SharedLookup;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The environments. Thread-safe; settings may be seen up to five seconds late. */
public final class Environments {
    private static final Set<String> RESERVED =
            Set.of("sign-in", "sign-out", "setup", "join", "sso", "team", "audit", "environments", "account");

    /** The name of the environment that no key deletes. */
    public static final String PRODUCTION = "prod";

    private static final String FIRST_KEY = "first key";
    private static final String COLUMNS =
            "id, name, callback_url, return_urls, connect_ui_parents, confirm_user, webhook_forwarding, paused_at, paused_by, paused_reason";
    /** Announced on, with an empty payload, when any environment changed. */
    private static final String CHANNEL = "latchkey_environments";

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final SecureRandom random;
    private final AuditLog audit;
    private final Announcements announcements;
    private final SharedLookup<UUID, Environment> known = new SharedLookup<>(1_000, this::read);
    /** Under one key: requests by strangers look at all of them. */
    private final SharedLookup<String, List<Environment>> all = new SharedLookup<>(1, any -> Optional.of(list()));

    public Environments(
            Database database,
            Vault vault,
            Ids ids,
            SecureRandom random,
            AuditLog audit,
            Announcements announcements,
            Listener listener) {
        listener.listen(CHANNEL, payload -> forget(), this::forget);
        this.announcements = announcements;
        this.audit = audit;
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.random = random;
    }

    /**
     * Creates {@code dev} and {@code prod} if there is no environment yet.
     *
     * @param devKey the key of {@code dev}, if the operator chose one
     * @param accountKey a key for the whole installation, if the operator chose one
     * @param devSigningKey the key that signs the first webhooks of {@code dev}, if the operator chose one
     * @return the newly generated keys, by environment: to be shown once
     */
    public Map<String, Secret> createFirst(
            Optional<Secret> devKey, Optional<Secret> accountKey, Optional<Secret> devSigningKey) {
        return database.inTransaction(handle -> {
            // Two nodes may start at once on an empty database.
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            Map<String, Secret> made = all(handle).isEmpty() ? makeFirst(handle, devKey, devSigningKey) : Map.of();
            devKey.ifPresent(key -> preset(handle, "LATCHKEY_SECRET_KEY", key, Scopes.EVERYTHING));
            accountKey.ifPresent(key -> preset(handle, "LATCHKEY_ACCOUNT_KEY", key, Scopes.ACCOUNT));
            return made;
        });
    }

    private Map<String, Secret> makeFirst(Handle handle, Optional<Secret> devKey, Optional<Secret> devSigningKey) {
        Map<String, Secret> made = new LinkedHashMap<>();
        for (String name : List.of("dev", "prod")) {
            boolean isDev = name.equals("dev");
            Environment environment = create(
                    handle,
                    name,
                    Optional.empty(),
                    devSigningKey.filter(key -> isDev).orElseGet(() -> SigningKeys.generated(random)));
            boolean chosen = isDev && devKey.isPresent();
            Secret key = chosen ? devKey.get() : new Secret(UUID.randomUUID().toString());
            ApiKeys.insert(handle, ids.next(), environment.id(), FIRST_KEY, key, List.of(Scopes.EVERYTHING));
            if (!chosen) {
                made.put(name, key);
            }
        }
        return made;
    }

    public Optional<Environment> byId(UUID id) {
        return known.find(id);
    }

    private Optional<Environment> read(UUID id) {
        return database.promptly(handle -> handle.createQuery("SELECT " + COLUMNS + " FROM environments WHERE id = :id")
                .bind("id", id)
                .map(Environments::read)
                .findOne());
    }

    public Optional<Environment> byName(String name) {
        return list().stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /** What an environment may be called: the name is part of URLs and must not collide with a page of the dashboard. */
    public static boolean isName(String name) {
        return name.matches("[a-z0-9][a-z0-9_-]{0,39}") && !RESERVED.contains(name);
    }

    /** A new environment. @param firstKey grants everything in it; its text is known only here */
    public record Made(Environment environment, Secret firstKey) {}

    /**
     * Creates an environment with its first key, which expires when the actor does, and can be used from where the actor can.
     *
     * @param callbackUrl of {@link Environment#isWebAddress}
     * @return empty when the name is taken
     * @throws ForbiddenException when the actor does not act for the account
     */
    public Optional<Made> create(Actor actor, String name, Optional<String> callbackUrl) {
        actor.requireAccount();
        Optional<Made> made = database.inTransaction(handle -> {
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            if (all(handle).stream().anyMatch(one -> one.name().equals(name))) {
                return Optional.<Made>empty();
            }
            Environment environment = create(handle, name, callbackUrl, SigningKeys.generated(random));
            Secret key = ApiKeys.newText(random);
            UUID id = ids.next();
            ApiKeys.insert(handle, id, environment.id(), FIRST_KEY, key, List.of(Scopes.EVERYTHING));
            ApiKeys.narrow(handle, environment.id(), id, actor.bounds());
            audit.append(handle, actor, "added an environment", Optional.of(name), Optional.empty(), Map.of());
            return Optional.of(new Made(environment, key));
        });
        return made;
    }

    /**
     * Deletes an environment with everything in it.
     *
     * @return false for the last one, which stays, and when there is none
     * @throws ForbiddenException when the actor does not act for the account
     */
    public boolean delete(Actor actor, Environment environment) {
        actor.requireAccount();
        UUID id = environment.id();
        boolean deleted = database.inTransaction(handle -> {
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            if (all(handle).size() < 2) {
                return false;
            }
            boolean one = handle.createUpdate("DELETE FROM environments WHERE id = :id")
                            .bind("id", id)
                            .execute()
                    == 1;
            if (one) {
                audit.append(
                        handle,
                        actor,
                        "deleted an environment",
                        Optional.of(environment.name()),
                        Optional.empty(),
                        Map.of());
            }
            return one;
        });
        reloadEverywhere();
        return deleted;
    }

    public List<Environment> list() {
        return database.withHandle(Environments::all);
    }

    private List<Environment> everyOne() {
        return all.find("").orElse(List.of());
    }

    private void forget() {
        known.forgetAll();
        all.forgetAll();
    }

    /** Whether a page of this origin may show the Connect UI of any environment. */
    public boolean isParent(String origin) {
        return everyOne().stream().anyMatch(one -> one.isParent(origin));
    }

    /** The origins whose pages may show the Connect UI of one environment or another; empty: any. */
    public List<String> connectUiParents() {
        List<Environment> environments = everyOne();
        return environments.stream().anyMatch(one -> one.connectUiParents().isEmpty())
                ? List.of()
                : environments.stream()
                        .flatMap(one -> one.connectUiParents().stream())
                        .distinct()
                        .toList();
    }

    /**
     * Changes the settings; the name stays.
     *
     * @return what is wrong with them; then nothing was changed
     * @throws dev.latchkey.server.access.ForbiddenException without the right
     */
    public List<Environment.Problem> update(Actor actor, Environment changed) {
        List<Environment.Problem> problems = update(actor, changed, database::inTransaction);
        if (problems.isEmpty()) {
            reloadEverywhere();
        }
        return problems;
    }

    /** How {@link #update} would end; nothing is kept. */
    public List<Environment.Problem> rehearse(Actor actor, Environment changed) {
        return update(actor, changed, work -> Rehearsal.of(database, work));
    }

    private List<Environment.Problem> update(
            Actor actor, Environment changed, Consumer<Function<Handle, Boolean>> transaction) {
        actor.require(changed.id(), "environment:settings:update");
        List<Environment.Problem> problems = changed.problems();
        if (!problems.isEmpty()) {
            return problems;
        }
        transaction.accept(handle -> {
            handle.createUpdate("""
                            UPDATE environments SET callback_url = :callback, return_urls = :urls, connect_ui_parents = :parents,
                                confirm_user = :confirm, webhook_forwarding = :forwarding
                            WHERE id = :id""")
                    .bind("callback", changed.callbackUrl().orElse(null))
                    .bindArray("urls", String.class, changed.returnUrls())
                    .bindArray("parents", String.class, changed.connectUiParents())
                    .bind("confirm", changed.confirmUser().text())
                    .bind("forwarding", changed.forwarding().text())
                    .bind("id", changed.id())
                    .execute();
            audit.note(handle, actor, changed.id(), "changed the environment's settings", changed.name(), Map.of());
            return true;
        });
        return List.of();
    }

    /** Every node reloads environments, this one at once. */
    public void reloadEverywhere() {
        forget();
        announcements.announce(CHANNEL, "");
    }

    private Environment create(Handle handle, String name, Optional<String> callbackUrl, Secret signingKey) {
        UUID id = ids.next();
        byte[] text = signingKey.reveal().getBytes(StandardCharsets.UTF_8);
        handle.createUpdate(
                        "INSERT INTO environments (id, name, callback_url, webhook_signing_key) VALUES (:id, :name, :callback, :key)")
                .bind("id", id)
                .bind("name", name)
                .bind("callback", callbackUrl)
                .bind("key", vault.encrypt(new Binding(id, "environments", id, "webhook_signing_key"), text))
                .execute();
        return new Environment(
                id, name, callbackUrl, List.of(), List.of(), Optional.empty(), ConfirmUser.LINKS, Forwarding.EVENTS);
    }

    /** The settings apply at every start, even if they were set after the first. */
    private void preset(Handle handle, String name, Secret key, String scope) {
        List<Environment> all = all(handle);
        all.stream()
                .filter(one -> one.name().equals("dev"))
                .findFirst()
                // An account key belongs to no environment; it is stored with one.
                .or(() -> scope.equals(Scopes.ACCOUNT) ? all.stream().findFirst() : Optional.empty())
                .ifPresent(one -> ApiKeys.insertUnlessThere(handle, ids.next(), one.id(), name, key, List.of(scope)));
    }

    private static List<Environment> all(Handle handle) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM environments ORDER BY id")
                .map(Environments::read)
                .list();
    }

    private static Environment read(ResultSet row, StatementContext context) throws SQLException {
        Array urls = row.getArray("return_urls");
        Array parents = row.getArray("connect_ui_parents");
        return new Environment(
                row.getObject("id", UUID.class),
                row.getString("name"),
                Optional.ofNullable(row.getString("callback_url")),
                List.of((String[]) urls.getArray()),
                List.of((String[]) parents.getArray()),
                Pause.read(row),
                ConfirmUser.of(row.getString("confirm_user")).orElseThrow(),
                Forwarding.of(row.getString("webhook_forwarding")).orElseThrow());
    }
}
