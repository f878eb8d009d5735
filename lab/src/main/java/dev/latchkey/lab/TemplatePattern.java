package dev.latchkey.lab;

import dev.latchkey.catalogue.template.Template;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Matches a text that a client sent against a template, and extracts its values. The app's own credentials are known to the lab and
 * must be correct; any other value is a wildcard, whose text is returned.
 */
final class TemplatePattern {
    private enum Kind {
        TEXT,
        URL,
        /** A URL of which a value is the beginning, host included. */
        ADDRESS
    }

    private final Pattern pattern;
    private final List<String> captured;
    private final boolean url;

    private TemplatePattern(Pattern pattern, List<String> captured, boolean url) {
        this.pattern = pattern;
        this.captured = captured;
        this.url = url;
    }

    /** For a header, a parameter or a member. */
    static TemplatePattern text(Template template, LabApp app) {
        return of(template.source(), app, Kind.TEXT);
    }

    /** For {@code host/path}: without the scheme, the query and the fragment, which no server sees. */
    static TemplatePattern url(String source, LabApp app) {
        Kind kind = source.startsWith("${") ? Kind.ADDRESS : Kind.URL;
        return of(toPath(source.replaceFirst("^https?://", "")), app, kind);
    }

    private static String toPath(String source) {
        return source.replaceFirst("[?#].*$", "");
    }

    private static TemplatePattern of(String source, LabApp app, Kind kind) {
        StringBuilder regex = new StringBuilder();
        List<String> captured = new ArrayList<>();
        int at = 0;
        while (at < source.length()) {
            int open = source.indexOf("${", at);
            if (open < 0) {
                regex.append(Pattern.quote(source.substring(at)));
                break;
            }
            int close = source.indexOf('}', open);
            regex.append(Pattern.quote(source.substring(at, open)));
            Template part = Template.parse(source.substring(open, close + 1), Template.Position.PLAIN);
            boolean ofApp = app != LabApp.ANY
                    && !part.references().isEmpty()
                    && part.references().stream()
                            .allMatch(reference -> reference.root().equals("app")
                                    && (reference.path().equals(List.of("clientId"))
                                            || reference.path().equals(List.of("clientSecret"))));
            Optional<String> known = ofApp
                    ? part.expand(reference -> Optional.of(
                            reference.path().equals(List.of("clientId")) ? app.clientId() : app.clientSecret()))
                    : Optional.empty();
            if (known.isPresent()) {
                regex.append(Pattern.quote(known.get()));
            } else {
                captured.add(name(part));
                regex.append('(').append(place(source, open, close, kind)).append(')');
            }
            at = close + 1;
        }
        return new TemplatePattern(
                Pattern.compile(regex.toString(), Pattern.DOTALL), List.copyOf(captured), kind != Kind.TEXT);
    }

    /** What a value may be at its position: no path segment more, and no label more in front of others; at a host's end a domain. */
    private static String place(String source, int open, int close, Kind kind) {
        if (kind == Kind.TEXT) {
            return ".+";
        }
        if (kind == Kind.ADDRESS && open == 0) {
            return "[^/]+(?:/[^/]+)*?";
        }
        boolean inHost = source.lastIndexOf('/', open) < 0;
        boolean last = close + 1 == source.length() || "/:".indexOf(source.charAt(close + 1)) >= 0;
        return inHost && !last ? "[^/.]+" : "[^/]+";
    }

    /** {@code token.access} for a part that is a reference alone; empty for a computed one, whose value identifies nothing. */
    private static String name(Template part) {
        return part.references().stream()
                .map(reference -> reference.path().isEmpty()
                        ? reference.root()
                        : reference.root() + "." + String.join(".", reference.path()))
                .filter(name -> part.source().equals("${" + name + "}"))
                .findFirst()
                .orElse("");
    }

    /** The values by reference ({@code token.access}), or empty when the text does not come from this template. */
    Optional<Map<String, String>> match(String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(values(matcher));
    }

    /** As {@link #match}, of a text that continues below this one's path. */
    Optional<Map<String, String>> matchPrefix(String text) {
        Matcher matcher = pattern.matcher(text);
        boolean below = matcher.lookingAt()
                && (matcher.end() == text.length()
                        || text.charAt(matcher.end()) == '/'
                        || (matcher.end() > 0 && text.charAt(matcher.end() - 1) == '/'));
        return below ? Optional.of(values(matcher)) : Optional.empty();
    }

    private Map<String, String> values(Matcher matcher) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < captured.size(); i++) {
            if (!captured.get(i).isEmpty()) {
                String value = matcher.group(i + 1);
                values.put(captured.get(i), url ? decodePath(value) : value);
            }
        }
        return values;
    }

    /** A plus sign in a path is a plus sign. */
    static String decodePath(String raw) {
        try {
            return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new LabRequest.MalformedException("a percent escape in the path is broken");
        }
    }
}
