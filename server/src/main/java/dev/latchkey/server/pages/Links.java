package dev.latchkey.server.pages;

import dev.latchkey.catalogue.template.PercentEncoding;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Builds the URLs of pages. */
public final class Links {
    private Links() {}

    /**
     * The address of a path of this server for a browser. An address stays as it is: no route begins with the base, which the start has
     * checked ({@code http/Doors}).
     */
    public static String at(String path) {
        String base = BasePath.current();
        boolean isAddress =
                path.startsWith(base) && (path.length() == base.length() || path.charAt(base.length()) == '/');
        return !base.isEmpty() && isAddress ? path : base + path;
    }

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
