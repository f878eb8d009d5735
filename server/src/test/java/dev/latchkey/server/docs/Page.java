package dev.latchkey.server.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the guides, with its blocks of code. Comments that a reader does not see say what a block needs in the test:
 *
 * <ul>
 *   <li>{@code given: ...} before a block, in its own language: what must be there (for YAML: the definition that it is a part of)
 *   <li>{@code given sh: ...} before a block of another language: commands
 *   <li>{@code then: ...} after a block, in its own language: what must hold
 *   <li>{@code as: ...} before JSON: a command that prints the real answer
 *   <li>{@code not run: ...} before a block: why it cannot be
 * </ul>
 */
record Page(Path file, String text, List<Block> blocks) {
    private static final Path ROOT = Path.of("..");
    private static final Pattern PART = Pattern.compile(
            "(?m)^<!-- (?<mark>given sh|given|then|as|not run): (?<note>(?s:.*?))-->$|^```(?<language>\\S*)\\n(?<code>(?s:.*?))^```$");

    /** @param line where it begins, counted from 1 */
    record Block(
            int line,
            String language,
            String code,
            String given,
            String commands,
            String then,
            Optional<String> as,
            Optional<String> notRun) {
        boolean isRun() {
            return notRun.isEmpty();
        }

        Block withThen(String more) {
            return new Block(line, language, code, given, commands, more, as, notRun);
        }
    }

    /** Every page that a person wrote. */
    static List<Page> all() {
        try (Stream<Path> guides = Files.list(ROOT.resolve("docs"));
                Stream<Path> decisions = Files.list(ROOT.resolve("docs/decisions"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            Stream.concat(guides, decisions)
                                    .filter(file -> file.toString().endsWith(".md"))
                                    .sorted())
                    .map(Page::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Page read(Path file) {
        try {
            String text = Files.readString(file);
            return new Page(file, text, blocks(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return ROOT.relativize(file).toString();
    }

    /** The text between the blocks. */
    String prose() {
        return PART.matcher(text).replaceAll("");
    }

    private static List<Block> blocks(String text) {
        List<Block> blocks = new ArrayList<>();
        String given = "";
        String commands = "";
        Optional<String> as = Optional.empty();
        Optional<String> notRun = Optional.empty();
        Matcher part = PART.matcher(text);
        while (part.find()) {
            String mark = part.group("mark");
            if (mark == null) {
                int line = (int) text.substring(0, part.start())
                                .chars()
                                .filter(c -> c == '\n')
                                .count()
                        + 1;
                blocks.add(
                        new Block(line, part.group("language"), part.group("code"), given, commands, "", as, notRun));
                given = "";
                commands = "";
                as = Optional.empty();
                notRun = Optional.empty();
                continue;
            }
            String note = part.group("note");
            switch (mark) {
                case "given" -> given = note;
                case "given sh" -> commands = note;
                case "then" -> blocks.add(blocks.removeLast().withThen(note));
                case "as" -> as = Optional.of(note);
                default -> notRun = Optional.of(note.strip());
            }
        }
        return List.copyOf(blocks);
    }
}
