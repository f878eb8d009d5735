package dev.latchkey.catalogue.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * SVG Logos (CC0): logos in their own colours, of many brands that Simple Icons lacks. {@code src/main/logos/extract} writes the file.
 * Of a word mark a definition may take the first letter: {@code logos:pipedrive,74} is its left part, 74 units wide.
 */
record SvgLogos(Map<String, String[]> byName) {
    private static final Pattern NAME = Pattern.compile("logos:([a-z0-9-]+)(?:,([1-9][0-9]{0,3}))?");

    static SvgLogos read(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return new SvgLogos(lines.filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t"))
                    .collect(Collectors.toMap(parts -> parts[0], Function.identity())));
        }
    }

    static boolean names(String icon) {
        return icon.startsWith("logos:");
    }

    Optional<String> line(String icon) {
        Matcher name = NAME.matcher(icon);
        if (!name.matches() || !byName.containsKey(name.group(1))) {
            return Optional.empty();
        }
        String[] logo = byName.get(name.group(1));
        String width = Optional.ofNullable(name.group(2)).orElse(logo[1]);
        return Optional.of(String.join("\t", icon, width, logo[2], logo[3]));
    }
}
