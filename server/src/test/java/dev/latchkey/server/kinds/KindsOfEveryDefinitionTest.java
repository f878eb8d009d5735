package dev.latchkey.server.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What the compiler cannot see of the rooms of the kinds: that nothing is missing from a list, and that facts agree. */
class KindsOfEveryDefinitionTest {
    private static final List<Provider> ALL = List.copyOf(Catalogue.load().all());

    @Test
    void everyPathOfAKindIsServedAndIsItsOwn() {
        assertThat(Kinds.paths()).doesNotHaveDuplicates();
        for (Provider provider : ALL) {
            Kind kind = Kinds.of(provider.auth());
            assertThat(Kinds.paths()).as(provider.id()).containsAll(kind.paths());
            assertThat(kind.paths().isEmpty())
                    .as("a kind is connected by a page or by a form: " + provider.id())
                    .isEqualTo(kind.facts().opensPage());
            assertThat(kind.unminted().isPresent() && !kind.facts().mints())
                    .as("what is made from fields is minted: " + provider.id())
                    .isFalse();
        }
    }

    @Test
    void everyKindThatIsConnectedByAPageOrAnEntryIsDeclaredSo() {
        for (Provider provider : ALL) {
            assertThat(provider.auth() instanceof Auth.ByBrowser)
                    .as(provider.id())
                    .isEqualTo(provider.auth().facts().opensPage());
        }
    }

    @Test
    void everyKindsNameIsInTheDescriptionOfTheApi() throws IOException {
        List<String> described = new YAMLMapper()
                        .readTree(Files.readString(Path.of("src/main/resources/openapi/openapi.yaml")))
                        .at("/components/schemas/Provider/properties/auth_mode/enum")
                        .values()
                        .stream()
                        .map(JsonNode::asString)
                        .toList();

        assertThat(described)
                .as("auth_mode in openapi.yaml")
                .containsAll(ALL.stream()
                        .map(provider -> provider.auth().facts().mode())
                        .distinct()
                        .toList());
    }

    @Test
    void typesOfAnAppsCredentialsAreTheModesOfTheDefinitions() {
        assertThat(modes(Auth.AppInstallation.class)).isEqualTo(AppInstallationKind.TYPES);
        assertThat(modes(Auth.AwsRole.class)).containsExactly(AwsRoleKind.TYPE);
        assertThat(modes(Auth.OAuth2Code.class)).containsExactly(AppRegistration.OAUTH_CLIENT);
    }

    private static Set<String> modes(Class<? extends Auth> variant) {
        return ALL.stream()
                .map(Provider::auth)
                .filter(variant::isInstance)
                .map(auth -> auth.facts().mode())
                .collect(Collectors.toSet());
    }
}
