package dev.latchkey.server.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request's head, read strictly: anything that two servers could read differently is refused, since such differences allow request
 * smuggling (RFC 9112 section 11.2).
 *
 * @param target in origin form, or {@code *}
 * @param http10 the client speaks HTTP/1.0: it knows neither chunks nor persistent connections
 * @param closes whether the connection ends after the response
 * @param bytes the head in the form for the server library: HTTP/1.1, with a host
 */
record RequestHead(String method, String target, boolean http10, boolean closes, Content content, byte[] bytes) {
    /** How the content after the head is delimited (RFC 9112 section 6). */
    sealed interface Content {
        record Length(long bytes) implements Content {}

        record Chunked() implements Content {}
    }

    record Field(String name, String value) {
        boolean is(String lowerCase) {
            return name.equalsIgnoreCase(lowerCase);
        }
    }

    /** RFC 9110 section 5.6.2. */
    private static final BitSet TOKEN = new BitSet();

    static {
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                .chars()
                .forEach(TOKEN::set);
    }

    private static final Pattern VERSION = Pattern.compile("HTTP/(\\d)\\.(\\d)");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i)https?://([^/?#]+)([^#]*)");
    /** Eighteen digits fit into a long. */
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
    /** Characters that RFC 3986 forbids in a path, although clients send them, and vendors' paths contain them. */
    private static final String ENCODED_IN_PATH = "\"<>[\\]^`{|}";

    /**
     * Reads a head.
     *
     * @param text its lines, each with its CR LF, as ISO 8859-1; free of control characters but for tabs
     * @param base the path below which browsers see the server; a proxy may have left it in the target or not
     * @throws RefusedRequestException when it must be refused
     */
    static RequestHead parse(String text, String base) {
        String[] lines = text.split("\r\n", -1);
        int space = lines[0].indexOf(' ');
        int second = lines[0].indexOf(' ', space + 1);
        Matcher version = VERSION.matcher(lines[0].substring(second + 1));
        if (space < 0 || second <= space + 1 || !isToken(lines[0].substring(0, space)) || !version.matches()) {
            throw RefusedRequestException.malformed(
                    "The request line must read METHOD TARGET HTTP/1.1, with one space between them.");
        }
        if (!version.group(1).equals("1")) {
            throw new RefusedRequestException(
                    505, "http_version_not_supported", "This server supports HTTP/1.1 and HTTP/1.0.");
        }
        String method = lines[0].substring(0, space);
        boolean http10 = version.group(2).equals("0");
        List<Field> fields = fields(lines);
        Content content = content(fields, http10);
        String target = lines[0].substring(space + 1, second);
        Matcher absolute = ABSOLUTE.matcher(target);
        if (absolute.matches()) {
            // RFC 9112 section 3.2.2: the target's authority counts, whatever the Host header says.
            fields.removeIf(field -> field.is("host"));
            fields.add(new Field("Host", absolute.group(1)));
            target = absolute.group(2).startsWith("/") ? absolute.group(2) : "/" + absolute.group(2);
        } else if (!target.startsWith("/") && !target.equals("*")) {
            throw RefusedRequestException.malformed("The request's target must be a path that begins with a slash.");
        }
        host(fields, http10);
        boolean closes = http10 || tokens(fields, "connection").contains("close");
        if (http10) {
            // RFC 9110 sections 7.8 and 10.1.1: these headers of an HTTP/1.0 client are ignored.
            fields.removeIf(field -> field.is("upgrade") || field.is("expect") || field.is("te"));
        }
        if (closes) {
            fields.removeIf(field -> field.is("connection"));
            fields.add(new Field("Connection", "close"));
        }
        String origin = encoded(below(base, target));
        return new RequestHead(method, origin, http10, closes, content, bytes(method + " " + origin, fields));
    }

    private static List<Field> fields(String[] lines) {
        List<Field> fields = new ArrayList<>();
        for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
            int colon = lines[i].indexOf(':');
            if (colon < 0 || !isToken(lines[i].substring(0, colon))) {
                // A space before the colon and a line that continues the one before are among them (sections 5.1, 5.2).
                throw RefusedRequestException.malformed(
                        "A header must read NAME: VALUE on one line, without a space before the colon.");
            }
            fields.add(new Field(
                    lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
        }
        return fields;
    }

    private static boolean isToken(String text) {
        return !text.isEmpty() && text.chars().allMatch(TOKEN::get);
    }

    /** RFC 9112 section 6.3. */
    private static Content content(List<Field> fields, boolean http10) {
        List<Field> lengths =
                fields.stream().filter(field -> field.is("content-length")).toList();
        boolean coded = fields.stream().anyMatch(field -> field.is("transfer-encoding"));
        if (coded) {
            List<String> codings = tokens(fields, "transfer-encoding");
            if (!lengths.isEmpty()) {
                throw RefusedRequestException.malformed(
                        "Send either Content-Length or Transfer-Encoding, not both (RFC 9112 section 6.1).");
            }
            if (http10) {
                throw RefusedRequestException.malformed(
                        "HTTP/1.0 does not support Transfer-Encoding: send Content-Length.");
            }
            if (codings.isEmpty()
                    || codings.indexOf("chunked") != codings.size() - 1
                    || fields.stream()
                            .anyMatch(field -> field.is("transfer-encoding")
                                    && field.value().isEmpty())) {
                throw RefusedRequestException.malformed(
                        "The last transfer coding of a request must be chunked, once (RFC 9112 section 6.3).");
            }
            if (codings.size() > 1) {
                throw new RefusedRequestException(
                        501, "transfer_coding_not_supported", "The only supported transfer coding is chunked.");
            }
            return new Content.Chunked();
        }
        if (lengths.isEmpty()) {
            return new Content.Length(0);
        }
        if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst().value()).matches()) {
            throw RefusedRequestException.malformed("Content-Length must be one number, once (RFC 9112 section 6.3).");
        }
        return new Content.Length(Long.parseLong(lengths.getFirst().value()));
    }

    /** RFC 9112 section 3.2. */
    private static void host(List<Field> fields, boolean http10) {
        long hosts = fields.stream().filter(field -> field.is("host")).count();
        if (hosts > 1 || hosts == 0 && !http10) {
            throw RefusedRequestException.malformed("A request must have one Host header (RFC 9112 section 3.2).");
        }
        if (hosts == 0) {
            fields.add(new Field("Host", "localhost"));
        }
    }

    /** In lower case; the list may be spread over several lines. */
    private static List<String> tokens(List<Field> fields, String name) {
        List<String> tokens = new ArrayList<>();
        for (Field field : fields) {
            if (field.is(name)) {
                for (String token : field.value().split(",", -1)) {
                    if (!token.isBlank()) {
                        tokens.add(token.strip().toLowerCase(Locale.ROOT));
                    }
                }
            }
        }
        return tokens;
    }

    /** The same without the base. No route of the server begins with it, which the start has checked. */
    static String below(String base, String target) {
        if (base.isEmpty() || !target.startsWith(base)) {
            return target;
        }
        String rest = target.substring(base.length());
        return rest.startsWith("/") ? rest : rest.isEmpty() || rest.startsWith("?") ? "/" + rest : target;
    }

    private static String encoded(String target) {
        StringBuilder encoded = new StringBuilder(target.length());
        boolean path = true;
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            path = path && c != '?';
            if (c > '~' || path && ENCODED_IN_PATH.indexOf(c) >= 0) {
                encoded.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
            } else {
                encoded.append(c);
            }
        }
        return encoded.toString();
    }

    private static byte[] bytes(String methodAndTarget, List<Field> fields) {
        StringBuilder head = new StringBuilder(methodAndTarget).append(" HTTP/1.1\r\n");
        fields.forEach(field ->
                head.append(field.name()).append(": ").append(field.value()).append("\r\n"));
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
