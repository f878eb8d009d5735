package dev.latchkey.catalogue.reader;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Reach;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The schema for editors accepts what the reader accepts, and knows no key that the reader refuses everywhere. */
class DefinitionSchemaTest {
    private static final Path DEFINITIONS = Path.of("src/main/resources/providers");
    private static final Pattern UNKNOWN = Pattern.compile("'no_such_key' is not known here(?:; known are (.*))?");
    private static final JsonNode JSON = JsonMapper.shared().readTree(Catalogue.schema());
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Catalogue.schema());

    private static Map<String, String> shipped() throws IOException {
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.list(DEFINITIONS)) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".yaml")).toList()) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return texts;
    }

    @Test
    void isWhatTheReaderIsToday() {
        assertThat(JSON).isEqualTo(DefinitionSchema.make());
    }

    @Test
    void acceptsEveryShippedDefinition() throws IOException {
        List<String> refused = new ArrayList<>();
        Map<String, String> texts = shipped();
        texts.forEach((file, text) ->
                SCHEMA.validate(YAMLMapper.shared().readTree(text)).forEach(error -> refused.add(file + ": " + error)));

        assertThat(refused).isEmpty();
        assertThat(texts).hasSizeGreaterThan(400);
    }

    /** The exploration found whatever the reader looks for in a real definition. */
    @Test
    void knowsEveryKeyThatTheReaderLooksForInAShippedDefinition() throws IOException {
        Set<String> missing = new HashSet<>();
        Set<List<String>> places = new HashSet<>();
        shipped().forEach((file, text) -> {
            JsonNode definition = YAMLMapper.shared().readTree(text);
            if (definition.has("extends")) {
                return;
            }
            read(file, text, new Observer() {
                @Override
                public void key(List<String> path, String key, Shape shape) {
                    places.add(path);
                    String kind = definition.at("/auth/kind").asString();
                    if (at(path, kind).stream().noneMatch(mapping -> knows(mapping, key))) {
                        missing.add(file + " " + path + " " + key);
                    }
                }

                @Override
                public void presence(List<String> path, String key) {}

                @Override
                public void anyKey(List<String> path) {}
            });
        });

        assertThat(missing).isEmpty();
        assertThat(places).hasSizeGreaterThan(200);
    }

    /** In each mapping of the schema, a key that it does not have is refused by both, and the reader names no key that it lacks. */
    @Test
    void refusesAnUnknownKeyWhereTheReaderDoes() {
        List<String> wrong = new ArrayList<>();
        int tried = 0;
        for (SchemaPlaces.Place place : SchemaPlaces.all()) {
            tried++;
            List<String> said = read("acme.yaml", place.definition().toString(), Observer.NONE);
            if (said.stream().noneMatch(message -> message.contains("is not known here"))) {
                wrong.add("the reader accepts " + place.definition());
            }
            for (String message : said) {
                Matcher unknown = UNKNOWN.matcher(message);
                if (unknown.matches() && unknown.group(1) != null) {
                    Stream.of(unknown.group(1).split(", "))
                            .filter(key -> !knows(place.mapping(), key))
                            .forEach(key -> wrong.add("the schema lacks " + key + " in " + place.definition()));
                }
            }
            if (SCHEMA.validate(place.definition()).isEmpty()) {
                wrong.add("the schema accepts " + place.definition());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(tried).isGreaterThan(100);
    }

    @Test
    void refusesWhatBelongsToAnotherKind() {
        assertThat(refusals("{id: acme, auth: {kind: datastore, driver: redis}}"))
                .isEmpty();
        assertThat(refusals("{id: acme, auth: {kind: api_key, driver: redis}}")).isNotEmpty();
        assertThat(refusals("{id: acme, auth: {kind: api_keys}}")).isNotEmpty();
        assertThat(refusals("{id: acme, extends: other, auth: {driver: redis}}"))
                .isEmpty();
        assertThat(refusals("{id: acme, extends: other, icon: null}")).isEmpty();
        assertThat(refusals("{name: acme}")).isNotEmpty();
        assertThat(refusals("{id: acme, fields: {a: {scope: conection}}}")).isNotEmpty();
        assertThat(refusals("{id: acme, api: {rate: {requests: 1, per: soon}}}"))
                .isNotEmpty();
        assertThat(refusals("{id: acme, help: http://acme.example}")).isNotEmpty();
    }

    private static List<?> refusals(String yaml) {
        return SCHEMA.validate(YAMLMapper.shared().readTree(yaml));
    }

    static List<String> read(String file, String text, Observer observer) {
        List<Problem> problems = new ArrayList<>();
        new Compose(LoadSettings.builder().build())
                .composeString(text)
                .ifPresent(root -> new ProviderReader(file, Reach.OPERATOR, problems, observer).read(root));
        return problems.stream().map(Problem::message).toList();
    }

    private static boolean knows(JsonNode mapping, String key) {
        return mapping.path("properties").has(key)
                || mapping.path("additionalProperties").isObject();
    }

    /** The schema's mappings at a path of the reader's, which does not distinguish lists from their members. */
    private static List<JsonNode> at(List<String> path, String kind) {
        List<JsonNode> places = List.of(JSON);
        for (int depth = 0; depth < path.size(); depth++) {
            String key = path.get(depth);
            if (depth == 0 && key.equals("auth")) {
                places = List.of(JSON.at("/$defs/auth_" + kind));
                continue;
            }
            places = places.stream()
                    .map(place -> place.path("properties").has(key)
                            ? place.path("properties").path(key)
                            : place.path("additionalProperties"))
                    .flatMap(value -> SchemaPlaces.forms(value).stream())
                    .map(SchemaPlaces::resolved)
                    .map(form -> form.has("items") ? SchemaPlaces.resolved(form.path("items")) : form)
                    .filter(SchemaPlaces::isMapping)
                    .toList();
        }
        return places;
    }
}
