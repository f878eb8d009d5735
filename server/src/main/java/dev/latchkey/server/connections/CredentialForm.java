package dev.latchkey.server.connections;

import java.util.Set;
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

    /** @return anything where something is wrong, which has been reported to the values */
    Credentials imported(String type, ImportedValues values);
}
