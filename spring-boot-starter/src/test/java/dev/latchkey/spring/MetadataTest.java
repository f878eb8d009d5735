package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Json;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** What editors offer is what is read. */
class MetadataTest {
    private static final Set<String> CONDITIONS = Set.of("latchkey.problem-details.enabled");

    @Test
    void everyPropertyIsDescribed() throws Exception {
        Set<String> read = new TreeSet<>(CONDITIONS);
        Stream.of(LatchkeyProperties.class, LatchkeyWebhookProperties.class, LatchkeyHealthProperties.class)
                .forEach(type -> {
                    String prefix = Objects.requireNonNull(type.getAnnotation(ConfigurationProperties.class))
                            .value();
                    for (RecordComponent component : type.getRecordComponents()) {
                        read.add(prefix + "."
                                + component
                                        .getName()
                                        .replaceAll("([A-Z])", "-$1")
                                        .toLowerCase(java.util.Locale.ROOT));
                    }
                });

        assertThat(described()).isEqualTo(read);
    }

    @Test
    void theGuidesPropertiesExist() throws Exception {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(
                Path.of("../spring-boot-starter/src/test/resources/application-example.properties"))) {
            properties.load(file);
        }

        assertThat(properties.stringPropertyNames()).isNotEmpty().isSubsetOf(described());
    }

    private static Set<String> described() throws Exception {
        try (InputStream file = Objects.requireNonNull(LatchkeyProperties.class.getResourceAsStream(
                "/META-INF/additional-spring-configuration-metadata.json"))) {
            return Json.parse(new String(file.readAllBytes(), StandardCharsets.UTF_8))
                    .get("properties")
                    .items()
                    .stream()
                    .map(one -> {
                        assertThat(one.get("description").asText()).isNotBlank();
                        return one.get("name").asText();
                    })
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
