package dev.latchkey.catalogue.reader;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Which headers a definition may send: an invalid name would break up the request, and with it the connection that others use. */
final class HeaderNames {
    /** RFC 9110 section 5.6.2. */
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

    /** Where a request begins and ends, and to whom it goes. */
    private static final Set<String> FRAMING = Set.of(
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authorization",
            "upgrade",
            "te",
            "trailer",
            "expect");

    private HeaderNames() {}

    /** What is wrong with the name; empty if it may be sent. */
    static Optional<String> problem(String name) {
        if (!TOKEN.matcher(name).matches()) {
            return Optional.of("a header's name consists of letters, digits and hyphens");
        }
        return FRAMING.contains(name.toLowerCase(Locale.ROOT))
                ? Optional.of("the header '" + name + "' is Latchkey's own to send")
                : Optional.empty();
    }
}
