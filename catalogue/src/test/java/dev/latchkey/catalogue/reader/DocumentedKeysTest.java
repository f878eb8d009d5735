package dev.latchkey.catalogue.reader;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/providers.md names every key that a definition may have, in code. */
class DocumentedKeysTest {
    private static final Pattern CODE = Pattern.compile("(?s)```.*?```|`[^`\n]+`");
    private static final Pattern WORD = Pattern.compile("[a-z0-9_]+");

    @Test
    void everyKeyOfTheReaderIsOnThePage() throws IOException {
        Set<String> keys = SchemaPlaces.all().stream()
                .flatMap(place -> place.mapping().path("properties").propertyNames().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> written = CODE.matcher(Files.readString(Path.of("../docs/providers.md")))
                .results()
                .map(MatchResult::group)
                .flatMap(code -> WORD.matcher(code).results())
                .map(MatchResult::group)
                .collect(Collectors.toSet());

        assertThat(keys).hasSizeGreaterThan(150);
        assertThat(written).containsAll(keys);
    }
}
