package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The replies that vendors expect before they send webhooks. */
final class Challenges {
    private Challenges() {}

    /** @param signed whether the request has been verified */
    static Optional<Incoming.Outcome> reply(
            Webhook webhook, boolean signed, Verification verification, IncomingRequest request, Secret secret) {
        return webhook.challenges().stream()
                .filter(one -> one.signed() == signed && isAsked(one, request))
                .findFirst()
                .map(one -> switch (one.reply()) {
                    case Webhook.Reply.Nothing it -> Incoming.Outcome.Answer.EMPTY;
                    case Webhook.Reply.Plain it ->
                        new Incoming.Outcome.Answer(
                                "text/plain; charset=utf-8",
                                it.text()
                                        .expand(verification.values(Map.of(), secret))
                                        .map(Challenges::revealed)
                                        .orElse(""));
                    case Webhook.Reply.Json it -> {
                        ObjectNode json = Json.MAPPER.createObjectNode();
                        it.members()
                                .forEach((name, text) -> text.expand(verification.values(Map.of(), secret))
                                        .ifPresent(value -> json.put(name, revealed(value))));
                        yield new Incoming.Outcome.Answer("application/json", json.toString());
                    }
                });
    }

    private static String revealed(String disguised) {
        return new String(disguised.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static boolean isAsked(Webhook.Challenge challenge, IncomingRequest request) {
        return challenge
                        .has()
                        .map(path -> request.at(path, request.content()).isPresent())
                        .orElse(true)
                && challenge.equals().entrySet().stream()
                        .allMatch(entry -> request.at(entry.getKey(), request.content())
                                .filter(entry.getValue()::equals)
                                .isPresent());
    }
}
