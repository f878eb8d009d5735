package dev.latchkey.server.json;

import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** A JSON object that is read member by member; what is wrong is collected, and thrown once all was read. */
public interface InputObject {
    boolean has(String key);

    Optional<String> text(String key);

    /** @return empty where it is missing, which is a problem then */
    String required(String key);

    /** As {@link #required}, and may be empty. */
    String present(String key);

    Optional<ObjectNode> object(String key);

    Optional<? extends InputObject> child(String key);

    /** Members that are read elsewhere, or may be anything. */
    void allow(String... keys);

    void problem(String code, String message, String... below);

    ObjectNode json();
}
