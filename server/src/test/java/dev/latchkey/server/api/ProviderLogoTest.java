package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.environments.Logo;
import dev.latchkey.server.providers.OwnLogos;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The logos of providers, with an operator's own beside the definitions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProviderLogoTest {
    /** One shipped provider for each type of picture. */
    private static final Map<Logo.Type, String> PROVIDERS = Map.of(
            Logo.Type.SVG, "slack", Logo.Type.PNG, "github", Logo.Type.WEBP, "hubspot", Logo.Type.JPEG, "notion");

    @TempDir
    static Path folder;

    private Latchkey latchkey;

    private static byte[] picture(Logo.Type type) {
        return (switch (type) {
                    case SVG -> "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
                    case PNG -> "\u0089PNG\r\n\u001a\n";
                    case WEBP -> "RIFF\u0004\u0000\u0000\u0000WEBP";
                    case JPEG -> "\u00ff\u00d8\u00ff\u00e0";
                })
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @BeforeAll
    void start() throws IOException {
        for (Logo.Type type : Logo.Type.values()) {
            Files.write(folder.resolve(PROVIDERS.get(type) + "." + type.ending()), picture(type));
        }
        Files.writeString(folder.resolve("acme.yaml"), """
                { id: acme, name: Acme, api_docs: https://acme.example/docs, auth: { kind: none } }
                """);
        Files.write(folder.resolve("acme.svg"), picture(Logo.Type.SVG));
        Files.write(folder.resolve("asana.png"), new byte[Logo.MAX_BYTES + 1]);
        Files.writeString(folder.resolve("linear.png"), "no picture");
        Files.write(folder.resolve("no-such-provider.svg"), picture(Logo.Type.SVG));
        latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString()));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private HttpResponse<byte[]> logo(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(latchkey.address.resolve("/images/template-logos/" + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    @ParameterizedTest
    @EnumSource
    void servesEveryTypeAsWhatItIs(Logo.Type type) throws Exception {
        HttpResponse<byte[]> response = logo(PROVIDERS.get(type) + ".svg");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains(type.mediaType());
        assertThat(response.body()).isEqualTo(picture(type));
        assertThat(response.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(response.headers().firstValue("content-security-policy"))
                .hasValueSatisfying(policy -> assertThat(policy).contains("default-src 'none'", "sandbox"));
        String tag = response.headers().firstValue("etag").orElseThrow();
        for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
            HttpResponse<byte[]> unchanged = logo(PROVIDERS.get(type) + ".svg", "If-None-Match", known);
            assertThat(unchanged.statusCode()).as(known).isEqualTo(304);
            assertThat(unchanged.headers().firstValue("etag")).contains(tag);
        }
        assertThat(logo(PROVIDERS.get(type) + ".svg", "If-None-Match", "\"other\"")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aFileThatIsNoSmallPictureIsNotUsedAndIsNamed() throws Exception {
        List<String> problems = new ArrayList<>();
        OwnLogos.of(folder, Catalogue.loadReadable(folder)::has, problems::add);

        assertThat(problems)
                .hasSize(3)
                .anyMatch(said -> said.startsWith("asana.png: a logo must be"))
                .anyMatch(said -> said.startsWith("linear.png: a logo must be"))
                .anyMatch(said -> said.equals("no-such-provider.svg: there is no provider 'no-such-provider'"));
        for (String id : List.of("asana", "linear", "no-such-provider")) {
            assertThat(new String(logo(id + ".svg").body(), StandardCharsets.UTF_8))
                    .startsWith("<svg")
                    .doesNotContain("script");
        }
    }

    /** The id that an environment defines for itself is another provider there. */
    @Test
    void anEnvironmentsOwnDefinitionHasItsOwnLogo() throws Exception {
        latchkey.call("POST", "/providers", """
                {"id": "acme", "name": "Our Acme", "api_docs": "https://acme.example", "auth": {"kind": "none"}}
                """, 201);
        URI own = URI.create(latchkey.call("GET", "/providers/acme", "", 200)
                .at("/data/logo_url")
                .asString());

        assertThat(new String(logo("acme.svg").body(), StandardCharsets.UTF_8)).contains("script");
        assertThat(new String(
                        logo(own.getPath().replace("/images/template-logos/", ""))
                                .body(),
                        StandardCharsets.UTF_8))
                .contains("Our Acme")
                .doesNotContain("script");
    }
}
