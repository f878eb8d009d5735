package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** The replies that vendors expect before they send webhooks. */
final class Challenges {
    /** As random values are written: it cannot be the body of an event, which is JSON. */
    private static final String NONCE = "[A-Za-z0-9._~+/-]{1,256}={0,2}";

    /** Visible characters: a vendor's value that goes into a response's header. */
    private static final String HEADER = "[\\x21-\\x7e]{1,256}";

    private Challenges() {}

    /** @param signed whether the request has been verified */
    static Optional<Incoming.Outcome> reply(
            Webhook webhook, boolean signed, Verification verification, IncomingRequest request, Secret secret) {
        return webhook.challenges().stream()
                .filter(one -> one.signed() == signed && isAsked(one, request))
                .filter(one -> one.nonce().isEmpty() || !secret.reveal().isEmpty())
                .findFirst()
                .map(one -> switch (one.reply()) {
                    case Webhook.Reply.Nothing it ->
                        new Incoming.Outcome.Answer(webhook.acknowledgement().status(), "", "", Map.of());
                    case Webhook.Reply.Headers it -> {
                        Map<String, String> headers = new TreeMap<>();
                        it.headers()
                                .forEach((name, text) -> text.expand(verification.values(Map.of(), secret))
                                        .map(Verification::revealed)
                                        .filter(value -> value.matches(HEADER))
                                        .ifPresent(value -> headers.put(name, value)));
                        yield new Incoming.Outcome.Answer(200, "", "", headers);
                    }
                    case Webhook.Reply.Plain it ->
                        new Incoming.Outcome.Answer(
                                200,
                                "text/plain; charset=utf-8",
                                it.text()
                                        .expand(verification.values(Map.of(), secret))
                                        .map(Verification::revealed)
                                        .orElse(""),
                                Map.of());
                    case Webhook.Reply.Json it -> {
                        ObjectNode json = Json.MAPPER.createObjectNode();
                        it.members()
                                .forEach((name, text) -> text.expand(verification.values(Map.of(), secret))
                                        .ifPresent(value -> json.put(name, Verification.revealed(value))));
                        yield new Incoming.Outcome.Answer(200, "application/json", json.toString(), Map.of());
                    }
                });
    }

    private static boolean isAsked(Webhook.Challenge challenge, IncomingRequest request) {
        return challenge
                        .nonce()
                        .map(path -> request.at(path, request.content())
                                .filter(value -> value.matches(NONCE))
                                .isPresent())
                        .orElse(true)
                && challenge
                        .has()
                        .map(path -> request.at(path, request.content()).isPresent())
                        .orElse(true)
                && challenge.equals().entrySet().stream()
                        .allMatch(entry -> request.at(entry.getKey(), request.content())
                                .filter(entry.getValue()::equals)
                                .isPresent());
    }
}
