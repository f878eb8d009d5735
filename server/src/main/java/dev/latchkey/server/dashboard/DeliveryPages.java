package dev.latchkey.server.dashboard;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Delivery;
import dev.latchkey.server.webhooks.outbound.Endpoint;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A webhook delivery: what was sent, each attempt, and sending it again. */
public final class DeliveryPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Endpoints endpoints;
    private final Deliveries deliveries;
    private final URI publicUrl;

    DeliveryPages(Endpoints endpoints, Deliveries deliveries, URI publicUrl) {
        this.endpoints = endpoints;
        this.deliveries = deliveries;
        this.publicUrl = publicUrl;
    }

    public record DeliveryDetail(Delivery.Full full, String url, List<ApiExample> examples) {
        /** Formatted for reading: what is sent, and signed, is on one line. */
        public String body() {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(Json.MAPPER.readTree(full.body()));
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/deliveries/{id}", Permission.VIEW, this::delivery);
        router.action(
                "/dashboard/{env}/deliveries/{id}/replay",
                "POST /environment/webhook-deliveries/{id}/replay",
                Permission.HELP,
                this::replay);
    }

    private Reply delivery(Visit visit) {
        Delivery.Full full = Ids.parse(visit.path("id"))
                .flatMap(id -> deliveries.find(visit.environmentId(), id))
                .orElseThrow(() ->
                        PageException.notFound("There is no such delivery. Deliveries are kept for some weeks only."));
        String url =
                publicUrl + "/environment/webhook-deliveries/" + full.delivery().id();
        return Reply.html(TEMPLATES.delivery(
                visit.frame("Delivery", "webhooks"),
                new DeliveryDetail(
                        full,
                        endpoints
                                .find(visit.environmentId(), full.delivery().endpoint())
                                .map(Endpoint::url)
                                .orElse("an endpoint that was deleted"),
                        List.of(
                                ApiExample.of("Read it", "GET", url),
                                ApiExample.of("Send it again", "POST", url + "/replay")))));
    }

    private Reply replay(Visit visit) {
        Optional<UUID> again =
                Ids.parse(visit.path("id")).flatMap(id -> deliveries.replay(visit.actor(), visit.environmentId(), id));
        return again.map(id -> Reply.see(visit.at("/deliveries/" + id), "It is being sent again, with the same id."))
                .orElseGet(() -> Reply.see(
                        visit.at("/deliveries/" + visit.path("id")),
                        "!It cannot be sent: its endpoint is gone or switched off, or the event is no longer kept."));
    }

    /** When it was made, taken from its id. */
    public static Instant made(Delivery.Attempt attempt) {
        return Instant.ofEpochMilli(attempt.id().getMostSignificantBits() >>> 16);
    }
}
