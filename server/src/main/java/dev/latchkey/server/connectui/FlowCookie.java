package dev.latchkey.server.connectui;

import dev.latchkey.server.http.CookieScope;
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

    private final CookieScope scope;
    private final String name;
    private final Supplier<String> fresh;

    /** @param fresh makes 256 random bits in base64url */
    public FlowCookie(URI publicUrl, Supplier<String> fresh) {
        this.scope = CookieScope.of(publicUrl);
        this.name = scope.prefix() + "latchkey-flow";
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
                .path(scope.path())
                .httpOnly(true)
                .secure(scope.secure())
                .sameSite(SetCookie.SameSite.LAX)
                .maxAge(LIFETIME)
                .build();
    }

    public boolean isSecure() {
        return scope.secure();
    }
}
