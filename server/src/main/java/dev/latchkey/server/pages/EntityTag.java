package dev.latchkey.server.pages;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.stream.Stream;

/** What a browser has cached already is not sent again (RFC 9110 section 13.1.2). */
public record EntityTag(String value) {
    /** @param hash of the content */
    public static EntityTag of(String hash) {
        return new EntityTag('"' + hash + '"');
    }

    /**
     * Tags the response, whose caching headers are set already.
     *
     * @return whether the client has this content; 304 was sent then
     */
    public boolean sentAsNotModified(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.ETAG, value);
        boolean has = request.headers().contains(HeaderNames.IF_NONE_MATCH)
                && matches(String.join(
                        ",", request.headers().get(HeaderNames.IF_NONE_MATCH).allValues()));
        if (has) {
            response.status(Status.NOT_MODIFIED_304).send();
        }
        return has;
    }

    /** By the weak comparison: a proxy that compresses makes the tag weak. */
    boolean matches(String given) {
        return Stream.of(given.split(","))
                .map(String::strip)
                .map(one -> one.startsWith("W/") ? one.substring(2) : one)
                .anyMatch(one -> one.equals(value) || one.equals("*"));
    }
}
