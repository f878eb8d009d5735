package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.nango.NangoCatalogue;
import dev.latchkey.catalogue.nango.NangoCatalogue.Converted;
import dev.latchkey.server.api.Latchkey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code latchkey providers import} of the reference's whole catalogue, as a server then uses it. */
class ProvidersImportTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();

    private void run(String... arguments) {
        LatchkeyCommand.line(Map.of())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(arguments);
    }

    @Test
    void aServerStartsWithTheWholeCatalogueAndItsOwnDefinitionsWin() throws Exception {
        run("providers", "import", ReferenceCatalogue.file().toString(), "--to", folder.toString());

        Catalogue shipped = Catalogue.load();
        List<String> written = written();
        assertThat(written).hasSizeGreaterThan(300).noneMatch(shipped::has);
        assertThat(out.toString())
                .contains("ship with Latchkey and were left out", "okta")
                .doesNotContain("leaves this file out");
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString()))) {
            JsonNode all = latchkey.call("GET", "/providers", "", 200).path("data");
            assertThat(all.size()).isEqualTo(shipped.all().size() + written.size());
        }
    }

    @Test
    void aServerStartsWithAllOfThemInPlaceOfItsOwn() throws Exception {
        run("providers", "import", ReferenceCatalogue.file().toString(), "--to", folder.toString(), "--replace");

        Catalogue catalogue = Catalogue.load(folder);
        // A shipped one that extends one of those keeps the parent that it was written for.
        Provider ads = catalogue.find("linkedin-ads").orElseThrow();
        assertThat(ads.auth().facts().mode()).isEqualTo("OAUTH2");
        assertThat(catalogue.find("okta").orElseThrow().fields()).containsKey("subdomain");
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString()))) {
            assertThat(latchkey.call("GET", "/providers/okta", "", 200)
                            .at("/data/connection_config/subdomain")
                            .isObject())
                    .isTrue();
        }
    }

    /** OAuth 1.0a signs each call, and a password is stored as one. */
    @Test
    void signsAndKeepsSecretWhatTheReferenceDoes() throws Exception {
        run("providers", "import", ReferenceCatalogue.file().toString(), "--to", folder.toString(), "--replace");

        Catalogue catalogue = Catalogue.load(folder);
        List<Provider> own =
                written().stream().map(id -> catalogue.find(id).orElseThrow()).toList();
        assertThat(own)
                .filteredOn(one ->
                        List.of("OAUTH1", "TBA").contains(one.auth().facts().mode()))
                .hasSizeGreaterThanOrEqualTo(5)
                .allSatisfy(one -> assertThat(Files.readString(folder.resolve(one.id() + ".yaml")))
                        .contains("sign: oauth1"));
        assertThat(own.stream().flatMap(one -> one.fields().values().stream()))
                .filteredOn(field -> field.id().matches("(?i).*(password|secret)"))
                .hasSizeGreaterThan(80)
                .allSatisfy(field -> assertThat(field.scope()).isEqualTo(Field.Scope.SECRET));
    }

    /** Where a connection names that host there, the integration does here; and nothing is left out in silence. */
    @Test
    void aUserNeverDecidesWhereTheAppsSecretGoes() throws Exception {
        List<Converted> all = NangoCatalogue.convert(Files.readString(ReferenceCatalogue.file()));

        assertThat(all)
                .isNotEmpty()
                .allSatisfy(one ->
                        assertThat(one.isWhole() || !one.missing().isEmpty()).isTrue());
        List<Converted> settings = all.stream()
                .filter(one -> one.missing().toString().contains("is a setting of the integration"))
                .toList();
        assertThat(settings).hasSizeGreaterThan(20);
        Catalogue shipped = Catalogue.load();
        for (Converted one : settings) {
            Provider provider = shipped.read(one.text().orElseThrow(), Reach.PUBLIC);
            assertThat(provider.fields().values())
                    .as(one.id())
                    .anySatisfy(field -> assertThat(field.scope()).isEqualTo(Field.Scope.INTEGRATION));
        }
        assertThat(all)
                .filteredOn(one -> one.id().equals("emarsys"))
                .hasSize(1)
                .allSatisfy(one -> assertThat(shipped.read(one.text().orElseThrow(), Reach.PUBLIC)
                                .auth()
                                .facts()
                                .mode())
                        .isEqualTo("SIGNATURE"));
    }

    /** {@code connection_config["team.id"]} of Slack is what callers read. */
    @Test
    void whatIsLearnedKeepsTheReferencesNames() throws Exception {
        run(
                "providers",
                "import",
                ReferenceCatalogue.file().toString(),
                "--to",
                folder.toString(),
                "--only",
                "slack,teamwork",
                "--replace");

        Catalogue catalogue = Catalogue.load(folder);

        assertThat(catalogue.find("slack").orElseThrow().nango().config())
                .containsKeys("team.id", "incoming_webhook.url", "incoming_webhook.channel_id")
                .allSatisfy((name, alias) -> assertThat(alias.field()).isEqualTo(name.replace('.', '_')));
        assertThat(catalogue.find("teamwork").orElseThrow().nango().config()).containsKey("installation.apiEndPoint");
    }

    /** A file of the operator's own that is wrong costs only itself. */
    @Test
    void aServerStartsWithoutAFileThatIsWrong() throws Exception {
        Files.writeString(folder.resolve("wrong.yaml"), "name: [\n");
        Files.writeString(folder.resolve("mine.yaml"), """
                id: mine
                name: Mine
                api_docs: https://developers.acme.example
                auth: { kind: none }
                """);

        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString()))) {
            latchkey.call("GET", "/providers/mine", "", 200);
            latchkey.call("GET", "/providers/wrong", "", 404);
        }
        run("providers", "check", folder.toString());
        assertThat(out.toString()).contains("wrong.yaml:2");
        StringWriter doctor = new StringWriter();
        LatchkeyCommand.line(Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString()))
                .setOut(new PrintWriter(doctor))
                .execute("doctor", "127.0.0.1:1");
        assertThat(doctor.toString()).contains("BAD  definitions").contains("wrong.yaml:2");
    }

    private List<String> written() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString().replaceFirst("\\.yaml$", ""))
                    .sorted()
                    .toList();
        }
    }
}
