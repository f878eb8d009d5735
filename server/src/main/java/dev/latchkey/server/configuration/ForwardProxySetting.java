package dev.latchkey.server.configuration;

import dev.latchkey.server.configuration.Configuration.ForwardProxy;
import dev.latchkey.server.secrets.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of {@code LATCHKEY_EGRESS_PROXY}. No exception names it, since a password may be in it. */
final class ForwardProxySetting {
    static final String RULE =
            "must be an address such as http://proxy.example.com:3128 or http://user:password@proxy.example.com:3128";

    private static final Pattern FORM =
            Pattern.compile("http://(?:([^:@/]+:[^@/]*)@)?([A-Za-z0-9._-]+|\\[[0-9a-fA-F:.]+])(?::(\\d{1,5}))?/?");
    private static final String USUAL_PORT = "3128";

    private ForwardProxySetting() {}

    /** User and password may be percent-encoded, as in other programs' settings. Empty: it is none. */
    static Optional<ForwardProxy> read(String text) {
        Matcher parts = FORM.matcher(text);
        int port = parts.matches() ? Integer.parseInt(Objects.requireNonNullElse(parts.group(3), USUAL_PORT)) : 0;
        if (port < 1 || port > 65_535) {
            return Optional.empty();
        }
        return Optional.of(new ForwardProxy(
                parts.group(2),
                port,
                Optional.ofNullable(parts.group(1))
                        .map(ForwardProxySetting::decoded)
                        .map(Secret::new)));
    }

    /** A plus sign is itself, and so is a percent sign that begins no code. */
    private static String decoded(String credentials) {
        return URLDecoder.decode(
                credentials.replaceAll("%(?![0-9a-fA-F]{2})", "%25").replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
