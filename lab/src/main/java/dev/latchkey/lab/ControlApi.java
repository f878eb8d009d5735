package dev.latchkey.lab;

import dev.latchkey.lab.Faults.Fault;
import dev.latchkey.lab.Faults.Place;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /lab/api/{provider}}: sets faults, ends grants, and lists the requests received. Never shows a code or a token. */
final class ControlApi {
    private static final Set<String> FAULT_MEMBERS = Set.of("kind", "count", "retry_after", "delay_ms", "on", "index");

    static final String NOT_FOR_STRANGERS =
            "The lab's controls answer requests of this machine, and members who are signed in to the dashboard.";

    /** By method and what follows the provider's name. */
    static final Map<String, Operation> OPERATIONS = operations();

    @FunctionalInterface
    interface Operation {
        Answer answer(Vendor vendor, LabRequest request);
    }

    private final Function<String, Optional<Vendor>> vendors;

    /** @param vendors by the id of the provider that each plays */
    ControlApi(Function<String, Optional<Vendor>> vendors) {
        this.vendors = vendors;
    }

    /** @param path what follows {@code /lab/api/} */
    Answer answer(String path, LabRequest request) {
        String[] steps = path.split("/", -1);
        Optional<Vendor> played = vendors.apply(steps[0]);
        if (played.isEmpty()) {
            return Answer.error(404, "not_found", "The lab plays no such provider.");
        }
        Vendor vendor = played.get();
        if (request.fromAnotherSite()) {
            return Answer.error(403, "forbidden", "Pages of other sites may not use the lab.");
        }
        Operation operation = OPERATIONS.get(request.method() + " " + path.substring(steps[0].length()));
        return operation == null
                ? Answer.error(
                        404,
                        "not_found",
                        "There are POST, GET and DELETE faults, POST expire, POST revoke, POST rotation, POST accounts, GET events and GET account.")
                : operation.answer(vendor, request);
    }

    private static Map<String, Operation> operations() {
        Map<String, Operation> all = new LinkedHashMap<>();
        all.put("POST /faults", (vendor, request) -> addFault(vendor, request.json()));
        all.put("DELETE /faults", (vendor, request) -> {
            vendor.faults().clear();
            return left(vendor);
        });
        all.put("GET /faults", (vendor, request) -> left(vendor));
        all.put("POST /expire", (vendor, request) -> {
            vendor.grants().expire();
            return Answer.json(200, JsonTree.NODES.objectNode().put("expired", true));
        });
        all.put("POST /revoke", ControlApi::revoke);
        all.put("POST /rotation", (vendor, request) -> rotation(vendor, request.json()));
        all.put("POST /accounts", (vendor, request) -> accounts(vendor, request.json()));
        all.put("GET /events", (vendor, request) -> events(vendor));
        all.put("GET /account", (vendor, request) -> account(vendor));
        return Collections.unmodifiableMap(all);
    }

    private static Answer left(Vendor vendor) {
        return Answer.json(
                200, JsonTree.NODES.objectNode().put("left", vendor.faults().left()));
    }

    private static Answer addFault(Vendor vendor, JsonNode body) {
        for (String member : body.propertyNames()) {
            if (!FAULT_MEMBERS.contains(member)) {
                return invalid("A fault has kind, count, retry_after, delay_ms, index and on; nothing else.");
            }
        }
        Optional<Integer> count = number(body, "count", 1, 1, 1_000);
        Optional<Integer> retryAfter = number(body, "retry_after", 1, 0, 86_400);
        Optional<Integer> delay = number(body, "delay_ms", 1_000, 0, 60_000);
        Optional<Integer> index = number(body, "index", 0, 0, 1_000);
        if (count.isEmpty() || retryAfter.isEmpty() || delay.isEmpty() || index.isEmpty()) {
            return invalid("count is 1 to 1000, retry_after 0 to 86400 seconds, delay_ms 0 to 60000, index 0 to 1000.");
        }
        Optional<Fault> fault = switch (body.path("kind").asString("")) {
            case "server_error" -> Optional.of(new Fault.ServerError());
            case "too_many_requests" -> Optional.of(new Fault.TooManyRequests(Duration.ofSeconds(retryAfter.get())));
            case "named" -> Optional.of(new Fault.Named(index.get(), Duration.ofSeconds(retryAfter.get())));
            case "slow" -> Optional.of(new Fault.Slow(Duration.ofMillis(delay.get())));
            case "garbage" -> Optional.of(new Fault.Garbage());
            case "reset" -> Optional.of(new Fault.Reset());
            case "lost" -> Optional.of(new Fault.Lost());
            default -> Optional.empty();
        };
        if (fault.isEmpty()) {
            return invalid("kind must be server_error, too_many_requests, named, slow, garbage, reset or lost.");
        }
        String on = body.path("on").asString("");
        if (body.has("on") && !Set.of("token", "api").contains(on)) {
            return invalid("on must be token or api; without it any request meets the fault.");
        }
        if (fault.get() instanceof Fault.Named && !vendor.names(index.get(), on)) {
            return invalid(
                    "A named fault needs on, and an index in api.errors (api) or token.errors.responses (token) of the"
                            + " definition.");
        }
        Optional<Place> place =
                on.isEmpty() ? Optional.empty() : Optional.of(on.equals("api") ? Place.API : Place.TOKEN);
        return vendor.faults().add(fault.get(), place, count.get())
                ? left(vendor)
                : Answer.error(409, "too_many_faults", "Too many faults wait already; DELETE faults first.");
    }

    private static Optional<Integer> number(JsonNode body, String name, int absent, int least, int most) {
        JsonNode value = body.get(name);
        if (value == null) {
            return Optional.of(absent);
        }
        return value.isInt() && value.intValue() >= least && value.intValue() <= most
                ? Optional.of(value.intValue())
                : Optional.empty();
    }

    private static Answer revoke(Vendor vendor, LabRequest request) {
        Optional<String> named = request.body().length == 0
                ? Optional.empty()
                : Optional.ofNullable(request.json().get("user")).map(user -> user.asString(""));
        Optional<TestUser> user = named.flatMap(TestUser::find);
        if (named.isPresent() && user.isEmpty()) {
            return invalid("user must be ada, grace or alan; without it all are meant.");
        }
        user.map(java.util.List::of).orElse(TestUser.ALL).forEach(vendor.grants()::revoke);
        return Answer.json(200, JsonTree.NODES.objectNode().put("revoked", named.orElse("all")));
    }

    private static Answer rotation(Vendor vendor, JsonNode body) {
        Optional<Integer> grace = number(body, "reuse_grace", -1, 0, 86_400);
        if (body.size() != 1 || grace.filter(seconds -> seconds >= 0).isEmpty()) {
            return invalid("reuse_grace is 0 to 86400 seconds in which a rotated refresh token still works.");
        }
        vendor.grants().allowReuseFor(Duration.ofSeconds(grace.get()));
        return Answer.json(200, JsonTree.NODES.objectNode().put("reuse_grace", grace.get()));
    }

    private static Answer accounts(Vendor vendor, JsonNode body) {
        Optional<Integer> count = number(body, "count", 1, 0, ListedAccounts.MOST);
        JsonNode marked = body.path("marked");
        if (count.isEmpty() || !marked.isMissingNode() && !marked.isBoolean()) {
            return invalid(
                    "count is 0 to " + ListedAccounts.MOST + " accounts that a user allows; marked is true or false.");
        }
        vendor.listed().grant(new ListedAccounts.Granted(count.get(), marked.asBoolean(true)));
        return Answer.json(200, JsonTree.NODES.objectNode().put("count", count.get()));
    }

    /** What a person who connects this provider types: its keys are the test account's own. */
    private static Answer account(Vendor vendor) {
        ObjectNode fields = JsonTree.NODES.objectNode();
        vendor.account().fields().forEach(fields::put);
        return Answer.json(200, fields);
    }

    private static Answer events(Vendor vendor) {
        ArrayNode list = JsonTree.NODES.arrayNode();
        for (Events.Event event : vendor.events().list()) {
            ObjectNode one = list.addObject();
            one.put("at", event.at().toString());
            one.put("method", event.method());
            one.put("path", event.path());
            event.grantType().ifPresent(type -> one.put("grant_type", type));
            one.put("status", event.status());
            one.put("outcome", event.outcome());
        }
        return Answer.json(200, list);
    }

    private static Answer invalid(String message) {
        return Answer.error(400, "invalid_request", message);
    }
}
