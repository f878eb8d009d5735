package dev.latchkey.server.connectui;

import io.helidon.http.SetCookie;
import io.helidon.webserver.http.ServerRequest;
import java.net.URI;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** A browser's own secret, the same for all its running flows, which binds a flow to the browser in which it began. */
public final class FlowCookie {
    public static final Duration LIFETIME = Duration.ofMinutes(30);
    private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final boolean secure;
    private final String name;
    private final Supplier<String> fresh;

    /** @param fresh makes 256 random bits in base64url */
    public FlowCookie(URI publicUrl, Supplier<String> fresh) {
        this.secure = "https".equals(publicUrl.getScheme());
        // The prefix makes the browser refuse the cookie from any other host (RFC 6265bis section 4.1.3.2); it needs
        // https.
        this.name = secure ? "__Host-latchkey-flow" : "latchkey-flow";
        this.fresh = fresh;
    }

    /** The browser's secret, or a new one to be set. */
    public String of(ServerRequest request) {
        return request.headers()
                .cookies()
                .first(name)
                .asOptional()
                .filter(value -> VALUE.matcher(value).matches())
                .orElseGet(fresh);
    }

    public boolean isHeldBy(ServerRequest request) {
        return request.headers().cookies().contains(name);
    }

    public SetCookie holding(String secret) {
        return SetCookie.builder(name, secret)
                .path("/")
                .httpOnly(true)
                .secure(secure)
                .sameSite(SetCookie.SameSite.LAX)
                .maxAge(LIFETIME)
                .build();
    }

    public boolean isSecure() {
        return secure;
    }
}
