package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Copies a Nango environment. A dry run sends the same requests with {@code dry_run}, for which the server does all but keep the
 * result: it reports what a run reports.
 */
final class NangoMigration {
    /** Change with every read. */
    private static final Set<String> FLEETING = Set.of("id", "errors", "last_fetched_at", "updated_at");

    /** Of webhook endpoints, in Nango's order. */
    static final List<String> ROLES = List.of("primary", "secondary");

    private static final String FORWARDING = "webhook forwarding";

    private static final String DRY = "?dry_run=true";

    private final AccountReader there;
    private final ServerApi here;
    private final AccountWriter writer;
    private final MigrationState state;
    private final Way way;
    private final Report report = new Report();
    /** In a dry run: the integrations that a run would have created before their connections, by key. */
    private final Map<String, ObjectNode> planned = new HashMap<>();

    private boolean rotates;

    /**
     * @param dryRun nothing is kept
     * @param beside Nango stays in use: nothing is refreshed here until it is read here
     * @param webhooks the addresses of its primary and secondary webhooks, which its API does not return
     * @param signingKey what they are signed with, neither
     */
    record Way(boolean dryRun, boolean beside, List<String> webhooks, Optional<String> signingKey) {}

    NangoMigration(ServerApi there, ServerApi here, MigrationState state, Way way) {
        this.there = new AccountReader(there);
        this.here = here;
        this.writer = new AccountWriter(here);
        this.state = state;
        this.way = way;
    }

    /** @throws ServerApi.Refused when a server is unreachable; what was copied is remembered */
    Report run(Output output) {
        report.attempt("form of provider webhooks", this::forwardAsNango);
        List<JsonNode> integrations = there.readIntegrations();
        List<AccountReader.Place> places = there.connections();
        Progress progress = new Progress(
                output.err(), "Copying", integrations.size() + (long) places.size(), System.console() != null);
        for (JsonNode integration : integrations) {
            Item.Integration item = Item.integration(integration);
            report.attempt(item.name(), () -> copy(item, integration));
            progress.step();
        }
        way.signingKey().ifPresent(key -> report.attempt("signing key", () -> signWith(key)));
        for (int i = 0; i < way.webhooks().size(); i++) {
            String url = way.webhooks().get(i);
            String role = ROLES.get(i);
            report.attempt("webhook endpoint " + url, () -> add(url, role));
        }
        for (AccountReader.Place place : places) {
            report.attempt(place.name(), () -> copy(place));
            progress.step();
        }
        state.end();
        warn();
        return report;
    }

    /** Those of the vendors' apps are set up once; what is here stays. */
    private boolean copy(Item.Integration item, JsonNode read) {
        Optional<JsonNode> existing = writer.find(item);
        if (existing.isPresent()) {
            report.changes(item.name(), Changes.between(read, existing.get()));
            return false;
        }
        JsonNode made = here.post("/integrations" + dry(), item.body()).path("data");
        planned.put(item.body().path("unique_key").asString(), item.body());
        ObjectNode described = (ObjectNode) read.deepCopy();
        described.remove("credentials");
        report.changes(item.name(), Changes.between(described, made));
        return true;
    }

    /** The key that receivers know. */
    private boolean signWith(String key) {
        if (here.get("/environment/webhook-signing-key?include=secret").path("data").values().stream()
                .filter(one -> one.path("newest").asBoolean(false))
                .anyMatch(one -> one.path("webhook_signing_key").asString("").equals(key))) {
            return false;
        }
        here.post(
                "/environment/webhook-signing-key/rotate" + dry(),
                Json.MAPPER.createObjectNode().put("webhook_signing_key", key));
        return true;
    }

    /**
     * Its form of what vendors send, for every endpoint that does not say otherwise: also those added later, and connections' own. Set
     * once, so that a repetition leaves what the operator chose since.
     */
    private boolean forwardAsNango() {
        String print = state.print(FORWARDING);
        if (state.isCopied(FORWARDING, print)) {
            return false;
        }
        boolean differs = !here.get("/environment")
                .at("/data/webhook_forwarding")
                .asString("")
                .equals("received");
        if (differs) {
            here.call(
                    "PATCH",
                    "/environment" + dry(),
                    Optional.of(Json.MAPPER.createObjectNode().put("webhook_forwarding", "received")));
        }
        state.copied(FORWARDING, print);
        return differs;
    }

    /** With the signatures that Nango sends, and its form of what vendors send. */
    private boolean add(String url, String role) {
        if (here.get("/environment/webhooks").path("data").values().stream()
                .anyMatch(one -> one.path("url").asString("").equals(url))) {
            return false;
        }
        here.post(
                "/environment/webhooks" + dry(),
                Json.MAPPER
                        .createObjectNode()
                        .put("url", url)
                        .put("role", role)
                        .put("legacy_signature", true)
                        .put("forwarding", "received"));
        return true;
    }

    private boolean copy(AccountReader.Place place) {
        if (state.isBehind(place.name())) {
            return false;
        }
        JsonNode read = there.read(place);
        // The run that ends the time beside each other copies all once more: it begins the refreshes.
        String print = state.print(lasting(read) + way.beside());
        if (state.isCopied(place.name(), print)) {
            return false;
        }
        ObjectNode body = there.importable(place, read).body();
        Optional.ofNullable(read.get("updated_at"))
                .filter(JsonNode::isString)
                .ifPresent(time -> body.set("as_of", time));
        if (way.beside()) {
            body.put("refresh", "when_read");
        }
        if (way.dryRun() && planned.containsKey(place.integration())) {
            body.set("integration", planned.get(place.integration()));
        }
        JsonNode copied = here.post("/connections" + dry(), body);
        state.copied(place.name(), print);
        rotates |= body.path("credentials").has("refresh_token");
        if (copied.path("kept").asBoolean(false)) {
            report.changes(place.name(), List.of("its credentials here are newer and stay"));
            return false;
        }
        report.changes(place.name(), Changes.between(read, copied));
        return true;
    }

    private String dry() {
        return way.dryRun() ? DRY : "";
    }

    private static String lasting(JsonNode read) {
        ObjectNode copy = (ObjectNode) read.deepCopy();
        copy.remove(FLEETING);
        return copy.toString();
    }

    private void warn() {
        if (way.webhooks().isEmpty()
                && here.get("/environment/webhooks").path("data").values().stream()
                        .allMatch(one -> one.path("role").asString("").equals("connection"))) {
            report.warn(
                    "No webhook is sent yet: Nango's API does not say where to. Give its addresses with --webhook-url,"
                            + " or add endpoints later: what vendors send reaches either in Nango's form.");
        }
        if (way.signingKey().isEmpty()) {
            report.warn("Webhooks are signed with this environment's own key. So that receivers need not change, bring"
                    + " Nango's along with --signing-key.");
        }
        if (way.beside()) {
            report.warn(
                    "Nothing is refreshed here before it is read here. When your backend uses Latchkey, run this again"
                            + " without --beside: it brings what Nango has refreshed since, and begins to refresh.");
        } else if (rotates) {
            report.warn(
                    "From now on Latchkey refreshes these connections. Nango must not do so any more: where a vendor"
                            + " replaces refresh tokens, the system that comes second loses the connection. While Nango is still"
                            + " in use, copy with --beside.");
        }
    }
}
