package dev.latchkey.client.testing;

import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Failure;
import dev.latchkey.client.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Connections and integrations, as the client asks for them. */
final class FakeApi {
    private final FakeState state;

    FakeApi(FakeState state) {
        this.state = state;
    }

    FakeStub.Answer answer(FakeRequest request) {
        return switch (request.operation()) {
            case "GET /environment-variables" -> FakeServer.json(200, List.of());
            case "GET /integrations" -> FakeServer.json(200, Map.of("data", state.integrations()));
            case "POST /integrations" -> newIntegration(request);
            case "GET /integrations/{}" -> FakeServer.json(200, Map.of("data", integration(request)));
            case "PATCH /integrations/{}" -> changedIntegration(request);
            case "DELETE /integrations/{}" -> {
                integration(request);
                yield success(state.removeIntegration(request.steps().get(1)));
            }
            case "GET /connections" -> list(request);
            case "POST /connections" -> imported(request);
            case "GET /connections/{}" -> read(request);
            case "PATCH /connections/{}" -> described(request);
            case "DELETE /connections/{}" -> deleted(request);
            case "POST /connections/metadata", "PATCH /connections/metadata" -> metadata(request);
            case "POST /connections/{}/refresh" -> refreshed(request);
            case "POST /connections/{}/pause" -> {
                connection(request).paused(request.json().get("reason").text().orElse(""));
                yield success(true);
            }
            case "POST /connections/{}/resume" -> {
                connection(request).resumed();
                yield success(true);
            }
            default -> throw unknown(request);
        };
    }

    static FakeFailure unknown(FakeRequest request) {
        String path = request.target().getRawPath();
        return FakeFailure.of(
                501,
                "fake_without_stub",
                "The fake does not know this request: fake.onRequest(\"" + request.method() + "\", \"" + path
                        + "\").respond(...) sets a response.");
    }

    static FakeFailure invalid(String message, String field) {
        return new FakeFailure(Failure.of(400, "invalid_body", message)
                .withDetail(new Failure.Detail("custom", message, List.of(field))));
    }

    private static FakeStub.Answer success(boolean done) {
        return FakeServer.json(200, Map.of("success", done));
    }

    private FakeStub.Answer newIntegration(FakeRequest request) {
        Map<String, @Nullable Object> members = members(request.json());
        String key = String.valueOf(members.get("unique_key"));
        if (state.integration(key).isPresent()) {
            throw invalid("an integration with this key exists already", "unique_key");
        }
        state.integration(key, members);
        return FakeServer.json(200, Map.of("data", state.integration(key)));
    }

    private FakeStub.Answer changedIntegration(FakeRequest request) {
        integration(request);
        String key = request.steps().get(1);
        state.integration(key, members(request.json()));
        return FakeServer.json(200, Map.of("data", state.integration(key)));
    }

    private Map<String, @Nullable Object> integration(FakeRequest request) {
        return state.integration(request.steps().get(1))
                .orElseThrow(() -> FakeFailure.of(404, "not_found", "There is no integration with this key."));
    }

    private FakeStub.Answer list(FakeRequest request) {
        Map<String, String> query = request.query();
        Stream<FakeConnection> found = state.connections().stream();
        for (Map.Entry<String, String> one : query.entrySet()) {
            found = found.filter(connection -> matches(connection, one.getKey(), one.getValue()));
        }
        int limit = Integer.parseInt(query.getOrDefault("limit", "10000"));
        long page = Long.parseLong(query.getOrDefault("page", "0"));
        List<Map<String, @Nullable Object>> shown = found.skip(page * limit)
                .limit(limit)
                .map(FakeConnection::summary)
                .toList();
        return FakeServer.json(200, Map.of("connections", shown));
    }

    private static boolean matches(FakeConnection connection, String name, String value) {
        if (name.startsWith("tags[")) {
            return value.equals(connection.tags().get(name.substring("tags[".length(), name.length() - 1)));
        }
        return switch (name) {
            case "integrationId" -> List.of(value.split(",")).contains(connection.integration());
            case "connectionId" -> connection.id().equals(value);
            case "endUserId" -> connection.isFor(value);
            case "endUserOrganizationId" -> connection.isOfOrganization(value);
            case "search" -> Json.of(connection.summary()).toString().contains(value);
            case "paused" -> connection.isPaused() == Boolean.parseBoolean(value);
            default -> true;
        };
    }

    private FakeStub.Answer imported(FakeRequest request) {
        Json body = request.json();
        String key = body.get("provider_config_key").text().orElse("");
        if (state.integration(key).isEmpty()) {
            throw FakeFailure.of(
                    400, "unknown_provider_config", "There is no integration with this provider_config_key.");
        }
        String id = body.get("connection_id").text().orElseGet(() -> "connection-" + state.nextNumber());
        FakeConnection connection = state.connection(key, id).withCredentials(Credentials.of(body.get("credentials")));
        endUser(body).ifPresent(connection::withEndUser);
        given(body, "tags").ifPresent(tags -> connection.withTags(texts(tags)));
        given(body, "metadata").ifPresent(metadata -> connection.withMetadata(members(metadata)));
        given(body, "connection_config").ifPresent(config -> connection.withConnectionConfig(members(config)));
        return FakeServer.json(201, connection.full(false));
    }

    private FakeStub.Answer read(FakeRequest request) {
        FakeConnection connection = connection(request);
        if (isTrue(request, "force_refresh")) {
            connection.refresh();
        }
        connection.failure().ifPresent(failure -> {
            throw new FakeFailure(failure);
        });
        return FakeServer.json(200, connection.full(isTrue(request, "refresh_token")));
    }

    private FakeStub.Answer refreshed(FakeRequest request) {
        FakeConnection connection = connection(request);
        connection.refresh();
        connection.failure().ifPresent(failure -> {
            throw new FakeFailure(failure);
        });
        return FakeServer.json(
                200,
                Map.of(
                        "data",
                        Map.of(
                                "connection_id",
                                connection.id(),
                                "provider_config_key",
                                connection.integration(),
                                "health",
                                Map.of("state", "healthy"))));
    }

    private FakeStub.Answer described(FakeRequest request) {
        FakeConnection connection = connection(request);
        Json body = request.json();
        given(body, "tags").ifPresent(tags -> connection.withTags(texts(tags)));
        endUser(body).ifPresent(connection::withEndUser);
        return success(true);
    }

    private FakeStub.Answer deleted(FakeRequest request) {
        String integration = request.query().getOrDefault("provider_config_key", "");
        if (!state.remove(integration, request.steps().get(1))) {
            throw FakeFailure.of(400, "unknown_connection", "There is no connection with this id in this integration.");
        }
        return success(true);
    }

    private FakeStub.Answer metadata(FakeRequest request) {
        Json body = request.json();
        FakeConnection connection = connection(
                body.get("provider_config_key").text().orElse(""),
                body.get("connection_id").text().orElse(""));
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        if (request.method().equals("PATCH")) {
            all.putAll(connection.metadata());
        }
        all.putAll(members(body.get("metadata")));
        connection.withMetadata(all);
        return FakeServer.json(
                200,
                Map.of(
                        "connection_id",
                        connection.id(),
                        "provider_config_key",
                        connection.integration(),
                        "metadata",
                        connection.metadata()));
    }

    private FakeConnection connection(FakeRequest request) {
        return connection(
                request.query().getOrDefault("provider_config_key", ""),
                request.steps().get(1));
    }

    private FakeConnection connection(String integration, String id) {
        if (state.integration(integration).isEmpty()) {
            throw FakeFailure.of(
                    400, "unknown_provider_config", "There is no integration with this provider_config_key.");
        }
        return state.find(integration, id)
                .orElseThrow(() ->
                        FakeFailure.of(404, "not_found", "There is no connection with this id in this integration."));
    }

    private static boolean isTrue(FakeRequest request, String name) {
        return "true".equals(request.query().get(name));
    }

    private static Optional<Json> given(Json body, String name) {
        return Optional.of(body.get(name)).filter(member -> member.toObject() != null);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> members(Json object) {
        return object.toObject() instanceof Map<?, ?> map
                ? new LinkedHashMap<>((Map<String, @Nullable Object>) map)
                : new LinkedHashMap<>();
    }

    static Map<String, String> texts(Json object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.members().forEach((name, value) -> texts.put(name, value.text().orElse("")));
        return texts;
    }

    static Optional<EndUser> endUser(Json body) {
        Json user = body.get("end_user");
        return user.get("id").text().map(id -> {
            EndUser read = EndUser.of(id);
            Optional<String> email = user.get("email").text();
            Optional<String> name = user.get("display_name").text();
            Optional<String> organization = body.get("organization").get("id").text();
            read = email.isPresent() ? read.withEmail(email.get()) : read;
            read = name.isPresent() ? read.withDisplayName(name.get()) : read;
            return organization.isPresent() ? read.withOrganization(organization.get()) : read;
        });
    }
}
