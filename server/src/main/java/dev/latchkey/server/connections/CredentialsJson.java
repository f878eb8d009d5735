package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as JSON: one form for the vault, and one for the API, which omits members that were not requested. */
public final class CredentialsJson {
    private CredentialsJson() {}

    /**
     * As in the API's response: for {@link Disclosed}, which asks for the right. @param refreshToken whether the refresh token is
     * shown, also inside {@code raw}
     */
    static ObjectNode answer(Connection connection, boolean refreshToken) {
        ObjectNode json = stored(connection.credentials());
        answer(connection.credentials(), connection, json);
        if (!refreshToken) {
            withoutRefreshTokens(json);
        }
        return json;
    }

    private static <C extends Credentials> void answer(C credentials, Connection connection, ObjectNode json) {
        CredentialForms.of(credentials).answer(credentials, connection, json);
    }

    public static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static void withoutRefreshTokens(ObjectNode json) {
        json.remove("refresh_token");
        for (JsonNode child : json) {
            if (child instanceof ObjectNode object) {
                withoutRefreshTokens(object);
            }
        }
    }

    /** As {@code auth_mode} names it. */
    public static String type(Credentials credentials) {
        return stored(credentials).path("type").asString("");
    }

    /** As stored in the vault. */
    public static ObjectNode stored(Credentials credentials) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        store(credentials, json);
        return json;
    }

    private static <C extends Credentials> void store(C credentials, ObjectNode json) {
        CredentialForms.of(credentials).store(credentials, json);
    }

    /** What {@link #stored} wrote. */
    public static Credentials read(JsonNode json) {
        String type = json.get("type").asString();
        return CredentialForms.stored(type).read(new StoredValues(type, json));
    }

    /** Whether credentials of this type have a form of their own. */
    public static boolean isKnown(String type) {
        return CredentialForms.imported(type).isPresent();
    }

    /** The members that an import of this type must have, where its integration is not known. */
    public static List<String> required(String type) {
        return CredentialForms.imported(type).map(CredentialForm::required).orElse(List.of());
    }

    /**
     * What the API returned of a connection's credentials, in the form of an import.
     *
     * @param read the whole connection
     * @param appId of the app that its integration is registered with
     */
    public static ObjectNode importable(JsonNode read, Optional<String> appId) {
        return CredentialForms.imported(read.path("credentials").path("type").asString(NoneForm.TYPE))
                .<CredentialForm<?>>map(form -> form)
                .orElseGet(CredentialForms::other)
                .importable(read, appId);
    }

    /** What a backend imports. */
    public static Credentials imported(String type, ImportedValues values) {
        return CredentialForms.imported(type)
                .<CredentialForm<?>>map(form -> form)
                .orElseGet(CredentialForms::other)
                .imported(type, values);
    }
}
