package dev.latchkey.server.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
