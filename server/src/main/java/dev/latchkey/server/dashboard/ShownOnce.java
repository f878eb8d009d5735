package dev.latchkey.server.dashboard;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.vault.VaultException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * What an action gives the next page to show: a new key, a link. It travels in a cookie that only this server can read, bound to the
 * session, to one page and to a minute, so that every node can show it, reloading the page shows it no more, and no form is sent twice.
 */
final class ShownOnce {
    static final Duration LIFETIME = Duration.ofMinutes(1);

    /** Often a secret: it is in no log. */
    record Content(String text) {
        @Override
        public String toString() {
            return "Content[…]";
        }
    }

    private final Vault vault;
    private final DashboardCookies cookies;
    private final InstantSource clock;

    ShownOnce(Vault vault, DashboardCookies cookies, InstantSource clock) {
        this.vault = vault;
        this.cookies = cookies;
        this.clock = clock;
    }

    /** @param page the path of the page that may show it */
    void keep(ServerResponse response, Secret session, String page, Content content) {
        String text = Json.MAPPER
                .createObjectNode()
                .put("page", page)
                .put("until", clock.instant().plus(LIFETIME).toString())
                .put("content", content.text())
                .toString();
        cookies.keepOnce(
                response,
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(vault.encryptJson(binding(session), Json.MAPPER.readTree(text))));
    }

    /** Empty on every other page, for every other session, and the second time. */
    Optional<Content> take(ServerRequest request, ServerResponse response, Secret session, String page) {
        Optional<JsonNode> kept = DashboardCookies.once(request).flatMap(value -> opened(value, session));
        if (kept.filter(it -> it.path("page").asString("").equals(page)).isEmpty()) {
            return Optional.empty();
        }
        cookies.forgetOnce(response);
        return kept.filter(it -> Instant.parse(it.path("until").asString()).isAfter(clock.instant()))
                .map(it -> new Content(it.path("content").asString("")));
    }

    private Optional<JsonNode> opened(String value, Secret session) {
        try {
            return Optional.of(
                    vault.decryptJson(binding(session), Base64.getUrlDecoder().decode(value)));
        } catch (VaultException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Binding binding(Secret session) {
        return new Binding(
                new UUID(0, 0),
                "dashboard_sessions",
                UUID.nameUUIDFromBytes(DashboardSessions.formToken(session).getBytes(StandardCharsets.UTF_8)),
                "once");
    }
}
