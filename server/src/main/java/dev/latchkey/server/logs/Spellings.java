package dev.latchkey.server.logs;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** How a vendor's message may repeat a secret that a request carried: as it is, or as it was encoded on its way. */
final class Spellings {
    /** Tokens of these characters read the same in URLs, JSON and markup. */
    private static final Pattern PLAIN = Pattern.compile("[\\w.~-]*+");

    private static final Pattern ESCAPE = Pattern.compile("%[0-9A-F]{2}");

    private Spellings() {}

    static Set<String> of(String secret) {
        if (PLAIN.matcher(secret).matches()) {
            return Set.of(secret);
        }
        Set<String> all = new HashSet<>();
        all.add(secret);
        String json = Json.MAPPER.writeValueAsString(secret);
        String quoted = json.substring(1, json.length() - 1);
        all.add(quoted);
        all.add(quoted.replace("/", "\\/"));
        all.add(secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
        all.add(secret.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;"));
        for (String encoded : List.of(PercentEncoding.encode(secret), PercentEncoding.form(secret))) {
            all.add(encoded);
            all.add(ESCAPE.matcher(encoded).replaceAll(it -> it.group().toLowerCase(Locale.ROOT)));
        }
        return all;
    }
}
