package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.webhooks.outbound.Endpoint;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an operator has to look at in an environment: webhook endpoints that do not receive their events, incidents of providers,
 * integrations that providers refuse or that are not set up, connections that fail. Worst first.
 */
public final class NeedsAttention {
    private static final int MOST_INCIDENTS = 20;

    private final ConnectionCounts counts;
    private final Integrations integrations;
    private final Providers providers;
    private final Endpoints endpoints;
    private final Incidents incidents;

    NeedsAttention(
            ConnectionCounts counts,
            Integrations integrations,
            Providers providers,
            Endpoints endpoints,
            Incidents incidents) {
        this.counts = counts;
        this.integrations = integrations;
        this.providers = providers;
        this.endpoints = endpoints;
        this.incidents = incidents;
    }

    /** @param tone bad or warn @param action what the link to {@code href} says */
    public record Item(String tone, String title, String text, String href, String action, Instant since) {
        boolean isBad() {
            return tone.equals("bad");
        }
    }

    List<Item> in(Visit visit) {
        List<Integration> all = integrations.list(visit.environmentId());
        List<Item> found = new ArrayList<>();
        endpoints.list(visit.environmentId()).stream()
                .flatMap(one -> endpoint(visit, one))
                .forEach(found::add);
        incidents.list(visit.environmentId(), true, MOST_INCIDENTS).stream()
                .map(one -> incident(visit, one))
                .forEach(found::add);
        all.stream().flatMap(one -> integration(visit, one)).forEach(found::add);
        counts.failing(visit.environmentId()).stream()
                .map(one -> connections(visit, one))
                .forEach(found::add);
        return Stream.concat(found.stream().filter(Item::isBad), found.stream().filter(one -> !one.isBad()))
                .toList();
    }

    private static Stream<Item> endpoint(Visit visit, Endpoint endpoint) {
        Endpoint.Health health = endpoint.health();
        String page = visit.at("/webhooks/" + endpoint.id());
        if (!endpoint.enabled()) {
            // Switched off by a member: no news for anyone.
            return health.disabledReason().stream()
                    .map(reason -> new Item(
                            "bad",
                            "A webhook endpoint was switched off",
                            endpoint.url() + " receives no events: " + reason + ". Fix it, then switch it on again.",
                            page,
                            "Open the endpoint",
                            health.disabledAt().orElse(endpoint.updatedAt())));
        }
        return health.failures() == 0
                ? Stream.empty()
                : Stream.of(new Item(
                        "bad",
                        "Webhooks are failing",
                        endpoint.url() + " failed " + Words.plural(health.failures(), "time")
                                + " in a row. Events are kept and retried.",
                        visit.at("/webhooks?state=failed&endpoint=" + endpoint.id()),
                        "Show the deliveries",
                        health.failingSince().orElse(endpoint.updatedAt())));
    }

    private Item incident(Visit visit, Incidents.Incident incident) {
        String name = providers.in(visit.environmentId()).all().stream()
                .filter(provider -> provider.id().equals(incident.provider()))
                .map(Provider::name)
                .findFirst()
                .orElse(incident.provider());
        return switch (incident.kind()) {
            case OUTAGE ->
                new Item(
                        "warn",
                        "Incident: " + name + " cannot be reached, or responds with errors",
                        "Tokens that are still valid keep working, and refreshes are retried. " + incident.reason()
                                + ".",
                        visit.at("/logs?state=failed&type=refresh"),
                        "Show the log",
                        incident.openedAt());
            case REJECTIONS ->
                new Item(
                        "bad",
                        "Incident: " + name + " rejects the grants of many users",
                        "Latchkey doubts this, and asks no user to authorize again yet. " + incident.reason() + ".",
                        visit.at("/logs?state=failed&type=refresh"),
                        "Show the log",
                        incident.openedAt());
        };
    }

    private Stream<Item> integration(Visit visit, Integration integration) {
        String page = visit.at("/integrations/" + PercentEncoding.encode(integration.uniqueKey()));
        if (IntegrationSetup.lacksClient(providers, integration)) {
            return Stream.of(new Item(
                    "warn",
                    integration.displayName() + " is not set up yet",
                    "It has no client id, so no user can connect.",
                    page,
                    "Set it up",
                    integration.createdAt()));
        }
        return integration.broken().stream()
                .map(broken -> new Item(
                        "bad",
                        integration.displayName() + ": the provider refuses its client",
                        "None of its connections can be refreshed: " + broken.reason()
                                + ". Check its client id and secret.",
                        page,
                        "Check the integration",
                        broken.since()));
    }

    private static Item connections(Visit visit, ConnectionCounts.Failing failing) {
        String connections = Words.plural(failing.count(), "connection");
        String key = PercentEncoding.encode(failing.integrationKey());
        String list = visit.at("/connections?integration=" + key + "&state=");
        return switch (failing.kind()) {
            case MISCONFIGURED ->
                new Item(
                        "bad",
                        failing.integrationName() + ": the provider refuses the client",
                        connections + " cannot be refreshed until the client id and secret are correct.",
                        visit.at("/integrations/" + key),
                        "Check the integration",
                        failing.since());
            case REJECTED ->
                new Item(
                        "warn",
                        connections + " of " + failing.integrationName() + (failing.count() == 1 ? " needs" : " need")
                                + " to be authorized again",
                        "The grant was revoked or has expired. Send the " + (failing.count() == 1 ? "user" : "users")
                                + " a reconnect link.",
                        list + "rejected",
                        "Show the " + (failing.count() == 1 ? "connection" : "connections"),
                        failing.since());
            case UNREADABLE ->
                new Item(
                        "bad",
                        connections + " of " + failing.integrationName() + " cannot be read",
                        "The rows were altered, or written by another version of Latchkey. Restore them,"
                                + " or connect the users again.",
                        list + "unreadable",
                        "Show the " + (failing.count() == 1 ? "connection" : "connections"),
                        failing.since());
            case TRANSIENT ->
                new Item(
                        "warn",
                        failing.integrationName() + ": refreshes are failing",
                        connections + (failing.count() == 1 ? " waits" : " wait")
                                + " for a retry. Tokens that are still valid keep working.",
                        list + "transient",
                        "Show the " + (failing.count() == 1 ? "connection" : "connections"),
                        failing.since());
        };
    }
}
