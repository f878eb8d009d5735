package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A page's commands, programs and JSON in one shell, in the order in which they stand, so that what one sets the next has. */
final class Script {
    private static final Path NPM = Path.of("src/test/npm").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 120;

    private final Page page;
    private final Stage stage;
    private final Path folder;

    Script(Page page, Stage stage, Path folder) {
        this.page = page;
        this.stage = stage;
        this.folder = folder;
    }

    void run() throws IOException, InterruptedException {
        for (String program : new String[] {"latchkey", "curl"}) {
            Path file = Files.createDirectories(folder.resolve("bin")).resolve(program);
            try (InputStream text = Objects.requireNonNull(Script.class.getResourceAsStream("/docs/" + program))) {
                Files.write(file, text.readAllBytes());
            }
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        Files.move(folder.resolve("bin/latchkey"), folder.resolve("latchkey"));
        StringBuilder script = new StringBuilder("set -euo pipefail\nset -a\n");
        for (Page.Block block : page.blocks()) {
            if (block.isRun()) {
                script.append("echo '::line ").append(block.line()).append("'\n");
                script.append(placed(block.commands())).append('\n').append(commands(block));
            }
        }
        String printed = execute(script.toString());
        for (Page.Block block : page.blocks()) {
            if (block.isRun() && block.as().isPresent()) {
                compare(block);
            }
        }
        assertThat(printed).doesNotContain(stage.latchkey.key + "@");
    }

    private String commands(Page.Block block) throws IOException {
        String whole = placed(block.given() + block.code() + block.then());
        return switch (block.language()) {
            case "sh" -> whole;
            case "js", "ts" -> "(cd '" + NPM + "' && node --input-type=module < '" + written(block, whole) + "')\n";
            case "python" -> "python3 '" + written(block, whole) + "'\n";
            case "json" ->
                block.as()
                        .map(command -> "{ " + placed(command).strip() + "; } > '" + real(block) + "'\n")
                        .orElse("");
            default -> "";
        };
    }

    private Path written(Page.Block block, String text) throws IOException {
        return Files.writeString(folder.resolve("line-" + block.line()), text);
    }

    private Path real(Page.Block block) {
        return folder.resolve("real-" + block.line());
    }

    /** The guides name addresses that a reader has; here they are those of the stage. */
    private String placed(String text) {
        String database = stage.latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", "");
        return text.replace("http://localhost:3003", stage.latchkey.address.toString())
                .replace("localhost:3003", stage.latchkey.address.getAuthority())
                .replace("8f14e45f-...", stage.latchkey.key)
                .replace("https://api.example.com/hooks", stage.address() + "/hooks")
                .replace(
                        "postgresql://app:p%40ss@db.example.com/shop?sslmode=verify-full",
                        database + (database.contains("?") ? "&" : "?") + "sslmode=disable");
    }

    private String execute(String script) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("script"), script);
        Path printed = folder.resolve("printed");
        ProcessBuilder builder = new ProcessBuilder("bash", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LATCHKEY_") || name.startsWith("NANGO_"));
        environment.put("CURL", program("curl"));
        environment.put("PATH", folder.resolve("bin") + ":" + environment.get("PATH"));
        environment.put("LAUNCHER", Path.of("../latchkey").toAbsolutePath().toString());
        environment.put(
                "JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString());
        environment.put("CLASS_PATH", System.getProperty("java.class.path"));
        environment.put("STAGE", stage.address());
        environment.put("DATABASE", stage.latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        // The only two variables that pages use without setting them: each says where they are set
        // (DocumentationMapTest).
        environment.put("NANGO_HOST", stage.latchkey.address.toString());
        environment.put("NANGO_SECRET_KEY", stage.latchkey.key);
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        String all = Files.readString(printed, StandardCharsets.UTF_8);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertThat(ended).as("%s is still running: %s", page.name(), all).isTrue();
        assertThat(process.exitValue()).as("%s: %s", page.name(), all).isZero();
        return all;
    }

    private static String program(String name) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no " + name + " on the PATH"))
                .toString();
    }

    /** Each member that the guide shows is in the real answer, of the same type. */
    private void compare(Page.Block block) throws IOException {
        JsonNode shown = Json.MAPPER.readTree(block.code());
        JsonNode real = Json.MAPPER.readTree(Files.readString(real(block)));
        assertThat(real.isObject())
                .as("%s:%d: %s", page.name(), block.line(), real)
                .isTrue();
        shown.properties().forEach(member -> {
            JsonNode there = real.path(member.getKey());
            assertThat(there.getNodeType())
                    .as("%s:%d: %s in %s", page.name(), block.line(), member.getKey(), real)
                    .isEqualTo(member.getValue().getNodeType());
        });
    }
}
