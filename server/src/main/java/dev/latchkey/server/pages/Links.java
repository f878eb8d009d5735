package dev.latchkey.server.pages;

import dev.latchkey.catalogue.template.PercentEncoding;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Builds the URLs of pages. */
public final class Links {
    private Links() {}

    public static String query(Map<String, String> parameters) {
        return parameters.isEmpty()
                ? ""
                : parameters.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + PercentEncoding.encode(entry.getValue()))
                        .collect(Collectors.joining("&", "?", ""));
    }

    public static Map<String, String> with(Map<String, String> parameters, String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return more;
    }
}
