package dev.latchkey.server.connections;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What is read by its type is found by a list, which the compiler cannot complete. */
class CredentialFormsTest {
    /** {@code Imported} is what has no form of its own. */
    @Test
    void everyCredentialHasItsFormInTheList() {
        List<String> expected = Arrays.stream(Credentials.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .filter(name -> !name.equals("Imported"))
                .map(name -> name + "Form")
                .toList();

        assertThat(Credentials.FORMS.stream().map(form -> form.getClass().getSimpleName()))
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void everyTypeIsInTheDescriptionOfTheApi() throws IOException {
        Set<String> described = new TreeSet<>();
        JsonNode schemas = new YAMLMapper()
                .readTree(Files.readString(Path.of("src/main/resources/openapi/openapi.yaml")))
                .at("/components/schemas/Credentials/oneOf");
        for (JsonNode schema : schemas) {
            JsonNode type = schema.at("/properties/type");
            type.path("enum").forEach(one -> described.add(one.asString()));
            if (type.has("const")) {
                described.add(type.get("const").asString());
            }
        }

        assertThat(described)
                .as("the types of Credentials in openapi.yaml")
                .containsAll(Credentials.FORMS.stream()
                        .flatMap(form -> form.types().stream())
                        .toList());
    }
}
