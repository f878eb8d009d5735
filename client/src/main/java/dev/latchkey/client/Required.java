package dev.latchkey.client;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Members that a response must have. All throw IllegalArgumentException with the member's name, never with a value. */
final class Required {
    private Required() {}

    static String text(Json json, String name) {
        return json.get(name)
                .text()
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> new IllegalArgumentException("there is no '" + name + "'"));
    }

    static Instant time(Json json, String name) {
        return Times.instant(text(json, name));
    }

    static Json object(Json json, String name) {
        Json member = json.get(name);
        if (!member.isObject()) {
            throw new IllegalArgumentException("there is no object '" + name + "'");
        }
        return member;
    }

    static <T> List<T> list(Json json, String name, Function<Json, T> reader) {
        Json member = json.get(name);
        if (!member.isList()) {
            throw new IllegalArgumentException("there is no list '" + name + "'");
        }
        return member.items().stream().map(reader).toList();
    }

    static Map<String, String> texts(Json json) {
        Map<String, String> texts = new LinkedHashMap<>();
        json.members().forEach((name, value) -> texts.put(name, value.text().orElse("")));
        return Collections.unmodifiableMap(texts);
    }

    static boolean flag(Json json, String name, boolean otherwise) {
        Json member = json.get(name);
        return member.hasValue() ? member.asBoolean() : otherwise;
    }
}
