package dev.latchkey.server.api;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.WritableHeaders;

/** What the proxy reads of a request's headers, for tests elsewhere. */
public final class HostileHeaders {
    private HostileHeaders() {}

    /** @param lines a name, a colon and a value each. @throws IllegalArgumentException for a name that HTTP does not allow */
    public static void read(String lines) {
        WritableHeaders<?> headers = WritableHeaders.create();
        lines.lines().filter(line -> line.indexOf(':') > 0).forEach(line -> {
            int colon = line.indexOf(':');
            headers.add(HeaderNames.create(line.substring(0, colon)), line.substring(colon + 1));
        });
        ServerRequestHeaders request = ServerRequestHeaders.create(headers);
        ProxyHeaders.read(request);
        request.cookies().names();
        request.acceptedTypes();
        request.contentType();
    }
}
