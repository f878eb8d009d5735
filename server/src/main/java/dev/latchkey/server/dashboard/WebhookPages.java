package dev.latchkey.server.dashboard;

import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.secrets.SigningKeyForm;
import dev.latchkey.server.team.Role.Permission;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Delivery;
import dev.latchkey.server.webhooks.outbound.DeliveryPages;
import dev.latchkey.server.webhooks.outbound.Endpoint;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.EventType;
import dev.latchkey.server.webhooks.outbound.Replays;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** An environment's webhook endpoints, deliveries and replays. */
public final class WebhookPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 50;
    /** That the next page may show the signing keys, which it reads itself. */
    private static final String SHOW = "signing keys";

    private static final Duration GRACE = Duration.ofHours(24);

    private final Endpoints endpoints;
    private final Deliveries deliveries;
    private final SigningKeys signingKeys;
    private final InstantSource clock;
    private final URI publicUrl;

    WebhookPages(
            Endpoints endpoints, Deliveries deliveries, SigningKeys signingKeys, InstantSource clock, URI publicUrl) {
        this.endpoints = endpoints;
        this.deliveries = deliveries;
        this.signingKeys = signingKeys;
        this.clock = clock;
        this.publicUrl = publicUrl;
    }

    /**
     * @param signingKeys right after they were requested
     * @param mayReveal whether the member may request them
     */
    public record Webhooks(
            List<Endpoint> endpoints,
            List<Delivery> deliveries,
            Map<String, String> filters,
            Place place,
            List<SigningKeys.Shown> signingKeys,
            boolean mayReveal,
            Map<UUID, String> urls,
            List<ApiExample> examples) {
        /** @param newest the address of the newest deliveries, on an older page; @param next that of older ones */
        public record Place(Optional<String> newest, Optional<String> next) {}

        public Optional<String> newest() {
            return place.newest();
        }

        public Optional<String> next() {
            return place.next();
        }

        public String filter(String name) {
            return filters.getOrDefault(name, "");
        }

        public String url(Delivery delivery) {
            return urls.getOrDefault(delivery.endpoint(), "an endpoint that was deleted");
        }
    }

    /**
     * @param endpoint absent for a new one
     * @param received whether a provider's webhooks come as they were received
     */
    public record EndpointForm(Optional<Endpoint> endpoint, boolean received, List<ApiExample> examples) {
        public boolean wants(EventType type) {
            return endpoint.map(it -> it.wants(type)).orElse(type.byDefault());
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/webhooks", Permission.VIEW, visit -> list(visit, keys(visit)));
        router.revealingAction(
                "/dashboard/{env}/webhooks/signing-key",
                "GET /environment/webhook-signing-key",
                Permission.CHANGE,
                this::showSigningKey);
        router.action(
                "/dashboard/{env}/webhooks/signing-key/rotate",
                "POST /environment/webhook-signing-key/rotate",
                Permission.CHANGE,
                this::rotate);
        router.action(
                "/dashboard/{env}/webhooks/replay",
                "POST /environment/webhook-deliveries/replay",
                Permission.HELP,
                this::replayFailed);
        router.page("/dashboard/{env}/webhooks/new", Permission.CHANGE, visit -> form(visit, Optional.empty()));
        router.action("/dashboard/{env}/webhooks/new", "POST /environment/webhooks", Permission.CHANGE, this::create);
        router.page(
                "/dashboard/{env}/webhooks/{id}", Permission.VIEW, visit -> form(visit, Optional.of(endpoint(visit))));
        router.action(
                "/dashboard/{env}/webhooks/{id}", "PATCH /environment/webhooks/{id}", Permission.CHANGE, this::update);
        router.action(
                "/dashboard/{env}/webhooks/{id}/test",
                "POST /environment/webhooks/{id}/test",
                Permission.HELP,
                this::test);
        router.action(
                "/dashboard/{env}/webhooks/{id}/delete",
                "DELETE /environment/webhooks/{id}",
                Permission.CHANGE,
                this::delete);
    }

    private Reply list(Visit visit, List<SigningKeys.Shown> keys) {
        Map<String, String> filters = new LinkedHashMap<>();
        for (String name : List.of("endpoint", "state", "type", "connection")) {
            visit.query(name).ifPresent(value -> filters.put(name, value));
        }
        List<Endpoint> all = endpoints.list(visit.environmentId());
        Map<UUID, String> urls = new HashMap<>();
        all.forEach(one -> urls.put(one.id(), one.url()));
        DeliveryPages.Page page = deliveries.list(
                visit.environmentId(),
                new Deliveries.Filter(
                        visit.query("endpoint").flatMap(Ids::parse),
                        visit.query("type").flatMap(EventType::of),
                        visit.query("state").flatMap(WebhookPages::state),
                        visit.query("connection"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        visit.query("before").flatMap(Ids::parse),
                        PAGE + 1));
        List<Delivery> found = page.deliveries();
        String url = publicUrl + "/environment/webhooks";
        return Reply.html(TEMPLATES.webhooks(
                visit.frame("Webhooks", "webhooks"),
                new Webhooks(
                        all,
                        found.stream().limit(PAGE).toList(),
                        filters,
                        new Webhooks.Place(
                                visit.query("before").map(_ -> visit.at("/webhooks") + Links.query(filters)),
                                page.next()
                                        .map(last -> found.size() > PAGE
                                                ? found.get(PAGE - 1).id()
                                                : last)
                                        .map(last -> visit.at("/webhooks")
                                                + Links.query(Links.with(filters, "before", last.toString())))),
                        keys,
                        visit.member().mayReveal(visit.environmentId()),
                        urls,
                        List.of(
                                ApiExample.of("List endpoints", "GET", url),
                                ApiExample.of("Add one", "POST", url)
                                        .with("{\"url\": \"https://app.example.com/latchkey\"}"),
                                ApiExample.of("List deliveries", "GET", publicUrl + "/environment/webhook-deliveries"),
                                ApiExample.of(
                                                "Resend failed deliveries",
                                                "POST",
                                                publicUrl + "/environment/webhook-deliveries/replay")
                                        .with("{\"since\": \"" + clock.instant().minus(Duration.ofDays(1)) + "\"}"),
                                ApiExample.of(
                                        "Read the signing key", "GET", publicUrl + "/environment/webhook-signing-key"),
                                ApiExample.of(
                                        "Rotate the signing key",
                                        "POST",
                                        publicUrl + "/environment/webhook-signing-key/rotate")))));
    }

    private static Optional<Delivery.State> state(String text) {
        return Arrays.stream(Delivery.State.values())
                .filter(state -> state.name().equalsIgnoreCase(text))
                .findFirst();
    }

    /** Right after they were requested, or rotated. */
    private List<SigningKeys.Shown> keys(Visit visit) {
        return visit.once().isPresent() ? signingKeys.shown(visit.actor(), visit.environment()) : List.of();
    }

    private Reply showSigningKey(Visit visit) {
        // Recorded before it is shown.
        signingKeys.reveal(visit.actor(), visit.environment());
        return Reply.once(visit.at("/webhooks"), SHOW);
    }

    private Reply rotate(Visit visit) {
        Optional<String> brought = visit.filled("webhook_signing_key");
        if (brought.filter(key -> !SigningKeyForm.isMet(key)).isPresent()) {
            return Reply.see(visit.at("/webhooks"), "!A signing key " + SigningKeyForm.RULE + ".");
        }
        brought.map(Secret::new)
                .ifPresentOrElse(
                        key -> signingKeys.rotateTo(visit.actor(), visit.environment(), key, GRACE),
                        () -> signingKeys.rotate(visit.actor(), visit.environment(), GRACE));
        return Reply.once(visit.at("/webhooks"), SHOW);
    }

    private Reply replayFailed(Visit visit) {
        Replays.Begun begun = deliveries.replayFailed(
                visit.actor(),
                visit.environmentId(),
                visit.filled("endpoint").flatMap(Ids::parse),
                clock.instant().minus(Duration.ofDays(1)));
        return Reply.see(
                visit.at("/webhooks"),
                begun.count() == 0
                        ? "No failed delivery of the last day is left to resend."
                        : Words.count(begun.count())
                                + (begun.count() == 1 ? " delivery is" : " deliveries are")
                                + (begun.continues()
                                        ? " being sent again, and more will follow."
                                        : " being sent again."));
    }

    private Endpoint endpoint(Visit visit) {
        return Ids.parse(visit.path("id"))
                .flatMap(id -> endpoints.find(visit.environmentId(), id))
                .orElseThrow(() -> PageException.notFound("There is no such endpoint. It may have been deleted."));
    }

    private Reply form(Visit visit, Optional<Endpoint> endpoint) {
        String url = publicUrl + "/environment/webhooks";
        return Reply.html(
                TEMPLATES.endpoint(
                        visit.frame(endpoint.map(Endpoint::url).orElse("Add an endpoint"), "webhooks"),
                        new EndpointForm(
                                endpoint,
                                endpoint.map(Endpoint::forwarding).orElseGet(visit.environment()::forwarding)
                                        == Forwarding.RECEIVED,
                                endpoint.map(it -> List.of(
                                                ApiExample.of("Read it", "GET", url + "/" + it.id()),
                                                ApiExample.of("Change it", "PATCH", url + "/" + it.id())
                                                        .with("{\"events\": {\"connection.refreshed\": true}}"),
                                                ApiExample.of("Try it", "POST", url + "/" + it.id() + "/test"),
                                                ApiExample.of("Delete it", "DELETE", url + "/" + it.id())))
                                        .orElse(
                                                List.of(
                                                        ApiExample.of("Add one", "POST", url)
                                                                .with(
                                                                        "{\"url\": \"https://app.example.com/latchkey\", \"events\": {\"connection.refreshed\": true}}"))))));
    }

    private Reply create(Visit visit) {
        String url = visit.field("url");
        Endpoint.Role role =
                endpoints.list(visit.environmentId()).stream().anyMatch(one -> one.role() == Endpoint.Role.PRIMARY)
                        ? Endpoint.Role.OTHER
                        : Endpoint.Role.PRIMARY;
        return switch (endpoints.create(
                visit.actor(),
                visit.environmentId(),
                new Endpoint.Settings(
                        role,
                        url,
                        visit.field("description"),
                        EndpointFields.events(visit),
                        visit.checked("legacy"),
                        true,
                        EndpointFields.forwarding(visit)))) {
            case Endpoints.Outcome.Refused refused ->
                Reply.see(visit.at("/webhooks/new"), "!" + EndpointFields.words(refused.why()));
            case Endpoints.Outcome.BadAddress bad ->
                Reply.see(visit.at("/webhooks/new"), EndpointFields.words(url, bad));
            case Endpoints.Outcome.Saved saved -> {
                yield Reply.see(
                        visit.at("/webhooks/" + saved.endpoint().id()),
                        saved.warning()
                                .map(warning -> "The endpoint is added. " + warning)
                                .orElse("The endpoint is added. Send it a test event to see it arrive."));
            }
        };
    }

    private Reply update(Visit visit) {
        Endpoint before = endpoint(visit);
        String back = visit.at("/webhooks/" + before.id());
        String url = visit.filled("url").orElse(before.url());
        Optional<Endpoints.Outcome> outcome = endpoints.update(
                visit.actor(),
                visit.environmentId(),
                before.id(),
                new Endpoint.Settings(
                        before.role(),
                        url,
                        visit.field("description"),
                        EndpointFields.events(visit),
                        visit.checked("legacy"),
                        visit.checked("enabled"),
                        EndpointFields.forwarding(visit)));
        if (outcome.isEmpty()) {
            throw PageException.notFound("The endpoint has been deleted.");
        }
        return switch (outcome.get()) {
            case Endpoints.Outcome.Refused refused -> Reply.see(back, "!" + EndpointFields.words(refused.why()));
            case Endpoints.Outcome.BadAddress bad -> Reply.see(back, EndpointFields.words(url, bad));
            case Endpoints.Outcome.Saved saved -> {
                yield Reply.see(
                        back,
                        saved.warning().map(warning -> "Saved. " + warning).orElse("Saved."));
            }
        };
    }

    private Reply test(Visit visit) {
        Endpoint endpoint = endpoint(visit);
        return deliveries
                .test(visit.actor(), visit.environmentId(), endpoint.id())
                .map(id -> Reply.see(visit.at("/deliveries/" + id), "A test event is being sent."))
                .orElseGet(() -> Reply.see(
                        visit.at("/webhooks/" + endpoint.id()), "!The endpoint is switched off: switch it on first."));
    }

    private Reply delete(Visit visit) {
        Endpoint endpoint = endpoint(visit);
        endpoints.delete(visit.actor(), visit.environmentId(), endpoint.id());
        return Reply.see(visit.at("/webhooks"), "The endpoint is deleted.");
    }
}
