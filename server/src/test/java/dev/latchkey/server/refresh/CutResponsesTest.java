package dev.latchkey.server.refresh;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A token response whose connection is cut before its framing says that it ends: where its JSON is whole, the credential was received
 * and is kept; of one that is cut itself it is unknown whether it used up the refresh token.
 */
class CutResponsesTest {
    @TempDir
    static Path providers;

    /** What the vendor sends, by the name of the grant: bytes, after which it closes. */
    private static final Map<String, byte[]> RESPONSES = new ConcurrentHashMap<>();

    private static ServerSocket vendor;
    private static Latchkey latchkey;

    /** How a body's end is announced, and how that end is missing. */
    private enum Framing {
        CHUNKED_WITHOUT_THE_LAST_CHUNK {
            @Override
            byte[] response(byte[] json) {
                return joined(head("Transfer-Encoding: chunked"), chunk(json, json.length));
            }
        },
        CHUNK_THAT_IS_CUT {
            @Override
            byte[] response(byte[] json) {
                return joined(head("Transfer-Encoding: chunked"), chunk(json, json.length + 40));
            }
        },
        SMALL_CHUNKS {
            @Override
            byte[] response(byte[] json) {
                byte[] all = head("Transfer-Encoding: chunked");
                for (int from = 0; from < json.length; from += 7) {
                    byte[] part = Arrays.copyOfRange(json, from, Math.min(json.length, from + 7));
                    all = joined(all, chunk(part, part.length));
                }
                return all;
            }
        },
        LENGTH_THAT_IS_TOO_GREAT {
            @Override
            byte[] response(byte[] json) {
                return joined(head("Content-Length: " + (json.length + 100)), json);
            }
        },
        GZIP_WITHOUT_ITS_TRAILER {
            @Override
            byte[] response(byte[] json) {
                byte[] packed = gzip(json);
                byte[] cut = Arrays.copyOf(packed, packed.length - 8);
                return joined(head("Content-Encoding: gzip", "Content-Length: " + cut.length), cut);
            }
        },
        GZIP_THAT_ENDS_WITHIN_ITS_TRAILER_AND_CHUNK {
            @Override
            byte[] response(byte[] json) {
                byte[] packed = gzip(json);
                return joined(
                        head("Content-Encoding: gzip", "Transfer-Encoding: chunked"),
                        chunk(Arrays.copyOf(packed, packed.length - 3), packed.length));
            }
        },
        UNTIL_THE_CONNECTION_CLOSES {
            @Override
            byte[] response(byte[] json) {
                return joined(head(), json);
            }
        };

        abstract byte[] response(byte[] json);
    }

    private static byte[] head(String... headers) {
        return ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                        + String.join(
                                "",
                                Arrays.stream(headers).map(one -> one + "\r\n").toList()) + "\r\n")
                .getBytes(US_ASCII);
    }

    private static byte[] chunk(byte[] bytes, int announced) {
        byte[] size = (Integer.toHexString(announced) + "\r\n").getBytes(US_ASCII);
        return joined(size, bytes, announced == bytes.length ? "\r\n".getBytes(US_ASCII) : new byte[0]);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @BeforeAll
    static void start() throws IOException {
        vendor = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(CutResponsesTest::serve);
        String host = "127.0.0.1:" + vendor.getLocalPort();
        Files.writeString(providers.resolve("cut.yaml"), """
                id: cut
                name: Cut
                tags: [other]
                api_docs: https://vendor.example/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: "http://%1$s/authorize", scope: { default: [] } }
                  exchange: { url: "http://%1$s/token" }
                api: { base: "http://%1$s" }
                """.formatted(host));
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                host,
                "LATCHKEY_LAB",
                "false",
                "LATCHKEY_REFRESH_AHEAD",
                "false"));
        latchkey.call("POST", "/integrations", """
                {"provider": "cut", "unique_key": "cut", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
    }

    @AfterAll
    static void stop() throws IOException {
        latchkey.close();
        vendor.close();
    }

    private static void serve() {
        while (!vendor.isClosed()) {
            try {
                Socket socket = vendor.accept();
                Thread.ofVirtual().start(() -> answer(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void answer(Socket socket) {
        try (socket;
                InputStream in = socket.getInputStream();
                OutputStream out = socket.getOutputStream()) {
            StringBuilder request = new StringBuilder();
            Optional<String> grant = Optional.empty();
            for (int c = in.read(); c >= 0 && grant.isEmpty(); c = in.read()) {
                request.append((char) c);
                grant = RESPONSES.keySet().stream()
                        .filter(name -> request.indexOf("refresh_token=" + name + ".") >= 0)
                        .findFirst();
            }
            // The rest of the body, so that closing is no reset.
            int rest = in.available();
            in.readNBytes(rest);
            out.write(RESPONSES.get(grant.orElseThrow()));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] json(String name) {
        return ("{\"access_token\":\"new-" + name + "\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\""
                        + "s".repeat(300) + "\",\"refresh_token\":\"next-" + name + "\"}")
                .getBytes(UTF_8);
    }

    /** By itself: what fails for several in a row is asked no more for a while. */
    private static void connect(String name, byte[] response) {
        String served = "served-before-" + name;
        imported(served, Framing.UNTIL_THE_CONNECTION_CLOSES.response(json(served)));
        latchkey.call("GET", "/connections/" + served + "?provider_config_key=cut", "", 200);
        imported(name, response);
    }

    private static void imported(String name, byte[] response) {
        RESPONSES.put(name, response);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "cut", "connection_id": "%1$s", "credentials": {"type": "OAUTH2", "access_token": "old-%1$s",
                 "refresh_token": "%1$s.", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(name), 201);
    }

    @TestFactory
    Stream<DynamicTest> aWholeCredentialIsKeptHoweverItsFramingEnds() {
        return Arrays.stream(Framing.values())
                .map(framing -> DynamicTest.dynamicTest(framing.name(), () -> {
                    String name = "whole-" + framing.ordinal();
                    connect(name, framing.response(json(name)));

                    JsonNode read = latchkey.call(
                            "GET", "/connections/" + name + "?provider_config_key=cut&refresh_token=true", "", 200);

                    assertThat(read.at("/credentials/access_token").asString()).isEqualTo("new-" + name);
                    assertThat(read.at("/credentials/refresh_token").asString()).isEqualTo("next-" + name);
                    assertThat(latchkey.text(
                                    "SELECT version || ' ' || coalesce(failure_kind, '-') FROM connections WHERE connection_id = '"
                                            + name + "'"))
                            .isEqualTo("2 -");
                }));
    }

    @TestFactory
    Stream<DynamicTest> ofACredentialThatIsCutNothingIsStoredAndNoUserMustAuthorize() {
        return Arrays.stream(Framing.values())
                .flatMap(framing -> List.of(1, 5, 60).stream()
                        .map(missing -> DynamicTest.dynamicTest(framing + " without its last " + missing, () -> {
                            String name = "cut-" + framing.ordinal() + "-" + missing;
                            byte[] json = json(name);
                            connect(name, framing.response(Arrays.copyOf(json, json.length - missing)));

                            JsonNode read =
                                    latchkey.call("GET", "/connections/" + name + "?provider_config_key=cut", "", 400);

                            assertThat(read.at("/error/payload/reason").asString())
                                    .as(read.toString())
                                    .isEqualTo("transient");
                            assertThat(latchkey.text(
                                            "SELECT version || ' ' || failure_kind FROM connections WHERE connection_id = '"
                                                    + name + "'"))
                                    .isEqualTo("1 transient");
                        })));
    }

    /** By its first bytes, whatever the header says (RFC 1952 section 2.3.1). */
    @TestFactory
    Stream<DynamicTest> compressionIsSeenByItsFirstBytes() {
        return Stream.of("", "gzip", "GZIP", "x-gzip", "identity")
                .flatMap(coding -> Stream.of(true, false)
                        .map(packed -> DynamicTest.dynamicTest("'" + coding + "' " + packed, () -> {
                            String name = "coded-" + coding.toLowerCase(java.util.Locale.ROOT) + coding.equals("GZIP")
                                    + packed;
                            byte[] body = packed ? gzip(json(name)) : json(name);
                            String[] headers = coding.isEmpty()
                                    ? new String[] {"Content-Length: " + body.length}
                                    : new String[] {"Content-Encoding: " + coding, "Content-Length: " + body.length};
                            connect(name, joined(head(headers), body));

                            JsonNode read =
                                    latchkey.call("GET", "/connections/" + name + "?provider_config_key=cut", "", 200);

                            assertThat(read.at("/credentials/access_token").asString())
                                    .isEqualTo("new-" + name);
                        })));
    }

    /** Nothing of it is a token: what was cut may have been more. */
    @TestFactory
    Stream<DynamicTest> aWholeObjectWithoutATokenIsNoAnswer() {
        return Arrays.stream(Framing.values())
                .filter(framing -> framing != Framing.UNTIL_THE_CONNECTION_CLOSES)
                .map(framing -> DynamicTest.dynamicTest(framing.name(), () -> {
                    String name = "empty-" + framing.ordinal();
                    connect(name, framing.response("{\"token_type\":\"Bearer\"}".getBytes(UTF_8)));

                    latchkey.call("GET", "/connections/" + name + "?provider_config_key=cut", "", 400);

                    assertThat(latchkey.text(
                                    "SELECT version || ' ' || failure_kind FROM connections WHERE connection_id = '"
                                            + name + "'"))
                            .isEqualTo("1 transient");
                }));
    }
}
