package dev.latchkey.server.api;

import dev.latchkey.server.http.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How each declared route is called on real objects of a world. A route that is not here fails the tests of rights: the person who declares
 * one writes down its call.
 */
final class RouteCalls {
    /** @param kind what the call is for */
    record Call(String method, String path, String body, Map<String, String> headers, Kind kind) {}

    enum Kind {
        PLAIN,
        /** Its answer holds secrets for who may see them; the rest of it comes without the right, too. */
        REVEALS,
        /** Asks for a secret by a parameter: refused without the right. */
        ASKS_FOR_SECRET,
        /** The status is the vendor's, or says that nothing of the kind waits. */
        ANY_STATUS
    }

    private RouteCalls() {}

    /** @throws AssertionError for a route that is not listed here */
    static List<Call> of(Router.Declared route, MarkedWorld w) {
        String path = route.path();
        boolean older = path.startsWith("/connection/") || path.equals("/connection");
        String newer = older ? "/connections" + path.substring("/connection".length()) : path;
        List<Call> calls = new ArrayList<>();
        for (Call call : calls(route.method() + " " + newer, w)) {
            calls.add(new Call(
                    call.method(),
                    older ? call.path().replaceFirst("^/connections", "/connection") : call.path(),
                    call.body(),
                    call.headers(),
                    call.kind()));
        }
        return calls;
    }

    private static List<Call> calls(String route, MarkedWorld w) {
        String gh = w.key("gh");
        String acme = w.key("acme");
        String c1 = "/connections/" + w.name("c1");
        String ofGh = "?provider_config_key=" + gh;
        String method = route.substring(0, route.indexOf(' '));
        return switch (route) {
            case "GET /connections/health",
                    "GET /connections",
                    "GET /incidents",
                    "GET /integrations",
                    "GET /config",
                    "GET /environment",
                    "GET /environment/activity",
                    "GET /environment/branding",
                    "GET /environment/webhooks",
                    "GET /environment/webhook-events",
                    "GET /environment/webhook-deliveries",
                    "GET /environment/api-keys",
                    "GET /environment-variables",
                    "GET /environments",
                    "GET /team",
                    "GET /audit-log",
                    "GET /audit-log/verification",
                    "POST /audit-log/anchor",
                    "GET /providers",
                    "GET /metrics",
                    "GET /connect/session" -> List.of(plain(method, route.substring(route.indexOf(' ') + 1)));
            case "ANY /connections/health/export" ->
                List.of(
                        plain("GET", "/connections/health/export"),
                        plain("GET", "/connections/health/export?format=json"));
            case "GET /logs" -> List.of(plain("GET", "/logs?limit=200"), plain("GET", "/logs?search=MARKED&limit=200"));
            case "GET /logs/{id}" -> List.of(plain("GET", "/logs/" + w.logId));
            case "GET /connections/{id}/timeline" -> List.of(plain("GET", c1 + "/timeline" + ofGh));
            case "GET /connections/{id}" ->
                List.of(
                        call("GET", c1 + ofGh, "", Kind.REVEALS),
                        call("GET", "/connections/" + w.name("k1") + "?provider_config_key=" + acme, "", Kind.REVEALS),
                        call("GET", c1 + ofGh + "&refresh_token=true", "", Kind.ASKS_FOR_SECRET),
                        call("GET", c1 + ofGh + "&force_refresh=true", "", Kind.ASKS_FOR_SECRET),
                        call("GET", c1 + ofGh + "&refresh_github_app_jwt_token=true", "", Kind.ASKS_FOR_SECRET),
                        plain("GET", "/connections/" + w.name("f1") + ofGh));
            case "POST /connections" ->
                List.of(
                        call(
                                "POST",
                                "/connections",
                                """
                                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "%s"}}""".formatted(gh, w.name("c2"), w.credential("imported")),
                                Kind.REVEALS),
                        call(
                                "POST",
                                "/connections",
                                """
                                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "API_KEY", "apiKey": "%s"}, "connection_config": {"late": "%s"}}""".formatted(
                                                acme,
                                                w.name("k2"),
                                                w.credential("imported-key"),
                                                w.credential("imported-late")),
                                Kind.REVEALS));
            case "PATCH /connections/{id}" -> List.of(body("PATCH", c1 + ofGh, "{\"tags\": {\"a\": \"b\"}}"));
            case "DELETE /connections/{id}" -> List.of(plain("DELETE", c1 + ofGh));
            case "POST /connections/metadata", "PATCH /connections/metadata" ->
                List.of(body(method, "/connections/metadata", """
                        {"connection_id": "%s", "provider_config_key": "%s", "metadata": {"a": 1}}""".formatted(w.name("c1"), gh)));
            case "POST /connections/{id}/metadata", "PATCH /connections/{id}/metadata" ->
                List.of(body(method, c1 + "/metadata" + ofGh, "{\"a\": 1}"));
            case "POST /connections/{id}/refresh" ->
                List.of(
                        plain("POST", c1 + "/refresh" + ofGh),
                        plain("POST", "/connections/" + w.name("f1") + "/refresh" + ofGh));
            case "POST /connections/refresh" ->
                List.of(body("POST", "/connections/refresh", """
                        {"provider_config_key": "%s", "connection_ids": ["%s"]}""".formatted(gh, w.name("c1"))));
            case "POST /connections/{id}/pause" -> List.of(body("POST", c1 + "/pause" + ofGh, "{\"reason\": \"why\"}"));
            case "POST /connections/{id}/resume" -> List.of(body("POST", c1 + "/resume" + ofGh, "{}"));
            case "GET /refresh-jobs/{id}" -> List.of(plain("GET", "/refresh-jobs/" + w.jobId));
            case "POST /refresh-jobs/{id}/cancel" -> List.of(plain("POST", "/refresh-jobs/" + w.jobId + "/cancel"));
            case "POST /integrations" ->
                List.of(body("POST", "/integrations", """
                        {"provider": "github", "unique_key": "%s", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "%s"}}""".formatted(w.key("new"), w.mark("new-secret"))));
            case "POST /integrations/quickstart" ->
                List.of(body("POST", "/integrations/quickstart", """
                        {"provider": "github", "unique_key": "%s"}""".formatted(w.key("quick"))));
            case "PUT /providers/{name}/logo" ->
                List.of(body(
                        "PUT", "/providers/" + acme + "/logo", "{\"logo\": \"data:image/svg+xml;base64,PHN2Zy8+\"}"));
            case "DELETE /providers/{name}/logo" -> List.of(plain("DELETE", "/providers/" + acme + "/logo"));
            case "GET /providers/{name}/templates" -> List.of(plain("GET", "/providers/" + acme + "/templates"));
            case "GET /config/{key}" ->
                List.of(
                        plain("GET", "/config/" + gh),
                        call("GET", "/config/" + gh + "?include_creds=true", "", Kind.ASKS_FOR_SECRET));
            case "GET /integrations/{key}" -> {
                String at = "/integrations/" + gh;
                yield List.of(
                        plain("GET", at),
                        call("GET", at + "?include=credentials&include=webhook", "", Kind.REVEALS),
                        call("GET", at.replace(gh, w.key("app")) + "?include=credentials", "", Kind.REVEALS));
            }
            case "PATCH /integrations/{key}" ->
                List.of(body("PATCH", "/integrations/" + gh, """
                        {"display_name": "Renamed", "next_client_secret": "%s"}""".formatted(w.mark("patched-secret"))));
            case "DELETE /integrations/{key}" -> List.of(plain("DELETE", "/integrations/" + w.key("app")));
            case "POST /integrations/{key}/retire-client-secret" ->
                List.of(plain("POST", "/integrations/" + gh + "/retire-client-secret"));
            case "POST /integrations/{key}/pause" ->
                List.of(body("POST", "/integrations/" + gh + "/pause", "{\"reason\": \"why\"}"));
            case "POST /integrations/{key}/resume" -> List.of(body("POST", "/integrations/" + gh + "/resume", "{}"));
            case "GET /integrations/{key}/health" -> List.of(plain("GET", "/integrations/" + gh + "/health"));
            case "POST /integrations/{key}/exchange-tokens" ->
                List.of(plain("POST", "/integrations/" + gh + "/exchange-tokens"));
            case "POST /integrations/{key}/refresh" -> List.of(plain("POST", "/integrations/" + gh + "/refresh"));
            case "GET /providers/{name}" -> List.of(plain("GET", "/providers/" + acme));
            case "POST /providers" -> List.of(body("POST", "/providers", definition(w.key("other"))));
            case "PUT /providers/{name}" ->
                List.of(body("PUT", "/providers/" + w.key("other"), definition(w.key("other"))));
            case "DELETE /providers/{name}" -> List.of(plain("DELETE", "/providers/" + w.key("other")));
            case "POST /connect/sessions" ->
                List.of(body("POST", "/connect/sessions", "{\"end_user\": {\"id\": \"u\"}}"));
            case "POST /connect/sessions/finish" ->
                List.of(call("POST", "/connect/sessions/finish", """
                        {"connection_id": "%s", "code_verifier": "0123456789012345678901234567890123456789012"}""".formatted(w.name("c1")), Kind.ANY_STATUS));
            case "POST /connect/sessions/reconnect" ->
                List.of(body("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "%s", "integration_id": "%s"}""".formatted(w.name("c1"), gh)));
            case "POST /connect/telemetry" -> List.of(body("POST", "/connect/telemetry", """
                        {"token": "%s", "event": "open", "timestamp": "2030-01-01T00:00:00Z", "dimensions": {"integration": "%s"}}""".formatted(w.session, gh)));
            case "DELETE /connect/session" -> List.of(plain("DELETE", "/connect/session"));
            case "PATCH /environment" -> List.of(body("PATCH", "/environment", "{\"return_urls\": []}"));
            case "POST /environment/pause" -> List.of(body("POST", "/environment/pause", "{\"reason\": \"why\"}"));
            case "POST /environment/resume" -> List.of(body("POST", "/environment/resume", "{}"));
            case "PATCH /environment/branding" ->
                List.of(body("PATCH", "/environment/branding", "{\"product_name\": \"Product\"}"));
            default -> further(route, method, w);
        };
    }

    private static List<Call> further(String route, String method, MarkedWorld w) {
        String endpoint = "/environment/webhooks/" + w.endpointId;
        String deliveries = "/environment/webhook-deliveries";
        String key = "/environment/api-keys/" + w.narrowKeyId;
        return switch (route) {
            case "POST /environment/webhooks" ->
                List.of(body(
                        "POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/new" + w.suffix + "\"}"));
            case "GET /environment/webhooks/{id}" -> List.of(plain("GET", endpoint));
            case "PATCH /environment/webhooks/{id}" ->
                List.of(body("PATCH", endpoint, "{\"description\": \"changed\", \"enabled\": true}"));
            case "POST /environment/webhooks/{id}/test" -> List.of(plain("POST", endpoint + "/test"));
            case "DELETE /environment/webhooks/{id}" -> List.of(plain("DELETE", endpoint));
            case "GET /environment/webhook-deliveries/{id}" -> List.of(plain("GET", deliveries + "/" + w.deliveryId));
            case "POST /environment/webhook-deliveries/{id}/replay" ->
                List.of(plain("POST", deliveries + "/" + w.deliveryId + "/replay"));
            case "POST /environment/webhook-deliveries/replay" ->
                List.of(body("POST", deliveries + "/replay", "{\"since\": \"2026-01-01T00:00:00Z\"}"));
            case "GET /environment/webhook-signing-key" ->
                List.of(
                        plain("GET", "/environment/webhook-signing-key"),
                        call("GET", "/environment/webhook-signing-key?include=secret", "", Kind.REVEALS));
            case "POST /environment/webhook-signing-key/rotate" ->
                // What signed until now is the marked one: the fresh one is not known before. See RouteRightsTest.
                List.of(body("POST", "/environment/webhook-signing-key/rotate", "{\"previous_valid_hours\": 1}"));
            case "POST /environment/api-keys" ->
                List.of(body(
                        "POST",
                        "/environment/api-keys",
                        "{\"name\": \"made\", \"scopes\": [\"environment:api_keys:write\"]}"));
            case "PATCH /environment/api-keys/{id}" -> List.of(body("PATCH", key, "{\"expires_at\": null}"));
            case "POST /environment/api-keys/{id}/pause" ->
                List.of(body("POST", key + "/pause", "{\"reason\": \"why\"}"));
            case "POST /environment/api-keys/{id}/resume" -> List.of(body("POST", key + "/resume", "{}"));
            case "DELETE /environment/api-keys" ->
                List.of(body("DELETE", "/environment/api-keys", "{\"id\": \"" + w.narrowKeyId + "\"}"));
            case "POST /environments" ->
                List.of(body("POST", "/environments", "{\"name\": \"made-" + w.environment + "-" + w.suffix + "\"}"));
            case "DELETE /environments/{id}" -> List.of(plain("DELETE", "/environments/" + w.spareEnvironment()));
            case "POST /team" ->
                List.of(body("POST", "/team", "{\"email\": \"made" + w.environment + w.suffix + "@example.com\"}"));
            case "PATCH /team/{id}" -> List.of(body("PATCH", "/team/" + w.memberId, "{\"role\": \"developer\"}"));
            case "DELETE /team/{id}" -> List.of(plain("DELETE", "/team/" + w.spareMember()));
            case "POST /team/{id}/invitation-link" ->
                List.of(plain("POST", "/team/" + w.memberId + "/invitation-link"));
            case "ANY /proxy/*" ->
                List.of(new Call(
                        "GET",
                        "/proxy/user",
                        "",
                        Map.of("Provider-Config-Key", w.key("gh"), "Connection-Id", w.name("c1")),
                        Kind.ANY_STATUS));
            default -> flow(route, method, w);
        };
    }

    /** With the session as a query parameter, which the test adds. Each is of the right kind or answers that it is not. */
    private static List<Call> flow(String route, String method, MarkedWorld w) {
        if (method.equals("POST") && route.endsWith("/{key}") || route.equals("POST /oauth2/device/{key}/look")) {
            String path = route.substring("POST ".length());
            return List.of(
                    body("POST", path.replace("{key}", w.key("acme")), "{\"apiKey\": \"typed\"}"),
                    body("POST", path.replace("{key}", w.key("gh")), "{}"));
        }
        throw new AssertionError("Write down in RouteCalls how " + route + " is called.");
    }

    private static String definition(String id) {
        return """
                {"id": "%s", "name": "Other", "api_docs": "https://developers.acme.example", "auth": {"kind": "api_key"}, "verify": "none",
                 "fields": {"apiKey": {"scope": "secret"}}, "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}}}""".formatted(id);
    }

    private static Call plain(String method, String path) {
        return call(method, path, "", Kind.PLAIN);
    }

    private static Call body(String method, String path, String body) {
        return call(method, path, body, Kind.PLAIN);
    }

    private static Call call(String method, String path, String body, Kind kind) {
        return new Call(method, path, body, Map.of(), kind);
    }
}
