package dev.latchkey.server.pages;

import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * Styles, scripts and drawings, read once from the jar. Each has a URL with the hash of its content, which browsers cache permanently,
 * and its plain one, which is revalidated each time. A script that imports another names its hashed address.
 */
public final class StaticFiles {
    /** A file comes after the files that it imports. */
    private static final List<String> NAMES = List.of(
            "base.css",
            "connect.css",
            "dashboard.css",
            "reference.css",
            "popup.js",
            "words.js",
            "fields.js",
            "close.js",
            "start.js",
            "connect.js",
            "dashboard.js",
            "vendor/htmx.min.js",
            "key.svg");

    private static final Pattern IMPORT = Pattern.compile("(from '\\./)([\\w.-]+)(')");
    private static final Map<String, StaticFile> FILES = files();

    private record StaticFile(String type, byte[] bytes, byte[] zipped, String hash, String address) {}

    private StaticFiles() {}

    /** The URL for a page. @throws IllegalStateException when there is no such file */
    public static String url(String name) {
        StaticFile file = FILES.get(name);
        if (file == null) {
            throw new IllegalStateException(name + " is not one of the files that are served");
        }
        return Links.at(file.address());
    }

    public static void register(HttpRules routing) {
        FILES.forEach((name, file) -> {
            routing.get(file.address(), (request, response) -> {
                response.header(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");
                send(file, request, response);
            });
            routing.get("/web/" + name, (request, response) -> {
                // Revalidated each time: a new version's page must not run an old version's script.
                response.header(HeaderNames.CACHE_CONTROL, "no-cache");
                send(file, request, response);
            });
        });
    }

    private static void send(StaticFile file, ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.VARY, "Accept-Encoding");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        if (EntityTag.of(file.hash()).sentAsNotModified(request, response)) {
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, file.type());
        boolean zip = request.headers()
                .first(HeaderNames.ACCEPT_ENCODING)
                .filter(accepted -> accepted.contains("gzip"))
                .isPresent();
        if (zip) {
            response.header(HeaderValues.create(HeaderNames.CONTENT_ENCODING, "gzip"));
        }
        response.send(zip ? file.zipped() : file.bytes());
    }

    private static Map<String, StaticFile> files() {
        Map<String, StaticFile> files = new LinkedHashMap<>();
        for (String name : NAMES) {
            byte[] bytes = read(name);
            if (name.endsWith(".js")) {
                Matcher imports = IMPORT.matcher(new String(bytes, StandardCharsets.UTF_8));
                bytes = imports.replaceAll(found -> {
                            StaticFile imported = files.get(found.group(2));
                            String address = "./"
                                    + (imported == null
                                            ? found.group(2)
                                            : imported.address().substring("/web/".length()));
                            return Matcher.quoteReplacement("from '" + address + "'");
                        })
                        .getBytes(StandardCharsets.UTF_8);
            }
            String hash = HexFormat.of()
                    .formatHex(Hash.of(new String(bytes, StandardCharsets.ISO_8859_1)))
                    .substring(0, 12);
            int dot = name.lastIndexOf('.');
            String address = "/web/" + name.substring(0, dot).replace("vendor/", "") + "-" + hash + name.substring(dot);
            files.put(name, new StaticFile(type(name.substring(dot)), bytes, zipped(bytes), hash, address));
        }
        return files;
    }

    private static String type(String ending) {
        return switch (ending) {
            case ".css" -> "text/css; charset=utf-8";
            case ".js" -> "text/javascript; charset=utf-8";
            case ".svg" -> "image/svg+xml";
            default -> throw new IllegalStateException("no type is known for " + ending);
        };
    }

    private static byte[] zipped(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
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
