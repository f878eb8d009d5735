package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The members of a request's body: what is absent is left out, since null means something else to the server. */
final class Members {
    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    Members put(String name, Object value) {
        members.put(name, value);
        return this;
    }

    Members put(String name, Optional<?> value) {
        value.ifPresent(it -> members.put(name, it));
        return this;
    }

    /** Left out if it is empty. */
    Members putAny(String name, Map<String, ?> values) {
        if (!values.isEmpty()) {
            members.put(name, values);
        }
        return this;
    }

    Map<String, @Nullable Object> map() {
        return members;
    }
}
