package dev.latchkey.server.http;

import java.net.URI;

/**
 * Where browsers keep the cookies of this server, and whom they send them to (RFC 6265bis).
 *
 * @param secure whether browsers reach the server by https, without which they refuse the prefix
 * @param prefix of the cookies' names: {@code __Host-} makes browsers refuse a cookie of another host (section 4.1.3.2). Such a cookie is
 *     of the whole host; below a path, where others may be beside this server, it would go to all of them, so that it is {@code
 *     __Secure-} there
 */
public record CookieScope(boolean secure, String prefix, String path) {
    /** @param publicUrl the address that browsers see */
    public static CookieScope of(URI publicUrl) {
        boolean secure = "https".equals(publicUrl.getScheme());
        String base = publicUrl.getRawPath();
        return new CookieScope(
                secure, secure ? base.isEmpty() ? "__Host-" : "__Secure-" : "", base.isEmpty() ? "/" : base);
    }
}
