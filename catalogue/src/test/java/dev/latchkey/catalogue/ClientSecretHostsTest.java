package dev.latchkey.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The client secret is the product's, and the user of it types the host of some vendors: no user may have it sent to a server of their
 * own. Each typed field of each definition is given hosts that no vendor has, and the address of the token endpoint made of them.
 */
class ClientSecretHostsTest {
    private static final List<String> HOSTILE = List.of(
            "evil.example",
            "https://evil.example",
            "evil.example/x",
            "evil.example?",
            "evil.example#",
            "a@evil.example",
            "evil.example:443",
            "evil");

    private static Stream<Text> addresses(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code it -> addresses(it.grant());
            case Auth.Mcp mcp -> mcp.known().stream().flatMap(ClientSecretHostsTest::addresses);
            case Auth.AppInstallation app -> app.user().stream().flatMap(ClientSecretHostsTest::addresses);
            // Theirs is typed, not the product's, or there is none.
            case Auth.OAuth1 _, Auth.OAuth2Client _, Auth.Exchange _, Auth.AwsRole _, Auth.PluginInstall _ ->
                Stream.of();
            case Auth.Entered _ -> Stream.of();
        };
    }

    private static Stream<Text> addresses(CodeGrant code) {
        return Stream.concat(
                        Stream.of(code.exchange()),
                        Stream.concat(code.refresh().call().stream(), code.refresh().exchangeStored().stream()))
                .map(Call::url);
    }

    private static boolean leaks(Provider provider) {
        return provider.fields().values().stream()
                .filter(Field::isAsked)
                .anyMatch(field -> HOSTILE.stream()
                        .map(typed -> TypedValue.of(field, typed))
                        .filter(value -> value.problem().isEmpty())
                        .anyMatch(value -> addresses(provider.auth())
                                .flatMap(address -> address.alternatives().stream())
                                .anyMatch(address -> leadsAway(address, field, value.value()))));
    }

    private static boolean leadsAway(Template address, Field field, String value) {
        String made;
        try {
            made = address.expand(reference -> Optional.of(reference.path().contains(field.id()) ? value : "x"))
                    .orElse("");
        } catch (IllegalArgumentException e) {
            return false;
        }
        String host = made.isEmpty() ? "" : String.valueOf(URI.create(made).getHost());
        return host.equals("evil") || host.equals("evil.example") || host.endsWith(".evil.example");
    }

    @Test
    void noUserNamesTheServerThatTheClientSecretGoesTo() {
        assertThat(Catalogue.load().all().stream()
                        .filter(ClientSecretHostsTest::leaks)
                        .map(Provider::id))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"canvas-lms", "jira-data-center"})
    void theHostOfWhatCustomersRunIsASettingThatNoUserTypes(String id) {
        Provider provider = Catalogue.load().find(id).orElseThrow();

        assertThat(provider.fields().values().stream().filter(Field::isAsked).map(Field::id))
                .isEmpty();
        assertThat(provider.fields().get("host"))
                .returns(Field.Scope.INTEGRATION, Field::scope)
                .returns(Field.Type.HOSTNAME, Field::type);
        CodeGrant code = ((Auth.OAuth2Code) provider.auth()).grant();
        assertThat(code.exchange()
                        .url()
                        .expand(reference ->
                                reference.root().equals("app") ? Optional.of("set.example.com") : Optional.empty()))
                .hasValueSatisfying(url -> assertThat(url).startsWith("https://set.example.com/"));
        assertThat(code.exchange().url().expand(reference -> Optional.of(reference.root() + ".example.com")))
                .hasValueSatisfying(url -> assertThat(url).startsWith("https://config.example.com/"));
    }
}
