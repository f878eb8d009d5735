package dev.latchkey.server.journeys;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.Kind;
import dev.latchkey.server.kinds.Kinds;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How a user of a provider that the lab plays connects, by the flow of its kind. */
public final class LabFlow {
    private final Latchkey latchkey;
    private final Provider provider;
    private final String key;
    private final JsonNode account;

    /** @param key of the integration, which exists */
    public LabFlow(Latchkey latchkey, Provider provider, String key) {
        this.latchkey = latchkey;
        this.provider = provider;
        this.key = key;
        this.account = latchkey.call("GET", "/lab/api/" + provider.id() + "/account", "", 200);
    }

    public JsonNode account() {
        return account;
    }

    public static boolean isThroughABrowser(Auth auth) {
        return auth.facts().opensPage();
    }

    public boolean throughABrowser() {
        return isThroughABrowser(provider.auth());
    }

    /** Where a browser begins. */
    public URI start(String session) {
        return URI.create(latchkey.address + "/oauth/connect/" + key + "?connect_session_token=" + session + params());
    }

    /** Where it is not secret, a value is in the address. */
    private String params() {
        StringBuilder query = new StringBuilder();
        provider.fields().values().stream()
                .filter(field -> field.isAsked() && field.scope() == Field.Scope.CONNECTION)
                .filter(field -> account.has(field.id()))
                .forEach(field -> query.append("&params%5B")
                        .append(field.id())
                        .append("%5D=")
                        .append(URLEncoder.encode(account.get(field.id()).asString(), StandardCharsets.UTF_8)));
        return query.toString();
    }

    /** What is typed, sent. @param values the account's, or wrong ones */
    public HttpResponse<String> direct(String session, JsonNode values) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        provider.fields().values().stream()
                .filter(field -> field.isAsked() && field.scope() != Field.Scope.CONNECTION)
                .filter(field -> values.has(field.id()))
                .forEach(field -> body.set(field.id(), values.get(field.id())));
        switch (provider.auth()) {
            case Auth.ApiKey it -> body.putIfAbsent("apiKey", text(values, "apiKey", "lab-key"));
            case Auth.Basic it -> {
                body.putIfAbsent("username", text(values, "username", "ada"));
                body.putIfAbsent("password", text(values, "password", "lab-password"));
            }
            case Auth.OAuth2Client it -> {
                body.putIfAbsent("client_id", text(values, "client_id", "lab-client"));
                body.putIfAbsent("client_secret", text(values, "client_secret", "lab-client-secret"));
            }
            default ->
                Kinds.of(provider.auth()).asked().stream()
                        .filter(Kind.Asked::required)
                        .forEach(it -> body.putIfAbsent(it.id(), text(values, it.id(), "lab-" + it.id())));
        }
        return latchkey.sendAs(
                "",
                "POST",
                path() + key + "?connect_session_token=" + session + params(),
                body.isEmpty() ? "{}" : body.toString());
    }

    private static JsonNode text(JsonNode values, String name, String otherwise) {
        return Json.MAPPER.getNodeFactory().stringNode(values.path(name).asString(otherwise));
    }

    private String path() {
        return Kinds.of(provider.auth()).paths().stream()
                .findFirst()
                .orElseThrow(() -> new AssertionError("no direct flow"));
    }
}
