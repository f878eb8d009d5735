package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionMatch;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.webhooks.outbound.Outbox;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Webhooks from providers: verified on the received bytes, stored before the response, forwarded from the outbox as often as the
 * product's backend needs. Thread-safe.
 */
public final class Incoming {
    /** The response to a request. */
    public sealed interface Outcome {
        /** @param type of the body; none is sent if it is empty */
        record Answer(int status, String type, String body, Map<String, String> headers) implements Outcome {
            static Answer accepted(Webhook webhook) {
                int status = webhook.acknowledgement().status();
                return webhook.acknowledgement()
                        .body()
                        .map(body -> new Answer(status, body.type() + "; charset=utf-8", body.text(), Map.of()))
                        .orElseGet(() -> new Answer(status, "", "", Map.of()));
            }
        }

        /** Not decided, because the vendor's keys cannot be read now: the vendor should send it again. */
        record Later(String why) implements Outcome {}

        /** Not proven to come from the vendor. @param why for the operator; does not reveal the expected value */
        record Unproven(String why) implements Outcome {}
    }

    private final Database database;
    private final Connections connections;
    private final Outbox outbox;
    private final Ids ids;
    private final InstantSource clock;
    private final PublishedKeys keys;
    private final Approvals approvals;

    /** Records that the installation that a connection waits for exists. */
    @FunctionalInterface
    public interface Approvals {
        void installed(Integration integration, Provider provider, Connection waiting, String installation);
    }

    public Incoming(
            Database database,
            Connections connections,
            Outbox outbox,
            Ids ids,
            InstantSource clock,
            PublishedKeys keys,
            Approvals approvals) {
        this.keys = keys;
        this.approvals = approvals;
        this.database = database;
        this.connections = connections;
        this.outbox = outbox;
        this.ids = ids;
        this.clock = clock;
    }

    /** The events to forward. */
    private record Event(JsonNode payload, Optional<Set<ConnectionMatch>> proven) {}

    public Outcome receive(Integration integration, Provider provider, IncomingRequest request) {
        try {
            return received(integration, provider, request);
        } catch (PublishedKeys.AwayException e) {
            return new Outcome.Later(
                    "The vendor's public key could not be read, so the signature is not verified; send it again.");
        }
    }

    private Outcome received(Integration integration, Provider provider, IncomingRequest request) {
        Verification verification = new Verification(request, clock.instant(), keys, integration.clientId());
        if (provider.webhook().isEmpty()) {
            return unknownVendor(integration, request);
        }
        Webhook webhook = provider.webhook().get();
        Secret secret = new Secret(webhook.secret()
                .flatMap(path -> ofIntegration(integration, path))
                .orElse(""));
        Optional<Outcome> challenge = Challenges.reply(webhook, false, verification, request, secret);
        if (challenge.isPresent()) {
            return challenge.get();
        }
        if (request.method().equals("GET")) {
            return new Outcome.Unproven("This GET is not a challenge of the provider; send webhooks by POST.");
        }
        if (webhook.secret().filter(Incoming::isOfConnection).isPresent()) {
            return byConnectionsSecret(integration, webhook, request, verification);
        }
        if (webhook.verify().needsSecret() && secret.reveal().isEmpty()) {
            return new Outcome.Unproven(
                    "The integration has no webhook secret, so no signature can be verified; set it by PATCH /integrations/{key} {\"webhook_secret\": ...}.");
        }
        List<Event> events = new ArrayList<>();
        if (webhook.verify() instanceof Verify.Equality equality
                && equality.value().startsWith("body.")) {
            // Each event of a batch carries the secret itself.
            request.events(webhook.split()).stream()
                    .filter(event -> request.at(equality.value(), event)
                            .filter(value -> Verification.equal(value, secret))
                            .isPresent())
                    .forEach(event -> events.add(new Event(event, Optional.empty())));
            if (events.isEmpty()) {
                return new Outcome.Unproven("The webhook's secret is missing or wrong.");
            }
        } else {
            if (!verification.proves(webhook.verify(), secret)) {
                return new Outcome.Unproven("The webhook's signature is missing, wrong or too old.");
            }
            request.events(webhook.split()).forEach(event -> events.add(new Event(event, Optional.empty())));
        }
        if (webhook.verify() instanceof Verify.Token token && token.isWholeBody()) {
            IncomingRequest read = verification
                    .token(token, secret)
                    .map(it -> request.reading(it.claims()))
                    .orElse(request);
            return store(
                    integration,
                    webhook,
                    read,
                    read.events(webhook.split()).stream()
                            .map(event -> new Event(event, Optional.empty()))
                            .toList());
        }
        webhook.approval().ifPresent(approval -> approve(integration, provider, approval, request));
        return Challenges.reply(webhook, true, verification, request, secret)
                .orElseGet(() -> store(integration, webhook, request, events));
    }

    /** Before the event is forwarded: its receiver can use the connection. */
    private void approve(
            Integration integration, Provider provider, Webhook.Approval approval, IncomingRequest request) {
        boolean isOne = approval.equals().entrySet().stream()
                .allMatch(entry -> request.at(entry.getKey(), request.content())
                        .filter(entry.getValue()::equals)
                        .isPresent());
        Optional<String> installation =
                isOne ? request.at(approval.installation(), request.content()) : Optional.empty();
        if (installation.isEmpty()) {
            return;
        }
        database
                .withHandle(handle -> Matching.find(handle, integration, approval.match(), request, request.content()))
                .stream()
                .flatMap(match -> connections.remains(integration.environment(), match.id()).stream())
                .filter(connection ->
                        connection.config().path(ConfigFields.PENDING).asBoolean(false))
                .forEach(waiting -> approvals.installed(integration, provider, waiting, installation.get()));
    }

    /** A definition without webhooks: only with a secret that the operator chose and the sender shows. */
    private Outcome unknownVendor(Integration integration, IncomingRequest request) {
        Optional<Secret> secret = integration.webhookSecret();
        if (secret.isEmpty()) {
            return new Outcome.Unproven(
                    "This provider's webhooks cannot be verified by its definition. Set a secret by PATCH /integrations/{key} {\"webhook_secret\": ...} and have the sender send it as Authorization: Bearer, Basic password, X-Webhook-Secret, or the query parameter secret.");
        }
        boolean shown = shownSecrets(request).stream().anyMatch(one -> Verification.equal(one, secret.get()));
        if (!shown) {
            return new Outcome.Unproven("The webhook's secret is missing or wrong.");
        }
        Webhook plain = new Webhook(
                Webhook.Setup.NONE,
                Optional.empty(),
                List.of(),
                new Verify.None(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Map.of("connection", List.of("query.connection_id", "header.x-connection-id")),
                Optional.empty(),
                Webhook.Acknowledgement.EMPTY);
        return store(integration, plain, request, List.of(new Event(request.content(), Optional.empty())));
    }

    private static List<String> shownSecrets(IncomingRequest request) {
        List<String> shown = new ArrayList<>();
        Optional.ofNullable(request.headers().get("x-webhook-secret")).ifPresent(shown::add);
        Optional.ofNullable(request.query().get("secret")).ifPresent(shown::add);
        String[] words =
                request.headers().getOrDefault("authorization", "").strip().split(" +", 2);
        if (words.length == 2 && words[0].equalsIgnoreCase("bearer")) {
            shown.add(words[1]);
        } else if (words.length == 2 && words[0].equalsIgnoreCase("basic")) {
            try {
                String pair = new String(Base64.getDecoder().decode(words[1]), StandardCharsets.UTF_8);
                shown.add(pair.substring(pair.indexOf(':') + 1));
            } catch (IllegalArgumentException e) {
                return shown;
            }
        }
        return shown;
    }

    private static boolean isOfConnection(String path) {
        return !path.startsWith("app.");
    }

    private static Optional<String> ofIntegration(Integration integration, String path) {
        return switch (path) {
            case "app.clientSecret" -> integration.clientSecret().map(Secret::reveal);
            case "app.webhookSecret", "app.signingSecret" ->
                integration.webhookSecret().map(Secret::reveal);
            default ->
                path.startsWith("app.")
                        ? Optional.ofNullable(integration.settings().get(path.substring("app.".length())))
                        : Optional.empty();
        };
    }

    /** The secret is the connection's: of the matching connections those count whose secret verifies the request. */
    private Outcome byConnectionsSecret(
            Integration integration, Webhook webhook, IncomingRequest request, Verification verification) {
        String path = webhook.secret().orElseThrow();
        Set<ConnectionMatch> candidates = database.withHandle(
                handle -> Matching.find(handle, integration, webhook.match(), request, request.content()));
        Set<ConnectionMatch> proven = new LinkedHashSet<>();
        Secret used = new Secret("");
        for (ConnectionMatch candidate : candidates) {
            Optional<Connection> connection = connections.remains(integration.environment(), candidate.id());
            Optional<Secret> secret =
                    connection.map(it -> ofConnection(integration, it, path)).orElse(List.of()).stream()
                            .filter(one -> verification.proves(webhook.verify(), one))
                            .findFirst();
            if (secret.isPresent()) {
                proven.add(candidate);
                used = secret.get();
            }
        }
        if (proven.isEmpty()) {
            return new Outcome.Unproven("No connection verifies this webhook: none matches, or its secret differs.");
        }
        List<Event> events = request.events(webhook.split()).stream()
                .map(event -> new Event(event, Optional.of(proven)))
                .toList();
        return Challenges.reply(webhook, true, verification, request, used)
                .orElseGet(() -> store(integration, webhook, request, events));
    }

    /** Several where metadata lists them: each of a connection's webhooks may have its own. */
    private static List<Secret> ofConnection(Integration integration, Connection connection, String path) {
        String name = path.substring(path.indexOf('.') + 1);
        if (path.startsWith("metadata.")) {
            JsonNode found = connection.metadata().path(name);
            return (found.isArray() ? found.values().stream() : Stream.of(found))
                    .filter(JsonNode::isValueNode)
                    .map(node -> new Secret(node.asString()))
                    .toList();
        }
        ValuesOf values = new ValuesOf(
                integration, connection.config(), connection.secrets(), Optional.of(connection.credentials()));
        return values
                .get(new Template.Reference(path.substring(0, path.indexOf('.')), List.of(name)))
                .map(Secret::new)
                .stream()
                .toList();
    }

    /** In one transaction: a request with response 200 is in the outbox, and a repeated one is not there twice. */
    private Outcome store(Integration integration, Webhook webhook, IncomingRequest request, List<Event> events) {
        if (!integration.forwardWebhooks()) {
            return Outcome.Answer.accepted(webhook);
        }
        Map<String, String> headers = VendorHeaders.of(webhook, request);
        database.inTransaction(handle -> {
            List<Event> fresh = events.stream()
                    .filter(event -> isNew(handle, integration, webhook, request, event, events.size() > 1))
                    .toList();
            if (fresh.isEmpty()) {
                return true;
            }
            Forwarded forwarded = new Forwarded(handle, outbox, integration, webhook, request, headers);
            fresh.forEach(event -> forwarded.event(event.payload(), event.proven()));
            forwarded.received(
                    events.stream().map(Event::payload).toList(),
                    events.getFirst().proven());
            return true;
        });
        return Outcome.Answer.accepted(webhook);
    }

    /** By the vendor's id of it. An event without one is always new. */
    private boolean isNew(
            Handle handle,
            Integration integration,
            Webhook webhook,
            IncomingRequest request,
            Event event,
            boolean ofMany) {
        Optional<String> id = webhook.id().flatMap(path -> request.at(path, event.payload()));
        return id.isEmpty()
                || isNew(handle, integration, webhook.id().get(), id.get(), ofMany ? event.payload() : null);
    }

    /** @param part of a batch whose id is the whole request's: its own content distinguishes it from the others */
    private boolean isNew(
            Handle handle, Integration integration, String path, String vendorsId, @Nullable JsonNode part) {
        String key = path + "=" + vendorsId + (part == null || path.startsWith("body.") ? "" : part.toString());
        UUID now = ids.next();
        // Two copies at the same moment: the second waits for the first to commit.
        handle.createQuery("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
                .bind("key", integration.id() + key)
                .mapToMap()
                .list();
        return handle.createUpdate("""
                        INSERT INTO webhook_seen (environment_id, integration_id, key, id)
                        SELECT :environment, :integration, :key, :id
                        WHERE NOT EXISTS (SELECT 1 FROM webhook_seen
                                          WHERE environment_id = :environment AND integration_id = :integration AND key = :key)""")
                        .bind("environment", integration.environment())
                        .bind("integration", integration.id())
                        .bind("key", Hash.of(key))
                        .bind("id", now)
                        .execute()
                == 1;
    }
}
