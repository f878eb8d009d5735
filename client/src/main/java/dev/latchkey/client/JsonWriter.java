package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the plain values of {@link Json}. */
final class JsonWriter {
    private JsonWriter() {}

    static void write(@Nullable Object value, StringBuilder to) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> member : map.entrySet()) {
                to.append(separator);
                quote((String) member.getKey(), to);
                to.append(':');
                write(member.getValue(), to);
                separator = ",";
            }
            to.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String separator = "[";
            for (Object item : list) {
                to.append(separator);
                write(item, to);
                separator = ",";
            }
            to.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String text) {
            quote(text, to);
        } else {
            to.append(value);
        }
    }

    /** A lone surrogate is escaped: UTF-8 has no form of it. */
    private static void quote(String text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                to.append(c).append(text.charAt(++i));
            } else if (c == '"' || c == '\\') {
                to.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c) || c == '\u2028' || c == '\u2029') {
                to.append(String.format("\\u%04x", (int) c));
            } else {
                to.append(c);
            }
        }
        to.append('"');
    }
}
