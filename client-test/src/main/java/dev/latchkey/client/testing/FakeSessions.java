package dev.latchkey.client.testing;

import dev.latchkey.client.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Connect sessions, and the user who opens their links. */
final class FakeSessions {
    private static final Duration LIFE = Duration.ofMinutes(30);
    private static final String AT_ONCE = "/oauth/connect/";

    private final FakeState state;
    private final URI address;

    FakeSessions(FakeState state, URI address) {
        this.state = state;
        this.address = address;
    }

    /** Whether it is a browser's, and not the client's. */
    static boolean isPage(FakeRequest request) {
        String path = request.target().getPath();
        return request.method().equals("GET") && (path.startsWith(AT_ONCE) || path.equals("/connect/"));
    }

    /** {@code POST /connect/sessions}, and {@code /reconnect}. */
    FakeStub.Answer create(FakeRequest request) {
        Json body = request.json();
        boolean again = request.operation().equals("POST /connect/sessions/reconnect");
        if (!again && !request.operation().equals("POST /connect/sessions")) {
            throw FakeApi.unknown(request);
        }
        List<String> integrations = again
                ? List.of(body.get("integration_id").text().orElse(""))
                : FakeServer.texts(body.get("allowed_integrations"));
        for (String key : integrations) {
            if (state.integration(key).isEmpty()) {
                throw FakeApi.invalid(
                        "there is no integration with this key", again ? "integration_id" : "allowed_integrations");
            }
        }
        Optional<String> connection = body.get("connection_id").text();
        if (again && state.find(integrations.get(0), connection.orElse("")).isEmpty()) {
            throw FakeFailure.of(
                    400, "invalid_body", "There is no connection with this connection_id in this integration.");
        }
        FakeState.Session session = new FakeState.Session(
                "nango_connect_session_" + UUID.randomUUID().toString().replace("-", ""),
                integrations,
                connection,
                FakeApi.endUser(body),
                FakeApi.texts(body.get("tags")),
                body.get("return_url").text().map(URI::create));
        state.session(session);
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("token", session.token());
        data.put("connect_link", address + "/connect/?session_token=" + session.token());
        data.put("expires_at", Instant.now().plus(LIFE));
        if (integrations.size() == 1) {
            data.put(
                    "authorization_link",
                    address + AT_ONCE + encode(integrations.get(0)) + "?connect_session_token=" + session.token()
                            + "&display=page");
        }
        return FakeServer.json(201, Map.of("data", data));
    }

    /** {@code /connect/session}: by the session's own token. */
    FakeStub.Answer own(FakeRequest request) {
        FakeState.Session session = request.header("authorization")
                .map(text -> text.replaceFirst("^Bearer ", ""))
                .flatMap(state::session)
                .orElseThrow(() -> FakeFailure.of(401, "invalid_connect_session_token", "The session has ended."));
        switch (request.method()) {
            case "GET" -> {
                Map<String, @Nullable Object> data = new LinkedHashMap<>();
                data.put("endUser", session.endUser().map(user -> Map.of("id", user.id())));
                data.put("allowed_integrations", session.integrations());
                state.outcome(session).ifPresent(outcome -> data.put("outcome", outcome));
                return FakeServer.json(200, Map.of("data", data));
            }
            case "DELETE" -> {
                state.endSession(session.token());
                return new FakeStub.Answer(204, Map.of(), new byte[0]);
            }
            default -> throw FakeApi.unknown(request);
        }
    }

    /** A browser opens the link: its user allows. */
    FakeStub.Answer open(FakeRequest request) {
        URI link = address.resolve(request.target());
        FakeState.Session session = session(link);
        FakeConnection connection = allow(link);
        return session.returnUrl()
                .map(page -> new FakeStub.Answer(
                        303,
                        Map.of(
                                "Location",
                                page + (page.getRawQuery() == null ? "?" : "&") + "connection_id="
                                        + encode(connection.id())),
                        new byte[0]))
                .orElseGet(() -> FakeServer.json(200, Map.of("connected", connection.id())));
    }

    FakeConnection allow(URI link) {
        FakeState.Session session = session(link);
        String integration = integration(link, session);
        String id = session.connection().orElseGet(() -> "connection-" + state.nextNumber());
        boolean again = state.find(integration, id).isPresent();
        FakeConnection connection = state.connection(integration, id);
        session.endUser().ifPresent(connection::withEndUser);
        if (again) {
            connection.reauthorized();
        }
        if (!session.tags().isEmpty()) {
            connection.withTags(session.tags());
        }
        state.outcome(
                session,
                Map.of(
                        "at",
                        Instant.now(),
                        "provider_config_key",
                        integration,
                        "connection_id",
                        connection.id(),
                        "is_pending",
                        false));
        return connection;
    }

    void deny(URI link) {
        FakeState.Session session = session(link);
        state.outcome(
                session,
                Map.of(
                        "at",
                        Instant.now(),
                        "provider_config_key",
                        integration(link, session),
                        "error_type",
                        "access_denied",
                        "error_code",
                        "access_denied",
                        "error_desc",
                        "The user denied access."));
    }

    private FakeState.Session session(URI link) {
        Map<String, String> query = FakeRequest.query(link);
        String token = query.getOrDefault("connect_session_token", query.getOrDefault("session_token", ""));
        return state.session(token)
                .orElseThrow(
                        () -> new IllegalArgumentException("this is no link of this fake, or its session has ended"));
    }

    private String integration(URI link, FakeState.Session session) {
        if (link.getPath().startsWith(AT_ONCE)) {
            return link.getPath().substring(AT_ONCE.length());
        }
        List<String> possible = session.integrations().isEmpty()
                ? state.integrations().stream()
                        .map(one -> String.valueOf(one.get("unique_key")))
                        .toList()
                : session.integrations();
        if (possible.size() != 1) {
            throw new IllegalArgumentException("the session is for " + possible.size()
                    + " integrations, of which a user chooses one: make it for one");
        }
        return possible.get(0);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
