package dev.latchkey.server.connections;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The words that index a connection (of its id, its user and its tags), and those of a search. */
final class SearchWords {
    private static final Pattern BETWEEN = Pattern.compile("[\\s_@.:/+~,;()!$&'*=|<>\"\\\\-]+");
    private static final int LONGEST = 100;
    private static final int MOST_ASKED = 8;

    private SearchWords() {}

    /** For {@code CAST(... AS tsvector)}. */
    static String of(String name, Optional<Connection.EndUser> user, Map<String, String> tags) {
        Stream<String> texts = Stream.of(
                        Stream.of(name), user.stream().flatMap(SearchWords::texts), tags.values().stream())
                .flatMap(text -> text);
        return texts.flatMap(SearchWords::split).collect(Collectors.toCollection(TreeSet::new)).stream()
                .map(SearchWords::quoted)
                .collect(Collectors.joining(" "));
    }

    /** For {@code CAST(... AS tsquery)}: words that begin like each of these; empty when the text has none. */
    static Optional<String> asked(String text) {
        List<String> words = split(text).limit(MOST_ASKED).toList();
        return words.isEmpty()
                ? Optional.empty()
                : Optional.of(words.stream().map(word -> quoted(word) + ":*").collect(Collectors.joining(" & ")));
    }

    private static Stream<String> texts(Connection.EndUser user) {
        return Stream.of(
                        Optional.of(user.id()),
                        user.email(),
                        user.displayName(),
                        user.organization().map(Connection.Organization::id),
                        user.organization().flatMap(Connection.Organization::displayName))
                .flatMap(Optional::stream);
    }

    private static Stream<String> split(String text) {
        // PostgreSQL's texts and lexemes cannot contain NUL.
        return Arrays.stream(BETWEEN.split(text.toLowerCase(Locale.ROOT).replace("\0", "")))
                .filter(word -> !word.isEmpty())
                .map(SearchWords::cut);
    }

    private static String cut(String word) {
        return word.codePointCount(0, word.length()) > LONGEST
                ? word.substring(0, word.offsetByCodePoints(0, LONGEST))
                : word;
    }

    /** Neither a quote nor a backslash is left in a word. */
    private static String quoted(String word) {
        return "'" + word + "'";
    }
}
