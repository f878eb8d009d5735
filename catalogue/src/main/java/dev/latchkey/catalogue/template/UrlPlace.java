package dev.latchkey.catalogue.template;

import com.google.re2j.Pattern;
import java.net.URI;

/** The place of a value in a URL, and what is allowed there. No value can add a host, userinfo, port, path step or parameter. */
enum UrlPlace {
    /** The URL begins with it: an absolute address. */
    START,
    /** A part of the host that dots or the host's ends enclose. */
    HOST_LABEL,
    /** The last parts of the host, after which only fixed ones follow ({@code com.au}): choosing them means choosing whose host it is. */
    HOST_END,
    /** The whole host. */
    HOST,
    PORT,
    PATH,
    QUERY;

    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?");
    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,5}");

    /** Where the parts of a template's text begin, found once however many values it has. -1: missing. */
    record Marks(int host, Rest behindScheme, Rest withoutScheme) {
        /** Behind the scheme, or from the beginning. */
        private record Rest(int slash, int question) {
            static Rest from(String source, int start) {
                return new Rest(source.indexOf('/', start), source.indexOf('?', start));
            }
        }

        static Marks of(String source) {
            int scheme = source.indexOf("://");
            int host = scheme < 0 ? -1 : scheme + 3;
            return new Marks(host, Rest.from(source, Math.max(host, 0)), Rest.from(source, 0));
        }
    }

    /** @param open where the value's part begins @param end behind it */
    static UrlPlace of(String source, Marks marks, int open, int end) {
        if (open == 0) {
            return START;
        }
        boolean hasScheme = marks.host() >= 0 && marks.host() <= open;
        Marks.Rest rest = hasScheme ? marks.behindScheme() : marks.withoutScheme();
        if (rest.question() >= 0 && rest.question() < open) {
            return QUERY;
        }
        // A template that begins with a value (an address) or with a slash is past its host.
        if (!hasScheme || rest.slash() >= 0 && rest.slash() < open) {
            return PATH;
        }
        if (open > marks.host() && source.charAt(open - 1) == ':') {
            return PORT;
        }
        boolean last = end == source.length() || "/:?#".indexOf(source.charAt(end)) >= 0;
        if (!last) {
            return HOST_LABEL;
        }
        return open == marks.host() ? HOST : HOST_END;
    }

    boolean decidesTheHost() {
        return this == START || this == HOST || this == HOST_END;
    }

    String encode(String value) {
        return switch (this) {
            case START -> address(value);
            case HOST, HOST_END -> host(value);
            case HOST_LABEL -> label(value);
            case PORT -> port(value);
            case PATH -> segment(value);
            case QUERY -> PercentEncoding.strict(value);
        };
    }

    private static String address(String value) {
        URI uri;
        try {
            uri = URI.create(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the address is not a URL");
        }
        boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
        if (!web
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null
                || !uri.normalize().equals(uri)) {
            throw new IllegalArgumentException("the address must be a plain URL such as https://example.com");
        }
        return value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
    }

    private static String host(String value) {
        if (value.length() > 253) {
            throw new IllegalArgumentException("the host name is too long");
        }
        for (String label : value.split("\\.", -1)) {
            label(label);
        }
        return value;
    }

    private static String label(String value) {
        if (!LABEL.matches(value)) {
            throw new IllegalArgumentException("the name must be one part of a host name: letters, digits and hyphens");
        }
        return value;
    }

    private static String port(String value) {
        if (!DIGITS.matches(value)) {
            throw new IllegalArgumentException("the port must be a number");
        }
        return value;
    }

    private static String segment(String value) {
        if (value.equals(".") || value.equals("..")) {
            throw new IllegalArgumentException("the value would leave its place in the path");
        }
        // A colon is allowed in a segment (RFC 3986 section 3.3), and vendors with keys in paths use it.
        return PercentEncoding.strict(value).replace("%3A", ":");
    }
}
