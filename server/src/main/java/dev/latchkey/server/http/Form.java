package dev.latchkey.server.http;

import dev.latchkey.server.json.Nul;
import io.helidon.webserver.http.ServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fields of an HTML form (application/x-www-form-urlencoded, WHATWG URL section 5.1), read in one pass over a bounded body. The
 * server's own reader takes quadratic time, has no limit, and logs passwords.
 */
public final class Form {
    /** For a form that people fill in, in bytes. */
    public static final int LARGEST = 64 * 1024;

    /** For a form with a definition or a logo, in bytes. */
    public static final int LARGEST_WITH_DOCUMENT = 1024 * 1024;

    private static final int MOST_FIELDS = 1_000;
    private static final Form EMPTY = new Form(Map.of());

    private final Map<String, List<String>> fields;

    private Form(Map<String, List<String>> fields) {
        this.fields = fields;
    }

    public static Form empty() {
        return EMPTY;
    }

    /** @param most bytes. @throws ApiError as {@link BoundedBody} does, and 400 for too many fields */
    public static Form read(ServerRequest request, int most) {
        return parse(new String(BoundedBody.read(request, most), StandardCharsets.UTF_8));
    }

    /** @throws ApiError 400 for more fields than any of our pages has */
    public static Form parse(String encoded) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        int count = 0;
        for (int begin = 0; begin < encoded.length(); ) {
            int ampersand = encoded.indexOf('&', begin);
            int end = ampersand < 0 ? encoded.length() : ampersand;
            if (end > begin) {
                if (++count > MOST_FIELDS) {
                    throw ApiError.of(400, "invalid_body", "A form may have at most " + MOST_FIELDS + " fields.");
                }
                String field = encoded.substring(begin, end);
                int equals = field.indexOf('=');
                String name = decoded(equals < 0 ? field : field.substring(0, equals));
                String value = equals < 0 ? "" : decoded(field.substring(equals + 1));
                if (Nul.isIn(name) || Nul.isIn(value)) {
                    throw ApiError.of(400, "invalid_body", "A field of the form has a NUL character (%00).");
                }
                found.computeIfAbsent(name, one -> new ArrayList<>()).add(value);
            }
            begin = end + 1;
        }
        return new Form(found);
    }

    /** Improperly encoded text is read as it is. */
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    public Set<String> names() {
        return Collections.unmodifiableSet(fields.keySet());
    }

    public boolean contains(String name) {
        return fields.containsKey(name);
    }

    public Optional<String> first(String name) {
        return Optional.ofNullable(fields.get(name)).map(List::getFirst);
    }

    public List<String> all(String name) {
        return List.copyOf(fields.getOrDefault(name, List.of()));
    }

    /** Only the names: a value may be a password. */
    @Override
    public String toString() {
        return "Form" + fields.keySet();
    }
}
