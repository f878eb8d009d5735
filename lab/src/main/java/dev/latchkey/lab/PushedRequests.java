package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Authorization requests that clients sent themselves, under the names that browsers carry (RFC 9126). Thread-safe. */
final class PushedRequests {
    private static final int LIMIT = 1_000;
    /** Long enough for a person to read the consent page, whose form comes back to the same address. */
    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private record Request(String query, Instant end) {}

    private final InstantSource clock;
    private final Map<String, Request> requests = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Request> eldest) {
            return size() > LIMIT;
        }
    };

    PushedRequests(InstantSource clock) {
        this.clock = clock;
    }

    /** Section 2.2. */
    synchronized Answer accept(String query) {
        String name = "urn:ietf:params:oauth:request_uri:" + UUID.randomUUID();
        requests.put(name, new Request(query, clock.instant().plus(LIFETIME)));
        ObjectNode body = JsonTree.NODES.objectNode();
        body.put("request_uri", name).put("expires_in", LIFETIME.toSeconds());
        return Answer.json(201, body, "request pushed");
    }

    /** The request with all its parameters; empty if it was not pushed although required, or too long ago. */
    synchronized Optional<LabRequest> whole(CodeGrant code, LabRequest request) {
        if (code.consent().authorize().pushed().isEmpty()) {
            return Optional.of(request);
        }
        return Optional.ofNullable(requests.get(request.query().getOrDefault("request_uri", "")))
                .filter(one -> one.end().isAfter(clock.instant()))
                .map(one -> new LabRequest(
                        request.method(), request.location(), one.query(), request.headers(), request.body()));
    }
}
