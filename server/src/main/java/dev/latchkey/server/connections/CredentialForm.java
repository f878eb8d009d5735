package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How one kind of credentials is written as JSON: in the vault, in the API's responses and in an import. One class for each kind. */
interface CredentialForm<C extends Credentials> {
    /** The values of {@code type} under which the vault keeps it. */
    Set<String> types();

    /** The values of {@code type} under which it is imported. */
    default Set<String> importedTypes() {
        return types();
    }

    /** As the vault keeps it, with its type. */
    void store(C credentials, ObjectNode json);

    /** What {@link #store} wrote. */
    C read(StoredValues values);

    /** Makes what is stored into what the API returns. */
    default void answer(C credentials, Connection connection, ObjectNode json) {}

    /** The members that Nango requires of an import, where it checks any. */
    default List<String> required() {
        return List.of();
    }

    /** Whether an import takes the vendor's token response ({@code raw}). */
    default boolean importsResponse() {
        return false;
    }

    /**
     * A connection's credentials in the form of an import: without derived values.
     *
     * @param read the connection as the API returned it
     * @param appId of the app that its integration is registered with
     */
    default ObjectNode importable(JsonNode read, Optional<String> appId) {
        Set<String> derived = importsResponse() ? Set.of("jdbc_url") : Set.of("jdbc_url", "raw");
        ObjectNode json = Json.MAPPER.createObjectNode();
        read.path("credentials").properties().stream()
                .filter(member ->
                        !derived.contains(member.getKey()) && !member.getValue().isNull())
                .forEach(member -> json.set(member.getKey(), member.getValue()));
        return json;
    }

    /** @return anything where something is wrong, which has been reported to the values */
    Credentials imported(String type, ImportedValues values);
}
