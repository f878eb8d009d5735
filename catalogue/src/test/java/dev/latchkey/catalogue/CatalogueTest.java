package dev.latchkey.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Checked;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
    @TempDir
    Path folder;

    @Test
    void loadsEveryShippedDefinition() {
        Catalogue catalogue = Catalogue.load();

        assertThat(catalogue.all()).hasSizeGreaterThanOrEqualTo(450);
        assertThat(catalogue.all())
                .isNotEmpty()
                .allSatisfy(provider -> assertThat(provider.about().docs()).hasScheme("https"));
        assertThat(catalogue.find("slack").orElseThrow().auth())
                .asInstanceOf(type(Auth.OAuth2Code.class))
                .satisfies(slack -> {
                    assertThat(slack.grant().consent().pkce()).isFalse();
                    assertThat(slack.grant().consent().authorize().scope().join())
                            .isEqualTo(",");
                    assertThat(slack.grant().consent().authorize().groups()).containsEntry("user", "user_scope");
                });
    }

    @Test
    void listsEveryDefinitionInTheIndex() throws IOException {
        Path providers = Path.of("src/main/resources/providers");
        try (Stream<Path> files = Files.list(providers)) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList();

            // CatalogueBuild writes it while the module is built.
            assertThat(Files.readAllLines(Path.of("target/classes/providers/index")))
                    .containsExactlyInAnyOrderElementsOf(names);
        }
    }

    @Test
    void inheritsWhatItDoesNotSay() {
        Provider gmail = Catalogue.load().find("google-mail").orElseThrow();

        assertThat(gmail.auth())
                .asInstanceOf(type(Auth.OAuth2Code.class))
                .satisfies(auth ->
                        assertThat(auth.grant().consent().authorize().params()).containsKeys("access_type", "prompt"));
        assertThat(gmail.api().base().orElseThrow().alternatives().getFirst().source())
                .isEqualTo("https://gmail.googleapis.com");
    }

    @Test
    void whoExtendsACheckedDefinitionIsNotChecked() throws IOException {
        Files.writeString(folder.resolve("parent.yaml"), """
                id: parent
                name: Parent
                api_docs: https://example.com
                checked: { on: 2026-11-29, pages: [https://example.com/oauth], note: Scopes were not read. }
                auth: { kind: none }
                """);
        Files.writeString(folder.resolve("child.yaml"), "{ id: child, name: Child, extends: parent }");
        Files.writeString(folder.resolve("own.yaml"), """
                { id: own, name: Own, extends: parent, checked: { on: 2026-11-30, own: [example.org], accounts: [{ by: Somebody, page: https://example.net/own }] } }
                """);

        Catalogue catalogue = Catalogue.load(folder);

        assertThat(catalogue.find("parent").orElseThrow().about().checked())
                .contains(new Checked(
                        LocalDate.parse("2026-11-29"),
                        List.of(URI.create("https://example.com/oauth")),
                        List.of(),
                        List.of(),
                        Optional.of("Scopes were not read.")));
        assertThat(catalogue.find("child").orElseThrow().about().checked()).isEmpty();
        assertThat(catalogue.find("own").orElseThrow().about().checked())
                .contains(new Checked(
                        LocalDate.parse("2026-11-30"),
                        List.of(),
                        List.of(new Checked.Account("Somebody", URI.create("https://example.net/own"))),
                        List.of("example.org"),
                        Optional.empty()));
    }

    @Test
    void addsAndOverridesFromAFolder() throws IOException {
        write("mine", "http://127.0.0.1:9000/authorize", "");
        Files.writeString(folder.resolve("unauthenticated.yaml"), """
                id: unauthenticated
                name: Nothing at all
                api_docs: https://example.com
                auth: { kind: none }
                """);

        Catalogue catalogue = Catalogue.load(folder);

        assertThat(catalogue.find("mine")).isPresent();
        assertThat(catalogue.find("unauthenticated").orElseThrow().name()).isEqualTo("Nothing at all");
        assertThat(catalogue.find("slack")).isPresent();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            colour: blue                                              | 6 | 'colour' is not known here
            site: null                                                | 6 | 'site' is null: give it a value, or leave it out
            account: [config.a, null]                                 | 6 | 'account' is null
            api: { base: null }                                       | 6 | 'base' is null
            own_hosts: true                                           | 6 | make the host a setting of the integration
            fields: { a: { scope: connection } }                      | 6 | field 'a' is used nowhere
            fields: { a: { scope: everywhere, exposed: true } }       | 6 | 'scope' must be one of
            fields: { a: { check: "(", exposed: true } }              | 6 | is not a pattern
            fields: { a: { from: "somewhere" } }                      | 6 | 'from' must be callback.NAME
            api: { base: "https://${config.x}.example.com" }          | 1 | there is no field 'x'
            api: { base: "https://${conf.x}.example.com" }            | 6 | begins with no known root
            api: { base: "https://${shout(app.name)}.example.com" }   | 6 | there is no function 'shout'
            api: { base: "http://example.com" }                       | 6 | must begin with https://
            api: { base: "https://example.com", mtls: perhaps }       | 6 | must be true or false
            help: "http://example.com"                                | 6 | 'help' must be the address of a page
            checked: { on: 2026-13-01, pages: [https://a.example] }   | 6 | 'on' must be a day, as in 2026-11-29
            checked: { on: 2026-11-29, pages: [http://a.example] }    | 6 | 'pages' must be the address of a page
            checked: { on: 2026-11-29, pages: [] }                    | 6 | 'pages' must name the vendor's pages
            checked: { on: 2026-11-29, accounts: [{ page: https://a.example }] } | 6 | 'by' is missing
            checked: { on: 2026-11-29, accounts: [{ by: A, page: x }] } | 6 | 'page' must be the address of a page
            checked: { pages: [https://a.example] }                   | 6 | 'on' is missing
            setup: { page: somewhere }                                | 6 | 'page' must be the address of a page
            setup: { step: [Open it.] }                               | 6 | 'step' is not known here; did you mean 'steps'? known are install, page, steps
            fields: { a: { from: after_connect, exposed: true } }     | 6 | no step of 'after_connect' picks config.a
            fields: { a: { check: '^(a+)\\1$', exposed: true } }      | 6 | is not a pattern (RE2 syntax)
            on_delete: { call: "POST http://example.com/revoke" }     | 6 | must begin with https://
            verify: { call: "GET ftp://example.com/me" }              | 6 | must begin with https://
            """)
    void namesFileAndLineOfWhatIsWrong(String addition, int line, String message) throws IOException {
        write("mine", "https://example.com/authorize", addition);

        assertThatThrownBy(() -> Catalogue.only(folder))
                .asInstanceOf(type(CatalogueException.class))
                .satisfies(e -> assertThat(e.problems()).anySatisfy(problem -> {
                    assertThat(problem.file()).isEqualTo("mine.yaml");
                    assertThat(problem.line()).isEqualTo(line);
                    assertThat(problem.message()).contains(message);
                }));
    }

    /** What must hold of the {@code auth} block as a whole. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            { kind: api_key }                                                                                             | needs a 'verify' call
            { kind: basic }                                                                                               | needs a 'verify' call
            { kind: oauth1_static }                                                                                       | needs a 'verify' call
            { kind: signed_token, alg: HS256 }                                                                            | needs a 'verify' call
            { kind: datastore, driver: postgresql, url: "jdbc:postgresql://db.example.com" }                              | needs a 'verify' call
            { kind: oauth2_code, authorize: { url: "https://a.example/" }, exchange: { url: "https://a.example/" }, pkce: false, client_auth: none } | a public client
            { kind: oauth2_code, authorize: { url: "https://a.example/", params: { code_challenge: x } }, exchange: { url: "https://a.example/" } } | both or neither
            { kind: oauth2_code, authorize: { url: "https://a.example/" }, exchange: { url: "https://a.example/", params: { code_verifier: x } } } | both or neither
            { kind: oauth2_code, authorize: { url: "https://a.example/", scope: { known: [a, offline_access] } }, exchange: { url: "https://a.example/" } } | must stand in 'default'
            { kind: oauth2_code, authorize: { url: "https://a.example/" } }                                               | 'exchange' is missing
            { kind: oauth2_code, authorize: { url: "https://a.example/" }, exchange: { url: "https://a.example/" }, refresh: { url: "http://a.example/" } } | must begin with https://
            { kind: oauth2_code, authorize: { url: "https://a.example/" }, exchange: { url: "https://a.example/" }, then: [ { id: b, url: "http://a.example/" } ] } | must begin with https://
            { kind: exchange, steps: [ { id: a, url: "http://a.example/" } ] }                                            | must begin with https://
            { kind: password }                                                                                            | is no kind of authentication
            """)
    void refusesWhatDoesNotHoldTogether(String auth, String message) throws IOException {
        Files.writeString(folder.resolve("mine.yaml"), """
                id: mine
                name: Mine
                api_docs: https://example.com/docs
                auth: %s
                """.formatted(auth));

        assertThatThrownBy(() -> Catalogue.only(folder)).hasMessageContaining(message);
    }

    /** An end user must not be able to have the app's secret sent to a host of their own. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            host: { type: hostname }                                   | https://${config.host}/token      | true
            host: { type: uri }                                        | ${config.host}/token              | true
            host: { scope: connection }                                | https://vendor.${config.host}/token | true
            host: { check: ".+" }                                      | https://${config.host}/token      | true
            host: { type: uri, check: "^https://" }                    | ${config.host}/token              | true
            host: { check: "vendor[.]com$", example: acme.vendor.com } | https://${config.host}/token      | true
            host: { check: "^acme[.]vendor[.]com", example: acme.vendor.com } | https://${config.host}/token | true
            host: { type: uri, from: after_connect }                   | ["${config.host}/token", "https://example.com/token"] | true
            host: { type: uri, from: callback.server }                 | ${config.host}/token              | true
            host: { type: hostname, check: "^[a-z]+[.]example[.]com$" } | https://${config.host}/token     | false
            host: { choices: [com, com.au] }                           | https://vendor.${config.host}/token | false
            host: { type: uri, from: token.server }                    | ${config.host}/token              | false
            host: { type: host_label }                                 | https://${config.host}.example.com/token | false
            host: { scope: integration, type: hostname }               | https://${app.host}/token         | false
            host: { from: backend, type: hostname }                    | https://${config.host}/token      | false
            host: { fixed: example.com }                               | https://${config.host}/token      | false
            """)
    void refusesAHostOfUsersForTheAppsSecret(String field, String url, boolean refused) throws IOException {
        String definition = """
                id: mine
                name: Mine
                api_docs: https://example.com/docs
                fields: { %s }
                auth: { kind: oauth2_code, authorize: { url: "https://example.com/" }, exchange: { url: %s } }
                %s
                """.formatted(
                        field,
                        url.startsWith("[") ? url : '"' + url + '"',
                        field.contains("after_connect")
                                ? "after_connect: [ { call: GET https://example.com/me, pick: { config.host: host } } ]"
                                : "");
        Files.writeString(folder.resolve("mine.yaml"), definition);

        if (refused) {
            assertThatThrownBy(() -> Catalogue.only(folder))
                    .hasMessageContaining("decides where the app's secret is sent")
                    .hasMessageContaining("scope: integration")
                    .hasMessageContaining("suffix");
        } else {
            assertThat(Catalogue.only(folder).find("mine")).isPresent();
        }
    }

    @Test
    void refusesTwoProvidersOfOneName() throws IOException {
        for (String id : List.of("mine", "yours")) {
            Files.writeString(folder.resolve(id + ".yaml"), """
                    id: %s
                    name: Ours
                    api_docs: https://example.com/docs
                    auth: { kind: none }
                    """.formatted(id));
        }

        assertThatThrownBy(() -> Catalogue.load(folder))
                .hasMessageContaining("yours.yaml")
                .hasMessageContaining("the name 'Ours' is taken by mine.yaml");
    }

    @Test
    void shippedProvidersHaveNamesOfTheirOwnAndAreFoundAsTheirFilesAreNamed() {
        Catalogue catalogue = Catalogue.load();

        assertThat(catalogue.all()).extracting(Provider::name).doesNotHaveDuplicates();
        assertThat(catalogue.all())
                .isNotEmpty()
                .allSatisfy(provider -> assertThat(Catalogue.load().find(provider.id()))
                        .hasValueSatisfying(alone -> assertThat(alone.id()).isEqualTo(provider.id())));
    }

    @Test
    void oneThatDoesNotFitTheReplacedParentKeepsTheShippedOneAndSaysWhy() throws IOException {
        Files.writeString(folder.resolve("google.yaml"), """
                id: google
                name: Google
                api_docs: https://example.com/docs
                auth: { kind: none }
                """);
        write("own-child", "https://example.com/authorize", "");
        Files.writeString(
                folder.resolve("own-child.yaml"),
                "id: own-child\nname: Child\nextends: google\nauth: { authorize: { params: { access_type: online } } }\n");

        Catalogue catalogue = Catalogue.load(folder);

        assertThat(catalogue.find("google").orElseThrow().auth().facts().mode()).isEqualTo("NONE");
        assertThat(catalogue.find("google-mail").orElseThrow().auth().facts().mode())
                .isEqualTo("OAUTH2");
        assertThat(catalogue.find("own-child").orElseThrow().auth().facts().mode())
                .isEqualTo("OAUTH2");
        assertThat(catalogue.keptParents())
                .extracting(CatalogueException.Problem::file)
                .contains("google-mail.yaml", "own-child.yaml");
        assertThat(catalogue.problems()).isEmpty();
    }

    /** Each kind of file that cannot be used, among others that can. */
    @Test
    void leavesOutWhatIsWrongAndKeepsTheRest() throws IOException {
        write("fine", "https://example.com/authorize", "");
        write("notion", "https://example.com/authorize", "colour: blue");
        write("wrong-id", "https://example.com/authorize", "");
        Files.writeString(folder.resolve("other-name.yaml"), Files.readString(folder.resolve("wrong-id.yaml")));
        Files.writeString(folder.resolve("child.yaml"), "id: child\nname: Child\nextends: torn\n");
        Files.writeString(folder.resolve("grandchild.yaml"), "id: grandchild\nname: Grandchild\nextends: child\n");
        Files.writeString(folder.resolve("torn.yaml"), "id: [");
        Files.writeString(folder.resolve("empty.yaml"), "");
        Files.writeString(folder.resolve("list.yaml"), "[1, 2]");
        Files.writeString(folder.resolve("deep.yaml"), "id: " + "[".repeat(5_000));
        Files.writeString(folder.resolve("bomb.yaml"), "a: &a [x, x]\nb: &b [*a, *a]\nid: bomb\n");
        Files.writeString(folder.resolve("itself.yaml"), "id: itself\nname: Itself\nextends: itself\n");
        Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0, (byte) 0xfe, 1});
        Files.createDirectory(folder.resolve("folder.yaml"));
        Files.createSymbolicLink(folder.resolve("nowhere.yaml"), folder.resolve("no-such-file"));

        Catalogue catalogue = Catalogue.loadReadable(folder);

        assertThat(catalogue.find("fine")).isPresent();
        assertThat(catalogue.find("notion").orElseThrow().name())
                .isEqualTo(Catalogue.load().find("notion").orElseThrow().name());
        assertThat(catalogue.ships("notion")).isTrue();
        assertThat(catalogue.all()).hasSize(Catalogue.load().all().size() + 2);
        assertThat(catalogue.problems())
                .extracting(CatalogueException.Problem::file)
                .contains(
                        "notion.yaml",
                        "other-name.yaml",
                        "child.yaml",
                        "grandchild.yaml",
                        "torn.yaml",
                        "empty.yaml",
                        "list.yaml",
                        "deep.yaml",
                        "bomb.yaml",
                        "itself.yaml",
                        "binary.yaml",
                        "folder.yaml",
                        "nowhere.yaml")
                .doesNotContain("fine.yaml", "wrong-id.yaml");
        assertThatThrownBy(() -> Catalogue.load(folder)).isInstanceOf(CatalogueException.class);
    }

    @Test
    void isOneProviderHoweverItIsAskedFor() {
        Catalogue catalogue = Catalogue.load();
        Provider before = catalogue.find("google-mail").orElseThrow();

        assertThat(catalogue.all())
                .filteredOn(one -> one.id().equals("google-mail"))
                .singleElement()
                .isSameAs(before);
        assertThat(catalogue.find("google-mail").orElseThrow()).isSameAs(before);
    }

    @Test
    void readsScopesWithAndWithoutWordsAndTheSteps() throws IOException {
        Files.writeString(folder.resolve("mine.yaml"), """
                id: mine
                name: Mine
                api_docs: https://example.com/docs
                help: https://example.com/help
                icon: slack
                setup: { page: "https://example.com/apps", steps: [ Make an app., "Enter {callback} as its redirect URL." ] }
                auth:
                  kind: oauth2_code
                  authorize:
                    url: https://example.com/authorize
                    scope: { known: { "a:read": See everything., "a:write": }, docs: "https://example.com/scopes" }
                  exchange: { url: https://example.com/token }
                """);

        Provider mine = Catalogue.only(folder).find("mine").orElseThrow();

        assertThat(mine.about().help())
                .hasValueSatisfying(page -> assertThat(page).hasPath("/help"));
        assertThat(mine.about().setup().page())
                .hasValueSatisfying(page -> assertThat(page).hasPath("/apps"));
        assertThat(mine.about().setup().steps())
                .containsExactly("Make an app.", "Enter {callback} as its redirect URL.");
        assertThat(mine.about().icon()).contains("slack");
        assertThat(((Auth.OAuth2Code) mine.auth()).grant().consent().authorize().scope())
                .satisfies(scope -> {
                    assertThat(scope.known())
                            .containsExactly(
                                    new Scopes.Known("a:read", Optional.of("See everything.")),
                                    new Scopes.Known("a:write", Optional.empty()));
                    assertThat(scope.docs())
                            .hasValueSatisfying(page -> assertThat(page).hasPath("/scopes"));
                });
    }

    @Test
    void reportsAllProblemsAtOnce() throws IOException {
        write("mine", "https://example.com/authorize", "colour: blue");
        write("other", "https://example.com/authorize", "shape: round");
        Files.writeString(folder.resolve("torn.yaml"), "id: [");

        assertThatThrownBy(() -> Catalogue.load(folder))
                .hasMessageContaining("mine.yaml:6")
                .hasMessageContaining("other.yaml:6")
                .hasMessageContaining("torn.yaml:1");
    }

    private void write(String id, String authorize, String addition) throws IOException {
        Files.writeString(folder.resolve(id + ".yaml"), """
                id: %s
                name: %s
                tags: [own]
                api_docs: https://example.com/docs
                auth: { kind: oauth2_code, authorize: { url: "%s" }, exchange: { url: "https://example.com/token" } }
                %s
                """.formatted(id, id, authorize, addition));
    }
}
