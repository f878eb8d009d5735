package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file that remembers how far a migration is: a line of JSON for each item that was copied, and one for the end of a run. A run
 * that was interrupted continues after its last line; the next one after a run's end looks at all again and copies what has changed.
 */
final class MigrationState {
    private static final String NAME = "copied";
    private static final String PRINT = "as";
    private static final String ENDED = "ended";

    private final Path file;
    private final boolean readOnly;
    private final byte[] key;
    /** The fingerprints of what was copied, by name. */
    private final Map<String, String> copied = new HashMap<>();
    /** Whether a run was interrupted, and this one continues it. */
    private boolean interrupted;

    private boolean checked;

    private final Map<String, String> ofThisRun = new HashMap<>();

    /**
     * @param migration where from and where to: another's file is refused
     * @param secret makes fingerprints that say nothing to those who do not have it
     * @param readOnly nothing is written: for a dry run
     * @throws IllegalArgumentException when the file is of another migration, or none of ours
     */
    static MigrationState open(Path file, String migration, String secret, boolean readOnly) {
        MigrationState state = new MigrationState(file, secret, readOnly);
        state.begin(migration);
        return state;
    }

    private MigrationState(Path file, String secret, boolean readOnly) {
        this.file = file;
        this.readOnly = readOnly;
        this.key = ("migration " + secret).getBytes(StandardCharsets.UTF_8);
    }

    private void begin(String migration) {
        String heading = print(migration);
        List<String> lines = lines();
        if (lines.isEmpty()) {
            append(Json.MAPPER.createObjectNode().put("migration", heading));
            return;
        }
        if (!read(lines.getFirst()).path("migration").asString("").equals(heading)) {
            throw new IllegalArgumentException(file + " is of another migration: name another file with --state.");
        }
        for (String line : lines.subList(1, lines.size())) {
            JsonNode entry = read(line);
            if (entry.has(ENDED)) {
                ofThisRun.clear();
            } else if (entry.has(NAME)) {
                copied.put(entry.path(NAME).asString(), entry.path(PRINT).asString());
                ofThisRun.put(entry.path(NAME).asString(), entry.path(PRINT).asString());
            }
        }
        interrupted = !ofThisRun.isEmpty();
    }

    /** Whether an interrupted run had copied it, so that it need not even be read. */
    boolean isBehind(String name) {
        return interrupted && ofThisRun.containsKey(name);
    }

    /** Whether it was copied as it is now. */
    boolean isCopied(String name, String print) {
        return print.equals(copied.get(name));
    }

    void copied(String name, String print) {
        copied.put(name, print);
        append(Json.MAPPER.createObjectNode().put(NAME, name).put(PRINT, print));
    }

    void end() {
        append(Json.MAPPER.createObjectNode().put(ENDED, true));
    }

    /** The same for the same text, and nothing else. */
    String print(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonNode read(String line) {
        try {
            return Json.MAPPER.readTree(line);
        } catch (JacksonException e) {
            // A line that was being written when the run was interrupted, or a file that is not ours, whose heading is
            // refused.
            return Json.MAPPER.createObjectNode();
        }
    }

    private List<String> lines() {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void append(ObjectNode line) {
        if (readOnly) {
            return;
        }
        try {
            Files.writeString(file, torn() + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends a line that an interrupted run has begun. */
    private String torn() throws IOException {
        if (!checked) {
            checked = true;
            return Files.exists(file) && !Files.readString(file).endsWith("\n") && Files.size(file) > 0 ? "\n" : "";
        }
        return "";
    }
}
