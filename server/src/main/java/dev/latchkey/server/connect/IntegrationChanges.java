package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.secrets.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Creates, changes and deletes integrations, for the API, the dashboard and the first page alike: checks the right and what is asked,
 * registers the lab's app, writes the audit row, forgets caches, and has what was broken tried again. Thread-safe.
 */
public final class IntegrationChanges {
    private static final String CLIENT_SECRET = "client_secret";
    private static final String PRIVATE_KEY = "private_key";
    private static final String NEXT_SECRET = "next_client_secret";
    private static final String CREATE = "environment:integrations:create";
    private static final String UPDATE = "environment:integrations:update";
    private static final String DELETE = "environment:integrations:delete";

    /** In {@link Change#removed}: takes the client id away. */
    public static final String CLIENT_ID = "client_id";

    private final Integrations integrations;
    private final Providers providers;
    private final Connections connections;
    private final IntegrationRemoval removal;
    private final BrokenIntegrations broken;
    private final Optional<Function<Provider, LabApp>> lab;

    /** @param lab absent where the provider lab is off */
    public IntegrationChanges(
            Integrations integrations,
            Providers providers,
            Connections connections,
            IntegrationRemoval removal,
            BrokenIntegrations broken,
            Optional<Function<Provider, LabApp>> lab) {
        this.integrations = integrations;
        this.providers = providers;
        this.connections = connections;
        this.removal = removal;
        this.broken = broken;
        this.lab = lab;
    }

    /**
     * What the product was given by the vendor, and its settings of the integration.
     *
     * @param settings those that must be encrypted may be among them
     */
    public record Registration(Optional<String> clientId, Map<String, Secret> secrets, Map<String, String> settings) {
        public static final Registration NONE = new Registration(Optional.empty(), Map.of(), Map.of());

        /** The same with what is to be encrypted among the secrets, wherever it was given. */
        private Registration sealed() {
            Map<String, Secret> all = new HashMap<>(secrets);
            Map<String, String> open = new HashMap<>(settings);
            for (String name : Integration.SECRET_SETTINGS) {
                Optional.ofNullable(open.remove(name)).ifPresent(value -> all.put(name, new Secret(value)));
            }
            return new Registration(clientId, all, open);
        }

        /** The app that the lab has registered; other values that were given win. */
        private Registration in(LabApp app) {
            Map<String, Secret> all = new HashMap<>(secrets);
            all.remove(CLIENT_SECRET);
            all.remove(PRIVATE_KEY);
            app.allSecrets().forEach((name, value) -> all.put(name, new Secret(value)));
            Map<String, String> whole = new HashMap<>(app.settings());
            whole.putAll(settings);
            return new Registration(app.registeredId(), all, whole);
        }
    }

    /** @param displayName the provider's where it is absent */
    public record New(
            String uniqueKey,
            String provider,
            Optional<String> displayName,
            Registration registration,
            List<String> scopes,
            boolean forwardWebhooks,
            boolean lab) {}

    /**
     * What is absent stays.
     *
     * @param removed names of secrets and settings that are taken away
     */
    public record Change(
            Optional<String> uniqueKey,
            Optional<String> displayName,
            Registration registration,
            Set<String> removed,
            Optional<List<String>> scopes,
            Optional<Boolean> forwardWebhooks,
            Optional<Boolean> lab) {}

    /** What is wrong with a value. @param code one of the API's @param message follows the name of the field */
    public record Problem(String field, String code, String message) {}

    public sealed interface Outcome {
        record Saved(Integration integration) implements Outcome {}

        record Invalid(List<Problem> problems) implements Outcome {}

        record KeyTaken(String uniqueKey) implements Outcome {}

        /** The provider lab is wanted and off, or cannot play a provider without a definition. */
        record NoLab(String words) implements Outcome {}

        record NoNextSecret() implements Outcome {}
    }

    public boolean hasLab() {
        return lab.isPresent();
    }

    /** What {@link #create} would refuse, beside a key that is taken. */
    public List<Problem> problems(UUID environment, New wanted) {
        List<Problem> problems = new ArrayList<>();
        IntegrationProblems.key(wanted.uniqueKey(), problems);
        if (providers.in(environment).find(wanted.provider()).isEmpty()) {
            problems.add(
                    new Problem("provider", "invalid_string", "there is no such provider; GET /providers lists them"));
        }
        if (wanted.registration().settings().containsKey(Integration.AUTH_MODE)
                && kind(environment, wanted).isEmpty()) {
            problems.add(new Problem(
                    Integration.AUTH_MODE, "invalid_value", "must be a kind of authentication of this provider"));
        }
        wanted.displayName().ifPresent(name -> IntegrationProblems.name(name, problems));
        IntegrationProblems.registration(wanted.registration(), problems);
        IntegrationProblems.scopes(wanted.scopes(), problems);
        return problems;
    }

    /** The chosen one of the provider's kinds. */
    private Optional<Provider> kind(UUID environment, New wanted) {
        return providers.in(environment).kinds(wanted.provider()).stream()
                .filter(one -> one.auth()
                        .facts()
                        .mode()
                        .equals(wanted.registration().settings().get(Integration.AUTH_MODE)))
                .findFirst();
    }

    /** The same of {@link #change}. */
    public List<Problem> problems(Change wanted) {
        List<Problem> problems = new ArrayList<>();
        wanted.uniqueKey().ifPresent(key -> IntegrationProblems.key(key, problems));
        wanted.displayName().ifPresent(name -> IntegrationProblems.name(name, problems));
        IntegrationProblems.registration(wanted.registration(), problems);
        wanted.scopes().ifPresent(scopes -> IntegrationProblems.scopes(scopes, problems));
        return problems;
    }

    /** @throws ForbiddenException without the right */
    public Outcome create(Actor actor, UUID environment, New wanted) {
        return create(actor, environment, wanted, integrations::create);
    }

    /** How {@link #create} would end; nothing is kept. @throws ForbiddenException without the right */
    public Outcome rehearse(Actor actor, UUID environment, New wanted) {
        return create(actor, environment, wanted, integrations::rehearse);
    }

    @FunctionalInterface
    private interface Creation {
        Optional<Integration> of(Actor actor, UUID environment, Integrations.Draft draft);
    }

    private Outcome create(Actor actor, UUID environment, New wanted, Creation creation) {
        actor.require(environment, CREATE);
        List<Problem> problems = problems(environment, wanted);
        if (!problems.isEmpty()) {
            return new Outcome.Invalid(problems);
        }
        if (wanted.lab() && lab.isEmpty()) {
            return labIsOff();
        }
        Provider provider = providers.in(environment).find(wanted.provider()).orElseThrow();
        Provider kind = kind(environment, wanted).orElse(provider);
        Registration sealed = wanted.registration().sealed();
        Registration registration = wanted.lab() ? sealed.in(lab.orElseThrow().apply(kind)) : sealed;
        return creation.of(
                        actor,
                        environment,
                        new Integrations.Draft(
                                wanted.uniqueKey(),
                                provider.id(),
                                wanted.displayName().orElse(provider.name()),
                                registration.clientId(),
                                registration.secrets(),
                                wanted.scopes(),
                                registration.settings(),
                                wanted.forwardWebhooks(),
                                wanted.lab()))
                .<Outcome>map(Outcome.Saved::new)
                .orElseGet(() -> new Outcome.KeyTaken(wanted.uniqueKey()));
    }

    /**
     * @throws ForbiddenException without the right; and, where credentials would go to another host, without the right to read them
     */
    public Outcome change(Actor actor, Integration integration, Change wanted) {
        return change(actor, integration, wanted, (changed, renamed) -> saved(actor, changed, renamed));
    }

    /** How {@link #change} would end; nothing is kept. */
    public Outcome rehearse(Actor actor, Integration integration, Change wanted) {
        return change(
                actor, integration, wanted, (changed, renamed) -> outcome(integrations.rehearse(changed), changed));
    }

    @FunctionalInterface
    private interface Saving {
        Outcome of(Integration changed, boolean renamed);
    }

    private Outcome change(Actor actor, Integration integration, Change wanted, Saving saving) {
        actor.require(integration.environment(), UPDATE);
        List<Problem> problems = problems(wanted);
        if (!problems.isEmpty()) {
            return new Outcome.Invalid(problems);
        }
        Registration given = wanted.registration().sealed();
        if (wanted.lab().orElse(false)) {
            Optional<Provider> provider = providers.of(integration);
            if (lab.isEmpty()) {
                return labIsOff();
            }
            if (provider.isEmpty()) {
                return new Outcome.NoLab("The lab cannot play a provider whose definition has been removed.");
            }
            given = given.in(lab.get().apply(provider.get()));
        }
        Map<String, Secret> secrets = new HashMap<>(integration.secrets());
        Map<String, String> settings = new HashMap<>(integration.settings());
        wanted.removed().forEach(name -> {
            secrets.remove(name);
            settings.remove(name);
        });
        secrets.putAll(given.secrets());
        settings.putAll(given.settings());
        Destinations.require(
                actor, integration, providers, settings, wanted.lab().orElse(false));
        Optional<String> clientId = given.clientId()
                .or(() -> integration.clientId().filter(it -> !wanted.removed().contains(CLIENT_ID)));
        String key = wanted.uniqueKey().orElse(integration.uniqueKey());
        return saving.of(
                integration.with(
                        key,
                        new Integration.Setup(
                                wanted.displayName().orElse(integration.displayName()),
                                clientId,
                                secrets,
                                wanted.scopes().orElse(integration.scopes()),
                                settings,
                                wanted.forwardWebhooks().orElse(integration.forwardWebhooks()),
                                wanted.lab().orElse(integration.lab()))),
                !key.equals(integration.uniqueKey()));
    }

    /** Only the new secret from now on: the old one can be revoked at the vendor. */
    public Outcome retireClientSecret(Actor actor, Integration integration) {
        actor.require(integration.environment(), UPDATE);
        Optional<Secret> next = integration.nextClientSecret();
        if (next.isEmpty()) {
            return new Outcome.NoNextSecret();
        }
        Map<String, Secret> secrets = new HashMap<>(integration.secrets());
        secrets.put(CLIENT_SECRET, next.get());
        secrets.remove(NEXT_SECRET);
        return saved(actor, integration.withSecrets(secrets), false);
    }

    private Outcome saved(Actor actor, Integration changed, boolean renamed) {
        Optional<Integration> saved = integrations.update(actor, changed);
        if (renamed) {
            connections.forgetAll();
        }
        saved.ifPresent(broken::changed);
        return outcome(saved, changed);
    }

    private static Outcome outcome(Optional<Integration> saved, Integration changed) {
        return saved.<Outcome>map(Outcome.Saved::new).orElseGet(() -> new Outcome.KeyTaken(changed.uniqueKey()));
    }

    private static Outcome labIsOff() {
        return new Outcome.NoLab("The provider lab is off; start with LATCHKEY_LAB=true, or leave out 'lab'.");
    }

    /**
     * With its connections, whose grants are ended at the provider.
     *
     * @return whether all is deleted; otherwise it is out of sight, and the rest of its connections is deleted in the background
     */
    public boolean delete(Actor actor, Integration integration) {
        actor.require(integration.environment(), DELETE);
        return removal.delete(actor, integration);
    }

    /** @return false, and nothing is deleted, if it has connections */
    public boolean deleteUnused(Actor actor, Integration integration) {
        actor.require(integration.environment(), DELETE);
        return integrations.deleteUnless(actor, integration, handle -> ConnectionCounts.isUsed(handle, integration));
    }
}
