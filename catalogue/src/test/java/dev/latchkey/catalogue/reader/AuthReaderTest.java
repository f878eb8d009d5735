package dev.latchkey.catalogue.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.Templates;
import java.util.ArrayList;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;

class AuthReaderTest {
    /** The compiler cannot see that a kind has no name in definitions. */
    @Test
    void readsEveryKindByANameOfItsOwn() {
        Set<String> read = AuthReader.KINDS.keySet().stream()
                .map(kind -> kind(kind).getClass().getSimpleName())
                .collect(Collectors.toSet());

        assertThat(read).hasSameSizeAs(AuthReader.KINDS.keySet());
        assertThat(read).containsExactlyInAnyOrderElementsOf(variants(Auth.class));
    }

    /** Whatever else is missing from the definition. */
    private static Auth kind(String kind) {
        var root = new Compose(LoadSettings.builder().build())
                .composeString("kind: " + kind)
                .orElseThrow();
        return AuthReader.read(Section.of("test.yaml", root, new ArrayList<>(), new Templates(), Observer.NONE))
                .orElseThrow();
    }

    private static Set<String> variants(Class<?> type) {
        return Stream.of(type.getPermittedSubclasses())
                .flatMap(one -> one.isSealed() ? variants(one).stream() : Stream.of(one.getSimpleName()))
                .collect(Collectors.toSet());
    }
}
