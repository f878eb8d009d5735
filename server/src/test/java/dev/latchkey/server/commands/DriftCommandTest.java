package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The command as a nightly job runs it, against a vendor on loopback. */
class DriftCommandTest {
    @TempDir
    Path folder;

    private HttpServer vendor;
    private volatile int tokenStatus = 400;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void start() throws IOException {
        vendor = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        vendor.createContext("/authorize", exchange -> {
            exchange.getResponseHeaders().set("location", "http://127.0.0.1/login");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        vendor.createContext("/token", exchange -> {
            byte[] body = "{\"error\": \"invalid_request\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(tokenStatus, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        vendor.start();
        String origin = "http://127.0.0.1:" + vendor.getAddress().getPort();
        Files.writeString(folder.resolve("acme.yaml"), """
                id: acme
                name: Acme
                api_docs: https://acme.example/docs
                fields: { region: { scope: connection } }
                auth: { kind: oauth2_code, authorize: { url: "%1$s/authorize" }, exchange: { url: "%1$s/token" } }
                api: { base: "https://${config.region}.acme.example" }
                """.formatted(origin));
    }

    @AfterEach
    void stop() {
        vendor.stop(0);
    }

    private int run(String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = "providers";
        all[1] = "drift";
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return LatchkeyCommand.line(Map.of(
                        "LATCHKEY_PROVIDERS_DIR",
                        folder.toString(),
                        "LATCHKEY_EGRESS_ALLOW",
                        "127.0.0.1:" + vendor.getAddress().getPort()))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all);
    }

    @Test
    void writesTableJsonAndPageAndExitsByWhatItFound() throws IOException {
        Path json = folder.resolve("drift.json");
        Path page = folder.resolve("health.md");

        assertThat(run("--only", "acme", "--json", json.toString(), "--write", page.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("2 endpoints are alive, 0 to look at, 1 skipped.");
        assertThat(Files.readString(page))
                .startsWith("# Health of the definitions")
                .contains("2 endpoints alive");

        tokenStatus = 410;
        assertThat(run("--only", "acme", "--json", json.toString(), "--write", page.toString()))
                .isEqualTo(1);
        assertThat(out.toString()).contains("acme      token", "does not exist any more: it answers 410");
        assertThat(Files.readString(page)).contains("| acme | token | `http://127.0.0.1:");
        JsonNode report = Json.MAPPER.readTree(Files.readString(json));
        assertThat(report.at("/look").asInt()).isEqualTo(1);
        assertThat(report.path("results").valueStream().filter(one -> one.has("findings")))
                .singleElement()
                .satisfies(
                        one -> assertThat(one.at("/findings/0/kind").asString()).isEqualTo("gone"));
    }

    @Test
    void comparesWithTheLastReport() throws IOException {
        Path json = folder.resolve("drift.json");
        assertThat(run("--only", "acme", "--json", json.toString())).isZero();
        Files.writeString(json, Files.readString(json).replace("\"127.0.0.1\"", "\"login.acme.example\""));

        assertThat(run("--only", "acme", "--json", json.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("redirects to 127.0.0.1, no longer to login.acme.example");
        assertThat(run("--only", "acme", "--json", json.toString()))
                .as("what was reported once is known")
                .isZero();
    }

    @Test
    void refusesWrongUsageWithTwo() throws IOException {
        Path other = Files.writeString(folder.resolve("other.json"), "{}");

        assertThat(run("--only", "no-such-provider")).isEqualTo(2);
        assertThat(run("--only", "acme", "--json", other.toString())).isEqualTo(2);
        assertThat(run(
                        "--only",
                        "acme",
                        "--write",
                        folder.resolve("missing/health.md").toString()))
                .isEqualTo(2);
        assertThat(run("--only", "acme", "--minutes", "-1")).isEqualTo(2);
        assertThat(run("--no-such-option")).isEqualTo(2);
        assertThat(err.toString())
                .contains("There is no provider 'no-such-provider'", "other.json is no report of this command")
                .doesNotContain("at dev.latchkey");
    }
}
