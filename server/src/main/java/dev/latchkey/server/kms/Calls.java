package dev.latchkey.server.kms;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.egress.Limits;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.KeyAddress;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Requests to the addresses that the operator or the platform named, which need not be public. A service that is away is asked three times. */
final class Calls {
    private static final Limits LIMITS = Limits.of(Duration.ofSeconds(10), Duration.ofSeconds(15));
    private static final int ATTEMPTS = 3;
    private static final Duration PAUSE = Duration.ofMillis(400);

    private final KeyAddress key;
    private final Authorities authorities;

    Calls(KeyAddress key, Authorities authorities) {
        this.key = key;
        this.authorities = authorities;
    }

    /** @param json empty where the body is none */
    record Answer(int status, JsonNode json, String text) {
        boolean isGood() {
            return status / 100 == 2;
        }

        /** The first of these that is a text. */
        String word(String... pointers) {
            for (String pointer : pointers) {
                String word = json.at(pointer).asString("");
                if (!word.isEmpty()) {
                    return word;
                }
            }
            return "HTTP " + status;
        }
    }

    Answer get(URI uri, Map<String, String> headers) {
        return send(new Egress.Request("GET", uri, headers, Optional.empty()));
    }

    Answer put(URI uri, Map<String, String> headers) {
        return send(
                new Egress.Request("PUT", uri, headers, Optional.of(new Egress.Content("text/plain", new byte[0]))));
    }

    Answer post(URI uri, Map<String, String> headers, ObjectNode body) {
        return post(uri, headers, "application/json", Json.MAPPER.writeValueAsBytes(body));
    }

    Answer post(URI uri, Map<String, String> headers, String type, byte[] body) {
        return send(new Egress.Request("POST", uri, headers, Optional.of(new Egress.Content(type, body))));
    }

    /** A form, as RFC 6749 has it. */
    Answer form(URI uri, Map<String, String> fields) {
        String body = PercentEncoding.form(new TreeMap<>(fields));
        return post(
                uri,
                Map.of("accept", "application/json"),
                "application/x-www-form-urlencoded",
                body.getBytes(StandardCharsets.UTF_8));
    }

    private Answer send(Egress.Request request) {
        // All that is called is the operator's or the platform's choice, and the guard's rules are for what others
        // choose.
        AddressGuard guard =
                new AddressGuard(List.of(request.uri().getHost()), port -> true, InetAddress::getAllByName);
        try (Egress egress = new Egress(guard, authorities, EgressObserver.NONE)) {
            for (int attempt = 1; ; attempt++) {
                try {
                    Answer answer = answer(egress.send(request, LIMITS));
                    boolean passing = answer.status() == 429 || answer.status() >= 500;
                    if (!passing) {
                        return answer;
                    }
                    if (attempt == ATTEMPTS) {
                        throw Refusal.AWAY.of(key, answer.word("/__type", "/error/status", "/errors/0"));
                    }
                } catch (EgressException e) {
                    if (attempt == ATTEMPTS) {
                        throw Refusal.AWAY.of(key, String.valueOf(e.getMessage()));
                    }
                }
                pause(attempt);
            }
        }
    }

    private void pause(int attempt) {
        try {
            Thread.sleep(PAUSE.multipliedBy(attempt));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusal.AWAY.of(key, "interrupted");
        }
    }

    private static Answer answer(Egress.Response response) {
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(response.body());
        } catch (JacksonException e) {
            json = Json.MAPPER.createObjectNode();
        }
        return new Answer(
                response.status(), json.isMissingNode() ? Json.MAPPER.createObjectNode() : json, response.text());
    }
}
