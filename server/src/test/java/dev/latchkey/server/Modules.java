package dev.latchkey.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The modules that the root {@code pom.xml} names, for what holds for the sources of each. */
public final class Modules {
    private static final Path ROOT = Path.of("..");
    private static final Pattern MODULE = Pattern.compile("<module>([\\w-]+)</module>");

    private Modules() {}

    /** Those with sources of Java. */
    public static List<String> all() {
        try {
            return MODULE.matcher(Files.readString(ROOT.resolve("pom.xml")))
                    .results()
                    .map(match -> match.group(1))
                    .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("src/main/java")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
