package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Orders providers by how well they match what was typed, a slip or two of the keyboard forgiven; without text, the popular ones first. */
final class ProviderSearch {
    private static final int NO_MATCH = Integer.MAX_VALUE;
    /** Rank of each: a file beside this class lists them, one a line. */
    private static final Map<String, Integer> POPULAR = popular();

    private ProviderSearch() {}

    static List<Provider> find(List<Provider> all, String text) {
        String wanted = plain(text);
        Map<String, Integer> ranks =
                all.stream().collect(Collectors.toMap(Provider::id, provider -> rank(provider, wanted)));
        boolean exact = ranks.values().stream().anyMatch(rank -> rank < 4);
        return all.stream()
                .filter(provider -> ranks.getOrDefault(provider.id(), NO_MATCH) < (exact ? 4 : NO_MATCH))
                .sorted(Comparator.comparing((Provider provider) -> ranks.getOrDefault(provider.id(), NO_MATCH))
                        .thenComparing(provider -> POPULAR.getOrDefault(provider.id(), NO_MATCH))
                        .thenComparing(provider -> provider.name().toLowerCase(Locale.ROOT)))
                .toList();
    }

    /** 0 and up, the best first. */
    private static int rank(Provider provider, String wanted) {
        if (wanted.isEmpty()) {
            return 0;
        }
        String name = plain(provider.name());
        if (name.startsWith(wanted)) {
            return 0;
        }
        List<String> words = words(provider);
        if (words.stream().anyMatch(word -> word.startsWith(wanted))) {
            return 1;
        }
        if (name.contains(wanted) || plain(provider.id()).contains(wanted)) {
            return 2;
        }
        if (Stream.of(wanted.split(" ")).allMatch(part -> words.stream().anyMatch(word -> word.startsWith(part)))) {
            return 3;
        }
        int slips = words.stream().mapToInt(word -> slips(word, wanted)).min().orElse(NO_MATCH);
        int together = Math.min(slips, slips(name.replace(" ", ""), wanted.replace(" ", "")));
        return together <= forgiven(wanted) ? 3 + together : NO_MATCH;
    }

    private static int forgiven(String wanted) {
        return wanted.length() < 4 ? 0 : wanted.length() < 8 ? 1 : 2;
    }

    private static List<String> words(Provider provider) {
        return Stream.of((plain(provider.name()) + " " + plain(provider.id())).split(" "))
                .toList();
    }

    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
    }

    /**
     * How many letters were missed, added, mistaken or swapped with their neighbour (optimal string alignment), between what was typed and
     * the word's beginning: people look at the results before they have typed all of it.
     */
    static int slips(String word, String typed) {
        String beginning = word.substring(0, Math.min(word.length(), typed.length() + 1));
        int[][] cost = new int[beginning.length() + 1][typed.length() + 1];
        for (int i = 0; i <= beginning.length(); i++) {
            cost[i][0] = i;
        }
        for (int j = 0; j <= typed.length(); j++) {
            cost[0][j] = j;
        }
        int best = typed.length();
        for (int i = 1; i <= beginning.length(); i++) {
            for (int j = 1; j <= typed.length(); j++) {
                int other = beginning.charAt(i - 1) == typed.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1), cost[i - 1][j - 1] + other);
                if (i > 1
                        && j > 1
                        && beginning.charAt(i - 1) == typed.charAt(j - 2)
                        && beginning.charAt(i - 2) == typed.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
            best = Math.min(best, cost[i][typed.length()]);
        }
        return best;
    }

    private static Map<String, Integer> popular() {
        try (InputStream file = ProviderSearch.class.getResourceAsStream("/popular-providers.txt")) {
            if (file == null) {
                throw new IllegalStateException("popular-providers.txt is not on the class path");
            }
            Map<String, Integer> ranks = new HashMap<>();
            new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(id -> ranks.putIfAbsent(id.strip(), ranks.size()));
            return Map.copyOf(ranks);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
