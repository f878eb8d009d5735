package dev.latchkey.server.ui;

import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Map;

/** The pages and their parts, read once from the jar. */
public final class StaticFiles {
    private static final Map<String, String> TYPES = Map.of(
            "latchkey.css", "text/css; charset=utf-8",
            "popup.js", "text/javascript; charset=utf-8",
            "close.js", "text/javascript; charset=utf-8",
            "start.js", "text/javascript; charset=utf-8",
            "connect.js", "text/javascript; charset=utf-8",
            "key.svg", "image/svg+xml");

    private StaticFiles() {}

    public static void register(HttpRouting.Builder routing) {
        TYPES.forEach((name, type) -> {
            byte[] bytes = read(name);
            String tag = '"'
                    + HexFormat.of()
                            .formatHex(Hash.of(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)))
                            .substring(0, 16)
                    + '"';
            routing.get("/web/" + name, (request, response) -> {
                response.header(HeaderNames.ETAG, tag);
                // Revalidated each time: a new version's page must not run an old version's script.
                response.header(HeaderNames.CACHE_CONTROL, "no-cache");
                response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
                if (request.headers()
                        .first(HeaderNames.IF_NONE_MATCH)
                        .filter(tag::equals)
                        .isPresent()) {
                    response.status(Status.NOT_MODIFIED_304).send();
                    return;
                }
                response.header(HeaderNames.CONTENT_TYPE, type);
                response.send(bytes);
            });
        });
    }

    static byte[] read(String name) {
        try (InputStream stream = StaticFiles.class.getResourceAsStream("/web/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("web/" + name + " is not on the class path");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
